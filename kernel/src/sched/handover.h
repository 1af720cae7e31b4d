/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The core goes from one scheduling context to another: what the scheduler does in the usual case, for the fast paths. Both have budget
 * left, and nobody waits for a budget that ends with the charge.
 */
#ifndef SCHED_HANDOVER_H
#define SCHED_HANDOVER_H

#include "arch/timer.h"
#include "object/vcpu.h"
#include "sched/budget.h"

/** Would the core's scheduling context, which is the running thread's, be ready if it were charged up to `now`? */
static inline bool handover_can_leave(const struct cpu *cpu, ticks_t now)
{
    struct sched_context *sc = cpu->sc;

    return sc == cpu->current->sc && now - cpu->sc_since + budget_min < budget_head(sc)->amount;
}

/** May `t`, which is about to be runnable, have the core now? For one that was waiting: its context must not start anew. */
static inline bool handover_can_enter(const struct cpu *cpu, const struct tcb *t, ticks_t now, bool was_waiting)
{
    struct sched_context *sc = t->sc;

    return sc_is_active(sc) && t->cpu == cpu && !(was_waiting && sc->sporadic) && budget_ready(sc, now);
}

/** Charges the core's context, and goes on with `to`. */
static inline void handover(struct cpu *cpu, struct sched_context *to, ticks_t now)
{
    struct sched_context *from = cpu->sc;
    struct refill *head = budget_head(from);
    ticks_t used = now - cpu->sc_since, deadline = now + budget_head(to)->amount;

    from->consumed += used;
    if (budget_round_robin(from)) {
        head->amount -= used;
        head->time = now;
    } else {
        budget_charge(from, used, now);
    }
    cpu->sc = to;
    cpu->sc_since = now;
    if (cpu->release_head && budget_head(cpu->release_head->sc)->time < deadline) {
        deadline = budget_head(cpu->release_head->sc)->time;
    }
    for (const struct vcpu *v = cpu->vtimer_queue; v; v = v->vtimer_next) {
        deadline = v->vtimer_deadline < deadline ? v->vtimer_deadline : deadline;
    }
    timer_set(deadline);
}

#endif
