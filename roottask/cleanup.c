/* SPDX-License-Identifier: BSD-2-Clause */
#include "cleanup.h"

#include "pd.h"
#include "resspc.h"

#include <sel4/sel4.h>

void cleanup_client(struct pdspace *space, const struct pd *pd)
{
    for (size_t slot = 0; slot < space->slots; slot++) {
        const struct handle *handle = space->handle[slot];
        if (handle && handle->kind == HANDLE_RDE && !handle->object->ended) {
            const struct resspc *resspc = object_of(handle->object, resspc);
            if (resspc->server && resspc->server != pd) {
                pd_queue_work(resspc->server, WORK_CLIENT_GONE, resspc->object.id, pd->object.id);
            }
        }
    }
}

/* Whoever calls by one of these capabilities hears from the root task that the space is gone. */
static void redirect(struct resspc *resspc)
{
    for (struct handle *handle = resspc->object.handles; handle; handle = handle->next) {
        if (handle->kind == HANDLE_RDE || handle->kind == HANDLE_SERVED) {
            handle_redirect(handle);
        }
    }
}

/* PDs that held a resource of the space, other than its server. Ending one can end others: begin again each time. */
static struct pd *next_holder(const struct resspc *resspc)
{
    for (const struct handle *handle = resspc->object.handles; handle; handle = handle->next) {
        if (handle->kind != HANDLE_SERVED) {
            continue;
        }
        for (struct pd *pd = handle->space->pds; pd; pd = pd->next_in_space) {
            if (pd->state != PD_ENDED) {
                return pd;
            }
        }
    }
    return NULL;
}

static bool is_made_from(const struct resspc *resspc, const struct resspc *source)
{
    for (size_t i = 0; i < resspc->made_from_count; i++) {
        if (resspc->made_from[i] == source) {
            return true;
        }
    }
    return false;
}

void cleanup_space(struct resspc *resspc, seL4_Word pd_depth, seL4_Word space_depth)
{
    if (resspc->object.ended) {
        return;
    }
    object_get(&resspc->object);
    if (resspc->server_ep) {
        ep_answer_all(resspc->server_ep, GPI_ERR_GONE);
    }
    object_end(&resspc->object);
    redirect(resspc);
    for (struct object *object = object_first(GPICAP_TYPE_RESSPC), *next; object; object = next) {
        struct resspc *other = object_of(object, resspc);
        next = object->next;
        if (!is_made_from(other, resspc)) {
            continue;
        }
        if (space_depth > 0) {
            cleanup_space(other, pd_depth, space_depth - 1);
            next = object_first(GPICAP_TYPE_RESSPC);
        } else if (other->server) {
            pd_queue_work(other->server, WORK_SPACE_GONE, other->object.id, resspc->object.id);
        }
    }
    for (struct pd *holder; pd_depth > 0 && (holder = next_holder(resspc)) != NULL;) {
        holder->policy.pd_depth = holder->policy.pd_depth > pd_depth - 1 ? holder->policy.pd_depth : pd_depth - 1;
        pd_end(holder, PD_SERVER_ENDED, 0);
    }
    object_put(&resspc->object);
}

void cleanup_server(struct pd *pd)
{
    for (struct object *object = object_first(GPICAP_TYPE_RESSPC), *next; object; object = next) {
        next = object->next;
        if (object_of(object, resspc)->server == pd) {
            cleanup_space(object_of(object, resspc), pd->policy.pd_depth, pd->policy.space_depth);
            next = object_first(GPICAP_TYPE_RESSPC);
        }
    }
}
