/* SPDX-License-Identifier: BSD-2-Clause */
/* Budgets: the refill ring of a scheduling context. Pure functions of the object and the time given. */
#ifndef SCHED_BUDGET_H
#define SCHED_BUDGET_H

#include "object/schedcontext.h"

/** The least amount worth switching to: shorter remains are merged into the next refill. In ticks; set at boot. */
extern ticks_t budget_min;

static inline struct refill *budget_head(struct sched_context *sc)
{
    return &sc->refills[sc->refill_head];
}
static inline bool budget_round_robin(const struct sched_context *sc)
{
    return sc->period == 0;
}

/** Fresh budget from `now` on. `max_refills` at least 2. */
void budget_new(struct sched_context *sc, unsigned max_refills, ticks_t budget, ticks_t period, ticks_t now);
/** Changed parameters for a context in use: never gives more than the new budget in a period. */
void budget_update(struct sched_context *sc, unsigned max_refills, ticks_t budget, ticks_t period, ticks_t now);
/** Accounts for `used` ticks, ending at `now`. */
void budget_charge(struct sched_context *sc, ticks_t used, ticks_t now);
/** Gives up what is left of the head refill until its next period (Yield; end of time slice). */
void budget_yield(struct sched_context *sc, ticks_t now);
/** A sporadic context starts anew when its thread wakes: refills in the past are moved to now. */
void budget_unblock(struct sched_context *sc, ticks_t now);
/** May it run now: head refill is due and large enough? */
static inline bool budget_ready(struct sched_context *sc, ticks_t now)
{
    return budget_head(sc)->time <= now && budget_head(sc)->amount >= budget_min;
}

#endif
