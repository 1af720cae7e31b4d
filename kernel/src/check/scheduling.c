/* SPDX-License-Identifier: BSD-2-Clause */
/* Scheduling contexts: budgets, whose they are, the calls they travelled along. The queues of cores. */
#include "check/check.h"

#include "cpu.h"
#include "object/notification.h"
#include "object/reply.h"
#include "object/schedcontext.h"
#include "object/tcb.h"
#include "sched/budget.h"

static bool check_refills(const struct sched_context *sc, unsigned size_bits)
{
    word_t most = seL4_MaxExtraRefills(size_bits) + 2;
    ticks_t sum = 0;

    if (!sc_is_active(sc)) {
        return true;
    }
    if (!check(sc->refill_max <= most && sc->refill_head < sc->refill_max && sc->refill_count >= 1 &&
                   sc->refill_count <= sc->refill_max,
               "a ring of refills that cannot be", sc, 0)) {
        return false;
    }
    for (unsigned i = 0; i < sc->refill_count; i++) {
        sum += sc->refills[(sc->refill_head + i) % sc->refill_max].amount;
    }
    return check(sc->period == 0 ? sum <= sc->budget : sum == sc->budget, "refills are not what the budget says", sc,
                 0) &&
           check(sc->period == 0 || sc->budget <= sc->period, "more budget than period", sc, 0);
}

/* From the newest call to the oldest. Each is answered by who runs on the context, or by who waits above. */
static bool check_calls(const struct sched_context *sc)
{
    const struct reply *newer = 0;

    for (const struct reply *r = sc->reply; r; newer = r, r = r->prev) {
        const struct tcb *t = r->tcb;
        if (!check(newer ? r->next == (word_t)newer : reply_sc(r) == sc, "a call does not know the newer one", r, sc) ||
            !check(t && t->state == THREAD_BLOCKED_ON_REPLY && t->reply == r, "a call without caller", r, t) ||
            !check(!t->sc, "who lent its time has some", t, t->sc)) {
            return false;
        }
        check_relate(RELATION_CALL_STACK, r, 0);
    }
    return true;
}

static bool check_context(const struct sched_context *sc, unsigned size_bits)
{
    const struct tcb *t = sc->tcb;

    if (!check_refills(sc, size_bits) ||
        !check(!sc_is_active(sc) || (sc->cpu >= cpus && sc->cpu < cpus + cpu_count), "a scheduling context of no core",
               sc, sc->cpu) ||
        !check(!t || t->sc == sc, "a scheduling context's thread has another", sc, t) ||
        !check(!t || !sc_is_active(sc) || t->cpu == sc->cpu, "a thread is not on the core of its scheduling context", t,
               sc) ||
        !check(!sc->notification || sc->notification->sc == sc, "a scheduling context's notification has another", sc,
               sc->notification) ||
        !check(!sc->yield_from || sc->yield_from->yield_to == sc, "who waits in YieldTo waits for another", sc,
               sc->yield_from) ||
        !check_calls(sc)) {
        return false;
    }
    if (t) {
        check_unrelate(RELATION_THREAD_CONTEXT, t, sc);
    }
    if (sc->notification) {
        check_relate(RELATION_CONTEXT_NOTIFICATION, sc, sc->notification);
    }
    if (sc->yield_from) {
        check_unrelate(RELATION_YIELD_TO, sc->yield_from, sc);
    }
    for (unsigned i = 0; i < cpu_count; i++) {
        if (cpus[i].sc == sc) {
            check_relate(RELATION_CORE, &cpus[i].sc, sc);
        }
    }
    return true;
}

/* Walks a queue of `cpu`; what links back to the one before ends. */
static bool check_queue(const struct cpu *cpu, const struct tcb *head, const struct tcb **last)
{
    *last = 0;
    for (const struct tcb *t = head; t; *last = t, t = t->queue_next) {
        if (!check(t->queue_prev == *last, "a queue's link back leads elsewhere", t, cpu) ||
            !check(t->cpu == cpu, "a thread is in another core's queue", t, cpu)) {
            return false;
        }
        check_unrelate(RELATION_QUEUE, t, cpu);
    }
    return true;
}

static bool check_ready(const struct cpu *cpu, unsigned priority)
{
    const struct ready_queue *q = &cpu->ready[priority];
    const struct tcb *last;
    bool marked = cpu->ready_map[priority / 64] >> priority % 64 & 1;

    if (!check_queue(cpu, q->head, &last) ||
        !check(!q->head || q->tail == last, "a ready queue ends elsewhere", q->head, cpu) ||
        !check(marked == (q->head != 0), "a ready queue is empty and marked, or neither", q->head, cpu)) {
        return false;
    }
    for (const struct tcb *t = q->head; t; t = t->queue_next) {
        if (!check(t->queued_ready && t->priority == priority, "a thread is in the wrong ready queue", t, cpu)) {
            return false;
        }
    }
    return true;
}

static bool check_release(const struct cpu *cpu)
{
    const struct tcb *last, *before = 0;

    if (!check_queue(cpu, cpu->release_head, &last)) {
        return false;
    }
    for (const struct tcb *t = cpu->release_head; t; before = t, t = t->queue_next) {
        if (!check(t->queued_release && sc_is_active(t->sc), "a thread has nothing to be released for", t, cpu) ||
            !check(!before || budget_head(before->sc)->time <= budget_head(t->sc)->time,
                   "the release queue is not in order", t, before)) {
            return false;
        }
    }
    return true;
}

static bool check_core(const struct cpu *cpu)
{
    for (unsigned i = 0; i < seL4_NumPriorities / 64; i++) {
        bool marked = cpu->ready_words >> i & 1;
        if (!check(marked == (cpu->ready_map[i] != 0), "the map of ready queues is wrong", cpu, 0)) {
            return false;
        }
    }
    for (unsigned priority = 0; priority < seL4_NumPriorities; priority++) {
        if (!check_ready(cpu, priority)) {
            return false;
        }
    }
    if (cpu->sc) {
        check_unrelate(RELATION_CORE, &cpu->sc, cpu->sc);
    }
    return check(!cpu->sc || cpu->sc->cpu == cpu, "a core charges another's scheduling context", cpu, cpu->sc) &&
           check_release(cpu);
}

bool check_scheduling(void)
{
    for (unsigned i = 0; i < cpu_count; i++) {
        if (!check_core(&cpus[i])) {
            return false;
        }
    }
    for (const struct slot *s = 0; (s = check_next_object(CAP_SCHED_CONTEXT, s));) {
        if (!check_context(cap_object(s->cap), cap_info(check_cap(s)))) {
            return false;
        }
    }
    return check_balanced(RELATION_THREAD_CONTEXT,
                          "a thread has a scheduling context that is no more, or the reverse") &&
           check_balanced(RELATION_YIELD_TO,
                          "a thread yields to a scheduling context that is no more, or the reverse") &&
           check_balanced(RELATION_CORE, "a core charges a scheduling context that is no more");
}
