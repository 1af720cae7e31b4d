/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sporadic-server accounting. The ring holds what may be used and from when: amounts add up to the budget. What is used comes
 * back one period after its use began, so that no window of a period sees more than the budget.
 */
#include "sched/budget.h"

ticks_t budget_min = 1;

/* How many refills one charge may use up. */
enum { MAX_ADVANCES = 32 };
/* How many refills are merged when a thread wakes. */
enum { MAX_MERGES = 32 };

static struct refill *at(struct sched_context *sc, unsigned i)
{
    unsigned k = sc->refill_head + i;

    return &sc->refills[k >= sc->refill_max ? k - sc->refill_max : k];
}

static struct refill pop(struct sched_context *sc)
{
    struct refill r = *budget_head(sc);

    sc->refill_head = (uint16_t)(sc->refill_head + 1u == sc->refill_max ? 0 : sc->refill_head + 1u);
    sc->refill_count--;
    return r;
}

/* Adds at the end; into the last one where it touches it or the ring is full. Never earlier than asked. */
static void append(struct sched_context *sc, struct refill r)
{
    if (sc->refill_count > 0) {
        struct refill *last = at(sc, sc->refill_count - 1u);
        if (sc->refill_count == sc->refill_max) {
            last->time = r.time - (last->amount < r.time - last->time ? last->amount : r.time - last->time);
            last->amount += r.amount;
            return;
        }
        if (last->time + last->amount >= r.time) {
            last->amount += r.amount;
            return;
        }
    }
    *at(sc, sc->refill_count++) = r;
}

/* The head is made large enough to be worth running, by merging it with its successors. */
static void merge_small_head(struct sched_context *sc)
{
    while (sc->refill_count > 1 && budget_head(sc)->amount < budget_min) {
        struct refill small = pop(sc), *head = budget_head(sc);
        head->time = head->time > small.time + small.amount ? head->time - small.amount : small.time;
        head->amount += small.amount;
    }
}

void budget_new(struct sched_context *sc, unsigned max_refills, ticks_t budget, ticks_t period, ticks_t now)
{
    sc->period = period;
    sc->budget = budget;
    sc->refill_max = (uint16_t)max_refills;
    sc->refill_head = 0;
    sc->refill_count = 1;
    sc->refills[0] = (struct refill){now, budget};
}

void budget_update(struct sched_context *sc, unsigned max_refills, ticks_t budget, ticks_t period, ticks_t now)
{
    struct refill head = *budget_head(sc);

    if (head.time < now) {
        head.time = now;
    }
    if (head.amount >= budget) {
        budget_new(sc, max_refills, budget, period, head.time);
        return;
    }
    budget_new(sc, max_refills, budget, period, head.time);
    if (period == 0) {
        return;
    }
    sc->refills[0].amount = head.amount;
    append(sc, (struct refill){head.time + period, budget - head.amount});
}

/* A refill that was due for long counts from where its use began. */
static void used_from(struct refill *r, ticks_t start)
{
    if (r->time < start) {
        r->time = start;
    }
}

void budget_charge(struct sched_context *sc, ticks_t used, ticks_t now)
{
    ticks_t start = now - used;

    if (budget_round_robin(sc)) {
        struct refill *head = budget_head(sc);
        if (head->amount > used + budget_min) {
            head->amount -= used;
            head->time = now;
        } else {
            *head = (struct refill){now, sc->budget};
        }
        return;
    }
    /* More than the head may be used: an interrupt came late. The rest is taken from what comes next, due or not. */
    for (unsigned i = 0; used >= budget_head(sc)->amount && i < MAX_ADVANCES; i++) {
        struct refill r = pop(sc);
        used_from(&r, start);
        start = r.time + r.amount;
        used -= r.amount;
        r.time += sc->period;
        append(sc, r);
    }
    if (used >= budget_head(sc)->amount) {
        budget_head(sc)->time += (used / sc->budget + 1) * sc->period; /* very late: paid back at a budget a period */
    } else if (used > 0) {
        struct refill *head = budget_head(sc);
        used_from(head, start);
        struct refill back = {head->time + sc->period, used};
        head->amount -= used;
        head->time += used;
        merge_small_head(sc); /* or next to nothing fills the ring, and all of the budget comes back as late as this */
        append(sc, back);
    }
    merge_small_head(sc);
}

void budget_yield(struct sched_context *sc, ticks_t now)
{
    if (budget_round_robin(sc)) {
        *budget_head(sc) = (struct refill){now, sc->budget};
        return;
    }
    if (budget_head(sc)->time <= now) {
        budget_charge(sc, budget_head(sc)->amount, now);
    }
}

void budget_unblock(struct sched_context *sc, ticks_t now)
{
    if (budget_round_robin(sc) || budget_head(sc)->time > now) {
        return;
    }
    unsigned merges = 0;
    for (; merges < MAX_MERGES && sc->refill_count > 1 && at(sc, 1)->time <= now + budget_head(sc)->amount; merges++) {
        struct refill r = pop(sc);
        budget_head(sc)->amount += r.amount;
    }
    /* Others may be due that are left where they are: the head comes before them. */
    if (merges < MAX_MERGES || sc->refill_count == 1 || at(sc, 1)->time > now) {
        budget_head(sc)->time = now;
    }
}
