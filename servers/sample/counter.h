/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The sample resource server: counters, resources of type "COUNTER". It shows, and its tests use, everything that the resource server
 * library offers. Calls answer 0 or a gpi_error_t.
 */
#ifndef SERVERS_COUNTER_H
#define SERVERS_COUNTER_H

#include <gpi/proto/server.h>
#include <sel4gpi/gpi_types.h>

#define COUNTER_TYPE  "COUNTER"
#define COUNTER_IMAGE "counter"

typedef struct counter_client_context {
    seL4_CPtr ep;
    gpi_obj_id_t id;
} counter_client_context_t;

/** What a server knows. */
struct counter_stats {
    seL4_Word counters;  /**< in all spaces */
    seL4_Word clients;   /**< PDs, once for each space */
    seL4_Word waiting;   /**< calls of counter_client_wait() */
    seL4_Word freed;     /**< counters whose last holder let them go */
    seL4_Word lost;      /**< counters whose source is no more */
    seL4_Word lost_from; /**< spaces whose source is no more */
};

/* Of a directory entry, `rde` its slot. */
int counter_client_create(seL4_CPtr rde, seL4_Word value, counter_client_context_t *ret_conn);
/** A counter that is made from a counter of the server's own source space. */
int counter_client_create_made(seL4_CPtr rde, counter_client_context_t *ret_conn);
/** A further space for the caller. */
int counter_client_new_space(seL4_CPtr rde, gpi_space_id_t *space);
int counter_client_stats(seL4_CPtr rde, struct counter_stats *stats);
/** What the caller has made so far in this space. */
int counter_client_mine(seL4_CPtr rde, seL4_Word *count);
/** The server uses all the time it has, for a while. */
int counter_client_work(seL4_CPtr rde, seL4_Word rounds);
/** The server waits for something that never happens, and serves nobody any more. */
int counter_client_stall(seL4_CPtr rde);
/** The server touches memory that it does not have. */
int counter_client_crash(seL4_CPtr rde);
/** The server exits, without an answer. */
int counter_client_leave(seL4_CPtr rde);

/* Of a counter. */
int counter_client_add(counter_client_context_t *conn, seL4_Word n, seL4_Word *value);
int counter_client_read(counter_client_context_t *conn, seL4_Word *value);
/** Answers when the counter is at least `value`. */
int counter_client_wait(counter_client_context_t *conn, seL4_Word value, seL4_Word *reached);
/** Gives it to another client of the server; its slot there. */
int counter_client_give(counter_client_context_t *conn, gpi_obj_id_t pd, seL4_CPtr *slot);
/** Takes it from a PD, or (BADGE_OBJ_ID_NULL) from all. */
int counter_client_revoke(counter_client_context_t *conn, gpi_obj_id_t pd);
/** The counter is no more. */
int counter_client_delete(counter_client_context_t *conn);
/** The caller lets it go. */
int counter_client_disconnect(counter_client_context_t *conn);

enum counter_method {
    COUNTER_CREATE = GPI_SERVER_METHOD(0), /**< one word -> gpi_slot_and_id */
    COUNTER_CREATE_MADE,                   /**< -> gpi_slot_and_id */
    COUNTER_NEW_SPACE,                     /**< -> one word */
    COUNTER_STATS,                         /**< -> counter_stats */
    COUNTER_MINE,                          /**< -> one word */
    COUNTER_WORK,                          /**< one word */
    COUNTER_STALL,
    COUNTER_CRASH,
    COUNTER_LEAVE,
    COUNTER_ADD,    /**< one word -> one word */
    COUNTER_READ,   /**< -> one word */
    COUNTER_WAIT,   /**< one word -> one word */
    COUNTER_GIVE,   /**< one word -> one word */
    COUNTER_REVOKE, /**< one word */
    COUNTER_DELETE,
};

#endif
