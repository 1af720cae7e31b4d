/* SPDX-License-Identifier: BSD-2-Clause */
/* The methods of PDs; see gpi/proto/pd.h. */
#include "call.h"
#include "dump.h"
#include "pd.h"
#include "resspc.h"

#include <sel4/sel4.h>
#include <string.h>

static struct pd *pd_of(const struct call *call)
{
    return object_of(call->handle->object, pd);
}

/* The CSpace of the PD that was called; null, and why. */
static struct pdspace *space_of(const struct call *call, gpi_error_t *error)
{
    struct pd *pd = pd_of(call);
    struct pdspace *space = pd_space(pd);
    *error = space ? GPI_OK : pd->state == PD_ENDED ? GPI_ERR_GONE : GPI_ERR_NO_MEMORY;
    return space;
}

static gpi_error_t answer_slot(struct call *call, seL4_CPtr slot)
{
    call_answer(call, slot);
    return slot ? GPI_OK : GPI_ERR_NO_MEMORY;
}

static gpi_error_t create(struct call *call)
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

static gpi_error_t null(struct call *call)
{
    (void)call;
    return GPI_OK;
}

static gpi_error_t type_code(struct call *call)
{
    const struct gpi_name *name = CALL_IN(call, gpi_name);
    size_t length = strnlen(name->text, GPI_NAME_SIZE);
    gpi_cap_t type = length ? resspc_type_code(name->text, length) : GPICAP_TYPE_NONE;
    call_answer(call, type);
    return type ? GPI_OK : length ? GPI_ERR_NO_MEMORY : GPI_ERR_BAD_ARGUMENT;
}

static gpi_error_t type_name(struct call *call)
{
    const char *name = resspc_type_name(call_word(call));
    if (!name) {
        return GPI_ERR_NOT_FOUND;
    }
    strncpy(CALL_OUT(call, gpi_name)->text, name, GPI_NAME_SIZE);
    return GPI_OK;
}

/* If it is the caller that ends, nobody hears the answer. */
static gpi_error_t terminate(struct call *call)
{
    pd_end(pd_of(call), PD_TERMINATED, 0);
    return GPI_OK;
}

