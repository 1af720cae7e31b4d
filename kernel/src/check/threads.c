/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads: that their fields agree with each other and with the capabilities they hold. What cores know of them. */
#include "check/check.h"

#include "cpu.h"
#include "object/cnode.h"
#include "object/notification.h"
#include "object/schedcontext.h"
#include "object/tcb.h"
#include "object/vcpu.h"
#include "object/vspace.h"
#include "sched/scheduler.h"

#define PSTATE_DAIF (0xfull << 6)

/* Fields that follow capabilities. */
static bool check_held(const struct tcb *t)
{
    struct cap cspace = t->slots[TCB_CSPACE].cap, space = t->slots[TCB_VSPACE].cap, frame = t->slots[TCB_BUFFER].cap;
    const char *buffer = (const char *)t->buffer;
    bool flat = !t->special && cap_type(cspace) == CAP_CNODE && cap_cnode_guard(cspace) == 0 &&
                cap_cnode_guard_size(cspace) + cap_cnode_radix(cspace) == seL4_WordBits;
    const struct vspace *assigned = cap_type(space) == CAP_VSPACE && cap_vspace_asid(space) ? cap_object(space) : 0;

    if (flat ? t->fast_slots != cnode_slots(cspace) || t->fast_limit != (1ull << cap_cnode_radix(cspace)) - 1
             : t->fast_limit != 0 || !slot_is_empty(t->fast_slots)) {
        return check(false, "a thread's short way into its CSpace leads elsewhere", t, t->fast_slots);
    }
    if (!check(!t->vspace || t->vspace == assigned, "a thread runs in a space it has no capability of", t, t->vspace)) {
        return false;
    }
    if (cap_type(frame) != CAP_FRAME) {
        return check(!buffer, "a thread has an IPC buffer without a frame", t, buffer);
    }
    word_t offset = t->buffer_vaddr & ((1ull << cap_frame_bits(frame)) - 1);
    return check(buffer == (const char *)cap_object(frame) + offset, "a thread's IPC buffer is not in its frame", t,
                 buffer);
}

static bool check_state(const struct tcb *t)
{
    bool blocked = tcb_is_blocked_on_endpoint(t) || t->state == THREAD_BLOCKED_ON_NOTIFICATION;
    bool waits_for_handler = t->state == THREAD_BLOCKED_ON_SEND || t->state == THREAD_BLOCKED_ON_REPLY;
    const void *frame = t->vcpu && !slot_is_empty(&t->vcpu->exit_frame) ? cap_object(t->vcpu->exit_frame.cap) : 0;

    return check(t->state <= THREAD_WFI, "a thread in an unknown state", t, 0) &&
           check(t->cpu >= cpus && t->cpu < cpus + cpu_count, "a thread runs on no core", t, t->cpu) &&
           check(!blocked || t->blocking_object, "a thread waits for nothing", t, 0) &&
           check(t->state != THREAD_BLOCKED_ON_REPLY || t->reply, "a thread waits for no reply", t, 0) &&
           check(!t->reply || t->state == THREAD_BLOCKED_ON_REPLY || t->state == THREAD_BLOCKED_ON_RECEIVE,
                 "a thread has a reply object though it neither calls nor receives", t, t->reply) &&
           check(t->in_fault ? waits_for_handler && t->fault.type != seL4_Fault_NullFault : !t->exit_pending,
                 "a fault that nobody is told of", t, 0) &&
           check(!t->exit_pending || frame, "an exit without frame", t, t->vcpu) &&
           check(t->state != THREAD_WFI || t->vcpu, "a thread without VCPU sleeps", t, 0) &&
           check(t->regs == (frame ? frame : &t->context), "a thread's registers are not where they should be", t,
                 t->regs) &&
           check(t->vcpu || (t->pstate & (PSTATE_DAIF | PSTATE_M_MASK)) == 0, "a thread is above EL0", t, 0);
}

/* May run, and stands in a queue or runs: or neither. */
static bool check_runs(const struct tcb *t)
{
    const struct cpu *cpu = t->cpu;
    bool current = cpu->current == t, queued = t->queued_ready || t->queued_release;

    if (t->queued_ready && t->queued_release) {
        return check(false, "a thread is in two queues", t, 0);
    }
    if (cpu->reschedule) {
        return true; /* it is about to choose anew */
    }
    return check(sched_is_schedulable(t) == (queued || current),
                 "a thread that may run is in no queue, or one that may not is", t, t->sc) &&
           check(!(queued && current), "the running thread is in a queue", t, cpu) &&
           check(!current || cpu->sc == t->sc, "another scheduling context than the running thread's pays", t, cpu->sc);
}

