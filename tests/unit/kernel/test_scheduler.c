/* SPDX-License-Identifier: BSD-2-Clause */
/* Who runs when: priorities, turns, budgets running out, releases; and all of it at random. */
#include "core_fixture.h"

#include "arch/timer.h"
#include "cpu.h"
#include "lib/unit.h"
#include "sched/budget.h"
#include "sched/scheduler.h"
#include <string.h>

static struct cpu *const cpu = &cpus[0];

static void setup(void)
{
    budget_min = 1;
    core_setup();
}

/* A thread with a budget of its own, started. */
static struct tcb *budgeted(unsigned priority, word_t budget, word_t period, word_t refills)
{
    struct tcb *t = core_thread(priority);

    sc_bind_tcb(core_sc(core_sched_context(budget, period, refills, 0)), t);
    tcb_restart(t);
    sched_run(cpu);
    return t;
}

static void stop(struct tcb *t)
{
    tcb_suspend(t);
    sched_run(cpu);
}

static void start(struct tcb *t)
{
    tcb_restart(t);
    sched_run(cpu);
}

static void nobody(void)
{
    CHECK(core_current() == 0);
    CHECK_EQ(fake_deadline, ~0ull);
    struct tcb *t = core_active_thread(5);
    CHECK(core_current() == t);
    stop(t);
    CHECK(core_current() == 0);
    CHECK_EQ(fake_deadline, ~0ull);
}

static void highest_first(void)
{
    static const unsigned priorities[] = {63, 64, 0, 255, 128, 127, 1, 191, 192};
    struct tcb *t[UNIT_COUNT(priorities)];
    unsigned highest = 0;

    for (unsigned i = 0; i < UNIT_COUNT(priorities); i++) {
        t[i] = core_active_thread(priorities[i]);
        highest = priorities[i] > priorities[highest] ? i : highest;
        CHECK(core_current() == t[highest]);
    }
    for (unsigned left = UNIT_COUNT(priorities); left > 1; left--) {
        unsigned last = core_current()->priority;
        stop(core_current());
        CHECK(core_current() && core_current()->priority < last);
    }
    CHECK_EQ(core_current()->priority, 0);
}

static void turns_within_a_priority(void)
{
    struct tcb *a = core_active_thread(9), *b = core_active_thread(9), *c = core_active_thread(9);

    for (unsigned i = 0; i < 3; i++) {
        CHECK(core_current() == a);
        core_pass(1000);
        CHECK(core_current() == b);
        core_pass(1000);
        CHECK(core_current() == c);
        core_pass(1000);
    }
    /* Who is preempted keeps the rest of its turn, and comes before its equals. */
    core_pass(300);
    struct tcb *high = core_active_thread(10);
    CHECK(core_current() == high);
    core_pass(50);
    stop(high);
    CHECK(core_current() == a);
    core_pass(699);
    CHECK(core_current() == a);
    core_pass(1);
    CHECK(core_current() == b);
    /* Yield gives the rest away. */
    trap(b, Yield, 0);
    CHECK(core_current() == c);
    core_pass(1000);
    CHECK(core_current() == a);
}

static void yield_alone(void)
{
    struct tcb *a = core_active_thread(9);

    trap(a, Yield, 0);
    CHECK(core_current() == a);
    struct tcb *low = core_active_thread(8);
    trap(a, Yield, 0);
    CHECK(core_current() == a);
    CHECK(core_current() != low);
}

static void budget_runs_out(void)
{
    struct tcb *low = core_active_thread(1), *t = budgeted(5, 200, 1000, 0);
    ticks_t first = fake_now;

    for (unsigned i = 0; i < 5; i++) {
        CHECK(core_current() == t);
        core_pass(199);
        CHECK(core_current() == t);
        core_pass(1);
        CHECK(core_current() == low);
        core_pass(799);
        CHECK(core_current() == low);
        core_pass(1);
        CHECK_EQ(fake_now, first + 1000 * (i + 1));
    }
}

static void yield_waits_for_the_period(void)
{
    struct tcb *t = budgeted(5, 200, 1000, 0);

    core_pass(50);
    trap(t, Yield, 0);
    CHECK(core_current() == 0);
    core_pass(949);
    CHECK(core_current() == 0);
    core_pass(1);
    CHECK(core_current() == t);
    core_pass(199);
    CHECK(core_current() == t);
}