static gpi_error_t exit_pd(struct call *call)
{
    pd_end(pd_of(call), PD_EXITED, call_word(call));
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

static gpi_error_t wait(struct call *call)
{
    struct pd *pd = pd_of(call);
    if (pd->state == PD_ENDED) {
        *CALL_OUT(call, pd_end) = pd->end;
        return GPI_OK;
    }
    return wait_in(call, &pd->waiters);
}

/* What a PD says of itself when others may begin to rely on it. */
static gpi_error_t ready(struct call *call)
{
    struct pd *pd = pd_of(call);
    pd->ready = true;
    pd->ready_word = call_word(call);
    pd_answer_waiters(&pd->ready_waiters, GPI_OK, &pd->ready_word, 1);
    return GPI_OK;
}

static gpi_error_t wait_ready(struct call *call)
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

/* A directory entry of one CSpace for another. */
static gpi_error_t share_rde(const struct rde *rde, struct pdspace *target, seL4_Word rights, seL4_CPtr *slot)
{
    const struct handle *handle = rde->handle;
    if (!(handle->rights & GPI_RIGHT_SEND)) {
        return GPI_ERR_RIGHTS;
    }
    if (handle->object->ended) {
        return GPI_ERR_GONE;
    }
    unsigned given = rights ? (unsigned)rights & handle->rights : handle->rights;
    if (handle->kind == HANDLE_RDE) {
        return resspc_give_rde(object_of(handle->object, resspc), target, given, slot);
    }
    struct rde *there = pdspace_find_rde(target, rde->type, rde->space);
    struct handle *copy = there ? there->handle : handle_new(target, handle->object, HANDLE_OBJECT, given);
    if (!copy) {
        return GPI_ERR_NO_MEMORY;
    }
    *slot = copy->slot;
    gpi_error_t error = there ? GPI_OK : pdspace_add_rde(target, rde->type, rde->space, copy);
    if (error != GPI_OK) {
        handle_free(copy);
    }
    return error;
}

static gpi_error_t send_handle(const struct handle *handle, struct pdspace *target, unsigned rights, seL4_CPtr *slot)
{
    struct handle *copy = NULL;
    switch (handle->kind) {
    case HANDLE_OBJECT:
        copy = handle_new(target, handle->object, HANDLE_OBJECT, rights);
        break;
    case HANDLE_RDE:
        return resspc_give_rde(object_of(handle->object, resspc), target, rights, slot);
    case HANDLE_SERVED:
        return resspc_give_resource(object_of(handle->object, resspc), target, handle->resource, rights, slot);
    case HANDLE_RAW:
        copy = handle_copy_raw(handle, target);
        break;
    default:
        return GPI_ERR_BAD_CAP;
    }
    *slot = copy ? copy->slot : 0;
    return copy ? GPI_OK : GPI_ERR_NO_MEMORY;
}

/* What the sender put into a slot of its own itself. */
static gpi_error_t send_foreign(const struct call *call, struct pdspace *target, seL4_CPtr from, seL4_CPtr *slot)
{
    if (!pdspace_slot_taken(call->space, from)) {
        return GPI_ERR_NOT_FOUND;
    }
    *slot = pdspace_take_slot(target, NULL);
    if (!*slot) {
        return GPI_ERR_NO_MEMORY;
    }
    if (cspace_copy(&target->cspace, *slot, &call->space->cspace, from, seL4_AllRights) != seL4_NoError) {
        pdspace_put_slot(target, *slot);
        return GPI_ERR_BAD_CAP;
    }
    return GPI_OK;
}

/* What the caller has in a slot, for another CSpace. */
static gpi_error_t send_held(const struct call *call, seL4_CPtr from, seL4_Word rights, struct pdspace *target,
                             seL4_CPtr *slot)
{
    const struct handle *handle = pdspace_handle(call->space, from);
    if (!handle) {
        return send_foreign(call, target, from, slot);
    }
    if (handle->object->ended) {
        return GPI_ERR_GONE;
    }
    if (!(handle->rights & GPI_RIGHT_SEND)) {
        return GPI_ERR_RIGHTS;
    }
    return send_handle(handle, target, rights ? (unsigned)rights & handle->rights : handle->rights, slot);
}

static gpi_error_t send_cap(struct call *call)
{
    const struct pd_send_cap *in = CALL_IN(call, pd_send_cap);
    gpi_error_t error;
    struct pdspace *target = space_of(call, &error);
    seL4_CPtr slot = 0;
    error = target ? send_held(call, in->slot, in->rights, target, &slot) : error;
    call_answer(call, slot);
    return error;
}

static gpi_error_t share_one_rde(struct call *call)
{
    const struct pd_share_rde *in = CALL_IN(call, pd_share_rde);
    const struct rde *rde = pdspace_find_rde(call->space, in->rde.type, in->rde.space);
    gpi_error_t error = GPI_ERR_NOT_FOUND;
    struct pdspace *target = rde ? space_of(call, &error) : NULL;
    seL4_CPtr slot = 0;
    error = target ? share_rde(rde, target, in->rights, &slot) : error;
    call_answer(call, slot);
    return error;
}

static gpi_error_t share_all_rdes(struct call *call)
{
    gpi_error_t error;
    struct pdspace *target = space_of(call, &error);
    if (target == call->space) {
        return GPI_OK;
    }
    for (size_t i = 0; target && error == GPI_OK && i < call->space->rde_count; i++) {
        const struct rde *rde = &call->space->rdes[i];
        seL4_CPtr slot;
        /* Those of regions are of the caller's own spaces. */
        if (rde->type != GPICAP_TYPE_VMR && !rde->handle->object->ended) {
            error = share_rde(rde, target, 0, &slot);
        }
    }
    return error;
}

static gpi_error_t remove_rde(struct call *call)
{
    const struct pd_rde *in = CALL_IN(call, pd_rde);
    gpi_error_t error;
    struct pdspace *space = space_of(call, &error);
    struct rde *rde = space ? pdspace_find_rde(space, in->type, in->space) : NULL;
    if (!rde) {
        return space ? GPI_ERR_NOT_FOUND : error;
    }
    if (rde->handle->kind == HANDLE_RDE) {
        handle_free(rde->handle);
    } else {
        pdspace_drop_rdes(space, rde->handle);
    }
    return GPI_OK;
}

static gpi_error_t get_rde(struct call *call)
{
    const struct pd_rde *in = CALL_IN(call, pd_rde);
    gpi_error_t error;
    struct pdspace *space = space_of(call, &error);
    const struct rde *rde = space ? pdspace_find_rde(space, in->type, in->space) : NULL;
    call_answer(call, rde ? rde->handle->slot : 0);
    return rde ? GPI_OK : GPI_ERR_NOT_FOUND;
}

static gpi_error_t share_type(struct call *call)
{
    const struct pd_share_type *in = CALL_IN(call, pd_share_type);
    struct object *source = call_argument(call, in->source, GPICAP_TYPE_PD, GPI_RIGHT_MANAGE);
    if (!source) {
        return GPI_ERR_BAD_CAP;
    }
    gpi_error_t error;
    struct pdspace *target = space_of(call, &error), *from = pd_space(object_of(source, pd));
    if (!target || !from || from == target) {
        return !target ? error : from ? GPI_OK : GPI_ERR_GONE;
    }
    size_t slots = from->slots;
    for (size_t i = 0; error == GPI_OK && i < slots; i++) {
        const struct handle *handle = from->handle[i];
        bool wanted = handle && !handle->object->ended && handle->rights & GPI_RIGHT_SEND &&
                      ((handle->kind == HANDLE_OBJECT && handle->object->type == in->type) ||
                       (handle->kind == HANDLE_SERVED && object_of(handle->object, resspc)->type == in->type));
        seL4_CPtr slot;
        if (wanted && !(handle->kind == HANDLE_OBJECT && handle_find(target, handle->object, HANDLE_OBJECT))) {
            unsigned rights = in->rights ? (unsigned)in->rights & handle->rights : handle->rights;
            error = send_handle(handle, target, rights, &slot);
        }
    }
    return error;
}

static gpi_error_t join(struct call *call)
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
    pd_publish_rdes(space, 0);
    return GPI_OK;
}

