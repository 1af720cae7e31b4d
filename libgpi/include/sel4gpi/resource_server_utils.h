/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For resource servers: PDs that manage resources of a type of their own. A server says what its methods are and runs a
 * loop; the root task keeps books of who holds what, and tells it when a client is gone.
 *
 *     static const resource_server_method_t methods[] = {
 *         [GPI_METHOD_NUMBER(COUNTER_CREATE)] = {create, RESOURCE_SERVER_ON_RDE, 0, 1, GPI_WORDS(struct gpi_slot_and_id)},
 *         ...
 *     };
 *     static const resource_server_config_t config = {.type = "COUNTER", .methods = methods, .method_count = ...};
 *     static resource_server_context_t server;
 *
 *     int error = resource_server_init(&server, &config, NULL);
 *     ... what else it needs ...
 *     return error ? error : resource_server_run(&server);
 *
 * The loop is the business of one thread, the one that called resource_server_init(). A server has its own time: a client
 * with a small budget waits for its answer as long as others do, and nobody waits for that client.
 */
#ifndef SEL4GPI_RESOURCE_SERVER_UTILS_H
#define SEL4GPI_RESOURCE_SERVER_UTILS_H

#include <gpi/proto/server.h>
#include <sel4gpi/gpi_types.h>

typedef struct resource_server_context resource_server_context_t;

/** A client: a PD (a process with its threads) as the user of one space. */
typedef struct resource_server_client {
    gpi_obj_id_t id; /**< the PD */
    gpi_space_id_t space;
    void *state; /**< `client_size` zeroed bytes of the server's */
    struct resource_server_client *next;
    struct resource_server_deferred *deferred;
} resource_server_client_t;

/** A call that is being served. */
typedef struct resource_server_call {
    resource_server_context_t *context;
    resource_server_client_t *client;
    gpi_obj_id_t resource; /**< BADGE_OBJ_ID_NULL: the directory entry was called */
    unsigned rights;       /**< gpi_rights_t, of the capability that was called */
    const seL4_Word *in;   /**< at least as many words as the method takes */
    unsigned in_words;
    seL4_Word *out;     /**< room for seL4_MsgMaxLength words */
    unsigned out_words; /**< set to the method's number; it may change that */
    bool deferred;
} resource_server_call_t;

/** A call that is answered later. */
typedef struct resource_server_deferred {
    resource_server_client_t *client;
    void *data; /**< the server's */
    ep_client_context_t reply;
    struct resource_server_deferred *next, **link; /**< of the client */
} resource_server_deferred_t;

enum { RESOURCE_SERVER_ON_RDE, RESOURCE_SERVER_ON_RESOURCE };

typedef struct resource_server_method {
    int (*run)(resource_server_call_t *call); /**< answers a gpi_error_t; words go with GPI_OK only */
    uint8_t target;                           /**< what must have been called */
    uint8_t rights;                           /**< all of these */
    uint8_t in_words;                         /**< at least */
    uint8_t out_words;
} resource_server_method_t;

/** What a server does. Functions may be null. */
typedef struct resource_server_config {
    const char *type; /**< name of its resources' type */
    const resource_server_method_t *methods;
    unsigned method_count;
    size_t client_size;
    /** A client's PD, or its space, has ended. Calls of it that were deferred are answered with GPI_ERR_GONE after this. */
    void (*client_gone)(resource_server_context_t *context, resource_server_client_t *client);
    /** Nobody holds the resource any more. */
    void (*resource_freed)(resource_server_context_t *context, gpi_space_id_t space, gpi_obj_id_t resource);
    /** A space that `space` is made from has ended; or (`source` is `space`) with it the space itself, as the policy said. */
    void (*space_gone)(resource_server_context_t *context, gpi_space_id_t space, gpi_space_id_t source);
    /** What a resource is made from is no more. */
    void (*resource_gone)(resource_server_context_t *context, gpi_space_id_t space, gpi_obj_id_t resource);
    /** A PD that this one made has ended; BADGE_OBJ_ID_NULL: perhaps some have. */
    void (*child_ended)(resource_server_context_t *context, gpi_obj_id_t pd);
    /** Signals arrived (RESOURCE_SERVER_SIGNAL bits). */
    void (*signalled)(resource_server_context_t *context, seL4_Word signals);
} resource_server_config_t;

