/* SPDX-License-Identifier: BSD-2-Clause */
#include "call.h"

#include "fault.h"

#include <sel4/sel4.h>

static const struct component *const components[GPI_COMPONENT_COUNT] = {
    [GPI_COMPONENT_PD] = &pd_component, [GPI_COMPONENT_ADS] = &ads_component,
    [GPI_COMPONENT_MO] = &mo_component, [GPI_COMPONENT_CPU] = &cpu_component,
    [GPI_COMPONENT_EP] = &ep_component, [GPI_COMPONENT_RESSPC] = &resspc_component,
};

/* The reply object that the loop receives with; and one more, so that waiting for a PD seldom allocates. */
static struct kobject reply, spare;

struct object *call_argument(const struct call *call, seL4_CPtr slot, gpi_cap_t type, unsigned rights)
{
    const struct handle *handle = pdspace_handle(call->space, slot);
    bool good = handle && handle->kind == HANDLE_OBJECT && handle->object->type == type && !handle->object->ended &&
                (handle->rights & rights) == rights;
    return good ? handle->object : NULL;
}

gpi_error_t call_return_object(struct call *call, struct object *object)
{
    struct handle *handle = handle_new(call->space, object, HANDLE_OBJECT, GPI_RIGHTS_ALL);
    gpi_obj_id_t id = object->id;
    object_put(object);
    if (!handle) {
        return GPI_ERR_NO_MEMORY;
    }
    *CALL_OUT(call, gpi_slot_and_id) = (struct gpi_slot_and_id){handle->slot, id};
    return GPI_OK;
}

seL4_CPtr call_keep_reply(struct call *call, struct kobject *kept)
{
    struct kobject fresh = spare;
    if (!fresh.ut && kobject_new(&fresh, NULL, seL4_ReplyObject, seL4_ReplyBits, 0) != GPI_OK) {
        return seL4_CapNull;
    }
    spare = (struct kobject){0};
    *kept = reply;
    reply = fresh;
    call->no_answer = true;
    return kept->cap;
}

void call_answer_kept(struct kobject *kept, gpi_error_t error, const seL4_Word *words, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        seL4_SetMR((int)i, words[i]);
    }
    seL4_Send(kept->cap, seL4_MessageInfo_new(error, 0, 0, count));
    if (!spare.ut) {
        spare = *kept;
    } else {
        kobject_free(kept, NULL);
    }
    *kept = (struct kobject){0};
}

size_t call_spare_replies(void)
{
    return spare.ut != NULL;
}

void call_drop_kept(struct kobject *kept)
{
    kobject_free(kept, NULL);
}

const struct method *call_method(seL4_Word label)
{
    seL4_Word component = GPI_METHOD_COMPONENT(label), number = GPI_METHOD_NUMBER(label);
    if (component >= GPI_COMPONENT_COUNT || !components[component] || number >= components[component]->count) {
        return NULL;
    }
    const struct method *method = &components[component]->methods[number];
    return method->run ? method : NULL;
}

gpi_error_t call_run(struct call *call, const struct method *method, struct handle *handle)
{
    if (!method || call->in_words < method->in_words) {
        return GPI_ERR_BAD_MESSAGE;
    }
    if (handle->kind != (method->target == CALL_ON_RDE ? HANDLE_RDE : HANDLE_OBJECT)) {
        return GPI_ERR_BAD_CAP;
    }
    gpi_cap_t type = handle->kind == HANDLE_RDE ? handle->resource : handle->object->type;
    if (type != method->type) {
        return GPI_ERR_BAD_CAP;
    }
    if ((handle->rights & method->rights) != method->rights) {
        return GPI_ERR_RIGHTS;
    }
    call->handle = handle;
    call->out_words = method->out_words;
    gpi_error_t error = method->run(call);
    call->out_words = error == GPI_OK ? call->out_words : 0;
    return error;
}

static gpi_error_t serve(struct call *call, seL4_Word badge, seL4_Word label)
{
    struct handle *handle = handle_of_badge(badge);
    /* Before the method is looked at: capabilities of ended servers lead here, with methods that are unknown here. */
    if (!handle || handle->kind == HANDLE_FAULT || handle->object->ended) {
        return GPI_ERR_GONE;
    }
    call->space = handle->space;
    if (label == GPI_BATCH) {
        call->handle = handle;
        return batch_run(call);
    }
    return call_run(call, call_method(label), handle);
}

_Noreturn void call_loop(const struct kobject *endpoint)
{
    static seL4_Word question[seL4_MsgMaxLength], answer[seL4_MsgMaxLength];
    seL4_Word badge;
    seL4_IPCBuffer *buffer = seL4_GetIPCBuffer();

    while (kobject_new(&reply, NULL, seL4_ReplyObject, seL4_ReplyBits, 0) != GPI_OK) {
    }
    seL4_MessageInfo_t info = seL4_Recv(endpoint->cap, &badge, reply.cap);
    for (;;) {
        seL4_Word label = seL4_MessageInfo_get_label(info);
        enum fault fault = label < GPI_METHOD(1, 0) ? fault_handle(badge, info) : FAULT_NONE;
        if (fault == FAULT_SERVED) {
            info = seL4_ReplyRecv(endpoint->cap, seL4_MessageInfo_new(0, 0, 0, 0), &badge, reply.cap);
            continue;
        }
        if (fault == FAULT_FINAL) {
            info = seL4_Recv(endpoint->cap, &badge, reply.cap);
            continue;
        }
        struct call call = {.in = question, .in_words = (unsigned)seL4_MessageInfo_get_length(info), .out = answer};
        /* Calls of the kernel will use the buffer. */
        for (unsigned i = 0; i < call.in_words; i++) {
            question[i] = buffer->msg[i];
        }
        gpi_error_t error = serve(&call, badge, label);
        if (call.no_answer) {
            info = seL4_Recv(endpoint->cap, &badge, reply.cap);
            continue;
        }
        for (unsigned i = 0; i < call.out_words; i++) {
            buffer->msg[i] = answer[i];
        }
        info = seL4_ReplyRecv(endpoint->cap, seL4_MessageInfo_new(error, 0, 0, call.out_words), &badge, reply.cap);
    }
}
