/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Serves counters. Arguments, both optional: id of a space of counters, which this one's first space is made from (it has a directory
 * entry for it); and, for both, the steps of the clean-up policy: PDs, spaces.
 */
#include "counter.h"

#include <sel4/sel4.h>
#include <sel4gpi/pd_clientapi.h>
#include <sel4gpi/pd_utils.h>
#include <sel4gpi/resource_server_utils.h>
#include <sel4gpi/resource_space_clientapi.h>
#include <stdlib.h>

struct counter {
    resspc_client_context_t space;
    gpi_obj_id_t id;
    seL4_Word value;
    counter_client_context_t source; /* ep 0: none */
    struct waiter *waiters;
    struct counter *next;
};

/* A call that is answered when the counter has got somewhere. */
struct waiter {
    resource_server_deferred_t *call;
    seL4_Word value;
    struct waiter *next;
};

/* What each client has. */
struct client {
    seL4_Word made;
};

static struct {
    resource_server_context_t context;
    struct counter *counters;
    gpi_obj_id_t next_id;
    gpi_space_id_t source;
    struct counter_stats stats;
    /* Spaces after the first: their capabilities. */
    struct space {
        resspc_client_context_t conn;
        struct space *next;
    } * spaces;
} server = {.next_id = 1};

static resspc_client_context_t *find_space(gpi_space_id_t id)
{
    struct space *space = server.spaces;
    while (space && space->conn.id != id) {
        space = space->next;
    }
    return space ? &space->conn : &server.context.space;
}

static struct counter **find(gpi_space_id_t space, gpi_obj_id_t id)
{
    struct counter **link = &server.counters;
    while (*link && ((*link)->id != id || (*link)->space.id != space)) {
        link = &(*link)->next;
    }
    return link;
}

static struct counter *counter_of(const resource_server_call_t *call)
{
    return *find(call->client->space, call->resource);
}

/* Answers those who have waited long enough; with an error all. */
static void answer_waiters(struct counter *counter, int error)
{
    struct waiter **link = &counter->waiters;
    while (*link) {
        struct waiter *waiter = *link;
        if (error == GPI_OK && waiter->value > counter->value) {
            link = &waiter->next;
            continue;
        }
        *link = waiter->next;
        server.stats.waiting--;
        resource_server_answer(&server.context, waiter->call, error, &counter->value, 1);
        free(waiter);
    }
}

static void forget(struct counter **link)
{
    struct counter *counter = *link;
    *link = counter->next;
    answer_waiters(counter, GPI_ERR_GONE);
    if (counter->source.ep) {
        counter_client_disconnect(&counter->source);
    }
    free(counter);
    server.stats.counters--;
}

/* A counter for the caller. */
static int make(resource_server_call_t *call, seL4_Word value, struct counter **ret)
{
    resspc_client_context_t *space = find_space(call->client->space);
    struct counter *counter = calloc(1, sizeof *counter);
    struct gpi_slot_and_id *out = (struct gpi_slot_and_id *)call->out;
    if (!counter) {
        return GPI_ERR_NO_MEMORY;
    }
    *counter = (struct counter){.space = *space, .id = server.next_id, .value = value, .next = server.counters};
    int error = resource_server_create_resource(&server.context, space, counter->id);
    if (error == GPI_OK) {
        error = resource_server_give_resource(&server.context, space->id, counter->id, call->client->id, &out->slot);
        if (error != GPI_OK) {
            resource_server_delete_resource(&server.context, space, counter->id);
        }
    }
    if (error != GPI_OK) {
        free(counter);
        return error;
    }
    out->id = counter->id;
    server.next_id++;
    server.counters = counter;
    server.stats.counters++;
    ((struct client *)call->client->state)->made++;
    *ret = counter;
    return GPI_OK;
}

static int create(resource_server_call_t *call)
{
    struct counter *counter;
    return make(call, call->in[0], &counter);
}