/* Releases in the order of their times, whatever order they came in. */
static void release_order(void)
{
    struct tcb *t[6];
    static const word_t periods[] = {500, 300, 900, 400, 800, 600};

    for (unsigned i = 0; i < 6; i++) {
        t[i] = budgeted(10 + i, 10, periods[i], 0);
        core_pass(10);
    }
    CHECK(core_current() == 0);
    ticks_t last = 0;
    unsigned n = 0;
    for (struct tcb *r = cpu->release_head; r; r = r->queue_next) {
        CHECK(budget_head(r->sc)->time >= last);
        last = budget_head(r->sc)->time;
        n++;
    }
    CHECK_EQ(n, 6);
    CHECK_EQ(fake_deadline, budget_head(cpu->release_head->sc)->time);
    stop(cpu->release_head);
    CHECK_EQ(fake_deadline, budget_head(cpu->release_head->sc)->time);
    for (unsigned i = 0; i < 6; i++) {
        stop(t[i]);
    }
    CHECK(cpu->release_head == 0);
    CHECK_EQ(fake_deadline, ~0ull);
}

/* Being stopped and started is no way to a new budget. */
static void restart_is_no_source(void)
{
    struct tcb *t = budgeted(5, 200, 1000, 0);

    core_pass(200);
    CHECK(core_current() == 0);
    stop(t);
    start(t);
    CHECK(core_current() == 0);
    core_pass(799);
    CHECK(core_current() == 0);
    core_pass(1);
    CHECK(core_current() == t);
    core_pass(100);
    stop(t);
    start(t);
    core_pass(100);
    CHECK(core_current() == 0);
}

/* A long way through the kernel takes all that was left: asking for the time used must not bring it back. */
static void accounting_ends_a_budget(void)
{
    struct tcb *t = budgeted(5, 200, 1000, 0);
    seL4_CPtr sc = core_sched_context(100, 100, 0, 0);

    slot_clear(machine_slot(sc));
    slot_insert_root(cap_make(CAP_SCHED_CONTEXT, virt_to_phys(t->sc), 10, 0), machine_slot(sc));
    fake_now += 250; /* the interrupt came, but was masked */
    trap(t, Call, .cap = sc, .label = vesicle_SchedContextConsumed);
    CHECK_EQ(core_word(t, 0), 250);
    CHECK(core_current() == 0);
    core_pass(700);
    CHECK(core_current() == 0);
}

/* Preempted with less than the least amount left: it may not run on that, nor on what is not due. */
static void preempted_at_the_end(void)
{
    budget_min = 10;
    struct tcb *t = budgeted(5, 200, 1000, 0);
    ticks_t first = fake_now;

    core_pass(195); /* the end is near, the timer set to it */
    struct tcb *high = core_active_thread(10);
    CHECK(core_current() == high);
    core_pass(3);
    stop(high);
    if (core_current()) {
        core_pass(5);
    }
    CHECK(core_current() == 0);
    core_pass(first + 990 - fake_now);
    CHECK(core_current() == 0);
    core_pass(10);
    CHECK(core_current() == t);
}

static void priority_changes(void)
{
    struct tcb *a = core_active_thread(9), *b = core_active_thread(8);

    CHECK(core_current() == a);
    tcb_set_priority(b, 10);
    sched_run(cpu);
    CHECK(core_current() == b);
    tcb_set_priority(b, 3);
    sched_run(cpu);
    CHECK(core_current() == a);
    tcb_set_priority(a, 2);
    sched_run(cpu);
    CHECK(core_current() == b);
}

static void yield_to(void)
{
    struct tcb *a = core_active_thread(9), *b = core_active_thread(9), *c = core_active_thread(9);
    seL4_CPtr sc = machine_empty_slot();

    slot_insert_root(cap_make(CAP_SCHED_CONTEXT, virt_to_phys(c->sc), 10, 0), machine_slot(sc));
    CHECK(core_current() == a);
    trap(a, Call, .cap = sc, .label = vesicle_SchedContextYieldTo);
    CHECK(core_current() == c);
    core_pass(1000);
    CHECK(core_current() == a);
    CHECK_EQ(core_label(a), seL4_NoError);
    CHECK_EQ(core_word(a, 0), timer_ticks_to_us(1000)); /* what c used meanwhile */
    CHECK(a->yield_to == 0 && c->sc->yield_from == 0);
    core_pass(1000);
    CHECK(core_current() == b);
    /* Not beyond the caller's authority. */
    b->mcp = 8;
    trap(b, Call, .cap = sc, .label = vesicle_SchedContextYieldTo);
    CHECK_EQ(core_label(b), seL4_IllegalOperation);
}

