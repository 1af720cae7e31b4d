/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The scheduler of one core: 256 priorities, first come first served within one; threads whose budget is used up wait in
 * the release queue. The running thread is in no queue. Scheduling contexts are charged when the running one changes or the timer fires,
 * not at every kernel entry.
 */
#ifndef SCHED_SCHEDULER_H
#define SCHED_SCHEDULER_H

#include "arch/remote.h"
#include "cpu.h"
#include "object/tcb.h"

/** May the thread be given the processor: runnable, with an active scheduling context? */
bool sched_is_schedulable(const struct tcb *t);
void sched_enqueue(struct tcb *t);       /* at the head of its priority */
void sched_append(struct tcb *t);        /* at the tail */
void sched_dequeue(struct tcb *t);       /* out of ready and release queue */
void sched_release_later(struct tcb *t); /* into the release queue, by its refill's time */
/** `t` became runnable: it runs next if nothing of higher priority is there. */
void sched_wake(struct tcb *t);
/** The same for a caller that is answered, with whose time others may have worked meanwhile: behind its equals if that used up its slice. */
void sched_come_back(struct tcb *t);
/** The running thread can no longer run, or something was enqueued: choose again before leaving the kernel. */
static inline void sched_reschedule(struct cpu *cpu)
{
    if (cpu != cpu_this() && !cpu->reschedule) {
        remote_kick(cpu);
    }
    cpu->reschedule = true;
}
/** If another core runs `t`, it stops for now: `t` is ready, or whatever its state says, and its registers are in its TCB. */
void sched_set_aside(struct tcb *t);
/** Charges the running scheduling context up to now. */
void sched_account(struct cpu *cpu);
/** The running thread gives up what is left of its budget. */
void sched_give_up(struct cpu *cpu);
/** The kernel's timer fired: charge, end of budget, releases. */
void sched_tick(struct cpu *cpu);
/** Chooses who runs, switches to it, programs the timer. Last step of every kernel entry that is not a fast path. */
void sched_run(struct cpu *cpu);
/** Removes `sc` as the running one of its core before it goes away or changes. */
void sched_leave_sc(struct sched_context *sc);

#endif
