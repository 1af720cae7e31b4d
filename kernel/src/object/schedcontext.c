/* SPDX-License-Identifier: BSD-2-Clause */
#include "object/schedcontext.h"

#include "arch/context.h"
#include "arch/preempt.h"
#include "arch/timer.h"
#include "ipc/message.h"
#include "object/notification.h"
#include "object/reply.h"
#include "object/tcb.h"
#include "sched/budget.h"
#include "sched/scheduler.h"
#include <sel4/invocation.h>

void sc_resume(struct sched_context *sc)
{
    struct tcb *t = sc->tcb;

    if (t && sched_is_schedulable(t) && t != t->cpu->current) {
        sched_wake(t);
    } else if (t && t == t->cpu->current) {
        sched_reschedule(t->cpu);
    }
}

void sc_donate(struct sched_context *sc, struct tcb *to)
{
    struct tcb *from = sc->tcb;

    if (from) {
        sched_set_aside(from);
        sched_dequeue(from);
        from->sc = 0;
        if (from->cpu->current == from) {
            sched_reschedule(from->cpu);
        }
    }
    sc->tcb = to;
    to->sc = sc;
    if (sc->cpu) {
        tcb_move(to, sc->cpu);
    }
}

bool sc_is_lent_by(const struct tcb *t)
{
    return t->state == THREAD_BLOCKED_ON_REPLY && t->reply && (t->reply->prev || t->reply->next);
}

void sc_bind_tcb(struct sched_context *sc, struct tcb *t)
{
    sc_donate(sc, t);
    if (sc_is_active(sc)) {
        sc_resume(sc);
    }
}

void sc_unbind_tcb(struct sched_context *sc)
{
    struct tcb *t = sc->tcb;

    if (!t) {
        return;
    }
    sched_set_aside(t);
    sched_leave_sc(sc);
    sched_dequeue(t);
    t->sc = 0;
    sc->tcb = 0;
    if (t->cpu->current == t) {
        sched_reschedule(t->cpu);
    }
}

void sc_bind_notification(struct sched_context *sc, struct notification *n)
{
    sc->notification = n;
    n->sc = sc;
}

void sc_unbind_notification(struct sched_context *sc)
{
    if (sc->notification) {
        sc->notification->sc = 0;
        sc->notification = 0;
    }
}

/* Microseconds used since this was last asked. */
static uint64_t take_consumed(struct sched_context *sc)
{
    if (sc->cpu && sc->cpu->sc == sc) {
        sched_account(sc->cpu);
    }
    uint64_t us = timer_ticks_to_us(sc->consumed);
    sc->consumed = 0;
    return us;
}

void sc_complete_yield_to(struct tcb *yielder)
{
    struct sched_context *sc = yielder->yield_to;

    yielder->yield_to = 0;
    sc->yield_from = 0;
    message_set_word(yielder, 0, take_consumed(sc));
}

/* Replies taken from a call stack between two looks for interrupts. */
enum { REPLIES_PER_STEP = 32 };

bool sc_finalise(struct sched_context *sc)
{
    sched_leave_sc(sc);
    sc->refill_max = 0; /* from here on nobody runs on it */
    sc_unbind_tcb(sc);
    sc_unbind_notification(sc);
    if (sc->yield_from) {
        sc_complete_yield_to(sc->yield_from);
    }
    /* The calls it travelled along stay; their answers just bring no time back. */
    for (unsigned i = 1; sc->reply; i++) {
        reply_leave_stack(sc->reply);
        if (i % REPLIES_PER_STEP == 0 && preempt_point()) {
            return false;
        }
    }
    return true;
}

static int bind(struct invocation *inv, struct sched_context *sc)
{
    struct cap c = inv_extra(inv, 0);

    if (cap_is_full_tcb(c)) {
        struct tcb *t = cap_object(c);
        if (sc->tcb || sc->notification || t->sc || sc_is_lent_by(t)) {
            return seL4_IllegalOperation;
        }
        sc_bind_tcb(sc, t);
        return seL4_NoError;
    }
    if (cap_type(c) == CAP_NOTIFICATION) {
        struct notification *n = cap_object(c);
        if (sc->tcb || sc->notification || n->sc) {
            return seL4_IllegalOperation;
        }
        sc_bind_notification(sc, n);
        return seL4_NoError;
    }
    return inv_invalid_capability(inv, 1);
}

static int unbind(struct invocation *inv, struct sched_context *sc)
{
    if (sc->tcb == inv->caller) {
        return seL4_IllegalOperation;
    }
    sc_unbind_tcb(sc);
    sc_unbind_notification(sc);
    return seL4_NoError;
}

static int unbind_object(struct invocation *inv, struct sched_context *sc)
{
    struct cap c = inv_extra(inv, 0);

    if (cap_is_full_tcb(c)) {
        if (sc->tcb != cap_object(c) || sc->tcb == inv->caller) {
            return seL4_IllegalOperation;
        }
        sc_unbind_tcb(sc);
        return seL4_NoError;
    }
    if (cap_type(c) == CAP_NOTIFICATION) {
        if (sc->notification != cap_object(c)) {
            return seL4_IllegalOperation;
        }
        sc_unbind_notification(sc);
        return seL4_NoError;
    }
    return inv_invalid_capability(inv, 1);
}

