/* SPDX-License-Identifier: BSD-2-Clause */
#include "ep.h"

#include "call.h"
#include "pd.h"

#include <sel4/sel4.h>

static const struct {
    seL4_Word type;
    size_t bits;
} kinds[EP_KIND_COUNT] = {
    [EP_KIND_ENDPOINT] = {seL4_EndpointObject, seL4_EndpointBits},
    [EP_KIND_NOTIFICATION] = {seL4_NotificationObject, seL4_NotificationBits},
    [EP_KIND_REPLY] = {seL4_ReplyObject, seL4_ReplyBits},
};

/* Everybody who waits for an answer, or to be received. */
static void answer_all(struct ep *ep, gpi_error_t error)
{
    seL4_MessageInfo_t answer = seL4_MessageInfo_new(error, 0, 0, 0);
    if (ep->kind == EP_KIND_REPLY) {
        seL4_Send(ep->kernel.cap, answer);
        return;
    }
    struct kobject reply;
    if (ep->kind != EP_KIND_ENDPOINT || kobject_new(&reply, NULL, seL4_ReplyObject, seL4_ReplyBits, 0) != GPI_OK) {
        return;
    }
    for (;;) {
        seL4_Word badge = 0;
        seL4_MessageInfo_t got = seL4_NBRecv(ep->kernel.cap, &badge, reply.cap);
        /* Nobody is left; or an empty message without badge, whose sender will retry when the endpoint goes. */
        if (got.words[0] == 0 && badge == 0) {
            break;
        }
        seL4_Send(reply.cap, answer);
    }
    kobject_free(&reply, NULL);
}

static void end(struct object *object)
{
    struct ep *ep = object_of(object, ep);
    /* Copies in PDs go first, so that nobody can begin to wait after those who do were answered. */
    cspace_revoke(&root_cspace, ep->kernel.cap);
    if (ep->kind == EP_KIND_IRQ) {
        seL4_IRQHandler_Clear(ep->kernel.cap);
        cspace_delete(&root_cspace, ep->kernel.cap);
        cspace_free_slot(&root_cspace, ep->kernel.cap);
    } else {
        answer_all(ep, GPI_ERR_GONE);
        kobject_free(&ep->kernel, object->account);
    }
}

void ep_init(void)
{
    object_register(GPICAP_TYPE_EP, end);
}

struct ep *ep_new(struct account *account, enum gpi_ep_kind kind)
{
    struct ep *ep = memory_new(sizeof *ep);
    if (ep && kobject_new(&ep->kernel, account, kinds[kind].type, kinds[kind].bits, 0) != GPI_OK) {
        memory_free(ep);
        ep = NULL;
    }
    if (ep) {
        ep->kind = (uint8_t)kind;
        object_init(&ep->object, GPICAP_TYPE_EP, account);
    }
    return ep;
}

/* The notification's capability stays with the handler. */
static bool set_notification(seL4_CPtr handler, const struct ep *notification, seL4_Word badge)
{
    seL4_CPtr badged = cspace_alloc_slot(&root_cspace);
    bool done = badged &&
                cspace_mint(&root_cspace, badged, &root_cspace, notification->kernel.cap, seL4_AllRights, badge) == 0 &&
                seL4_IRQHandler_SetNotification(handler, badged) == 0;
    if (badged) {
        cspace_delete(&root_cspace, badged);
        cspace_free_slot(&root_cspace, badged);
    }
    return done;
}

struct ep *ep_new_irq(struct account *account, seL4_Word irq, bool edge, const struct ep *notification, seL4_Word badge)
{
    struct ep *ep = memory_new(sizeof *ep);
    seL4_CPtr handler = ep ? cspace_alloc_slot(&root_cspace) : 0;
    if (handler) {
        if (cspace_irq_control_get(&root_cspace, handler, seL4_CapIRQControl, (int)irq, edge) == seL4_NoError) {
            if (set_notification(handler, notification, badge)) {
                ep->kind = EP_KIND_IRQ;
                ep->kernel.cap = handler;
                object_init(&ep->object, GPICAP_TYPE_EP, account);
                return ep;
            }
            cspace_delete(&root_cspace, handler);
        }
        cspace_free_slot(&root_cspace, handler);
    }
    memory_free(ep);
    return NULL;
}

