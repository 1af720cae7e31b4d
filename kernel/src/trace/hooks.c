/* SPDX-License-Identifier: BSD-2-Clause */
/* The hooks on the way out of the kernel, and in the middle. */
#include "arch/timer.h"
#include "cpu.h"
#include "object/tcb.h"
#include "object/vcpu.h"
#include "trace/count.h"
#include "trace/record.h"

_Static_assert((int)THREAD_INACTIVE == vesicle_TraceState_Inactive, "sel4/trace.h");
_Static_assert((int)THREAD_RUNNING == vesicle_TraceState_Runnable, "sel4/trace.h");
_Static_assert((int)THREAD_BLOCKED_ON_RECEIVE == vesicle_TraceState_Receiving, "sel4/trace.h");
_Static_assert((int)THREAD_BLOCKED_ON_SEND == vesicle_TraceState_Sending, "sel4/trace.h");
_Static_assert((int)THREAD_BLOCKED_ON_REPLY == vesicle_TraceState_Calling, "sel4/trace.h");
_Static_assert((int)THREAD_BLOCKED_ON_NOTIFICATION == vesicle_TraceState_Waiting, "sel4/trace.h");
_Static_assert((int)THREAD_WFI == vesicle_TraceState_WFI, "sel4/trace.h");
_Static_assert((int)THREAD_IDLE == vesicle_TraceState_Idle, "sel4/trace.h");

/* Another thread than the last runs. */
INLINE void switched(struct trace *tr, uint32_t events, struct tcb *to, ticks_t now)
{
    struct tcb *from = tr->last;
    unsigned mode = from->mode.word;

    if (mode == MODE_EXITED) {
        count_for_vmm(from->vcpu); /* the fast path sent its fault, and tells nobody */
    }
    if (wants(events, vesicle_Trace_Switch)) {
        put(tr, now, to->number, about(vesicle_Trace_Switch, (uint8_t)mode, 0), from->number, 0);
    }
    tr->last = to;
}

/* A guest goes on: the exit it was in, if that was seen, is over. */
INLINE void leave_to_guest(struct trace *tr, uint32_t events, const struct tcb *t, struct vcpu *v, ticks_t now)
{
    uint32_t counter = vesicle_Exit_Other;
    ticks_t ticks = 0;

    if (!unlikely(v->exit.time == 0)) {
        ticks = now - v->exit.time;
        counter = count_reason(v);
        if (events & VESICLE_TRACE_COUNT) {
            v->exit.counter->count++;
            v->exit.counter->ticks += ticks;
        }
    }
    v->exit.time = 0;
    if (wants(events, vesicle_Trace_Entry)) {
        put(tr, now, t->number, about(vesicle_Trace_Entry, counter, 0), t->pc, ticks);
    }
}

struct tcb *trace_leave(struct tcb *t)
{
    struct trace *tr = &cpu_this()->trace;
    uint32_t events = tr->events;
    ticks_t now = timer_now();

    tr->left = now;
    if (t != tr->last) {
        switched(tr, events, t, now);
    }
    if (t->vcpu) {
        leave_to_guest(tr, events, t, t->vcpu, now);
    } else if (wants(events, vesicle_Trace_Return)) {
        put(tr, now, t->number, about(vesicle_Trace_Return, 0, 0), t->pc, 0);
    }
    return t;
}

struct tcb *trace_leave_counting(struct tcb *t)
{
    if (t->vcpu) {
        count_end(t->vcpu, timer_now());
    }
    return t;
}

static uint32_t irq_reason(unsigned intid)
{
    enum { FIRST_PPI = 16, MAINTENANCE = 25, HYPERVISOR_TIMER = 26, VIRTUAL_TIMER = 27 };

    switch (intid) {
    case MAINTENANCE:
        return vesicle_Exit_Maintenance;
    case HYPERVISOR_TIMER:
        return vesicle_Exit_Timer;
    case VIRTUAL_TIMER:
        return vesicle_Exit_VirtualTimer;
    default:
        return intid < FIRST_PPI ? vesicle_Exit_SGI : vesicle_Exit_IRQ;
    }
}

/* Late samples are not made up for: where the machine is too slow for the period, threads get on nevertheless. */
static void sample(struct cpu *cpu, struct trace *tr, const struct tcb *t)
{
    ticks_t now = timer_now();

    ticks_t due = tr->sample_at;
    const struct trace_entry *before = &tr->entry[0];

    if (now < due) {
        return;
    }
    tr->sample_at = now + tr->period + (now - due);
    if (due >= before->time && due < tr->left) {
        put(tr, now, before->thread, about(vesicle_Trace_Sample, before->reason, VESICLE_TRACE_IN_KERNEL), t->pc,
            now - due);
    } else if (t != cpu->idle) {
        put(tr, now, t->number, about(vesicle_Trace_Sample, 0, (uint32_t)t->pstate & PSTATE_M_MASK), t->pc, now - due);
    }
}

void trace_irq_taken(struct cpu *cpu, unsigned intid)
{
    struct trace *tr = &cpu->trace;
    struct tcb *t = cpu->current;
    struct vcpu *v = t->vcpu;

    if (v && v->exit.counter == &v->counters[vesicle_Exit_IRQ]) {
        v->exit.counter = &v->counters[irq_reason(intid)];
    }
    if (!tr->records) {
        return;
    }
    if (wants(tr->events, vesicle_Trace_IRQ)) {
        put(tr, timer_now(), t->number, about(vesicle_Trace_IRQ, 0, intid), 0, 0);
    }
    if (wants(tr->events, vesicle_Trace_Sample)) {
        sample(cpu, tr, t);
    }
}

void trace_fault_sent(struct cpu *cpu, struct tcb *t)
{
    struct trace *tr = &cpu->trace;

    if (t->vcpu) {
        count_for_vmm(t->vcpu);
    }
    if (wants(tr->events, vesicle_Trace_Fault) && t->fault.type != seL4_Fault_VCPUFault) {
        put(tr, timer_now(), t->number, about(vesicle_Trace_Fault, t->fault.type, 0), t->pc, t->fault.word[0]);
    }
}

void trace_thread_leaves(struct cpu *cpu)
{
    if (cpu->trace.last != cpu->idle) {
        switched(&cpu->trace, cpu->trace.events, cpu->idle, timer_now());
    }
}