static bool check_bindings(const struct tcb *t)
{
    if (!check(!t->sc || t->sc->tcb == t, "a thread's scheduling context has another thread", t, t->sc) ||
        !check(!t->bound || t->bound->bound == t, "a thread's notification is bound to another", t, t->bound) ||
        !check(!t->vcpu || t->vcpu->tcb == t, "a thread's VCPU has another thread", t, t->vcpu) ||
        !check(!t->yield_to || t->yield_to->yield_from == t, "a thread is not who its target of YieldTo returns to", t,
               t->yield_to)) {
        return false;
    }
    if (t->sc) {
        check_relate(RELATION_THREAD_CONTEXT, t, t->sc);
    }
    if (t->bound) {
        check_relate(RELATION_THREAD_NOTIFICATION, t, t->bound);
    }
    if (t->vcpu) {
        check_relate(RELATION_THREAD_VCPU, t, t->vcpu);
    }
    if (t->yield_to) {
        check_relate(RELATION_YIELD_TO, t, t->yield_to);
    }
    if (t->cancel_at) {
        check_relate(RELATION_CANCEL, t, t->cancel_at);
    }
    if (t->cancelled_by) {
        check_unrelate(RELATION_CANCEL, t->cancelled_by, t);
    }
    if (t->reply) {
        check_relate(RELATION_THREAD_REPLY, t, t->reply);
    }
    return true;
}

static bool check_queueing(const struct tcb *t)
{
    bool blocked = tcb_is_blocked_on_endpoint(t) || t->state == THREAD_BLOCKED_ON_NOTIFICATION;

    if (t->queued_ready || t->queued_release) {
        check_relate(RELATION_QUEUE, t, t->cpu);
        return true;
    }
    if (blocked) {
        check_relate(RELATION_QUEUE, t, t->blocking_object);
        return true;
    }
    return check(!t->queue_prev && !t->queue_next, "a thread in no queue has neighbours", t, 0);
}

static void relate_to_cores(const struct tcb *t)
{
    for (unsigned i = 0; i < cpu_count; i++) {
        if (cpus[i].current == t) {
            check_relate(RELATION_CORE, &cpus[i].current, t);
        }
        if (cpus[i].fp_owner == t) {
            check_relate(RELATION_CORE, &cpus[i].fp_owner, t);
        }
        if (cpus[i].ready_guest == t) {
            check_relate(RELATION_CORE, &cpus[i].ready_guest, t);
        }
    }
}

static bool check_core(const struct cpu *cpu)
{
    const struct tcb *idle = cpu->idle, *guest = cpu->ready_guest;

    if (cpu->current != idle) {
        check_unrelate(RELATION_CORE, &cpu->current, cpu->current);
    }
    if (cpu->fp_owner) {
        check_unrelate(RELATION_CORE, &cpu->fp_owner, cpu->fp_owner);
    }
    if (guest) {
        check_unrelate(RELATION_CORE, &cpu->ready_guest, guest);
    }
    return check(idle && idle->state == THREAD_IDLE && !idle->queued_ready && !idle->queued_release && !idle->sc,
                 "the idle thread does something", idle, cpu) &&
           check(!guest || (guest->vcpu && guest->vcpu == cpu->vcpu && guest->vspace == cpu->stage2),
                 "a guest is not as ready as its core thinks", guest, cpu);
}

bool check_threads(void)
{
    for (unsigned i = 0; i < cpu_count; i++) {
        if (!check_core(&cpus[i])) {
            return false;
        }
    }
    for (const struct slot *s = 0; (s = check_next_object(CAP_TCB, s));) {
        const struct tcb *t = cap_object(s->cap);
        if (!check_state(t) || !check_held(t) || !check_runs(t) || !check_bindings(t) || !check_queueing(t)) {
            return false;
        }
        relate_to_cores(t);
    }
    return check_balanced(RELATION_CORE, "a core knows a thread that is no more") &&
           check_balanced(RELATION_CANCEL, "a cancellation goes on at a thread that does not know, or the reverse");
}
