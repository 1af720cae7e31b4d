/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads, endpoints, notifications, reply objects and scheduling contexts under random calls, suspensions and deletions. After each
 * step every link must be answered by its counterpart.
 */
#include "core_fixture.h"

#include "arch/timer.h"
#include "check/invariants.h"
#include "cpu.h"
#include "lib/unit.h"
#include "sched/budget.h"
#include "sched/scheduler.h"
#include <string.h>

enum { THREADS = 10, ENDPOINTS = 3, NOTIFICATIONS = 3, REPLIES = 8, CONTEXTS = 7, STEPS = 40000 };

static struct tcb *thread[THREADS];
static seL4_CPtr endpoint[ENDPOINTS], notification[NOTIFICATIONS], reply[REPLIES], context[CONTEXTS];
static seL4_CPtr memory_of[1 << CSPACE_BITS];

#define ANY(array) (array)[unit_random(sizeof(array) / sizeof(*(array)))]

static unsigned deepest; /* most calls seen on one scheduling context */

static bool in_queue(const struct tcb *head, const struct tcb *tail, const struct tcb *t)
{
    const struct tcb *last = 0;
    bool found = false;

    for (const struct tcb *q = head; q; last = q, q = q->queue_next) {
        CHECK(q->queue_prev == last);
        CHECK(!last || last->priority >= q->priority);
        found = found || q == t;
    }
    CHECK(tail == last);
    return found;
}

static void check_thread(struct tcb *t)
{
    const struct endpoint *e = t->blocking_object;
    const struct notification *n = t->blocking_object;

    switch (t->state) {
    case THREAD_BLOCKED_ON_SEND:
        CHECK(endpoint_state(e) == ENDPOINT_SEND && in_queue(e->head, endpoint_tail(e), t));
        break;
    case THREAD_BLOCKED_ON_RECEIVE:
        CHECK(endpoint_state(e) == ENDPOINT_RECEIVE && in_queue(e->head, endpoint_tail(e), t));
        break;
    case THREAD_BLOCKED_ON_NOTIFICATION:
        CHECK(n->state == NOTIFICATION_WAITING && in_queue(n->head, n->tail, t));
        break;
    case THREAD_BLOCKED_ON_REPLY:
        CHECK(t->reply && t->reply->tcb == t);
        break;
    default:
        CHECK(t->reply == 0);
        CHECK(!t->in_fault);
        break;
    }
    CHECK(!t->reply || t->reply->tcb == t);
    CHECK(!t->sc || t->sc->tcb == t);
    CHECK(!t->bound || t->bound->bound == t);
    CHECK(!(t->queued_ready && t->queued_release));
    bool queued = t->queued_ready || t->queued_release || t == core_current();
    CHECK_EQ(sched_is_schedulable(t), queued);
}

static void check_context(seL4_CPtr cptr)
{
    const struct sched_context *sc = core_sc(cptr);
    const struct reply *newer = 0;
    unsigned length = 0;

    CHECK(!sc->tcb || sc->tcb->sc == sc);
    CHECK(!sc->notification || sc->notification->sc == sc);
    for (const struct reply *r = sc->reply; r; newer = r, r = r->prev) {
        CHECK(newer ? r->next == (word_t)newer : reply_sc(r) == sc);
        CHECK(r->tcb && r->tcb->state == THREAD_BLOCKED_ON_REPLY && r->tcb->reply == r);
        CHECK(++length <= REPLIES);
    }
    deepest = length > deepest ? length : deepest;
}

