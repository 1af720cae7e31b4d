/* SPDX-License-Identifier: BSD-2-Clause */
/* Notifications: signals collected and delivered, bound threads, lent scheduling contexts. */
#include "core_fixture.h"

#include "cpu.h"
#include "lib/unit.h"
#include "sched/scheduler.h"

static seL4_CPtr n;

static void setup(void)
{
    core_setup();
    n = machine_new(seL4_NotificationObject);
}

static void signal(seL4_CPtr cptr)
{
    trap(&machine_thread, Send, .cap = cptr);
}

static seL4_CPtr badged(word_t badge)
{
    return core_mint(n, seL4_AllRights, badge);
}

static void run(void)
{
    sched_run(&cpus[0]);
}

static void signals_collect(void)
{
    struct tcb *a = core_active_thread(5);

    signal(badged(1));
    signal(badged(4));
    signal(badged(6));
    CHECK_EQ(core_notification(n)->state, NOTIFICATION_ACTIVE);
    trap(a, Wait, .cap = n);
    CHECK_EQ(a->state, THREAD_RUNNING);
    CHECK_EQ(core_badge(a), 7);
    CHECK_EQ(core_notification(n)->state, NOTIFICATION_IDLE);
    /* They are gone: the next set starts empty. */
    signal(badged(2));
    trap(a, NBWait, .cap = n);
    CHECK_EQ(core_badge(a), 2);
    trap(a, NBWait, .cap = n);
    CHECK_EQ(core_badge(a), 0);
    CHECK_EQ(core_notification(n)->state, NOTIFICATION_IDLE);
    /* A signal without badge wakes all the same. */
    signal(n);
    trap(a, Wait, .cap = n);
    CHECK_EQ(a->state, THREAD_RUNNING);
    CHECK_EQ(core_badge(a), 0);
}

static void wakes_one(void)
{
    static const unsigned priorities[] = {4, 6, 5, 6};
    static const unsigned order[] = {1, 3, 2, 0};
    struct tcb *t[4];

    for (unsigned i = 0; i < 4; i++) {
        t[i] = core_active_thread(priorities[i]);
        trap(t[i], Wait, .cap = n);
        CHECK_EQ(t[i]->state, THREAD_BLOCKED_ON_NOTIFICATION);
    }
    for (unsigned i = 0; i < 4; i++) {
        CHECK_EQ(core_notification(n)->state, NOTIFICATION_WAITING);
        signal(badged(10 + i));
        CHECK_EQ(core_badge(t[order[i]]), 10 + i);
        CHECK_EQ(t[order[i]]->state, THREAD_RUNNING);
        for (unsigned k = i + 1; k < 4; k++) {
            CHECK_EQ(t[order[k]]->state, THREAD_BLOCKED_ON_NOTIFICATION);
        }
    }
    CHECK_EQ(core_notification(n)->state, NOTIFICATION_IDLE);
}

static void priority_changes_in_the_queue(void)
{
    struct tcb *a = core_active_thread(5), *b = core_active_thread(6);

    trap(a, Wait, .cap = n);
    trap(b, Wait, .cap = n);
    tcb_set_priority(a, 7);
    signal(n);
    CHECK_EQ(a->state, THREAD_RUNNING);
    CHECK_EQ(b->state, THREAD_BLOCKED_ON_NOTIFICATION);
}

static void rights(void)
{
    struct tcb *a = core_active_thread(5);
    seL4_CPtr read = core_mint(n, seL4_CanRead, 1), write = core_mint(n, seL4_CanWrite, 2);

    signal(read);
    CHECK_EQ(core_notification(n)->state, NOTIFICATION_IDLE);
    signal(write);
    CHECK_EQ(core_notification(n)->badge, 2);
    trap(a, Wait, .cap = write);
    CHECK(a->state != THREAD_BLOCKED_ON_NOTIFICATION && a->state != THREAD_RUNNING);
    CHECK_EQ(core_notification(n)->badge, 2);
}

static void cancel(void)
{
    struct tcb *a = core_active_thread(5), *b = core_active_thread(5);
    word_t pc = a->pc;

    trap(a, Wait, .cap = n);
    trap(b, Wait, .cap = n);
    tcb_suspend(a);
    CHECK_EQ(a->pc, pc);
    signal(n);
    CHECK_EQ(a->state, THREAD_INACTIVE);
    CHECK_EQ(b->state, THREAD_RUNNING);
    trap(b, Wait, .cap = n);
    tcb_suspend(b);
    CHECK_EQ(core_notification(n)->state, NOTIFICATION_IDLE);
    signal(badged(3));
    CHECK_EQ(core_notification(n)->state, NOTIFICATION_ACTIVE);
}