/* What ends a YieldTo besides that the caller is chosen again. */
static void yield_to_ends(void)
{
    struct tcb *a = core_active_thread(9), *b = core_active_thread(9), *c = core_active_thread(9);
    seL4_CPtr sc = machine_empty_slot();

    slot_insert_root(cap_make(CAP_SCHED_CONTEXT, virt_to_phys(c->sc), 10, 0), machine_slot(sc));
    /* Another one yields to the same context. */
    trap(a, Call, .cap = sc, .label = vesicle_SchedContextYieldTo);
    CHECK(core_current() == c && a->yield_to == c->sc);
    core_pass(100);
    tcb_set_priority(b, 10);
    sched_run(cpu);
    CHECK(core_current() == b);
    tcb_set_priority(b, 9);
    trap(b, Call, .cap = sc, .label = vesicle_SchedContextYieldTo);
    CHECK(core_current() == c);
    CHECK(a->yield_to == 0 && b->yield_to == c->sc && c->sc->yield_from == b);
    CHECK_EQ(core_word(a, 0), timer_ticks_to_us(100));
    /* The caller is stopped. */
    core_pass(50);
    tcb_suspend(b);
    CHECK(b->yield_to == 0 && c->sc->yield_from == 0);
    CHECK_EQ(core_word(b, 0), timer_ticks_to_us(50));
    /* Its registers are written: they stay as they are written. */
    tcb_restart(b);
    tcb_set_priority(b, 10);
    sched_run(cpu);
    tcb_set_priority(b, 9);
    trap(b, Call, .cap = sc, .label = vesicle_SchedContextYieldTo);
    CHECK(core_current() == c && b->yield_to == c->sc);
    CHECK_EQ(invoke(core_cptr(b), TCBWriteRegisters, WORDS(0, 6, 1, 2, 3, 4, 5, 6)).error, seL4_NoError);
    CHECK(b->yield_to == 0);
    CHECK_EQ(b->regs->x[2], 6);
    /* The context goes. */
    tcb_set_priority(b, 10);
    sched_run(cpu);
    tcb_set_priority(b, 9);
    trap(b, Call, .cap = sc, .label = vesicle_SchedContextYieldTo);
    CHECK(core_current() == c);
    core_pass(70);
    machine_delete(sc);
    sched_run(cpu);
    CHECK(b->yield_to == 0);
    CHECK_EQ(core_word(b, 0), timer_ticks_to_us(70));
}

static void context_goes(void)
{
    struct tcb *t = core_thread(5), *low = core_active_thread(1);
    seL4_CPtr sc = core_sched_context(500, 500, 0, 0);

    CHECK_EQ(invoke(sc, SchedContextBind, CAPS(core_cptr(t))).error, seL4_NoError);
    start(t);
    CHECK(core_current() == t);
    machine_delete(sc);
    sched_run(cpu);
    CHECK(core_current() == low);
    CHECK(t->sc == 0 && tcb_is_runnable(t));
    sc = core_sched_context(500, 500, 0, 0);
    CHECK_EQ(invoke(sc, SchedContextBind, CAPS(core_cptr(t))).error, seL4_NoError);
    sched_run(cpu);
    CHECK(core_current() == t);
    CHECK_EQ(invoke(sc, SchedContextUnbind).error, seL4_NoError);
    sched_run(cpu);
    CHECK(core_current() == low);
}

/* It waits for its release already when the last of what it used is charged. */
static void release_order_after_a_late_charge(void)
{
    struct tcb *b = budgeted(11, 10, 500, 0);
    core_pass(10);
    struct tcb *a = budgeted(10, 10, 488, 0);
    core_pass(9);
    fake_now += 1;
    sched_tick(cpu);
    CHECK(cpu->release_head == a && a->queue_next == b);
    fake_now += 5;
    sched_run(cpu);
    CHECK(cpu->release_head == b && b->queue_next == a);
    CHECK(budget_head(a->sc)->time > budget_head(b->sc)->time);
}

/* A guest whose space is another now is not loaded any more. */
static void other_space_is_not_ready(void)
{
    struct tcb *t = core_thread(5);

    cpu->ready_guest = t;
    tcb_update_vspace(t);
    CHECK(cpu->ready_guest == 0);
    cpu->ready_guest = t;
    tcb_forget_vspace(t);
    CHECK(cpu->ready_guest == 0);
}