static gpi_error_t own_region(struct call *call)
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

static gpi_error_t next_slot(struct call *call)
{
    gpi_error_t error;
    struct pdspace *space = space_of(call, &error);
    return space ? answer_slot(call, pdspace_take_slot(space, NULL)) : error;
}

/* Deletes what is in a slot of the PD. */
static gpi_error_t empty_slot(struct call *call, bool give_back)
{
    gpi_error_t error;
    struct pdspace *space = space_of(call, &error);
    seL4_CPtr slot = call_word(call);
    if (!space || !pdspace_slot_taken(space, slot)) {
        return space ? GPI_ERR_NOT_FOUND : error;
    }
    struct handle *handle = pdspace_handle(space, slot);
    if (handle) {
        if (give_back) {
            handle_free(handle);
        } else {
            handle_clear(handle);
        }
        return GPI_OK;
    }
    cspace_delete(&space->cspace, slot);
    if (give_back) {
        pdspace_put_slot(space, slot);
    }
    return GPI_OK;
}

static gpi_error_t free_slot(struct call *call)
{
    return empty_slot(call, true);
}

static gpi_error_t clear_slot(struct call *call)
{
    return empty_slot(call, false);
}

static gpi_error_t give_resource(struct call *call)
{
    const struct pd_give *in = CALL_IN(call, pd_give);
    struct resspc *resspc = resspc_find(in->space);
    struct object *recipient = object_find(GPICAP_TYPE_PD, in->recipient);
    if (!resspc || !recipient) {
        return GPI_ERR_NOT_FOUND;
    }
    struct pdspace *space = pd_space(object_of(recipient, pd));
    /* Only its server gives what is in a space, and only to those who deal with it. */
    if (resspc->server != pd_of(call) || !resspc_may_give(resspc->server, object_of(recipient, pd))) {
        return GPI_ERR_RIGHTS;
    }
    seL4_CPtr slot = 0;
    gpi_error_t error =
        space ? resspc_give_resource(resspc, space, in->resource, GPI_RIGHTS_ALL, &slot) : GPI_ERR_NO_MEMORY;
    call_answer(call, slot);
    return error;
}