static void deletion(void)
{
    struct tcb *a = core_active_thread(5), *b = core_active_thread(5);
    word_t pc = a->pc;

    trap(a, Wait, .cap = n);
    notification_bind(core_notification(n), b);
    machine_delete(n);
    run();
    CHECK_EQ(a->state, THREAD_RUNNING);
    CHECK_EQ(a->pc, pc);
    CHECK(b->bound == 0);
}

static void bound_thread(void)
{
    struct tcb *a = core_active_thread(5), *b = core_active_thread(6);
    seL4_CPtr ep = machine_new(seL4_EndpointObject), reply = machine_new(seL4_ReplyObject);

    CHECK_EQ(invoke(core_cptr(a), TCBBindNotification, CAPS(n)).error, seL4_NoError);
    /* Waiting for a message, it hears of a signal. */
    trap(a, Recv, .cap = ep, .reply = reply);
    signal(badged(8));
    CHECK_EQ(a->state, THREAD_RUNNING);
    CHECK_EQ(core_badge(a), 8);
    CHECK_EQ(core_label(a), 0);
    CHECK_EQ(endpoint_state(core_endpoint(ep)), ENDPOINT_IDLE);
    CHECK(core_reply(reply)->tcb == 0 && a->reply == 0);
    CHECK_EQ(core_notification(n)->state, NOTIFICATION_IDLE);
    /* A signal that came before is taken first, a waiting message next. */
    signal(badged(16));
    trap(b, Send, .cap = ep, .label = 77);
    trap(a, Recv, .cap = ep, .reply = reply);
    CHECK_EQ(core_badge(a), 16);
    CHECK_EQ(b->state, THREAD_BLOCKED_ON_SEND);
    trap(a, Recv, .cap = ep, .reply = reply);
    CHECK_EQ(core_label(a), 77);
    /* Also when it would not wait. */
    signal(badged(32));
    trap(a, NBRecv, .cap = ep, .reply = reply);
    CHECK_EQ(core_badge(a), 32);
    /* A message still is a message. */
    trap(a, Recv, .cap = ep, .reply = reply);
    trap(b, NBSend, .cap = ep, .label = 78);
    CHECK_EQ(core_label(a), 78);
    /* Bound while it waits and there is a signal: it hears of it. */
    CHECK_EQ(invoke(core_cptr(a), TCBUnbindNotification).error, seL4_NoError);
    trap(a, Recv, .cap = ep, .reply = reply);
    signal(badged(128));
    CHECK_EQ(a->state, THREAD_BLOCKED_ON_RECEIVE);
    CHECK_EQ(invoke(core_cptr(a), TCBBindNotification, CAPS(n)).error, seL4_NoError);
    CHECK_EQ(a->state, THREAD_RUNNING);
    CHECK_EQ(core_badge(a), 128);
    CHECK_EQ(core_label(a), 0);
    CHECK(core_reply(reply)->tcb == 0 && a->reply == 0);
    CHECK_EQ(core_notification(n)->state, NOTIFICATION_IDLE);
    /* Sending is not interrupted by signals. */
    trap(a, Send, .cap = ep);
    signal(badged(64));
    CHECK_EQ(a->state, THREAD_BLOCKED_ON_SEND);
    CHECK_EQ(core_notification(n)->badge, 64);
}

static void binding_errors(void)
{
    struct tcb *a = core_active_thread(5), *b = core_active_thread(5);
    seL4_CPtr other = machine_new(seL4_NotificationObject), ep = machine_new(seL4_EndpointObject);
    seL4_CPtr write = core_mint(n, seL4_CanWrite, 2);

    CHECK_EQ(invoke(core_cptr(a), TCBUnbindNotification).error, seL4_IllegalOperation);
    CHECK_EQ(invoke(core_cptr(a), TCBBindNotification, CAPS(write)).error, seL4_InvalidCapability);
    CHECK_EQ(invoke(core_cptr(a), TCBBindNotification, CAPS(ep)).error, seL4_InvalidCapability);
    CHECK_EQ(invoke(core_cptr(a), TCBBindNotification, CAPS(n)).error, seL4_NoError);
    CHECK_EQ(invoke(core_cptr(a), TCBBindNotification, CAPS(other)).error, seL4_IllegalOperation);
    CHECK_EQ(invoke(core_cptr(b), TCBBindNotification, CAPS(n)).error, seL4_IllegalOperation);
    /* Nobody else may wait for it. */
    trap(b, Wait, .cap = n);
    CHECK(b->state != THREAD_BLOCKED_ON_NOTIFICATION);
    tcb_restart(b);
    run();
    trap(a, Wait, .cap = n);
    CHECK_EQ(a->state, THREAD_BLOCKED_ON_NOTIFICATION);
    signal(badged(3));
    CHECK_EQ(core_badge(a), 3);
    CHECK_EQ(invoke(core_cptr(a), TCBUnbindNotification).error, seL4_NoError);
    /* Not where somebody waits already. */
    trap(a, Wait, .cap = n);
    CHECK_EQ(invoke(core_cptr(b), TCBBindNotification, CAPS(n)).error, seL4_IllegalOperation);
    tcb_suspend(a);
    CHECK_EQ(invoke(core_cptr(b), TCBBindNotification, CAPS(n)).error, seL4_NoError);
    /* The thread goes: the notification is free. */
    machine_delete(core_cptr(b));
    CHECK(core_notification(n)->bound == 0);
}