static int create_made(resource_server_call_t *call)
{
    counter_client_context_t source;
    struct counter *counter;
    seL4_CPtr rde =
        server.source ? sel4gpi_get_rde_by_space_id(server.source, sel4gpi_get_resource_type_code((char *)COUNTER_TYPE))
                      : seL4_CapNull;
    if (!rde) {
        return GPI_ERR_STATE;
    }
    int error = counter_client_create(rde, 0, &source);
    if (error != GPI_OK) {
        return error;
    }
    error = make(call, 0, &counter);
    if (error != GPI_OK) {
        counter_client_disconnect(&source);
        return error;
    }
    counter->source = source;
    pd_client_context_t self = sel4gpi_get_pd_conn();
    error = pd_client_map_resource(&self, gpi_resource_name(counter->space.id, counter->id),
                                   gpi_resource_name(server.source, source.id));
    if (error != GPI_OK) {
        resource_server_delete_resource(&server.context, &counter->space, counter->id);
        forget(find(counter->space.id, counter->id));
    }
    return error;
}

static int new_space(resource_server_call_t *call)
{
    struct space *space = calloc(1, sizeof *space);
    if (!space) {
        return GPI_ERR_NO_MEMORY;
    }
    int error = resource_server_new_res_space(&server.context, call->client->id, &space->conn);
    if (error != GPI_OK) {
        free(space);
        return error;
    }
    space->next = server.spaces;
    server.spaces = space;
    call->out[0] = space->conn.id;
    return GPI_OK;
}

static int stats(resource_server_call_t *call)
{
    server.stats.clients = 0;
    for (const resource_server_client_t *client = server.context.clients; client; client = client->next) {
        server.stats.clients++;
    }
    *(struct counter_stats *)call->out = server.stats;
    return GPI_OK;
}

static int mine(resource_server_call_t *call)
{
    call->out[0] = ((struct client *)call->client->state)->made;
    return GPI_OK;
}

static int work(resource_server_call_t *call)
{
    for (seL4_Word i = 0; i < call->in[0]; i++) {
        __asm__ volatile("");
    }
    return GPI_OK;
}

static int stall(resource_server_call_t *call)
{
    (void)call;
    ep_client_context_t ep;
    seL4_Word badge;
    int error = sel4gpi_alloc_endpoint(&ep);
    if (error == GPI_OK) {
        seL4_Wait(ep.raw_endpoint, &badge);
    }
    return error;
}

static int crash(resource_server_call_t *call)
{
    (void)call;
    __asm__ volatile("str xzr, [%0]" : : "r"(8ul) : "memory");
    return GPI_OK;
}

static int leave(resource_server_call_t *call)
{
    (void)call;
    exit(0);
}

static int add(resource_server_call_t *call)
{
    struct counter *counter = counter_of(call);
    if (!counter) {
        return GPI_ERR_GONE;
    }
    counter->value += call->in[0];
    call->out[0] = counter->value;
    answer_waiters(counter, GPI_OK);
    return GPI_OK;
}

static int read(resource_server_call_t *call)
{
    const struct counter *counter = counter_of(call);
    call->out[0] = counter ? counter->value : 0;
    return counter ? GPI_OK : GPI_ERR_GONE;
}

static int wait(resource_server_call_t *call)
{
    struct counter *counter = counter_of(call);
    if (!counter || counter->value >= call->in[0]) {
        return read(call);
    }
    struct waiter *waiter = malloc(sizeof *waiter);
    resource_server_deferred_t *deferred = waiter ? resource_server_defer(call) : NULL;
    if (!deferred) {
        free(waiter);
        return GPI_ERR_NO_MEMORY;
    }
    *waiter = (struct waiter){deferred, call->in[0], counter->waiters};
    counter->waiters = waiter;
    server.stats.waiting++;
    return GPI_OK;
}

static int give(resource_server_call_t *call)
{
    return resource_server_give_resource(&server.context, call->client->space, call->resource, call->in[0],
                                         &call->out[0]);
}

static int revoke(resource_server_call_t *call)
{
    return resource_server_revoke_resource(&server.context, find_space(call->client->space), call->resource,
                                           call->in[0]);
}

static int delete_counter(resource_server_call_t *call)
{
    struct counter **link = find(call->client->space, call->resource);
    int error = resource_server_delete_resource(&server.context, find_space(call->client->space), call->resource);
    if (error == GPI_OK && *link) {
        forget(link);
    }
    return error;
}

