/* SPDX-License-Identifier: BSD-2-Clause */
/* Methods that show PDs and the machine, and those for who looks after the whole system. */
#include "pd_calls.h"

#include "dump.h"

#include <sel4/sel4.h>
#include <string.h>

gpi_error_t pd_call_null(struct call *call)
{
    (void)call;
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
        .ready = pd->ready,
        .ready_word = pd->ready_word,
    };
    for (struct cpu *cpu = pd->cpus; cpu; cpu = cpu->next_of_pd) {
        info->cpus++;
        info->consumed += cpu_consumed(cpu);
    }
    memcpy(info->name.text, pd->name, GPI_NAME_SIZE);
}

gpi_error_t pd_call_get_info(struct call *call)
{
    fill_info(pd_of(call), call->out);
    return GPI_OK;
}

gpi_error_t pd_call_dump(struct call *call)
{
    call->out_words = dump_pd(pd_of(call), CALL_IN(call, pd_dump)->offset, call->out, GPI_TEXT_SIZE);
    return GPI_OK;
}

/* The PD with the least id above one. */
gpi_error_t pd_call_next(struct call *call)
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

gpi_error_t pd_call_kill(struct call *call)
{
    struct object *object = object_find(GPICAP_TYPE_PD, call_word(call));
    if (!object) {
        return GPI_ERR_NOT_FOUND;
    }
    pd_end(object_of(object, pd), PD_TERMINATED, 0);
    return GPI_OK;
}

gpi_error_t pd_call_memory(struct call *call)
{
    size_t spare = call_spare_replies();
    *CALL_OUT(call, pd_memory) = (struct pd_memory){
        ut_size_free() + (spare << seL4_ReplyBits), memory_total(),
        memory_slots_used() - mo_copies_kept() - handle_spare_slots() - spare, handle_count(), object_count()};
    return GPI_OK;
}

/* By the capability that was called, or by the caller's directory entry for PDs. */
static bool is_system(const struct call *call)
{
    const struct rde *rde = pdspace_find_rde(call->space, GPICAP_TYPE_PD, BADGE_SPACE_ID_NULL);
    return (call->handle->rights | (rde ? rde->handle->rights : 0)) & GPI_RIGHT_SYSTEM;
}

gpi_error_t pd_call_irq_bind(struct call *call)
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

gpi_error_t pd_call_fail_after(struct call *call)
{
    call_answer(call, memory_fail_after(call_word(call)));
    return GPI_OK;
}