static gpi_error_t map_resource(struct call *call)
{
    const struct pd_map *in = CALL_IN(call, pd_map);
    struct resspc *resspc = resspc_find(in->resource.space), *from = resspc_find(in->from.space);
    if (!resspc || !from) {
        return GPI_ERR_NOT_FOUND;
    }
    return resspc->server == pd_of(call) ? resspc_map_resource(resspc, in->resource.id, from, in->from.id, call->space)
                                         : GPI_ERR_RIGHTS;
}

static gpi_error_t take_rde(struct call *call)
{
    const struct pd_rde *in = CALL_IN(call, pd_rde);
    struct resspc *resspc = resspc_served_by(pd_of(call), in->type, in->space);
    if (!resspc) {
        return pd_of(call)->state == PD_ENDED ? GPI_ERR_GONE : GPI_ERR_NOT_FOUND;
    }
    seL4_CPtr slot = 0;
    gpi_error_t error = resspc_give_rde(resspc, call->space, GPI_RIGHTS_ALL, &slot);
    call_answer(call, slot);
    return error;
}

static gpi_error_t give_cap(struct call *call)
{
    const struct pd_give_cap *in = CALL_IN(call, pd_give_cap);
    struct object *recipient = object_find(GPICAP_TYPE_PD, in->recipient);
    if (!recipient) {
        return GPI_ERR_NOT_FOUND;
    }
    /* Only to those who deal with it: nobody else's slots are filled. */
    if (!resspc_may_give(pd_of(call), object_of(recipient, pd))) {
        return GPI_ERR_RIGHTS;
    }
    struct pdspace *space = pd_space(object_of(recipient, pd));
    seL4_CPtr slot = 0;
    gpi_error_t error = space ? send_held(call, in->slot, in->rights, space, &slot) : GPI_ERR_NO_MEMORY;
    call_answer(call, slot);
    return error;
}

static gpi_error_t link_child(struct call *call)
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

static gpi_error_t dump(struct call *call)
{
    call->out_words = dump_pd(pd_of(call), CALL_IN(call, pd_dump)->offset, call->out, GPI_TEXT_SIZE);
    return GPI_OK;
}

static gpi_error_t set_name(struct call *call)
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

/* By the capability that was called, or by the caller's directory entry for PDs. */
static bool is_system(const struct call *call)
{
    const struct rde *rde = pdspace_find_rde(call->space, GPICAP_TYPE_PD, BADGE_SPACE_ID_NULL);
    return (call->handle->rights | (rde ? rde->handle->rights : 0)) & GPI_RIGHT_SYSTEM;
}

