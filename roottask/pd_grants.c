/* SPDX-License-Identifier: BSD-2-Clause */
/* Methods of PDs about slots and directories: what goes from one PD to another, what a slot is, free slots. */
#include "pd_calls.h"

#include "resspc.h"

#include <sel4/sel4.h>

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

gpi_error_t pd_call_share_rde(struct call *call)
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

gpi_error_t pd_call_share_all_rdes(struct call *call)
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

gpi_error_t pd_call_remove_rde(struct call *call)
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

gpi_error_t pd_call_get_rde(struct call *call)
{
    const struct pd_rde *in = CALL_IN(call, pd_rde);
    gpi_error_t error;
    struct pdspace *space = space_of(call, &error);
    const struct rde *rde = space ? pdspace_find_rde(space, in->type, in->space) : NULL;
    call_answer(call, rde ? rde->handle->slot : 0);
    return rde ? GPI_OK : GPI_ERR_NOT_FOUND;
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

gpi_error_t pd_call_send_cap(struct call *call)
{
    const struct pd_send_cap *in = CALL_IN(call, pd_send_cap);
    gpi_error_t error;
    struct pdspace *target = space_of(call, &error);
    seL4_CPtr slot = 0;
    error = target ? send_held(call, in->slot, in->rights, target, &slot) : error;
    call_answer(call, slot);
    return error;
}

gpi_error_t pd_call_give_cap(struct call *call)
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

gpi_error_t pd_call_share_type(struct call *call)
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

gpi_error_t pd_call_cap_info(struct call *call)
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

static gpi_error_t answer_slot(struct call *call, seL4_CPtr slot)
{
    call_answer(call, slot);
    return slot ? GPI_OK : GPI_ERR_NO_MEMORY;
}

gpi_error_t pd_call_next_slot(struct call *call)
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
        if (!give_back && handle->shared) {
            return GPI_ERR_STATE; /* the slot is another one's, too */
        }
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

gpi_error_t pd_call_free_slot(struct call *call)
{
    return empty_slot(call, true);
}

gpi_error_t pd_call_clear_slot(struct call *call)
{
    return empty_slot(call, false);
}
