/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Scheduling contexts: the right to processor time. A ring of refills follows the object's fields: each says from when on
 * how much may be used. Times are ticks of the system counter.
 */
#ifndef OBJECT_SCHEDCONTEXT_H
#define OBJECT_SCHEDCONTEXT_H

#include "syscall.h"

struct cpu;
struct notification;
struct reply;
struct tcb;

struct refill {
    ticks_t time;   /* usable from here on */
    ticks_t amount; /* this much */
};

struct sched_context {
    ticks_t period; /* 0: round robin, budget replaced as soon as it is used */
    ticks_t budget;
    ticks_t consumed; /* since last asked */
    word_t badge;     /* in Timeout faults */
    struct cpu *cpu;  /* null: not configured */
    struct tcb *tcb;
    struct notification *notification;
    struct reply *reply;    /* newest call this context was donated along */
    struct tcb *yield_from; /* thread whose YieldTo is not complete */
    uint16_t refill_head, refill_count, refill_max;
    bool sporadic;
    bool turn_over; /* it was used up while it was lent: those it comes back to go behind their equals */
    uint64_t spare;
    struct refill refills[];
};
_Static_assert(sizeof(struct sched_context) + 2 * sizeof(struct refill) <= seL4_CoreSchedContextBytes,
               "scheduling context size");

/** Bound to a core and given a budget? */
static inline bool sc_is_active(const struct sched_context *sc)
{
    return sc && sc->refill_max > 0;
}

/** Is the thread in the middle of a call that took its scheduling context along, and will bring it back? */
bool sc_is_lent_by(const struct tcb *t);
void sc_bind_tcb(struct sched_context *sc, struct tcb *t);
void sc_unbind_tcb(struct sched_context *sc);
void sc_bind_notification(struct sched_context *sc, struct notification *n);
void sc_unbind_notification(struct sched_context *sc);
/** Moves `sc` from the thread that has it to `to`. */
void sc_donate(struct sched_context *sc, struct tcb *to);
/** Enqueues the thread (if runnable) or its release (if its budget is used up). */
void sc_resume(struct sched_context *sc);
/** Ends a thread's YieldTo, because it is chosen again or for another reason: it is told the time consumed. */
void sc_complete_yield_to(struct tcb *yielder);
/** The context goes: whoever has it stays without. False if preempted. */
bool sc_finalise(struct sched_context *sc);

/** Methods of seL4_SchedContext and seL4_SchedControl. */
int schedcontext_invoke(struct invocation *inv);
int schedcontrol_invoke(struct invocation *inv);

#endif