/* However many are due at once, one interrupt releases some, and the timer is set to come again for the others. */
static void many_are_due(void)
{
    enum { MANY = 100 };
    struct tcb *t[MANY];

    for (unsigned i = 0; i < MANY; i++) {
        t[i] = budgeted(10, 10, 5000, 0);
        core_pass(10);
        CHECK(t[i]->queued_release);
    }
    fake_now += 10000;
    for (unsigned released = 0; released < MANY;) {
        CHECK(fake_deadline <= fake_now);
        sched_tick(cpu);
        sched_run(cpu);
        unsigned n = 0;
        for (unsigned i = 0; i < MANY; i++) {
            n += !t[i]->queued_release;
        }
        CHECK_EQ(n - released, MANY - released < 32 ? MANY - released : 32);
        released = n;
    }
    CHECK(fake_deadline > fake_now);
}

/* The end of a budget is told to the timeout handler, once. */
static void timeout(void)
{
    seL4_CPtr ep = machine_new(seL4_EndpointObject), reply = machine_new(seL4_ReplyObject);
    struct tcb *handler = core_active_thread(20), *t = budgeted(5, 200, 1000, 0);

    slot_insert_derived(machine_cap(ep), machine_slot(ep), &t->slots[TCB_TIMEOUT]);
    t->sc->badge = 77;
    trap(handler, Recv, .cap = ep, .reply = reply);
    CHECK(core_current() == t);
    core_pass(200);
    CHECK(core_current() == handler);
    CHECK_EQ(core_label(handler), seL4_Fault_Timeout);
    CHECK_EQ(core_word(handler, 0), 77);
    CHECK_EQ(core_word(handler, 1), 200);
    /* Answered: it waits for its budget, silently. */
    trap(handler, ReplyRecv, .cap = ep, .reply = reply);
    CHECK(core_current() == 0);
    CHECK(t->queued_release);
    core_pass(800);
    CHECK(core_current() == t);
}

/* The same when the end was noticed late, by a call or by another thread's turn. */
static void timeout_noticed_late(void)
{
    seL4_CPtr ep = machine_new(seL4_EndpointObject), reply = machine_new(seL4_ReplyObject);
    seL4_CPtr n = machine_new(seL4_NotificationObject);
    struct tcb *handler = core_active_thread(20), *t = budgeted(5, 200, 1000, 0);

    slot_insert_derived(machine_cap(ep), machine_slot(ep), &t->slots[TCB_TIMEOUT]);
    trap(handler, Recv, .cap = ep, .reply = reply);
    fake_now += 230;
    trap(t, Send, .cap = n);
    struct tcb *high = core_active_thread(30); /* the thread is charged as it is preempted */
    stop(high);
    CHECK(core_current() == handler);
    CHECK_EQ(core_label(handler), seL4_Fault_Timeout);
    CHECK_EQ(core_word(handler, 1), 230);
}

/* At random. */

enum { THREADS = 10, STEPS = 6000 };

static struct {
    struct tcb *tcb;
    ticks_t budget, period; /* 0: round robin */
    unsigned uses;
    struct {
        ticks_t start, end;
    } use[STEPS];
} worker[THREADS];

static struct tcb *running;
static ticks_t running_since;

static void note_switch(void)
{
    struct tcb *current = core_current();

    for (unsigned i = 0; i < THREADS && running; i++) {
        if (worker[i].tcb == running && fake_now > running_since && worker[i].uses < STEPS) {
            worker[i].use[worker[i].uses].start = running_since;
            worker[i].use[worker[i].uses++].end = fake_now;
        }
    }
    running = current;
    running_since = fake_now;
}

static void check_queues(void)
{
    struct tcb *current = core_current();
    unsigned ready = 0, released = 0;

    for (unsigned p = 0; p < seL4_NumPriorities; p++) {
        const struct tcb *last = 0;
        for (const struct tcb *t = cpu->ready[p].head; t; last = t, t = t->queue_next) {
            CHECK(t->queued_ready && t->priority == p && t->queue_prev == last && sched_is_schedulable(t));
            ready++;
        }
        CHECK(cpu->ready[p].tail == last);
        CHECK_EQ(cpu->ready_map[p / 64] >> p % 64 & 1, last != 0);
        CHECK_EQ(cpu->ready_words >> p / 64 & 1, cpu->ready_map[p / 64] != 0);
    }
    for (const struct tcb *t = cpu->release_head; t; t = t->queue_next) {
        CHECK(t->queued_release && sched_is_schedulable(t));
        CHECK(!t->queue_next || budget_head(t->sc)->time <= budget_head(t->queue_next->sc)->time);
        released++;
    }
    for (unsigned i = 0; i < THREADS; i++) {
        struct tcb *t = worker[i].tcb;
        ready -= t->queued_ready;
        released -= t->queued_release;
        CHECK(!(t->queued_ready && t->queued_release));
        CHECK_EQ(sched_is_schedulable(t), t == current || t->queued_ready || t->queued_release);
        CHECK(!sched_is_schedulable(t) || t == current || !budget_ready(t->sc, fake_now) ||
              (current && current->priority >= t->priority));
    }
    CHECK_EQ(ready, 0);
    CHECK_EQ(released, 0);
    CHECK(!current || fake_deadline <= fake_now + budget_head(current->sc)->amount);
}