/* Signals go on to the bound thread after it was unbound? They do not. */
static void unbound(void)
{
    struct tcb *a = core_active_thread(5);
    seL4_CPtr ep = machine_new(seL4_EndpointObject);

    notification_bind(core_notification(n), a);
    trap(a, Wait, .cap = ep);
    CHECK_EQ(invoke(core_cptr(a), TCBUnbindNotification).error, seL4_NoError);
    signal(badged(4));
    CHECK_EQ(a->state, THREAD_BLOCKED_ON_RECEIVE);
    CHECK_EQ(core_notification(n)->state, NOTIFICATION_ACTIVE);
}

/* A passive thread runs on the notification's scheduling context, from the signal to its next wait. */
static void lent_context(void)
{
    struct tcb *a = core_thread(5);
    seL4_CPtr cptr = core_sched_context(1000, 1000, 0, 0);
    struct sched_context *sc = core_sc(cptr);

    CHECK_EQ(invoke(cptr, SchedContextBind, CAPS(n)).error, seL4_NoError);
    tcb_restart(a);
    trap(a, Wait, .cap = n);
    CHECK(core_current() == 0);
    for (word_t i = 1; i < 4; i++) {
        signal(badged(i));
        CHECK(core_current() == a);
        CHECK(a->sc == sc && sc->tcb == a);
        CHECK_EQ(core_badge(a), i);
        trap(a, Wait, .cap = n);
        CHECK(core_current() == 0);
        CHECK(a->sc == 0 && sc->tcb == 0);
    }
    /* Bound, and waiting for messages. */
    seL4_CPtr ep = machine_new(seL4_EndpointObject), reply = machine_new(seL4_ReplyObject);
    tcb_suspend(a);
    notification_bind(core_notification(n), a);
    tcb_restart(a);
    trap(a, Recv, .cap = ep, .reply = reply);
    signal(badged(9));
    CHECK(core_current() == a);
    CHECK_EQ(core_badge(a), 9);
    trap(a, Recv, .cap = ep, .reply = reply);
    CHECK(core_current() == 0);
    CHECK(sc->tcb == 0);
    /* Its own context it keeps. */
    seL4_CPtr own = core_sched_context(500, 500, 0, 0);
    CHECK_EQ(invoke(own, SchedContextBind, CAPS(core_cptr(a))).error, seL4_NoError);
    signal(badged(9));
    CHECK(a->sc == core_sc(own) && sc->tcb == 0);
    trap(a, Recv, .cap = ep, .reply = reply);
    CHECK(a->sc == core_sc(own));
}

/* Two may wait; the context is lent to the first, the second runs when it has one. */
static void lent_once(void)
{
    struct tcb *a = core_thread(5), *b = core_thread(6);
    seL4_CPtr cptr = core_sched_context(1000, 1000, 0, 0);

    CHECK_EQ(invoke(cptr, SchedContextBind, CAPS(n)).error, seL4_NoError);
    tcb_restart(a);
    tcb_restart(b);
    trap(a, Wait, .cap = n);
    trap(b, Wait, .cap = n);
    signal(n);
    signal(n);
    CHECK(core_current() == b);
    CHECK(core_sc(cptr)->tcb == b && a->sc == 0);
    CHECK_EQ(a->state, THREAD_RUNNING);
    /* The thread goes with the context in hand: it is free again. */
    machine_delete(core_cptr(b));
    run();
    CHECK(core_sc(cptr)->tcb == 0);
    CHECK(core_notification(n)->sc == core_sc(cptr));
    machine_delete(cptr);
    CHECK(core_notification(n)->sc == 0);
}

int main(void)
{
    static const struct unit_case cases[] = {
        {"signals_collect", signals_collect},
        {"wakes_one", wakes_one},
        {"priority_changes_in_the_queue", priority_changes_in_the_queue},
        {"rights", rights},
        {"cancel", cancel},
        {"deletion", deletion},
        {"bound_thread", bound_thread},
        {"binding_errors", binding_errors},
        {"unbound", unbound},
        {"lent_context", lent_context},
        {"lent_once", lent_once},
    };

    return unit_run("notification", cases, UNIT_COUNT(cases), setup);
}
