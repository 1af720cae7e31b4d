/* SPDX-License-Identifier: BSD-2-Clause */
/* Methods of PDs that serve resources: what they give, what they learn of their clients. */
#include "pd_calls.h"

#include "resspc.h"

#include <sel4/sel4.h>
#include <string.h>

gpi_error_t pd_call_type_code(struct call *call)
{
    const struct gpi_name *name = CALL_IN(call, gpi_name);
    size_t length = strnlen(name->text, GPI_NAME_SIZE);
    gpi_cap_t type = length ? resspc_type_code(name->text, length) : GPICAP_TYPE_NONE;
    call_answer(call, type);
    return type ? GPI_OK : length ? GPI_ERR_NO_MEMORY : GPI_ERR_BAD_ARGUMENT;
}

gpi_error_t pd_call_type_name(struct call *call)
{
    const char *name = resspc_type_name(call_word(call));
    if (!name) {
        return GPI_ERR_NOT_FOUND;
    }
    strncpy(CALL_OUT(call, gpi_name)->text, name, GPI_NAME_SIZE);
    return GPI_OK;
}

gpi_error_t pd_call_give_resource(struct call *call)
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

gpi_error_t pd_call_map_resource(struct call *call)
{
    const struct pd_map *in = CALL_IN(call, pd_map);
    struct resspc *resspc = resspc_find(in->resource.space), *from = resspc_find(in->from.space);
    if (!resspc || !from) {
        return GPI_ERR_NOT_FOUND;
    }
    return resspc->server == pd_of(call) ? resspc_map_resource(resspc, in->resource.id, from, in->from.id, call->space)
                                         : GPI_ERR_RIGHTS;
}

gpi_error_t pd_call_take_rde(struct call *call)
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

gpi_error_t pd_call_get_work(struct call *call)
{
    *CALL_OUT(call, pd_work) = pd_take_work(pd_of(call));
    return GPI_OK;
}

/* A notification's capability in the caller's CSpace, with the badge that the server wants to see. */
gpi_error_t pd_call_set_work_signal(struct call *call)
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

gpi_error_t pd_call_whose_badge(struct call *call)
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

gpi_error_t pd_call_is_client(struct call *call)
{
    const struct pd_resource *in = CALL_IN(call, pd_resource);
    const struct resspc *resspc = resspc_served_by(pd_of(call), GPICAP_TYPE_NONE, in->space);
    const struct handle *handle = resspc ? resspc->object.handles : NULL;
    while (handle && (handle->kind == HANDLE_OBJECT || handle->space->id != in->id)) {
        handle = handle->next;
    }
    return handle ? GPI_OK : GPI_ERR_NOT_FOUND;
}
