/* SPDX-License-Identifier: BSD-2-Clause */
#include "sched/scheduler.h"

#include "arch/context.h"
#include "arch/timer.h"
#include "object/reply.h"
#include "object/vcpu.h"
#include "sched/budget.h"
#include "sched/ready.h"

bool sched_is_schedulable(const struct tcb *t)
{
    return tcb_is_runnable(t) && sc_is_active(t->sc);
}

/* Into the release queue instead, if the budget is not there yet. */
static bool must_wait(struct tcb *t)
{
    if (budget_ready(t->sc, timer_now())) {
        return false;
    }
    sched_release_later(t);
    return true;
}

static void ready_insert(struct tcb *t, bool at_head)
{
    struct cpu *cpu = t->cpu;

    if (t->queued_ready || t->queued_release || !sched_is_schedulable(t) || must_wait(t)) {
        return;
    }
    if (at_head) {
        ready_push_head(cpu, t);
    } else {
        ready_push_tail(cpu, t);
    }
    if (cpu->current == cpu->idle || t->priority > cpu->current->priority || !tcb_is_runnable(cpu->current)) {
        sched_reschedule(cpu);
    }
}

void sched_enqueue(struct tcb *t)
{
    ready_insert(t, true);
}

void sched_append(struct tcb *t)
{
    ready_insert(t, false);
}

void sched_wake(struct tcb *t)
{
    struct cpu *cpu = t->cpu;

    if (t == cpu->current) {
        return;
    }
    if (sc_is_active(t->sc) && t->sc->sporadic && t->sc != cpu->sc) {
        budget_unblock(t->sc, timer_now());
    }
    ready_insert(t, t->priority > cpu->current->priority || !sched_is_schedulable(cpu->current));
}

void sched_release_later(struct tcb *t)
{
    struct cpu *cpu = t->cpu;
    struct tcb *before = cpu->release_head, *after = 0;
    ticks_t time = budget_head(t->sc)->time;

    while (before && budget_head(before->sc)->time <= time) {
        after = before;
        before = before->queue_next;
    }
    t->queued_release = true;
    t->queue_prev = after;
    t->queue_next = before;
    *(after ? &after->queue_next : &cpu->release_head) = t;
    if (before) {
        before->queue_prev = t;
    }
    cpu->timer_dirty = true;
    if (cpu != cpu_this()) {
        remote_kick(cpu);
    }
}

void sched_dequeue(struct tcb *t)
{
    struct cpu *cpu = t->cpu;

    if (t->queued_ready) {
        struct ready_queue *q = &cpu->ready[t->priority];
        tcb_queue_remove(&q->head, &q->tail, t);
        t->queued_ready = false;
        if (!q->head) {
            ready_unmark(cpu, t->priority);
        }
    } else if (t->queued_release) {
        struct tcb *tail = 0;
        tcb_queue_remove(&cpu->release_head, &tail, t);
        t->queued_release = false;
        cpu->timer_dirty = true;
    }
}

static void set_aside(struct cpu *cpu, void *unused)
{
    struct tcb *t = cpu->current;

    (void)unused;
    context_set_aside(cpu);
    sched_enqueue(t);
    sched_reschedule(cpu);
}

void sched_set_aside(struct tcb *t)
{
    if (t->cpu != cpu_this() && t->cpu->current == t) {
        remote_call(t->cpu, set_aside, 0);
    }
}

void sched_account(struct cpu *cpu)
{
    struct sched_context *sc = cpu->sc;
    ticks_t now = timer_now(), used = now - cpu->sc_since;

    cpu->sc_since = now;
    if (sc) {
        sc->consumed += used;
        budget_charge(sc, used, now);
        cpu->timer_dirty = true;
        if (sc->tcb && sc->tcb->queued_release) {
            sched_dequeue(sc->tcb); /* what it waits for comes later now */
            sched_release_later(sc->tcb);
        }
        if (!budget_ready(sc, now)) {
            sched_reschedule(cpu);
        }
    }
}

void sched_leave_sc(struct sched_context *sc)
{
    struct cpu *cpu = sc->cpu;

    if (cpu && cpu->sc == sc) {
        sched_account(cpu);
        cpu->sc = 0;
        sched_reschedule(cpu);
    }
}

/* A thread that could run but for its budget: its timeout handler is told, or it waits. */
static void out_of_budget(struct tcb *t)
{
    if (t->in_fault || !fault_send_timeout(t, t->sc)) {
        sched_release_later(t);
    }
}

/*
 * A server's equals are not those of who called it, who goes behind its own when the context comes back. That is seen on the slow way
 * only, which is taken to a thread whose space looks out of date.
 */
