/* SPDX-License-Identifier: BSD-2-Clause */
#include "cleanup.h"

#include "pd.h"
#include "resspc.h"

#include <sel4/sel4.h>

void cleanup_client(struct pdspace *space, const struct pd *pd)
{
    for (size_t slot = 0; slot < space->slots; slot++) {
        const struct handle *handle = space->handle[slot];
        if (!handle || (handle->kind != HANDLE_RDE && handle->kind != HANDLE_SERVED) || handle->object->ended) {
            continue;
        }
        struct resspc *resspc = object_of(handle->object, resspc);
        if (resspc->server && resspc->server != pd && resspc->told != space->id) {
            resspc->told = space->id;
            pd_queue_work(resspc->server, WORK_CLIENT_GONE, resspc->object.id, space->id);
        }
    }
}

/*
 * Whoever calls by one of these capabilities from now on hears from the root task that the space is gone; who looks into
 * its directory does not find it.
 */
static void redirect(struct resspc *resspc, seL4_CPtr endpoint)
{
    for (struct handle *handle = resspc->object.handles; handle; handle = handle->next) {
        if (handle->kind == HANDLE_RDE || handle->kind == HANDLE_SERVED) {
            handle_redirect(handle, endpoint);
        }
        if (handle->kind == HANDLE_RDE) {
            pdspace_drop_rdes(handle->space, handle);
        }
    }
}

/* PDs that hold this resource (BADGE_OBJ_ID_NULL: any) of the space, other than its server, end. */
static void end_holders(const struct resspc *resspc, gpi_obj_id_t id, const struct pd *server, seL4_Word pd_depth)
{
    for (const struct handle *handle = resspc->object.handles; pd_depth > 0 && handle; handle = handle->next) {
        if (handle->kind != HANDLE_SERVED || (id != BADGE_OBJ_ID_NULL && handle->resource != id)) {
            continue;
        }
        for (struct pd *pd = handle->space->pds; pd; pd = pd->next_in_space) {
            if (pd->state != PD_ENDED && pd != server) {
                pd->policy.pd_depth = pd->policy.pd_depth > pd_depth - 1 ? pd->policy.pd_depth : pd_depth - 1;
                pd_end_later(pd, PD_SERVER_ENDED, 0);
            }
        }
    }
}

/* Spaces that end, one after the other: one can be made from the next, thousands deep. */
static struct resspc *ending;

static void end_later(struct resspc *resspc, seL4_Word pd_depth, seL4_Word space_depth)
{
    if (!resspc->ending && !resspc->object.ended) {
        object_get(&resspc->object);
        resspc->ending = true;
        resspc->end_pd_depth = pd_depth;
        resspc->end_space_depth = space_depth;
        resspc->next_ending = ending;
        ending = resspc;
    }
}

static bool is_made_from(const struct resspc *resspc, gpi_space_id_t source)
{
    for (size_t i = 0; i < resspc->made_from_count; i++) {
        if (resspc->made_from[i] == source) {
            return true;
        }
    }
    return false;
}

/* The next edge of `resspc`, from place `*at` on, that leads to this resource (BADGE_OBJ_ID_NULL: to any) of a space; and forgets it. */
static bool take_edge(struct resspc *resspc, gpi_space_id_t from, gpi_obj_id_t from_id, size_t *at, gpi_obj_id_t *id)
{
    for (; *at < resspc->edge_count; ++*at) {
        const struct resource_edge *edge = &resspc->edges[*at];
        if (edge->from_space == from && (from_id == BADGE_OBJ_ID_NULL || edge->from_id == from_id)) {
            *id = edge->id;
            resspc->edges[*at] = resspc->edges[--resspc->edge_count];
            return true;
        }
    }
    return false;
}

/* What is made from a resource, or from any of a space, that is no more: its server is told. */
static void lose_resources(gpi_space_id_t from, gpi_obj_id_t from_id)
{
    for (struct object *object = object_first(GPICAP_TYPE_RESSPC); object; object = object->next) {
        struct resspc *resspc = object_of(object, resspc);
        gpi_obj_id_t id;
        size_t at = 0;
        while (resspc->server && take_edge(resspc, from, from_id, &at, &id)) {
            pd_queue_work(resspc->server, WORK_RESOURCE_GONE, resspc->object.id, id);
        }
    }
}

/* The same, and it is taken from those who hold it. One step: what is made from it in turn is its server's business. */
static void take_resources(gpi_space_id_t from, seL4_Word pd_depth)
{
    for (struct object *object = object_first(GPICAP_TYPE_RESSPC), *next; object; object = next) {
        struct resspc *resspc = object_of(object_get(object), resspc);
        gpi_obj_id_t id;
        size_t at = 0;
        while (resspc->server && take_edge(resspc, from, BADGE_OBJ_ID_NULL, &at, &id)) {
            pd_queue_work(resspc->server, WORK_RESOURCE_GONE, resspc->object.id, id);
            end_holders(resspc, id, resspc->server, pd_depth);
            resspc_delete_resource(resspc, id);
            lose_resources(resspc->object.id, id);
            at = 0; /* its other edges went */
        }
        next = object->next;
        object_put(object);
    }
}

void cleanup_dependents(struct resspc *resspc)
{
    seL4_Word pd_depth = resspc->end_pd_depth, space_depth = resspc->end_space_depth;
    for (struct object *object = object_first(GPICAP_TYPE_RESSPC); object; object = object->next) {
        struct resspc *other = object_of(object, resspc);
        if (!is_made_from(other, resspc->object.id)) {
            continue;
        }
        if (space_depth > 0) {
            end_later(other, pd_depth, space_depth - 1);
        }
        if (other->server) {
            enum gpi_work kind = space_depth > 0 ? WORK_SPACE_ENDED : WORK_SPACE_GONE;
            pd_queue_work(other->server, kind, other->object.id, resspc->object.id);
        }
    }
    if (space_depth > 0) {
        take_resources(resspc->object.id, pd_depth);
    }
    lose_resources(resspc->object.id, BADGE_OBJ_ID_NULL);
}

static void end_space(struct resspc *resspc)
{
    struct pd *server = resspc->server;
    struct ep *ep = object_of(object_get(&resspc->server_ep->object), ep);
    object_end(&resspc->object);
    if (!ep->object.ended) {
        redirect(resspc, ep->kernel.cap);
    }
    object_put(&ep->object);
    end_holders(resspc, BADGE_OBJ_ID_NULL, server, resspc->end_pd_depth);
    object_put(&resspc->object);
}

static void end_all(void)
{
    while (ending) {
        struct resspc *resspc = ending;
        ending = resspc->next_ending;
        end_space(resspc);
    }
}

void cleanup_space(struct resspc *resspc, seL4_Word pd_depth, seL4_Word space_depth)
{
    end_later(resspc, pd_depth, space_depth);
    end_all();
}

void cleanup_resource(struct resspc *resspc, gpi_obj_id_t id)
{
    lose_resources(resspc->object.id, id);
}

void cleanup_server(struct pd *pd)
{
    for (struct object *object = object_first(GPICAP_TYPE_RESSPC); object; object = object->next) {
        if (object_of(object, resspc)->server == pd) {
            end_later(object_of(object, resspc), pd->policy.pd_depth, pd->policy.space_depth);
        }
    }
    end_all();
}