seL4_CPtr ep_give_raw(struct ep *ep, struct pdspace *space, seL4_CapRights_t rights, seL4_Word badge)
{
    struct handle *handle =
        handle_new_for(space, &ep->object, HANDLE_RAW, GPI_RIGHTS_ALL, ep->kernel.cap, rights, false);
    if (handle && badge) {
        /* The handle's own number is of no meaning to those who talk over the endpoint: theirs comes instead. */
        cspace_delete(&space->cspace, handle->slot);
        if (cspace_mint(&space->cspace, handle->slot, &root_cspace, ep->kernel.cap, rights, badge) != seL4_NoError) {
            handle_free(handle);
            handle = NULL;
        }
    }
    return handle ? handle->slot : seL4_CapNull;
}

static struct ep *ep_of(const struct call *call)
{
    return object_of(call->handle->object, ep);
}

static gpi_error_t create(struct call *call)
{
    seL4_Word kind = CALL_IN(call, ep_create)->kind;
    if (kind >= EP_KIND_COUNT) {
        return GPI_ERR_BAD_ARGUMENT;
    }
    struct ep *ep = ep_new(call->space->account, (enum gpi_ep_kind)kind);
    if (!ep) {
        return GPI_ERR_NO_MEMORY;
    }
    seL4_CPtr raw = ep_give_raw(ep, call->space, seL4_AllRights, 0);
    object_get(&ep->object);
    gpi_error_t error = GPI_ERR_NO_MEMORY;
    if (raw) {
        error = call_return_object(call, &ep->object);
    } else {
        object_put(&ep->object);
    }
    if (error != GPI_OK) {
        handle_free_all(&ep->object);
        raw = 0;
    }
    object_put(&ep->object);
    CALL_OUT(call, ep_created)->raw = raw;
    return error;
}

static gpi_error_t badge(struct call *call)
{
    const struct ep_badge *in = CALL_IN(call, ep_badge);
    struct pdspace *space = call->space;
    if (in->pd) {
        struct object *pd = call_argument(call, in->pd, GPICAP_TYPE_PD, GPI_RIGHT_WRITE);
        if (!pd || !(space = pd_space(object_of(pd, pd)))) {
            return pd ? GPI_ERR_NO_MEMORY : GPI_ERR_BAD_CAP;
        }
    }
    seL4_CapRights_t rights = {{in->rights & 0xf}};
    seL4_CPtr raw = ep_give_raw(ep_of(call), space, rights, in->badge);
    *CALL_OUT(call, ep_created) = (struct ep_created){0, call->handle->object->id, raw};
    return raw ? GPI_OK : GPI_ERR_NO_MEMORY;
}

static gpi_error_t raw_in(struct call *call, struct pdspace *space)
{
    const struct handle *handle = handle_find(space, call->handle->object, HANDLE_RAW);
    seL4_CPtr raw = handle ? handle->slot : ep_give_raw(ep_of(call), space, seL4_AllRights, 0);
    *CALL_OUT(call, ep_created) = (struct ep_created){0, call->handle->object->id, raw};
    return raw ? GPI_OK : GPI_ERR_NO_MEMORY;
}

static gpi_error_t raw_in_pd(struct call *call)
{
    struct object *pd = call_argument(call, CALL_IN(call, ep_in_pd)->pd, GPICAP_TYPE_PD, GPI_RIGHT_WRITE);
    struct pdspace *space = pd ? pd_space(object_of(pd, pd)) : NULL;
    return space ? raw_in(call, space) : pd ? GPI_ERR_NO_MEMORY : GPI_ERR_BAD_CAP;
}

static gpi_error_t raw(struct call *call)
{
    return raw_in(call, call->space);
}

#define N(name) GPI_METHOD_NUMBER(name)
#define W(kind) GPI_WORDS(struct kind)

static const struct method methods[] = {
    [N(EP_CREATE)] = {create, CALL_ON_RDE, GPICAP_TYPE_EP, 0, W(ep_create), W(ep_created)},
    [N(EP_BADGE)] = {badge, CALL_ON_OBJECT, GPICAP_TYPE_EP, GPI_RIGHT_SEND, W(ep_badge), W(ep_created)},
    [N(EP_RAW_IN_PD)] = {raw_in_pd, CALL_ON_OBJECT, GPICAP_TYPE_EP, GPI_RIGHT_SEND, W(ep_in_pd), W(ep_created)},
    [N(EP_RAW)] = {raw, CALL_ON_OBJECT, GPICAP_TYPE_EP, 0, 0, W(ep_created)},
};
const struct component ep_component = {methods, sizeof methods / sizeof methods[0]};
