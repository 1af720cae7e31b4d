/* SPDX-License-Identifier: BSD-2-Clause */
#include "object/tcb.h"

#include "arch/context.h"
#include "object/cnode.h"
#include "object/endpoint.h"
#include "object/notification.h"
#include "object/reply.h"
#include "object/schedcontext.h"
#include "object/vcpu.h"
#include "sched/scheduler.h"

/* PSTATE of EL0: the condition flags, DIT and SSBS are the thread's; mode EL0t, nothing masked. DDI 0487 C5.2.18. */
#define NATIVE_PSTATE_MASK (0xf0000000ull | 1ull << 24 | 1ull << 12)

void tcb_init(struct tcb *t)
{
    static uint32_t last_number;

    t->number = ++last_number;
    t->regs = &t->context;
    t->cpu = &cpus[0];
    t->table_epoch = TCB_NO_EPOCH;
    tcb_forget_cspace(t);
}

void tcb_set_pstate(struct tcb *t, word_t pstate)
{
    t->pstate = t->vcpu               ? vcpu_sanitise_pstate(pstate)
                : t->debug.step_count ? (pstate & NATIVE_PSTATE_MASK) | PSTATE_SS
                                      : pstate & NATIVE_PSTATE_MASK;
}

void tcb_queue_remove(struct tcb **head, struct tcb **tail, struct tcb *t)
{
    *(t->queue_prev ? &t->queue_prev->queue_next : head) = t->queue_next;
    *(t->queue_next ? &t->queue_next->queue_prev : tail) = t->queue_prev;
    t->queue_prev = t->queue_next = 0;
}

void tcb_set_state(struct tcb *t, enum thread_state state)
{
    if (state != THREAD_RUNNING) {
        sched_set_aside(t);
    }
    t->state = (uint8_t)state;
    if (state != THREAD_RUNNING) {
        sched_dequeue(t);
        if (t->cpu->current == t) {
            sched_reschedule(t->cpu);
        }
    }
}

void tcb_unblock(struct tcb *t)
{
    switch (t->state) {
    case THREAD_BLOCKED_ON_SEND:
        endpoint_cancel(t->blocking_object, t);
        break;
    case THREAD_BLOCKED_ON_RECEIVE:
        endpoint_cancel(t->blocking_object, t);
        if (t->reply) {
            reply_release(t->reply);
        }
        break;
    case THREAD_BLOCKED_ON_NOTIFICATION:
        notification_cancel(t->blocking_object, t);
        break;
    case THREAD_BLOCKED_ON_REPLY:
        reply_cut(t);
        break;
    default:
        break;
    }
    t->blocking_object = 0;
}

void tcb_retry_syscall(struct tcb *t)
{
    t->pc -= 4;
    if (t->debug.step_count) {
        t->pstate |= PSTATE_SS; /* the SVC was no step yet */
    }
}

void tcb_abandon(struct tcb *t)
{
    if (t->exit_pending) {
        vcpu_commit_exit(t);
    } else if (t->in_syscall && (!t->in_fault || t->fault.type == seL4_Fault_CapFault)) {
        tcb_retry_syscall(t);
    }
    t->in_syscall = false;
    t->in_fault = false;
    t->fault.type = seL4_Fault_NullFault;
    tcb_set_state(t, THREAD_INACTIVE);
}

void tcb_cancel_ipc(struct tcb *t)
{
    if (t->state == THREAD_RUNNING || t->state == THREAD_INACTIVE || t->state == THREAD_IDLE) {
        return;
    }
    if (t->state == THREAD_WFI) {
        tcb_set_state(t, THREAD_INACTIVE);
        return;
    }
    tcb_unblock(t);
    tcb_abandon(t);
}

void tcb_suspend(struct tcb *t)
{
    tcb_cancel_ipc(t);
    if (t->yield_to) {
        sc_complete_yield_to(t);
    }
    tcb_set_state(t, THREAD_INACTIVE);
}

void tcb_restart(struct tcb *t)
{
    if (t->state == THREAD_RUNNING || t->state == THREAD_IDLE) {
        return;
    }
    tcb_cancel_ipc(t);
    tcb_set_state(t, THREAD_RUNNING);
    if (t->sc) {
        sc_resume(t->sc);
    }
}

void tcb_set_priority(struct tcb *t, unsigned priority)
{
    if (tcb_is_blocked_on_endpoint(t)) {
        endpoint_reorder(t->blocking_object, t, priority);
    } else if (t->state == THREAD_BLOCKED_ON_NOTIFICATION) {
        notification_reorder(t->blocking_object, t, priority);
    } else if (t->queued_ready) {
        sched_dequeue(t);
        t->priority = (uint8_t)priority;
        sched_append(t);
    } else {
        t->priority = (uint8_t)priority;
    }
    sched_reschedule(t->cpu);
}

void tcb_finalise(struct tcb *t)
{
    tcb_suspend(t);
    endpoint_forget_cancel(t);
    if (t->bound) {
        notification_unbind(t->bound);
    }
    if (t->sc) {
        sc_unbind_tcb(t->sc);
    }
    if (t->vcpu) {
        vcpu_unbind(t->vcpu);
    }
    context_forget(t);
}

void tcb_move(struct tcb *t, struct cpu *cpu)
{
    if (t->cpu == cpu) {
        return;
    }
    context_forget(t);
    sched_dequeue(t);
    if (t->cpu->current == t) {
        sched_reschedule(t->cpu); /* the caller moves itself */
    }
    t->cpu = cpu;
    t->table_epoch = TCB_NO_EPOCH;
}

/* What is loaded for it is not what it has any more. */
static void forget_table(struct tcb *t)
{
    t->table_epoch = TCB_NO_EPOCH;
    if (t->cpu->ready_guest == t) {
        t->cpu->ready_guest = 0;
    }
}

void tcb_forget_vspace(struct tcb *t)
{
    sched_set_aside(t);
    t->vspace = 0;
    forget_table(t);
}

void tcb_update_vspace(struct tcb *t)
{
    struct cap c = t->slots[TCB_VSPACE].cap;

    sched_set_aside(t);
    t->vspace = cap_type(c) == CAP_VSPACE && cap_vspace_asid(c) ? cap_object(c) : 0;
    forget_table(t);
    context_update_space(t);
}

void tcb_forget_cspace(struct tcb *t)
{
    static struct slot none;

    t->fast_slots = &none;
    t->fast_limit = 0;
}

void tcb_update_cspace(struct tcb *t)
{
    struct cap c = t->slots[TCB_CSPACE].cap;
    unsigned radix = cap_cnode_radix(c);

    tcb_forget_cspace(t);
    if (!t->special && cap_type(c) == CAP_CNODE && cap_cnode_guard_size(c) + radix == seL4_WordBits &&
        cap_cnode_guard(c) == 0) {
        t->fast_slots = cnode_slots(c);
        t->fast_limit = (1ull << radix) - 1;
    }
}

void tcb_update_special(struct tcb *t)
{
    t->special = t->debugged || t->counted;
    /* No fast path begins with it: they find none of its capabilities. And none leads to it: its space looks out of date. */
    tcb_update_cspace(t);
    t->table_epoch = TCB_NO_EPOCH;
}