/** What a badge means, as far as it was asked. */
struct resource_server_badge {
    seL4_Word badge;
    resource_server_client_t *client;
    gpi_obj_id_t resource;
    unsigned rights;
};
enum { RESOURCE_SERVER_BADGES = 256 };

struct resource_server_context {
    const resource_server_config_t *config;
    void *data; /**< the server's */
    resspc_client_context_t space;
    ep_client_context_t endpoint, notification;
    ep_client_context_t reply;           /**< to receive with */
    resource_server_deferred_t *replies; /**< answered, to be used again */
    resource_server_client_t *clients;
    struct resource_server_badge badges[RESOURCE_SERVER_BADGES];
    bool leave;
};

/** Signals that a server may use as it likes: bits 0 to 61. */
#define RESOURCE_SERVER_SIGNAL(n) (1ul << (n))
/** The badge with which they come: for interrupts, or as resource_server_signal_cap(). No client's badge has this bit. */
#define RESOURCE_SERVER_SIGNAL_BADGE(n) (1ul << 63 | RESOURCE_SERVER_SIGNAL(n))

/**
 * Makes endpoint, notification (bound to the calling thread's CPU) and a first space. An error: nothing of it is needed any
 * more, as the PD had better end. `data` is the server's own.
 */
int resource_server_init(resource_server_context_t *context, const resource_server_config_t *config, void *data);
/** Says that the server is ready (with the id of its first space), and serves until resource_server_leave(). */
int resource_server_run(resource_server_context_t *context);
void resource_server_leave(resource_server_context_t *context);

/** A capability that makes signals arrive; in a slot of the server's. */
int resource_server_signal_cap(resource_server_context_t *context, unsigned n, seL4_CPtr *slot);

/** A further space; a PD that is a client already (or BADGE_OBJ_ID_NULL) gets an entry for it. */
int resource_server_new_res_space(resource_server_context_t *context, gpi_obj_id_t client_id,
                                  resspc_client_context_t *ret_conn);
/** A resource begins to exist; `space_conn` null: in the first space. */
int resource_server_create_resource(resource_server_context_t *context, resspc_client_context_t *space_conn,
                                    gpi_obj_id_t resource_id);
/** It is taken from all who hold it, and is no more. */
int resource_server_delete_resource(resource_server_context_t *context, resspc_client_context_t *space_conn,
                                    gpi_obj_id_t resource_id);
/** It is taken from one PD, or (BADGE_OBJ_ID_NULL) from all. */
int resource_server_revoke_resource(resource_server_context_t *context, resspc_client_context_t *space_conn,
                                    gpi_obj_id_t resource_id, gpi_obj_id_t client_id);
/** A client gets a capability for it, in the slot `*dest` of its CSpace. */
int resource_server_give_resource(resource_server_context_t *context, gpi_space_id_t space_id, gpi_obj_id_t resource_id,
                                  gpi_obj_id_t client_id, seL4_CPtr *dest);

/** Shows memory, `mo_cap` in a slot of the server's; and no more. */
int resource_server_attach_mo(resource_server_context_t *context, seL4_CPtr mo_cap, void **vaddr);
int resource_server_unattach(resource_server_context_t *context, void *vaddr);

/** The method returns without an answer, which is given later. Null: no memory. */
resource_server_deferred_t *resource_server_defer(resource_server_call_t *call);
/** Answers it: an error, or words with GPI_OK. It is gone then. */
void resource_server_answer(resource_server_context_t *context, resource_server_deferred_t *deferred, int error,
                            const seL4_Word *words, unsigned count);

/** A text that a client reads piece by piece, as it was when the first piece was asked for. Zeroed: there is none. */
typedef struct resource_server_text {
    char *text;
    size_t length;
} resource_server_text_t;
/** Room for another one, of `size` bytes; `length` may be made less. Null: no memory, and there is none. */
char *resource_server_text_new(resource_server_text_t *text, size_t size);
/** Copies what is at `offset`, at most `size` bytes: how many. 0: it was read to its end, and is forgotten. */
size_t resource_server_text_read(resource_server_text_t *text, size_t offset, char *piece, size_t size);
void resource_server_text_forget(resource_server_text_t *text);

#endif