static gpi_error_t irq_bind(struct call *call)
{
    const struct pd_irq_bind *in = CALL_IN(call, pd_irq_bind);
    gpi_error_t error;
    if (!is_system(call)) {
        return GPI_ERR_RIGHTS;
    }
    struct pdspace *space = space_of(call, &error);
    if (!space) {
        return error;
    }
    struct object *notification = call_argument(call, in->notification, GPICAP_TYPE_EP, GPI_RIGHT_READ);
    struct ep *ep = notification ? object_of(object_get(notification), ep) : NULL;
    if (in->notification && (!ep || ep->kind != EP_KIND_NOTIFICATION)) {
        error = GPI_ERR_BAD_CAP;
    } else if (!ep) {
        ep = ep_new(space->account, EP_KIND_NOTIFICATION);
    }
    if (error == GPI_OK && ep) {
        struct ep *irq = ep_new_irq(space->account, in->irq, in->edge != 0, ep, in->badge);
        if (irq) {
            struct pd_irq_bound *out = CALL_OUT(call, pd_irq_bound);
            out->notification = in->notification ? 0 : ep_give_raw(ep, space, seL4_AllRights, 0);
            out->handler = ep_give_raw(irq, space, seL4_AllRights, 0);
            if (!out->handler || (!in->notification && !out->notification)) {
                handle_free_all(&irq->object);
                error = GPI_ERR_NO_MEMORY;
            }
            object_put(&irq->object);
        } else {
            error = GPI_ERR_EXISTS;
        }
    } else if (error == GPI_OK) {
        error = GPI_ERR_NO_MEMORY;
    }
    if (ep) {
        if (error != GPI_OK && !in->notification) {
            handle_free_all(&ep->object);
        }
        object_put(&ep->object);
    }
    return error;
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

static gpi_error_t set_fault_ep(struct call *call)
{
    const struct pd_fault_ep *in = CALL_IN(call, pd_fault_ep);
    struct object *ep = call_argument(call, in->ep, GPICAP_TYPE_EP, GPI_RIGHT_SEND);
    if (!ep || object_of(ep, ep)->kind != EP_KIND_ENDPOINT) {
        return GPI_ERR_BAD_CAP;
    }
    return pd_of(call)->state == PD_ENDED ? GPI_ERR_GONE : use_fault_ep(pd_of(call), object_of(ep, ep), in->badge);
}

/* For the caller, who is to receive the faults. */
static gpi_error_t get_fault_ep(struct call *call)
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

static gpi_error_t set_quota(struct call *call)
{
    struct pd *pd = pd_of(call);
    /* What one has was given by somebody: it can be lessened, not raised. */
    if (call->space->account == pd->object.account && call_word(call) > pd->object.account->limit) {
        return GPI_ERR_RIGHTS;
    }
    pd->object.account->limit = call_word(call);
    return GPI_OK;
}

static gpi_error_t set_policy(struct call *call)
{
    pd_of(call)->policy = *CALL_IN(call, pd_policy);
    return GPI_OK;
}

static void fill_info(struct pd *pd, struct pd_info *info)
{
    *info = (struct pd_info){
        .id = pd->object.id,
        .parent = pd->parent,
        .state = pd->state,
        .end = pd->end,
        .priority_limit = pd->priority_limit,
        .memory = pd->object.account->used,
        .quota = pd->object.account->limit,
    };
    for (const struct cpu *cpu = pd->cpus; cpu; cpu = cpu->next_of_pd) {
        info->cpus++;
        info->consumed += cpu_consumed(cpu);
    }
    memcpy(info->name.text, pd->name, GPI_NAME_SIZE);
}

static gpi_error_t get_info(struct call *call)
{
    fill_info(pd_of(call), call->out);
    return GPI_OK;
}

/* The PD with the least id above one. */
static gpi_error_t next(struct call *call)
{
    struct object *found = NULL;
    for (struct object *object = object_first(GPICAP_TYPE_PD); object; object = object->next) {
        if (object->id > call_word(call)) {
            found = object; /* the list is from the youngest to the oldest */
        }
    }
    if (!found) {
        return GPI_ERR_NOT_FOUND;
    }
    fill_info(object_of(found, pd), call->out);
    return GPI_OK;
}

static gpi_error_t kill(struct call *call)
{
    struct object *object = object_find(GPICAP_TYPE_PD, call_word(call));
    if (!object) {
        return GPI_ERR_NOT_FOUND;
    }
    pd_end(object_of(object, pd), PD_TERMINATED, 0);
    return GPI_OK;
}

static gpi_error_t memory(struct call *call)
{
    *CALL_OUT(call, pd_memory) =
        (struct pd_memory){ut_size_free(), memory_total(), memory_slots_used(), handle_count(), object_count()};
    return GPI_OK;
}

static gpi_error_t get_work(struct call *call)
{
    *CALL_OUT(call, pd_work) = pd_take_work(pd_of(call));
    return GPI_OK;
}

/* A notification's capability in the caller's CSpace, with the badge that the server wants to see. */
static gpi_error_t set_work_signal(struct call *call)
{
    struct pd *pd = pd_of(call);
    seL4_CPtr slot = memory_must_fail() ? 0 : cspace_alloc_slot(&root_cspace);
    if (!slot) {
        return GPI_ERR_NO_MEMORY;
    }
    if (!pdspace_slot_taken(call->space, call_word(call)) ||
        cspace_copy(&root_cspace, slot, &call->space->cspace, call_word(call), seL4_CanWrite) != seL4_NoError) {
        cspace_free_slot(&root_cspace, slot);
        return GPI_ERR_BAD_CAP;
    }
    if (pd->work_signal) {
        cspace_delete(&root_cspace, pd->work_signal);
        cspace_free_slot(&root_cspace, pd->work_signal);
    }
    pd->work_signal = slot;
    if (pd->work || pd->work_lost) {
        seL4_Signal(slot);
    }
    return GPI_OK;
}

static gpi_error_t whose_badge(struct call *call)
{
    const struct handle *handle = handle_of_badge(call_word(call));
    bool served = handle && (handle->kind == HANDLE_RDE || handle->kind == HANDLE_SERVED) && !handle->object->ended &&
                  object_of(handle->object, resspc)->server == pd_of(call);
    if (!served) {
        return GPI_ERR_NOT_FOUND;
    }
    *CALL_OUT(call, pd_badge) = (struct pd_badge){
        handle->object->id,
        handle->kind == HANDLE_SERVED ? handle->resource : BADGE_OBJ_ID_NULL,
        handle->space->id,
        handle->rights,
    };
    return GPI_OK;
}

static gpi_error_t is_client(struct call *call)
{
    const struct pd_resource *in = CALL_IN(call, pd_resource);
    const struct resspc *resspc = resspc_served_by(pd_of(call), GPICAP_TYPE_NONE, in->space);
    const struct handle *handle = resspc ? resspc->object.handles : NULL;
    while (handle && (handle->kind == HANDLE_OBJECT || handle->space->id != in->id)) {
        handle = handle->next;
    }
    return handle ? GPI_OK : GPI_ERR_NOT_FOUND;
}

static seL4_Word detail_of(struct object *object)
{
    switch (object->type) {
    case GPICAP_TYPE_MO:
        return object_of(object, mo)->pages << 8 | object_of(object, mo)->page_bits;
    case GPICAP_TYPE_ADS:
        return object_of(object, ads)->stage2;
    case GPICAP_TYPE_EP:
        return object_of(object, ep)->kind;
    case GPICAP_TYPE_CPU:
        return object_of(object, cpu)->vcpu.ut != NULL;
    default:
        return 0;
    }
}

static gpi_error_t cap_info(struct call *call)
{
    gpi_error_t error;
    const struct pdspace *space = space_of(call, &error);
    const struct handle *handle = space ? pdspace_handle(space, call_word(call)) : NULL;
    if (!handle || handle->kind != HANDLE_OBJECT) {
        return space ? GPI_ERR_NOT_FOUND : error;
    }
    if (handle->object->ended) {
        return GPI_ERR_GONE;
    }
    *CALL_OUT(call, pd_cap_info) =
        (struct pd_cap_info){handle->object->type, handle->object->id, handle->rights, detail_of(handle->object)};
    return GPI_OK;
}

static gpi_error_t fail_after(struct call *call)
{
    call_answer(call, memory_fail_after(call_word(call)));
    return GPI_OK;
}

#define N(name) GPI_METHOD_NUMBER(name)
#define W(kind) GPI_WORDS(struct kind)
#define RDE(run, in, out)                                                                                              \
    {                                                                                                                  \
        run, CALL_ON_RDE, GPICAP_TYPE_PD, 0, in, out                                                                   \
    }
#define ON(run, rights, in, out)                                                                                       \
    {                                                                                                                  \
        run, CALL_ON_OBJECT, GPICAP_TYPE_PD, rights, in, out                                                           \
    }
enum { READ = GPI_RIGHT_READ, WRITE = GPI_RIGHT_WRITE, MANAGE = GPI_RIGHT_MANAGE, SYSTEM = GPI_RIGHT_SYSTEM };

static const struct method methods[] = {
    [N(PD_CREATE)] = RDE(create, W(pd_create), W(gpi_slot_and_id)),
    [N(PD_NULL)] = RDE(null, 0, 0),
    [N(PD_TYPE_CODE)] = RDE(type_code, 1, 1),
    [N(PD_TYPE_NAME)] = RDE(type_name, 1, W(gpi_name)),
    [N(PD_TERMINATE)] = ON(terminate, MANAGE, 0, 0),
    [N(PD_EXIT)] = ON(exit_pd, MANAGE, 1, 0),
    [N(PD_WAIT)] = ON(wait, READ, 0, W(pd_end)),
    [N(PD_SEND_CAP)] = ON(send_cap, WRITE, W(pd_send_cap), 1),
    [N(PD_SHARE_RDE)] = ON(share_one_rde, WRITE, W(pd_share_rde), 1),
    [N(PD_SHARE_ALL_RDES)] = ON(share_all_rdes, WRITE, 0, 0),
    [N(PD_REMOVE_RDE)] = ON(remove_rde, MANAGE, W(pd_rde), 0),
    [N(PD_GET_RDE)] = ON(get_rde, READ, W(pd_rde), 1),
    [N(PD_SHARE_TYPE)] = ON(share_type, WRITE, W(pd_share_type), 0),
    [N(PD_JOIN)] = ON(join, MANAGE, W(pd_join), 0),
    [N(PD_OWN_REGION)] = ON(own_region, MANAGE, W(pd_own_region), 0),
    [N(PD_NEXT_SLOT)] = ON(next_slot, MANAGE, 0, 1),
    [N(PD_FREE_SLOT)] = ON(free_slot, MANAGE, 1, 0),
    [N(PD_CLEAR_SLOT)] = ON(clear_slot, MANAGE, 1, 0),
    [N(PD_GIVE_RESOURCE)] = ON(give_resource, MANAGE, W(pd_give), 1),
    [N(PD_MAP_RESOURCE)] = ON(map_resource, MANAGE, W(pd_map), 0),
    [N(PD_TAKE_RDE)] = ON(take_rde, MANAGE, W(pd_rde), 1),
    [N(PD_READY)] = ON(ready, MANAGE, 1, 0),
    [N(PD_WAIT_READY)] = ON(wait_ready, READ, 0, 1),
    [N(PD_GIVE_CAP)] = ON(give_cap, MANAGE, W(pd_give_cap), 1),
    [N(PD_LINK_CHILD)] = ON(link_child, MANAGE, 1, 0),
    [N(PD_DUMP)] = ON(dump, READ, W(pd_dump), 0),
    [N(PD_SET_NAME)] = ON(set_name, MANAGE, W(gpi_name), 0),
    [N(PD_IRQ_BIND)] = ON(irq_bind, MANAGE, W(pd_irq_bind), W(pd_irq_bound)),
    [N(PD_SET_FAULT_EP)] = ON(set_fault_ep, MANAGE, W(pd_fault_ep), 0),
    [N(PD_GET_FAULT_EP)] = ON(get_fault_ep, MANAGE, 0, W(ep_created)),
    [N(PD_SET_QUOTA)] = ON(set_quota, MANAGE, 1, 0),
    [N(PD_SET_POLICY)] = ON(set_policy, MANAGE, W(pd_policy), 0),
    [N(PD_GET_INFO)] = ON(get_info, READ, 0, W(pd_info)),
    [N(PD_NEXT)] = ON(next, SYSTEM, 1, W(pd_info)),
    [N(PD_KILL)] = ON(kill, SYSTEM, 1, 0),
    [N(PD_MEMORY)] = ON(memory, SYSTEM, 0, W(pd_memory)),
    [N(PD_GET_WORK)] = ON(get_work, MANAGE, 0, W(pd_work)),
    [N(PD_SET_WORK_SIGNAL)] = ON(set_work_signal, MANAGE, 1, 0),
    [N(PD_WHOSE_BADGE)] = ON(whose_badge, MANAGE, 1, W(pd_badge)),
    [N(PD_IS_CLIENT)] = ON(is_client, MANAGE, W(pd_resource), 0),
    [N(PD_FAIL_AFTER)] = ON(fail_after, SYSTEM, 1, 1),
    [N(PD_CAP_INFO)] = ON(cap_info, READ, 1, W(pd_cap_info)),
};
const struct component pd_component = {methods, sizeof methods / sizeof methods[0]};