/* Who is gone does not wait any more. */
static void client_gone(resource_server_context_t *context, resource_server_client_t *client)
{
    (void)context;
    for (struct counter *counter = server.counters; counter; counter = counter->next) {
        for (struct waiter **link = &counter->waiters; *link;) {
            struct waiter *waiter = *link;
            if (waiter->call->client == client) {
                *link = waiter->next;
                server.stats.waiting--;
                free(waiter);
            } else {
                link = &waiter->next;
            }
        }
    }
}

static void freed(resource_server_context_t *context, gpi_space_id_t space, gpi_obj_id_t resource)
{
    (void)context;
    struct counter **link = find(space, resource);
    if (*link) {
        server.stats.freed++;
        resource_server_delete_resource(&server.context, find_space(space), resource);
        forget(link);
    }
}

static void space_gone(resource_server_context_t *context, gpi_space_id_t space, gpi_space_id_t source)
{
    (void)context;
    (void)space;
    (void)source;
    server.stats.lost_from++;
}

static void resource_gone(resource_server_context_t *context, gpi_space_id_t space, gpi_obj_id_t resource)
{
    (void)context;
    (void)space;
    (void)resource;
    server.stats.lost++;
}

#define N(name) GPI_METHOD_NUMBER(name)
#define RDE(run, in, out)                                                                                              \
    {                                                                                                                  \
        run, RESOURCE_SERVER_ON_RDE, 0, in, out                                                                        \
    }
#define ON(run, rights, in, out)                                                                                       \
    {                                                                                                                  \
        run, RESOURCE_SERVER_ON_RESOURCE, rights, in, out                                                              \
    }

static const resource_server_method_t methods[] = {
    [N(COUNTER_CREATE)] = RDE(create, 1, GPI_WORDS(struct gpi_slot_and_id)),
    [N(COUNTER_CREATE_MADE)] = RDE(create_made, 0, GPI_WORDS(struct gpi_slot_and_id)),
    [N(COUNTER_NEW_SPACE)] = RDE(new_space, 0, 1),
    [N(COUNTER_STATS)] = RDE(stats, 0, GPI_WORDS(struct counter_stats)),
    [N(COUNTER_MINE)] = RDE(mine, 0, 1),
    [N(COUNTER_WORK)] = RDE(work, 1, 0),
    [N(COUNTER_STALL)] = RDE(stall, 0, 0),
    [N(COUNTER_CRASH)] = RDE(crash, 0, 0),
    [N(COUNTER_LEAVE)] = RDE(leave, 0, 0),
    [N(COUNTER_ADD)] = ON(add, GPI_RIGHT_WRITE, 1, 1),
    [N(COUNTER_READ)] = ON(read, GPI_RIGHT_READ, 0, 1),
    [N(COUNTER_WAIT)] = ON(wait, GPI_RIGHT_READ, 1, 1),
    [N(COUNTER_GIVE)] = ON(give, GPI_RIGHT_SEND, 1, 1),
    [N(COUNTER_REVOKE)] = ON(revoke, GPI_RIGHT_MANAGE, 1, 0),
    [N(COUNTER_DELETE)] = ON(delete_counter, GPI_RIGHT_MANAGE, 0, 0),
};

static const resource_server_config_t config = {
    .type = COUNTER_TYPE,
    .methods = methods,
    .method_count = sizeof methods / sizeof methods[0],
    .client_size = sizeof(struct client),
    .client_gone = client_gone,
    .resource_freed = freed,
    .space_gone = space_gone,
    .resource_gone = resource_gone,
};

int main(int argc, char **argv)
{
    seL4_Word arguments[3] = {0, 0, 0};
    for (int i = 0; i < argc && i < 3; i++) {
        arguments[i] = strtoul(argv[i], NULL, 10);
    }
    server.source = arguments[0];
    pd_client_context_t self = sel4gpi_get_pd_conn();
    int error = resource_server_init(&server.context, &config, NULL);
    if (error == GPI_OK && server.source) {
        error = resspc_client_map_space(&server.context.space, server.source);
    }
    if (error == GPI_OK) {
        error = pd_client_set_cleanup_policy(&self, (unsigned)arguments[1], (unsigned)arguments[2]);
    }
    return error ? error : resource_server_run(&server.context);
}
