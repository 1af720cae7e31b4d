/* SPDX-License-Identifier: BSD-2-Clause */
#include "object/tcb_methods.h"

#include "arch/context.h"
#include "object/endpoint.h"
#include "object/schedcontext.h"
#include "object/vcpu.h"
#include "sched/scheduler.h"
#include <sel4/vesicle.h>

/* Where each word of a seL4_UserContext lives. Numbers below 32 are x0..x30 and SP_EL0 of struct regs. */
enum { PC = 32, SPSR, TPIDR, TPIDRRO, SP = 31 };
static const uint8_t order[] = {PC, SP, SPSR, 0,  1,  2,  3,  4,  5,  6,  7,  8,  16, 17, 18, 29, 30,    9,
                                10, 11, 12,   13, 14, 15, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, TPIDR, TPIDRRO};
_Static_assert(sizeof order == sizeof(seL4_UserContext) / sizeof(word_t), "register order");
_Static_assert(__builtin_offsetof(struct regs, sp_el0) == SP * sizeof(word_t), "SP_EL0 behind x30");

enum { FLAG_SUSPEND_SOURCE = 1, FLAG_RESUME_TARGET = 2, FLAG_FRAME = 4, FLAG_INTEGER = 8 };

static word_t get(const struct tcb *t, unsigned r)
{
    const struct vesicle_exit_frame *frame = (const struct vesicle_exit_frame *)t->regs;

    switch (r) {
    case PC:
        return t->exit_pending ? frame->pc : t->pc;
    case SPSR:
        return t->exit_pending ? frame->pstate : t->pstate;
    case TPIDR:
        return t->tpidr_el0;
    case TPIDRRO:
        return t->tpidrro_el0;
    default:
        return ((const word_t *)t->regs)[r];
    }
}

static void set(struct tcb *t, unsigned r, word_t value)
{
    struct vesicle_exit_frame *frame = (struct vesicle_exit_frame *)t->regs;

    switch (r) {
    case PC:
        *(t->exit_pending ? &frame->pc : &t->pc) = value;
        t->in_syscall = false; /* a new place to go on from: not a system call to retry or to go on with */
        endpoint_forget_cancel(t);
        break;
    case SPSR:
        if (t->exit_pending) {
            frame->pstate = value;
        } else {
            tcb_set_pstate(t, value);
        }
        break;
    case TPIDR:
        t->tpidr_el0 = value;
        break;
    case TPIDRRO:
        t->tpidrro_el0 = value;
        break;
    default:
        ((word_t *)t->regs)[r] = value;
    }
}

int tcb_read_registers(struct invocation *inv, struct tcb *t)
{
    word_t count = inv_word(inv, 1);

    if (count < 1 || count > sizeof order) {
        return inv_range_error(inv, 1, sizeof order);
    }
    if (t == inv->caller) {
        return seL4_IllegalOperation;
    }
    if (inv_word(inv, 0) & FLAG_SUSPEND_SOURCE) {
        tcb_suspend(t);
    }
    context_save(t);
    if (inv->is_call) {
        for (unsigned i = 0; i < count; i++) {
            inv_reply(inv, i, get(t, order[i]));
        }
    }
    return seL4_NoError;
}

/* Nobody else sets the thread's registers afterwards. */
static void prepare_writing(struct tcb *t)
{
    sched_set_aside(t);
    if (t->yield_to) {
        sc_complete_yield_to(t);
    }
}

int tcb_write_registers(struct invocation *inv, struct tcb *t)
{
    word_t count = inv_word(inv, 1);

    if (inv->length - 2 < count) {
        return seL4_TruncatedMessage;
    }
    if (t == inv->caller) {
        return seL4_IllegalOperation;
    }
    bool resume = inv_word(inv, 0) & 1;
    prepare_writing(t);
    if (resume) {
        tcb_cancel_ipc(t);
    }
    for (unsigned i = 0; i < count && i < sizeof order; i++) {
        set(t, order[i], inv_word(inv, i + 2));
    }
    if (resume) {
        tcb_restart(t);
    }
    return seL4_NoError;
}

int tcb_copy_registers(struct invocation *inv, struct tcb *t)
{
    struct cap source = inv_extra(inv, 0);
    word_t flags = inv_word(inv, 0);

    if (!cap_is_full_tcb(source)) {
        return inv_invalid_capability(inv, 1);
    }
    struct tcb *from = cap_object(source);
    if (flags & FLAG_SUSPEND_SOURCE) {
        tcb_suspend(from);
    }
    context_save(from);
    prepare_writing(t);
    if (flags & FLAG_RESUME_TARGET) {
        tcb_cancel_ipc(t);
    }
    /* frame: PC, SP, SPSR and the registers a call may change; integer: those it keeps */
    for (unsigned i = 0; i < sizeof order; i++) {
        bool frame = i < 17, wanted = frame ? flags & FLAG_FRAME : flags & FLAG_INTEGER;
        if (wanted && order[i] != TPIDR && order[i] != TPIDRRO) {
            set(t, order[i], get(from, order[i]));
        }
    }
    if (flags & FLAG_RESUME_TARGET) {
        tcb_restart(t);
    }
    return seL4_NoError;
}
