/* SPDX-License-Identifier: BSD-2-Clause */
/* The clients: who has which console, on which port, and who waits for what. */
#ifndef SERVERS_CONSOLE_SERVER_H
#define SERVERS_CONSOLE_SERVER_H

#include "control.h"
#include "session.h"

#include <sel4gpi/resource_server_utils.h>

/** Signals: a client's, by its port; the device's; this server's to itself, as there is more to do. */
enum { SIGNAL_PORT = 0, SIGNAL_IRQ = 60, SIGNAL_AGAIN = 61 };
_Static_assert(SIGNAL_PORT + VCON_PORTS <= SIGNAL_IRQ, "a signal for each port");

#define CONTROL_PORT "vesicle.control."
/** The resource that is the control port; consoles have the ids that follow. */
#define CONTROL_ID 1ul

struct console;
struct asker;
struct record;

/** A port of the device that can be a console. */
struct port {
    bool usable;
    struct console *console; /**< that has it */
    bool closing;            /**< the host has not got everything of what had it before */
    uint64_t total;          /**< bytes that its former owners sent */
    seL4_CPtr signal;        /**< for its client to send; made when first needed */
};

struct server {
    resource_server_context_t context;
    pd_client_context_t self;
    gpi_obj_id_t starter; /**< PD that made this one */
    struct vcon vcon;
    struct control control;
    seL4_CPtr irq_handler, again;
    struct port port[VCON_PORTS];
    unsigned usable; /**< ports */
    unsigned last;   /**< port that was given last: the others come first */
    struct console *consoles;
    struct asker *askers;   /**< for consoles: they wait for a port that is just becoming free */
    struct record *records; /**< of the host that nobody has asked for yet */
    gpi_obj_id_t next_id;
    enum { RUNNING, EXITING, EXITED } phase;
    int status;
    resource_server_deferred_t *exit_call, *record_call; /**< of who waits; null: nobody */
};

extern struct server server;
extern const resource_server_config_t server_config;

/** Moves bytes of the ports that these signals are about (SIGNAL_IRQ: of all), and answers who waits. */
void server_pump(seL4_Word signals);
/** Takes note of an interrupt. */
void server_take_interrupt(void);

#endif
