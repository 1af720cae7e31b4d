/* SPDX-License-Identifier: BSD-2-Clause */
/* Methods of PDs that have to do with their life: how they begin, what they are given for it, how they end. */
#include "pd_calls.h"

#include "count.h"

#include <sel4/sel4.h>
#include <string.h>

gpi_error_t pd_call_create(struct call *call)
{
    seL4_CPtr slot = CALL_IN(call, pd_create)->osm_mo;
    struct object *mo = call_argument(call, slot, GPICAP_TYPE_MO, GPI_RIGHT_WRITE);
    if (slot && !mo) {
        return GPI_ERR_BAD_CAP;
    }
    gpi_error_t error;
    gpi_obj_id_t parent = call->space->pds ? call->space->pds->object.id : BADGE_OBJ_ID_NULL;
    struct pd *pd = pd_new(call->space->account, mo ? object_of(mo, mo) : NULL, parent, &error);
    if (!pd) {
        return error;
    }
    pd->priority_limit = call->space->pds ? call->space->pds->priority_limit : pd->priority_limit;
    return call_return_object(call, &pd->object);
}

gpi_error_t pd_call_set_name(struct call *call)
{
    struct pd *pd = pd_of(call);
    memcpy(pd->name, CALL_IN(call, gpi_name)->text, GPI_NAME_SIZE);
    for (char *c = pd->name; *c; c++) {
        *c = *c > ' ' && *c < 0x7f ? *c : '?';
    }
    if (pd->osm) {
        memcpy(pd->osm->name, pd->name, OSM_NAME_SIZE - 1);
    }
    return GPI_OK;
}

gpi_error_t pd_call_set_policy(struct call *call)
{
    pd_of(call)->policy = *CALL_IN(call, pd_policy);
    return GPI_OK;
}

gpi_error_t pd_call_set_quota(struct call *call)
{
    struct pd *pd = pd_of(call);
    /* What one has was given by somebody: it can be lessened, not raised. */
    if (call->space->account == pd->object.account && call_word(call) > pd->object.account->limit) {
        return GPI_ERR_RIGHTS;
    }
    pd->object.account->limit = call_word(call);
    return GPI_OK;
}

gpi_error_t pd_call_join(struct call *call)
{
    struct pd *pd = pd_of(call);
    struct object *object = call_argument(call, CALL_IN(call, pd_join)->with, GPICAP_TYPE_PD, GPI_RIGHT_MANAGE);
    if (!object || object == &pd->object) {
        return GPI_ERR_BAD_CAP;
    }
    struct pdspace *space = pd_space(object_of(object, pd));
    if (!space || pd->state != PD_NEW || pd->space) {
        return GPI_ERR_STATE;
    }
    if (!pd->name[0]) {
        memcpy(pd->name, object_of(object, pd)->name, sizeof pd->name);
    }
    pd->space = space;
    pd->next_in_space = space->pds->next_in_space; /* the first stays the first: it is what servers know */
    space->pds->next_in_space = pd;
    count_join(pd, object_of(object, pd));
    pd_publish_rdes(space, 0);
    return GPI_OK;
}

gpi_error_t pd_call_own_region(struct call *call)
{
    const struct pd_own_region *in = CALL_IN(call, pd_own_region);
    struct object *object = call_argument(call, in->ads, GPICAP_TYPE_ADS, GPI_RIGHT_WRITE);
    struct pd *pd = pd_of(call);
    if (!object) {
        return GPI_ERR_BAD_CAP;
    }
    struct vmr *vmr = vmr_at(object_of(object, ads), in->vaddr);
    if (!vmr) {
        return GPI_ERR_NOT_FOUND;
    }
    if (vmr->owner || pd->state == PD_ENDED) {
        return GPI_ERR_STATE;
    }
    pd_own_region(pd, vmr);
    return GPI_OK;
}

gpi_error_t pd_call_link_child(struct call *call)
{
    struct object *object = call_argument(call, call_word(call), GPICAP_TYPE_PD, GPI_RIGHT_MANAGE);
    struct pd *parent = pd_of(call);
    if (!object || object == &parent->object) {
        return GPI_ERR_BAD_CAP;
    }
    struct pd *child = object_of(object, pd);
    if (child->linked_to || child->state == PD_ENDED) {
        return GPI_ERR_STATE;
    }
    for (const struct pd *above = parent; above; above = above->linked_to) {
        if (above == child) {
            return GPI_ERR_BAD_ARGUMENT;
        }
    }
    child->linked_to = parent;
    child->next_linked = parent->linked;
    parent->linked = child;
    return GPI_OK;
}