static void check_all(void)
{
    for (unsigned i = 0; i < THREADS; i++) {
        check_thread(thread[i]);
    }
    for (unsigned i = 0; i < ENDPOINTS; i++) {
        const struct endpoint *e = core_endpoint(endpoint[i]);
        CHECK_EQ(endpoint_state(e) == ENDPOINT_IDLE, e->head == 0);
    }
    for (unsigned i = 0; i < NOTIFICATIONS; i++) {
        const struct notification *n = core_notification(notification[i]);
        CHECK_EQ(n->state == NOTIFICATION_WAITING, n->head != 0);
        CHECK(!n->bound || n->bound->bound == n);
        CHECK(!n->sc || n->sc->notification == n);
    }
    for (unsigned i = 0; i < REPLIES; i++) {
        const struct reply *r = core_reply(reply[i]);
        CHECK(!r->tcb || r->tcb->reply == r);
        CHECK(r->tcb || (!r->prev && !r->next));
    }
    for (unsigned i = 0; i < CONTEXTS; i++) {
        check_context(context[i]);
    }
}

enum { CONTEXT_BITS = 10 };

static void make(seL4_CPtr cptr, word_t type)
{
    CHECK_EQ(invoke(memory_of[cptr], UntypedRetype, CAPS(CPTR_CNODE), WORDS(type, CONTEXT_BITS, 0, 0, cptr, 1)).error,
             seL4_NoError);
}

/* An object with memory of its own. */
static seL4_CPtr new (word_t type)
{
    seL4_CPtr memory = machine_retype(CPTR_UNTYPED, seL4_UntypedObject, CONTEXT_BITS, 1), cptr = machine_empty_slot();

    memory_of[cptr] = memory;
    make(cptr, type);
    return cptr;
}

static void configure(seL4_CPtr context_cptr, word_t budget, word_t period, word_t extra_refills, word_t flags)
{
    CHECK_EQ(invoke(CPTR_SCHED_CONTROL, SchedControlConfigureFlags, CAPS(context_cptr),
                    WORDS(budget, period, extra_refills, 0, flags))
                 .error,
             seL4_NoError);
}

/* Deletes an object and makes another of its kind, in the same slot and memory. */
static void renew(seL4_CPtr cptr, word_t type)
{
    machine_delete(cptr);
    make(cptr, type);
    if (type == seL4_SchedContextObject) {
        configure(cptr, 300, 900, 3, 0);
    }
}

static void system_call(struct tcb *t)
{
    word_t length = unit_random(5);

    switch (unit_random(12)) {
    case 0:
    case 1:
    case 2:
        trap(t, Call, .cap = ANY(endpoint), .length = length);
        break;
    case 3:
    case 4:
        trap(t, ReplyRecv, .cap = ANY(endpoint), .reply = ANY(reply), .length = length);
        break;
    case 5:
        trap(t, Recv, .cap = ANY(endpoint), .reply = ANY(reply));
        break;
    case 6:
        trap(t, Send, .cap = unit_random(2) ? ANY(reply) : ANY(endpoint), .length = length);
        break;
    case 7:
        trap(t, NBSendRecv, .dest = unit_random(2) ? ANY(reply) : ANY(endpoint), .cap = ANY(endpoint),
             .reply = ANY(reply));
        break;
    case 8:
        trap(t, Wait, .cap = unit_random(2) ? ANY(notification) : ANY(endpoint));
        break;
    case 9:
        trap(t, Send, .cap = ANY(notification));
        break;
    case 10:
        trap(t, NBSendWait, .dest = ANY(notification), .cap = ANY(notification));
        break;
    default:
        trap(t, Yield, 0);
        break;
    }
}

static void management(void)
{
    struct tcb *t = ANY(thread);

    switch (unit_random(16)) {
    case 0:
        tcb_suspend(t);
        break;
    case 1:
    case 2:
    case 3:
        tcb_restart(t);
        break;
    case 4:
        renew(ANY(reply), seL4_ReplyObject);
        break;
    case 5:
        renew(endpoint[ENDPOINTS - 1], seL4_EndpointObject); /* the others are handlers */
        break;
    case 6:
        renew(ANY(notification), seL4_NotificationObject);
        break;
    case 7:
        renew(ANY(context), seL4_SchedContextObject);
        break;
    case 8:
    case 9:
        invoke(ANY(context), SchedContextBind, CAPS(core_cptr(t)));
        break;
    case 10:
        invoke(ANY(context), SchedContextBind, CAPS(ANY(notification)));
        break;
    case 11:
    case 12:
        invoke(ANY(context), SchedContextUnbind);
        break;
    case 13:
        invoke(core_cptr(t), TCBBindNotification, CAPS(ANY(notification)));
        break;
    case 14:
        invoke(core_cptr(t), TCBUnbindNotification);
        break;
    default:
        tcb_set_priority(t, (unsigned)unit_random(8));
        break;
    }
    sched_run(&cpus[0]);
}

