/* SPDX-License-Identifier: BSD-2-Clause */
/* The programs of the system: started, watched, started again. */
#ifndef INIT_PROGRAMS_H
#define INIT_PROGRAMS_H

#include "init.h"
#include "tree.h"

#include <sel4gpi/console_clientapi.h>
#include <sel4gpi/pd_creation.h>
#include <sel4gpi/resource_server_utils.h>

enum { PROGRAM_LOG_SIZE = 4096 };

/** Somebody who waits for its end. */
struct program_waiter {
    resource_server_deferred_t *call;
    struct program_waiter *next;
};

struct device_set;

struct program {
    struct program_config config;
    enum init_state state;
    bool visited; /* while it is looked for what it depends on */
    sel4gpi_runnable_t runnable;
    gpi_obj_id_t pd;
    seL4_Word starts;
    gpi_space_id_t space; /* a server's, or a VMM's that said that it is ready */
    struct pd_end end;
    bool count;              /* until it ends for good */
    gpi_obj_id_t counted_pd; /* that was, last; BADGE_OBJ_ID_NULL: none */
    struct pd_counts counts; /* of it and those before, as it was started again, that have ended */
    uint64_t window_began;   /* microseconds */
    uint32_t restarts;       /* since then */
    struct program_waiter *waiters;
    char *log;
    size_t logged;
    gpi_space_id_t *served;     /* the page of served.h; null: none */
    struct device_set *devices; /* that the guest has, or had, see devices.c; null: none */
    struct program *next;
};

struct programs {
    struct program *first;
    resource_server_context_t *context;
    struct console_control control; /* ep 0: there is none */
    bool ended;                     /* the system is to end */
    int status;
};
extern struct programs programs;

/** An entry for the directory of a PD that is to be made. A gpi_error_t. */
int programs_add_entry(pd_config_t *cfg, gpi_cap_t type, gpi_space_id_t space, unsigned rights);
/** A line for the program's log, and for init's console. */
void program_note(struct program *program, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** Reads the tree and starts what is to be started. A gpi_error_t. */
int programs_begin(resource_server_context_t *context);
/** By name in the tree or the id of its PD; null if there is none. */
struct program *program_find(const char *name);
/** VMMs that have become ready since this was asked last: who may use them gets entries. Nobody waits for one. */
void programs_find_guests(void);
/** With `argc` < 0: with the arguments of the tree. */
int program_start(struct program *program, int argc, char *const *argv);
/** What it did when it was started last to be counted. */
int program_counts(struct program *program, struct pd_counts *counts);
int program_kill(struct program *program);
/** PDs that init made have ended: this one, or (BADGE_OBJ_ID_NULL) some. */
void programs_child_ended(resource_server_context_t *context, gpi_obj_id_t pd);
/** A client of init's is gone: it waits for nobody. */
void programs_client_gone(const resource_server_client_t *client);
/** The system ends when the loop comes back. */
void programs_end_system(int status);

#endif
