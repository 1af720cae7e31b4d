/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A console of a client: two rings in memory that it shares, and a port of the device. Output goes to the device from where
 * the client put it; what the client does to the memory meanwhile can only spoil its own output.
 */
#ifndef SERVERS_CONSOLE_SESSION_H
#define SERVERS_CONSOLE_SESSION_H

#include "vcon.h"

#include <gpi/proto/console.h>

enum session_state {
    SESSION_OPEN,
    SESSION_CLOSING, /**< what stands in the ring still goes out; nothing that comes later does */
    SESSION_CLOSED,  /**< has no port any more */
};

struct session {
    struct vcon *vcon;
    unsigned port; /**< of the device */
    enum session_state state;
    struct gpi_console_memory *memory;
    uint64_t paddr; /**< of the memory */
    struct gpi_ring out, in;
    uint32_t given;   /**< bytes of output that the device has */
    uint32_t end;     /**< CLOSING: position in the ring at which output ends */
    uint64_t written; /**< bytes of output that the host has */
};

/** Begins with zeroed memory. */
void session_begin(struct session *session, struct vcon *vcon, unsigned port, struct gpi_console_memory *memory,
                   uint64_t paddr);
/** Moves bytes both ways. True if there is more to do at once: others come first. A broken ring closes the session. */
bool session_pump(struct session *session);
/** Whether the client can write; read. A client that asks is answered when it can, or when the session is not open. */
bool session_has_room(struct session *session);
bool session_has_data(struct session *session);
/** Output ends with what stands in the ring. */
void session_close(struct session *session);
/** Whether all of it went out. The port is free then. */
bool session_is_done(const struct session *session);

#endif