static gpi_error_t use_fault_ep(struct pd *pd, struct ep *ep, seL4_Word badge)
{
    gpi_error_t error = GPI_OK;
    for (struct cpu *cpu = pd->cpus; cpu && error == GPI_OK; cpu = cpu->next_of_pd) {
        error = cpu_set_fault_ep(cpu, ep, badge);
    }
    if (error == GPI_OK) {
        object_get(&ep->object);
        if (pd->fault_ep) {
            object_put(&pd->fault_ep->object);
        }
        pd->fault_ep = ep;
        pd->fault_badge = badge;
    }
    return error;
}

gpi_error_t pd_call_set_fault_ep(struct call *call)
{
    const struct pd_fault_ep *in = CALL_IN(call, pd_fault_ep);
    struct object *ep = call_argument(call, in->ep, GPICAP_TYPE_EP, GPI_RIGHT_SEND);
    if (!ep || object_of(ep, ep)->kind != EP_KIND_ENDPOINT) {
        return GPI_ERR_BAD_CAP;
    }
    return pd_of(call)->state == PD_ENDED ? GPI_ERR_GONE : use_fault_ep(pd_of(call), object_of(ep, ep), in->badge);
}

/* For the caller, who is to receive the faults. */
gpi_error_t pd_call_get_fault_ep(struct call *call)
{
    struct pd *pd = pd_of(call);
    struct ep *ep = pd->fault_ep;
    if (pd->state == PD_ENDED) {
        return GPI_ERR_GONE;
    }
    if (ep) {
        object_get(&ep->object);
    } else {
        ep = ep_new(pd->object.account, EP_KIND_ENDPOINT);
        gpi_error_t error = ep ? use_fault_ep(pd, ep, pd->object.id) : GPI_ERR_NO_MEMORY;
        if (error != GPI_OK) {
            if (ep) {
                object_put(&ep->object);
            }
            return error;
        }
    }
    seL4_CPtr raw = ep_give_raw(ep, call->space, seL4_AllRights, 0);
    struct handle *handle = raw ? handle_new(call->space, &ep->object, HANDLE_OBJECT, GPI_RIGHTS_ALL) : NULL;
    if (raw && !handle) {
        handle_free(pdspace_handle(call->space, raw));
    }
    if (handle) {
        *CALL_OUT(call, ep_created) = (struct ep_created){handle->slot, ep->object.id, raw};
    }
    object_put(&ep->object);
    return handle ? GPI_OK : GPI_ERR_NO_MEMORY;
}

/* What a PD says of itself when others may begin to rely on it. */
gpi_error_t pd_call_ready(struct call *call)
{
    struct pd *pd = pd_of(call);
    pd->ready = true;
    pd->ready_word = call_word(call);
    pd_answer_waiters(&pd->ready_waiters, GPI_OK, &pd->ready_word, 1);
    return GPI_OK;
}

static gpi_error_t wait_in(struct call *call, struct waiter **waiters)
{
    struct waiter *waiter = memory_new(sizeof *waiter);
    if (!waiter || !call_keep_reply(call, &waiter->reply)) {
        memory_free(waiter);
        return GPI_ERR_NO_MEMORY;
    }
    waiter->next = *waiters;
    *waiters = waiter;
    return GPI_OK;
}

gpi_error_t pd_call_wait_ready(struct call *call)
{
    struct pd *pd = pd_of(call);
    if (pd->state == PD_ENDED) {
        return GPI_ERR_GONE;
    }
    if (pd->ready) {
        call_answer(call, pd->ready_word);
        return GPI_OK;
    }
    return wait_in(call, &pd->ready_waiters);
}

gpi_error_t pd_call_wait(struct call *call)
{
    struct pd *pd = pd_of(call);
    if (pd->state == PD_ENDED) {
        *CALL_OUT(call, pd_end) = pd->end;
        return GPI_OK;
    }
    return wait_in(call, &pd->waiters);
}

gpi_error_t pd_call_exit(struct call *call)
{
    pd_end(pd_of(call), PD_EXITED, call_word(call));
    return GPI_OK;
}

/* If it is the caller that ends, nobody hears the answer. */
gpi_error_t pd_call_terminate(struct call *call)
{
    pd_end(pd_of(call), PD_TERMINATED, 0);
    return GPI_OK;
}