static void pass_turn_on(struct sched_context *sc)
{
    sc->turn_over = sc->reply != 0;
    if (sc->reply) {
        sc->reply->tcb->table_epoch = TCB_NO_EPOCH;
    }
}

void sched_come_back(struct tcb *t)
{
    if (t->sc->turn_over) {
        pass_turn_on(t->sc);
        sched_append(t);
    } else {
        sched_wake(t);
    }
}

/* The running thread's head refill is used up. */
static void end_of_budget(struct cpu *cpu)
{
    struct tcb *t = cpu->current;

    if (budget_ready(t->sc, cpu->sc_since)) {
        pass_turn_on(t->sc);
        sched_append(t); /* round robin, or another refill was due: behind its equals */
    } else {
        out_of_budget(t);
    }
    sched_reschedule(cpu);
}

void sched_give_up(struct cpu *cpu)
{
    sched_account(cpu);
    budget_yield(cpu->current->sc, cpu->sc_since);
    if (budget_ready(cpu->current->sc, cpu->sc_since)) {
        pass_turn_on(cpu->current->sc);
        sched_append(cpu->current);
    } else {
        sched_release_later(cpu->current);
    }
    sched_reschedule(cpu);
}

/* Threads released at one interrupt of the timer; it comes again at once for more. */
enum { RELEASES_PER_TICK = 32 };

static void release_due(struct cpu *cpu, ticks_t now)
{
    for (unsigned i = 0; i < RELEASES_PER_TICK && cpu->release_head && budget_head(cpu->release_head->sc)->time <= now;
         i++) {
        struct tcb *t = cpu->release_head;
        sched_dequeue(t);
        sched_append(t);
        if (t->queued_release) {
            break; /* due, but too small: it was put back */
        }
    }
}

void sched_tick(struct cpu *cpu)
{
    struct sched_context *sc = cpu->sc;
    ticks_t head = sc ? budget_head(sc)->amount : 0;
    bool used_up = sc && timer_now() - cpu->sc_since + budget_min >= head;

    cpu->timer_dirty = true;
    if (used_up) {
        sched_account(cpu);
        if (cpu->current->sc == sc && sched_is_schedulable(cpu->current)) {
            end_of_budget(cpu);
        }
    }
    release_due(cpu, timer_now());
}

static void program_timer(struct cpu *cpu)
{
    ticks_t now = timer_now(), deadline = vcpu_timer_check(cpu, now);

    if (cpu->sc && cpu->sc_since + budget_head(cpu->sc)->amount < deadline) {
        deadline = cpu->sc_since + budget_head(cpu->sc)->amount;
    }
    if (cpu->release_head && budget_head(cpu->release_head->sc)->time < deadline) {
        deadline = budget_head(cpu->release_head->sc)->time;
    }
    if (cpu->trace.sample_at < deadline) {
        deadline = cpu->trace.sample_at;
    }
    cpu->timer_dirty = false;
    if (deadline == ~0ull) {
        timer_stop();
    } else {
        timer_set(deadline);
    }
}

/* Takes the first ready thread out of its queue. What it was charged for since it was put there may have taken its budget. */
static struct tcb *choose(struct cpu *cpu)
{
    struct tcb *t;

    while ((t = ready_first(cpu)) != 0) {
        ready_pop(cpu, t);
        if (budget_ready(t->sc, timer_now())) {
            return t;
        }
        out_of_budget(t);
    }
    return cpu->idle;
}

static void reschedule(struct cpu *cpu)
{
    struct tcb *old = cpu->current;

    cpu->reschedule = false;
    if (sched_is_schedulable(old) && !old->queued_ready && !old->queued_release) {
        if (old->sc != cpu->sc) {
            sched_account(cpu);
        }
        if (budget_ready(old->sc, timer_now())) {
            sched_enqueue(old);
        } else {
            out_of_budget(old);
        }
    }
    struct tcb *next = choose(cpu);
    if (next->sc != cpu->sc) {
        if (cpu->sc) {
            sched_account(cpu);
        } else {
            cpu->sc_since = timer_now(); /* nobody ran */
        }
        cpu->sc = next->sc;
        cpu->timer_dirty = true;
    }
    if (next != old) {
        context_switch(cpu, next);
    }
    if (next->yield_to) {
        sc_complete_yield_to(next);
    }
    cpu->reschedule = false;
}

void sched_run(struct cpu *cpu)
{
    do {
        if (cpu->reschedule) {
            reschedule(cpu);
        }
        if (cpu->timer_dirty) {
            program_timer(cpu);
        }
    } while (cpu->reschedule); /* a sleeping guest's timer was due */
}