static void check_invariants(void)
{
    struct violation found;

    if (!invariants_hold(&found)) {
        unit_fail(__FILE__, __LINE__, found.what);
    }
}

/* A thread without time that could run goes on to its next receive, as if it had come there on another's. */
static void become_passive(void)
{
    struct tcb *t = ANY(thread);

    seL4_CPtr ep = ANY(endpoint);
    if (tcb_is_runnable(t) && !t->sc && endpoint_state(core_endpoint(ep)) != ENDPOINT_SEND) {
        trap(t, Recv, .cap = ep, .reply = ANY(reply));
    }
}

static void random_use(void)
{
    unsigned calls = 0;

    for (unsigned step = 0; step < STEPS; step++) {
        struct tcb *t = core_current();
        if (t && unit_random(8)) {
            system_call(t);
            calls++;
        } else {
            management();
            if (!core_current()) {
                invoke(ANY(context), SchedContextBind, CAPS(core_cptr(ANY(thread))));
            }
            tcb_restart(ANY(thread));
            sched_run(&cpus[0]);
        }
        become_passive();
        check_all();
        core_pass(unit_random(30));
        check_all();
        check_invariants();
    }
    CHECK(calls > STEPS / 4);
}

static void random_steps(void)
{
    for (unsigned i = 0; i < ENDPOINTS; i++) {
        endpoint[i] = new (seL4_EndpointObject);
    }
    for (unsigned i = 0; i < NOTIFICATIONS; i++) {
        notification[i] = new (seL4_NotificationObject);
    }
    for (unsigned i = 0; i < REPLIES; i++) {
        reply[i] = new (seL4_ReplyObject);
    }
    for (unsigned i = 0; i < CONTEXTS; i++) {
        context[i] = new (seL4_SchedContextObject);
        configure(context[i], 200 + 100 * i, i % 2 ? 200 + 100 * i : 2000, i, i % 3 ? 0 : 1);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        thread[i] = core_thread((unsigned)unit_random(8));
    }
    random_use();
    /* Some report the end of their budget, and their other faults. */
    for (unsigned i = 0; i < THREADS / 2; i++) {
        slot_insert_derived(machine_cap(endpoint[0]), machine_slot(endpoint[0]), &thread[i]->slots[TCB_TIMEOUT]);
        slot_insert_derived(machine_cap(endpoint[1]), machine_slot(endpoint[1]), &thread[i]->slots[TCB_FAULT]);
    }
    random_use();
    CHECK(deepest >= 3);
    /* All goes; nobody is left behind. */
    for (unsigned i = 0; i < THREADS; i++) {
        machine_delete(core_cptr(thread[i]));
    }
    for (unsigned i = 0; i < REPLIES; i++) {
        CHECK(core_reply(reply[i])->tcb == 0);
    }
    for (unsigned i = 0; i < CONTEXTS; i++) {
        CHECK(core_sc(context[i])->tcb == 0 && core_sc(context[i])->reply == 0);
    }
    for (unsigned i = 0; i < ENDPOINTS; i++) {
        CHECK(core_endpoint(endpoint[i])->head == 0);
    }
    sched_run(&cpus[0]);
    CHECK(core_current() == 0);
    CHECK(cpus[0].release_head == 0 && cpus[0].ready_words == 0);
}

int main(void)
{
    static const struct unit_case cases[] = {{"random_steps", random_steps}};

    return unit_run("ipc_random", cases, UNIT_COUNT(cases), core_setup);
}
