/* SPDX-License-Identifier: BSD-2-Clause */
/* Receives, finds the method, answers. */
#include "server.h"

#include <sel4/sel4.h>
#include <sel4gpi/cpu_clientapi.h>
#include <sel4gpi/ep_clientapi.h>
#include <sel4gpi/pd_clientapi.h>
#include <sel4gpi/pd_utils.h>

static int set_work_signal(resource_server_context_t *context)
{
    ep_client_context_t badged;
    int error = ep_client_badge(&context->notification, NULL, SIGNAL_BADGE | WORK_SIGNAL, false, &badged);
    if (error == GPI_OK) {
        pd_client_context_t self = sel4gpi_get_pd_conn();
        error = pd_client_set_work_signal(&self, badged.raw_endpoint);
        pd_client_free_slot(&self, badged.raw_endpoint);
    }
    return error;
}

int resource_server_init(resource_server_context_t *context, const resource_server_config_t *config, void *data)
{
    seL4_CPtr endpoints = sel4gpi_get_rde(GPICAP_TYPE_EP);
    cpu_client_context_t cpu = sel4gpi_get_cpu_conn();
    *context = (resource_server_context_t){.config = config, .data = data};
    int error = ep_component_client_connect(endpoints, &context->endpoint);
    error = error ? error : ep_client_connect_kind(endpoints, EP_KIND_NOTIFICATION, &context->notification);
    error = error ? error : cpu_client_bind_notification(&cpu, &context->notification);
    error = error ? error : set_work_signal(context);
    error = error ? error : server_new_reply(context, &context->reply);
    error = error ? error : resource_server_new_res_space(context, BADGE_OBJ_ID_NULL, &context->space);
    return error;
}

static int find_method(const resource_server_config_t *config, seL4_Word label, const resource_server_method_t **method)
{
    seL4_Word number = GPI_METHOD_NUMBER(label);
    if (GPI_METHOD_COMPONENT(label) != GPI_COMPONENT_SERVER || number >= config->method_count ||
        !config->methods[number].run) {
        return GPI_ERR_BAD_MESSAGE;
    }
    *method = &config->methods[number];
    return GPI_OK;
}

static int serve(resource_server_call_t *call, seL4_Word badge, seL4_Word label)
{
    const resource_server_method_t *method;
    struct resource_server_badge *who;
    int error = server_find_badge(call->context, badge, &who);
    error = error ? error : find_method(call->context->config, label, &method);
    if (error != GPI_OK) {
        return error;
    }
    if (call->in_words < method->in_words) {
        return GPI_ERR_BAD_MESSAGE;
    }
    if ((who->resource != BADGE_OBJ_ID_NULL) != (method->target == RESOURCE_SERVER_ON_RESOURCE)) {
        return GPI_ERR_BAD_CAP;
    }
    if ((who->rights & method->rights) != method->rights) {
        return GPI_ERR_RIGHTS;
    }
    call->client = who->client;
    call->resource = who->resource;
    call->rights = who->rights;
    call->out_words = method->out_words;
    return method->run(call);
}

static void signalled(resource_server_context_t *context, seL4_Word badge)
{
    if (badge & WORK_SIGNAL) {
        server_do_work(context);
    }
    seL4_Word others = badge & ~(SIGNAL_BADGE | WORK_SIGNAL);
    if (others && context->config->signalled) {
        context->config->signalled(context, others);
    }
}

int resource_server_run(resource_server_context_t *context)
{
    static seL4_Word question[seL4_MsgMaxLength], answer[seL4_MsgMaxLength];
    seL4_IPCBuffer *buffer = seL4_GetIPCBuffer();
    pd_client_context_t self = sel4gpi_get_pd_conn();
    seL4_CPtr endpoint = context->endpoint.raw_endpoint;
    seL4_Word badge;
    int error = pd_client_ready(&self, context->space.id);
    if (error != GPI_OK) {
        return error;
    }
    seL4_MessageInfo_t info = seL4_Recv(endpoint, &badge, context->reply.raw_endpoint);
    for (;;) {
        if (badge & SIGNAL_BADGE) {
            signalled(context, badge);
            if (context->leave) {
                return GPI_OK;
            }
            info = seL4_Recv(endpoint, &badge, context->reply.raw_endpoint);
            continue;
        }
        resource_server_call_t call = {
            .context = context, .in = question, .in_words = (unsigned)seL4_MessageInfo_get_length(info), .out = answer};
        /* Calls to the root task use the buffer. */
        for (unsigned i = 0; i < call.in_words; i++) {
            question[i] = buffer->msg[i];
        }
        error = serve(&call, badge, seL4_MessageInfo_get_label(info));
        if (call.deferred && !context->leave) {
            info = seL4_Recv(endpoint, &badge, context->reply.raw_endpoint);
            continue;
        }
        unsigned words = error == GPI_OK && !call.deferred ? call.out_words : 0;
        for (unsigned i = 0; i < words; i++) {
            buffer->msg[i] = answer[i];
        }
        seL4_MessageInfo_t reply = seL4_MessageInfo_new((seL4_Word)error, 0, 0, words);
        if (context->leave) {
            seL4_Send(context->reply.raw_endpoint, reply); /* of a deferred call: to nobody */
            return GPI_OK;
        }
        info = seL4_ReplyRecv(endpoint, reply, &badge, context->reply.raw_endpoint);
    }
}

void resource_server_leave(resource_server_context_t *context)
{
    context->leave = true;
}

int resource_server_signal_cap(resource_server_context_t *context, unsigned n, seL4_CPtr *slot)
{
    ep_client_context_t badged;
    int error = ep_client_badge(&context->notification, NULL, RESOURCE_SERVER_SIGNAL_BADGE(n), false, &badged);
    *slot = badged.raw_endpoint;
    return error;
}
