/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers: reply objects, and those that are given later. */
#include "server.h"

#include <sel4/sel4.h>
#include <sel4gpi/ep_clientapi.h>
#include <sel4gpi/pd_utils.h>
#include <stdlib.h>

int server_new_reply(resource_server_context_t *context, ep_client_context_t *reply)
{
    resource_server_deferred_t *used = context->replies;
    if (used) {
        *reply = used->reply;
        context->replies = used->next;
        free(used);
        return GPI_OK;
    }
    return ep_client_connect_kind(sel4gpi_get_rde(GPICAP_TYPE_EP), EP_KIND_REPLY, reply);
}

resource_server_deferred_t *resource_server_defer(resource_server_call_t *call)
{
    resource_server_context_t *context = call->context;
    resource_server_deferred_t *deferred = malloc(sizeof *deferred);
    ep_client_context_t fresh;
    if (!deferred || server_new_reply(context, &fresh) != GPI_OK) {
        free(deferred);
        return NULL;
    }
    *deferred = (resource_server_deferred_t){.client = call->client,
                                             .reply = context->reply,
                                             .next = call->client->deferred,
                                             .link = &call->client->deferred};
    if (deferred->next) {
        deferred->next->link = &deferred->next;
    }
    call->client->deferred = deferred;
    context->reply = fresh;
    call->deferred = true;
    return deferred;
}

static void unlink_deferred(resource_server_deferred_t *deferred)
{
    *deferred->link = deferred->next;
    if (deferred->next) {
        deferred->next->link = deferred->link;
    }
}

static void drop_deferred(resource_server_context_t *context, resource_server_deferred_t *deferred)
{
    unlink_deferred(deferred);
    deferred->next = context->replies;
    context->replies = deferred;
}

void resource_server_answer(resource_server_context_t *context, resource_server_deferred_t *deferred, int error,
                            const seL4_Word *words, unsigned count)
{
    count = error == GPI_OK ? count : 0;
    for (unsigned i = 0; i < count; i++) {
        seL4_SetMR((int)i, words[i]);
    }
    seL4_Send(deferred->reply.raw_endpoint, seL4_MessageInfo_new((seL4_Word)error, 0, 0, count));
    drop_deferred(context, deferred);
}