/* Time passes up to the next interrupt at most. */
static void advance(ticks_t ticks)
{
    ticks_t end = fake_now + ticks;

    while (fake_deadline <= end) {
        fake_now = fake_deadline > fake_now ? fake_deadline : fake_now;
        timer_stop();
        note_switch();
        sched_tick(cpu);
        sched_run(cpu);
        note_switch();
        check_queues();
    }
    fake_now = end;
}

static void random_event(seL4_CPtr n)
{
    struct tcb *t = worker[unit_random(THREADS)].tcb, *current = core_current();

    switch (unit_random(8)) {
    case 0:
        tcb_suspend(t);
        break;
    case 1:
    case 2:
        tcb_restart(t);
        break;
    case 3:
        tcb_set_priority(t, (unsigned)unit_random(6));
        break;
    case 4:
        notification_signal(core_notification(n), 1);
        break;
    case 5:
        if (current) {
            trap(current, Yield, 0);
        }
        break;
    default:
        if (current) {
            trap(current, Wait, .cap = n);
        }
        break;
    }
    sched_run(cpu);
}

static void check_windows(unsigned i)
{
    for (unsigned first = 0; first < worker[i].uses; first++) {
        ticks_t from = worker[i].use[first].start, sum = 0;
        for (unsigned k = first; k < worker[i].uses && worker[i].use[k].start < from + worker[i].period; k++) {
            ticks_t end = worker[i].use[k].end;
            sum += (end < from + worker[i].period ? end : from + worker[i].period) - worker[i].use[k].start;
        }
        CHECK(sum <= worker[i].budget);
    }
}

static void at_random(ticks_t least)
{
    seL4_CPtr n = machine_new(seL4_NotificationObject);

    budget_min = least;
    running = 0;
    for (unsigned i = 0; i < THREADS; i++) {
        bool round_robin = i % 4 == 0;
        worker[i].period = 300 + unit_random(1000);
        worker[i].budget = round_robin ? worker[i].period : 2 * least + 5 + unit_random(worker[i].period / 3);
        worker[i].uses = 0;
        worker[i].tcb = core_thread((unsigned)unit_random(6));
        word_t flags = i % 3 == 0 ? seL4_SchedContext_Sporadic : 0;
        seL4_CPtr sc = core_sched_context(worker[i].budget, worker[i].period, unit_random(6), flags);
        sc_bind_tcb(core_sc(sc), worker[i].tcb);
    }
    for (unsigned step = 0; step < STEPS; step++) {
        random_event(n);
        note_switch();
        check_queues();
        advance(unit_random(3) ? unit_random(40) : unit_random(600));
    }
    for (unsigned i = 0; i < THREADS; i++) {
        CHECK(worker[i].uses > 50);
        if (worker[i].budget != worker[i].period) {
            check_windows(i);
        }
    }
}

static void random_events(void)
{
    at_random(1);
}

static void random_events_least_10(void)
{
    at_random(10);
}

int main(void)
{
    static const struct unit_case cases[] = {
        {"nobody", nobody},
        {"highest_first", highest_first},
        {"turns_within_a_priority", turns_within_a_priority},
        {"yield_alone", yield_alone},
        {"budget_runs_out", budget_runs_out},
        {"yield_waits_for_the_period", yield_waits_for_the_period},
        {"release_order", release_order},
        {"other_space_is_not_ready", other_space_is_not_ready},
        {"release_order_after_a_late_charge", release_order_after_a_late_charge},
        {"restart_is_no_source", restart_is_no_source},
        {"accounting_ends_a_budget", accounting_ends_a_budget},
        {"preempted_at_the_end", preempted_at_the_end},
        {"priority_changes", priority_changes},
        {"yield_to", yield_to},
        {"yield_to_ends", yield_to_ends},
        {"context_goes", context_goes},
        {"many_are_due", many_are_due},
        {"timeout", timeout},
        {"timeout_noticed_late", timeout_noticed_late},
        {"random_events", random_events},
        {"random_events_least_10", random_events_least_10},
    };

    return unit_run("scheduler", cases, UNIT_COUNT(cases), setup);
}