static int consumed(struct invocation *inv, struct sched_context *sc)
{
    inv_reply(inv, 0, take_consumed(sc));
    return seL4_NoError;
}

static int yield_to(struct invocation *inv, struct sched_context *sc)
{
    struct tcb *t = sc->tcb, *caller = inv->caller;

    if (!t || t == caller) {
        return seL4_IllegalOperation;
    }
    if (t->priority > caller->mcp) {
        return seL4_IllegalOperation;
    }
    if (sc->yield_from) {
        sc_complete_yield_to(sc->yield_from); /* one at a time: the older one knows what it was for so far */
    }
    bool can_run = sched_is_schedulable(t) && !t->queued_release, here = can_run && t->cpu == caller->cpu;
    if (here && inv->is_call) {
        inv_reply(inv, 0, 0); /* told when the caller is chosen again */
        caller->yield_to = sc;
        sc->yield_from = caller;
    } else {
        inv_reply(inv, 0, take_consumed(sc));
    }
    /* Both at the head of their priorities, the target first. */
    if (here) {
        sched_enqueue(caller);
        sched_reschedule(caller->cpu);
    }
    if (can_run && t->queued_ready) {
        sched_dequeue(t);
        sched_enqueue(t);
    }
    return seL4_NoError;
}

int schedcontext_invoke(struct invocation *inv)
{
    struct sched_context *sc = cap_object(inv->cap);
    bool takes_cap = inv->label == vesicle_SchedContextBind || inv->label == vesicle_SchedContextUnbindObject;

    if (takes_cap && inv->extra_count < 1) {
        return seL4_TruncatedMessage;
    }
    switch (inv->label) {
    case vesicle_SchedContextBind:
        return bind(inv, sc);
    case vesicle_SchedContextUnbind:
        return unbind(inv, sc);
    case vesicle_SchedContextUnbindObject:
        return unbind_object(inv, sc);
    case vesicle_SchedContextConsumed:
        return consumed(inv, sc);
    case vesicle_SchedContextYieldTo:
        return yield_to(inv, sc);
    default:
        return seL4_IllegalOperation;
    }
}

/* Budgets and periods: at least twice the least amount worth a switch, at most an hour. */
#define MAX_PERIOD_US (60ull * 60 * 1000 * 1000)
/* The ring's numbers have 16 bits. */
#define MAX_EXTRA_REFILLS (0xffffull - 2)

int schedcontrol_invoke(struct invocation *inv)
{
    struct cap c = inv_extra(inv, 0);

    if (inv->label != vesicle_SchedControlConfigureFlags) {
        return seL4_IllegalOperation;
    }
    if (inv->length < 5 || inv->extra_count < 1) {
        return seL4_TruncatedMessage;
    }
    if (cap_type(c) != CAP_SCHED_CONTEXT) {
        return inv_invalid_capability(inv, 1);
    }
    word_t budget_us = inv_word(inv, 0), period_us = inv_word(inv, 1), extra = inv_word(inv, 2),
           flags = inv_word(inv, 4);
    uint64_t least_us = timer_ticks_to_us(2 * budget_min) + 1;
    if (budget_us < least_us || budget_us > MAX_PERIOD_US) {
        return inv_range_error(inv, least_us, MAX_PERIOD_US);
    }
    if (period_us < least_us || period_us > MAX_PERIOD_US) {
        return inv_range_error(inv, least_us, MAX_PERIOD_US);
    }
    if (budget_us > period_us) {
        return inv_range_error(inv, least_us, period_us);
    }
    word_t most = seL4_MaxExtraRefills(cap_info(c));
    most = most < MAX_EXTRA_REFILLS ? most : MAX_EXTRA_REFILLS;
    if (extra > most) {
        return inv_range_error(inv, 0, most);
    }
    if (flags & ~(word_t)seL4_SchedContext_Sporadic) {
        return inv_invalid_argument(inv, 6);
    }

    struct sched_context *sc = cap_object(c);
    struct cpu *cpu = &cpus[inv->cap.w1];
    ticks_t budget = timer_us_to_ticks(budget_us), period = budget_us == period_us ? 0 : timer_us_to_ticks(period_us);
    struct tcb *t = sc->tcb;

    if (t) {
        sched_set_aside(t);
        sched_dequeue(t);
    }
    sched_leave_sc(sc);
    sc->badge = inv_word(inv, 3);
    sc->sporadic = flags & seL4_SchedContext_Sporadic;
    unsigned max = (unsigned)extra + 2;
    if (sc_is_active(sc) && sc->cpu == cpu && t && tcb_is_runnable(t)) {
        budget_update(sc, max, budget, period, timer_now());
    } else {
        budget_new(sc, max, budget, period, timer_now());
    }
    if (t) {
        tcb_move(t, cpu);
    }
    sc->cpu = cpu;
    sc_resume(sc);
    return seL4_NoError;
}
