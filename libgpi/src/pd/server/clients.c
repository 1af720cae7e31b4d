/* SPDX-License-Identifier: BSD-2-Clause */
/* Who calls: badges, clients, and what becomes of them. */
#include "server.h"

#include "../rpc.h"
#include "../self.h"

#include <gpi/proto/pd.h>
#include <stdlib.h>

static resource_server_client_t *find_client(const resource_server_context_t *context, gpi_space_id_t space,
                                             gpi_obj_id_t id)
{
    resource_server_client_t *client = context->clients;
    while (client && (client->id != id || client->space != space)) {
        client = client->next;
    }
    return client;
}

static resource_server_client_t *new_client(resource_server_context_t *context, gpi_space_id_t space, gpi_obj_id_t id)
{
    resource_server_client_t *client = calloc(1, sizeof *client);
    void *state = client && context->config->client_size ? calloc(1, context->config->client_size) : NULL;
    if (!client || (context->config->client_size && !state)) {
        free(client);
        return NULL;
    }
    *client = (resource_server_client_t){.id = id, .space = space, .state = state, .next = context->clients};
    context->clients = client;
    return client;
}

int server_find_badge(resource_server_context_t *context, seL4_Word badge, struct resource_server_badge **found)
{
    /* A badge's low half is a place in a table of the root task's: those of a server are spread well. */
    struct resource_server_badge *entry = &context->badges[badge % RESOURCE_SERVER_BADGES];
    *found = entry;
    if (entry->client && entry->badge == badge) {
        return GPI_OK;
    }
    struct pd_badge what;
    int error = GPI_CALL(gpi_osm->pd_conn.ep, PD_WHOSE_BADGE, &badge, &what);
    if (error != GPI_OK) {
        return error == GPI_ERR_NOT_FOUND ? GPI_ERR_GONE : error;
    }
    resource_server_client_t *client = find_client(context, what.space, what.client);
    client = client ? client : new_client(context, what.space, what.client);
    if (!client) {
        return GPI_ERR_NO_MEMORY;
    }
    *entry = (struct resource_server_badge){badge, client, what.resource, (unsigned)what.rights};
    return GPI_OK;
}

void server_forget_badges(resource_server_context_t *context, gpi_space_id_t space, gpi_obj_id_t resource)
{
    for (size_t i = 0; i < RESOURCE_SERVER_BADGES; i++) {
        struct resource_server_badge *entry = &context->badges[i];
        if (entry->client && entry->client->space == space &&
            (resource == BADGE_OBJ_ID_NULL || entry->resource == resource)) {
            *entry = (struct resource_server_badge){0};
        }
    }
}

static void drop_client(resource_server_context_t *context, resource_server_client_t *client)
{
    if (context->config->client_gone) {
        context->config->client_gone(context, client);
    }
    while (client->deferred) {
        resource_server_answer(context, client->deferred, GPI_ERR_GONE, NULL, 0);
    }
    for (size_t i = 0; i < RESOURCE_SERVER_BADGES; i++) {
        if (context->badges[i].client == client) {
            context->badges[i] = (struct resource_server_badge){0};
        }
    }
    resource_server_client_t **link = &context->clients;
    while (*link != client) {
        link = &(*link)->next;
    }
    *link = client->next;
    free(client->state);
    free(client);
}

static void drop_clients_of(resource_server_context_t *context, gpi_space_id_t space)
{
    for (resource_server_client_t *client = context->clients, *next; client; client = next) {
        next = client->next;
        if (client->space == space) {
            drop_client(context, client);
        }
    }
}

/* The root task had no memory to tell what happened: clients that are no more are found by asking. */
static void look_for_lost(resource_server_context_t *context)
{
    for (resource_server_client_t *client = context->clients, *next; client; client = next) {
        struct pd_resource in = {client->space, client->id};
        next = client->next;
        if (GPI_CALL_IN(gpi_osm->pd_conn.ep, PD_IS_CLIENT, &in) == GPI_ERR_NOT_FOUND) {
            drop_client(context, client);
        }
    }
}

void server_do_work(resource_server_context_t *context)
{
    const resource_server_config_t *config = context->config;
    struct pd_work work;
    resource_server_client_t *client;
    while (GPI_CALL_OUT(gpi_osm->pd_conn.ep, PD_GET_WORK, &work) == GPI_OK && work.kind != WORK_NONE) {
        switch (work.kind) {
        case WORK_CLIENT_GONE:
            client = find_client(context, work.space, work.id);
            if (client) {
                drop_client(context, client);
            }
            break;
        case WORK_FREED:
            server_forget_badges(context, work.space, work.id);
            if (config->resource_freed) {
                config->resource_freed(context, work.space, work.id);
            }
            break;
        case WORK_SPACE_GONE:
            if (config->space_gone) {
                config->space_gone(context, work.space, work.id);
            }
            break;
        case WORK_SPACE_ENDED:
            drop_clients_of(context, work.space);
            if (config->space_gone) {
                config->space_gone(context, work.space, work.space);
            }
            break;
        case WORK_RESOURCE_GONE:
            server_forget_badges(context, work.space, work.id);
            if (config->resource_gone) {
                config->resource_gone(context, work.space, work.id);
            }
            break;
        case WORK_CHILD_ENDED:
            if (config->child_ended) {
                config->child_ended(context, work.id);
            }
            break;
        default:
            look_for_lost(context);
            if (config->child_ended) {
                config->child_ended(context, BADGE_OBJ_ID_NULL);
            }
            break;
        }
    }
}
