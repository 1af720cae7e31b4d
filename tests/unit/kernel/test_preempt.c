/* SPDX-License-Identifier: BSD-2-Clause */
/* Operations that are broken off at any of their steps: they go on where they stopped, whatever happened meanwhile. */
#include "core_fixture.h"

#include "arch/preempt.h"
#include "check/invariants.h"
#include "cpu.h"
#include "lib/unit.h"
#include "object/irq.h"
#include "object/vspace.h"
#include "sched/scheduler.h"

enum { CROWD = 200, DEVICE_IRQ = 40 };

static struct tcb *crowd[CROWD];

/* Threads that may make system calls, but are never chosen: they have no time. */
static struct tcb *timeless(unsigned priority)
{
    struct tcb *t = core_thread(priority);

    t->state = THREAD_RUNNING;
    return t;
}

static void make_crowd(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        crowd[i] = timeless(1 + i % 5);
    }
}

/* Half done, or done: everything agrees with everything. */
static void check_good(void)
{
    struct violation found;

    if (!invariants_hold(&found)) {
        unit_fail(__FILE__, __LINE__, found.what);
    }
}

/* Attempts with a preemption after every `steps` steps, `between` after each that was one; how many there were. */
static unsigned attempts(long steps, void (*between)(void))
{
    unsigned n = 0;

    for (fake_preempt_after = steps; !machine_attempt(); fake_preempt_after = steps) {
        CHECK(n++ < 100000);
        fake_preempt_after = -1;
        check_good();
        if (between) {
            between();
        }
    }
    fake_preempt_after = -1;
    check_good();
    CHECK_EQ(machine_answer().error, seL4_NoError);
    return n;
}

static void begin_delete(seL4_CPtr cptr)
{
    machine_begin(CPTR_CNODE, vesicle_CNodeDelete, (struct arguments){WORDS(cptr, 64)});
}

static void all_run(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        CHECK_EQ(crowd[i]->state, THREAD_RUNNING);
        CHECK_EQ(crowd[i]->pc, 0x10000); /* to try again */
    }
}

/* The object whose deletion is going on, and a thread that tries to use it. */
static seL4_CPtr going;
static word_t kind;
static struct tcb *user;

static void try_to_use(void)
{
    CHECK_EQ(cap_type(machine_cap(going)), CAP_ZOMBIE);
    CHECK(kind != seL4_EndpointObject || endpoint_state(core_endpoint(going)) == ENDPOINT_DYING);
    trap(user, Call, .cap = going);
    CHECK_EQ(user->state, THREAD_RUNNING);
    CHECK_EQ(core_label(user), seL4_InvalidCapability);
    trap(user, NBSend, .cap = going);
    CHECK_EQ(invoke(CPTR_TCB, TCBBindNotification, CAPS(going)).error, seL4_InvalidCapability);
    /* The attempts are of one call: what it was goes back into the registers. */
    begin_delete(going);
}

static void waiters_of(word_t type, long steps)
{
    core_setup();
    make_crowd(CROWD);
    user = timeless(9);
    going = machine_new(type);
    kind = type;
    for (unsigned i = 0; i < CROWD; i++) {
        if (type == seL4_EndpointObject && steps % 2 == 0) {
            trap(crowd[i], Send, .cap = going);
            CHECK_EQ(crowd[i]->state, THREAD_BLOCKED_ON_SEND);
        } else {
            trap(crowd[i], Wait, .cap = going);
            CHECK(crowd[i]->state != THREAD_RUNNING);
        }
    }
    begin_delete(going);
    unsigned n = attempts(steps, try_to_use);
    CHECK_EQ(n, CROWD / (steps + 1) - (CROWD % (steps + 1) == 0));
    CHECK(slot_is_empty(machine_slot(going)));
    all_run(CROWD);
}

static void waiters(void)
{
    for (long steps = 0; steps < 5; steps++) {
        waiters_of(seL4_EndpointObject, steps);
        waiters_of(seL4_NotificationObject, steps);
    }
}

/* Somebody else revokes the memory while the object is going: nothing of it stays behind. */
static void revoked_while_going(void)
{
    static const word_t types[] = {seL4_EndpointObject, seL4_NotificationObject};

    for (unsigned i = 0; i < UNIT_COUNT(types); i++) {
        core_setup();
        make_crowd(20);
        seL4_CPtr untyped = machine_retype(CPTR_UNTYPED, seL4_UntypedObject, 12, 1);
        seL4_CPtr object = machine_retype(untyped, types[i], 0, 1);
        for (unsigned j = 0; j < 20; j++) {
            trap(crowd[j], Wait, .cap = object);
        }
        begin_delete(object);
        fake_preempt_after = 5;
        CHECK(!machine_attempt());
        fake_preempt_after = -1;
        CHECK_EQ(crowd[4]->state == THREAD_RUNNING, crowd[4]->blocking_object == 0);
        CHECK_EQ(invoke(untyped, UntypedRetype, CAPS(CPTR_CNODE),
                        WORDS(seL4_UntypedObject, 12, 0, 0, machine_empty_slot(), 1))
                     .error,
                 seL4_NotEnoughMemory);
        CHECK_EQ(invoke(CPTR_CNODE, CNodeRevoke, WORDS(untyped, 64)).error, seL4_NoError);
        CHECK(slot_is_empty(machine_slot(object)));
        CHECK(!slot_has_children(machine_slot(untyped)));
        all_run(20);
    }
}

/* Those who still wait may leave by themselves. */
static unsigned leaver;

static void one_leaves(void)
{
    tcb_suspend(crowd[leaver]);
    tcb_set_priority(crowd[leaver + 1], 200);
    leaver += 7;
    leaver %= CROWD - 1;
}

static void waiters_leave_meanwhile(void)
{
    static const word_t types[] = {seL4_EndpointObject, seL4_NotificationObject};

    for (unsigned i = 0; i < UNIT_COUNT(types); i++) {
        core_setup();
        make_crowd(CROWD);
        seL4_CPtr object = machine_new(types[i]);
        for (unsigned j = 0; j < CROWD; j++) {
            trap(crowd[j], Wait, .cap = object);
        }
        begin_delete(object);
        CHECK(attempts(2, one_leaves) > 10);
        for (unsigned j = 0; j < CROWD; j++) {
            CHECK(crowd[j]->state == THREAD_RUNNING || crowd[j]->state == THREAD_INACTIVE);
            CHECK(crowd[j]->queue_next == 0 && crowd[j]->queue_prev == 0);
        }
    }
}

/* In a CNode, with other objects around it. */
static void inside_a_container(void)
{
    for (long steps = 0; steps < 40; steps++) {
        core_setup();
        make_crowd(30);
        seL4_CPtr node = machine_retype(CPTR_UNTYPED, seL4_CapTableObject, 4, 1);
        seL4_CPtr object[2] = {machine_new(seL4_EndpointObject), machine_new(seL4_NotificationObject)};
        for (unsigned i = 0; i < 30; i++) {
            trap(crowd[i], Wait, .cap = object[i % 2]);
        }
        for (unsigned i = 0; i < 2; i++) {
            CHECK_EQ(
                invoke(CPTR_CNODE, CNodeMove, CAPS(CPTR_CNODE), WORDS(machine_empty_slot(), 64, object[i], 64)).error,
                seL4_NoError);
            struct slot *s = (struct slot *)cap_object(machine_cap(node)) + 5 * i;
            slot_move(machine_cap(object[i] + 2), machine_slot(object[i] + 2), s);
        }
        begin_delete(node);
        attempts(steps, 0);
        CHECK(slot_is_empty(machine_slot(node)));
        all_run(30);
    }
}

/* A notification that only the interrupt still knows. */
static seL4_CPtr interrupt_with_waiters(unsigned count)
{
    core_setup();
    make_crowd(count);
    seL4_CPtr handler = machine_empty_slot(), n = machine_new(seL4_NotificationObject);
    CHECK_EQ(invoke(CPTR_IRQ_CONTROL, IRQControlGet, CAPS(CPTR_CNODE), WORDS(DEVICE_IRQ, handler, 64)).error,
             seL4_NoError);
    CHECK_EQ(invoke(handler, IRQHandlerSetNotification, CAPS(n)).error, seL4_NoError);
    for (unsigned i = 0; i < count; i++) {
        trap(crowd[i], Wait, .cap = n);
    }
    machine_delete(n);
    CHECK(crowd[0]->state != THREAD_RUNNING);
    return handler;
}

static void interrupts(void)
{
    for (long steps = 0; steps < 4; steps++) {
        seL4_CPtr handler = interrupt_with_waiters(20);
        machine_begin(handler, vesicle_IRQHandlerClear, (struct arguments){.words = 0});
        CHECK(attempts(steps, 0) > 2);
        CHECK(slot_is_empty(&irq_slots[DEVICE_IRQ]));
        all_run(20);

        handler = interrupt_with_waiters(20);
        seL4_CPtr other = machine_new(seL4_NotificationObject);
        machine_begin(handler, vesicle_IRQHandlerSetNotification, (struct arguments){CAPS(other)});
        CHECK(attempts(steps, 0) > 2);
        CHECK_EQ(cap_paddr(irq_slots[DEVICE_IRQ].cap).raw, cap_paddr(machine_cap(other)).raw);
        all_run(20);

        handler = interrupt_with_waiters(20);
        begin_delete(handler);
        CHECK(attempts(steps, 0) > 2);
        CHECK(slot_is_empty(&irq_slots[DEVICE_IRQ]));
        CHECK(slot_is_empty(machine_slot(handler)));
        all_run(20);
        CHECK_EQ(invoke(CPTR_IRQ_CONTROL, IRQControlGet, CAPS(CPTR_CNODE), WORDS(DEVICE_IRQ, handler, 64)).error,
                 seL4_NoError);
    }
}

/* The last capability of an endpoint is the one in a thread's slot for its fault handler. */
static void fault_handlers(void)
{
    for (long steps = 0; steps < 4; steps++) {
        core_setup();
        make_crowd(20);
        struct tcb *t = core_thread(5);
        seL4_CPtr handler = machine_new(seL4_EndpointObject), other = machine_new(seL4_EndpointObject);
        CHECK_EQ(invoke(core_cptr(t), TCBSetTimeoutEndpoint, CAPS(handler)).error, seL4_NoError);
        for (unsigned i = 0; i < 20; i++) {
            trap(crowd[i], Wait, .cap = handler);
        }
        machine_delete(handler);
        machine_begin(core_cptr(t), vesicle_TCBSetTimeoutEndpoint, (struct arguments){CAPS(other)});
        CHECK(attempts(steps, 0) > 2);
        CHECK_EQ(cap_paddr(t->slots[TCB_TIMEOUT].cap).raw, cap_paddr(machine_cap(other)).raw);
        all_run(20);
    }
}

static void asid_pool(void)
{
    enum { SPACES = 24 };

    for (long steps = 0; steps < 4; steps++) {
        core_setup();
        seL4_CPtr untyped = machine_retype(CPTR_UNTYPED, seL4_UntypedObject, seL4_ASIDPoolBits, 1);
        seL4_CPtr pool = machine_empty_slot();
        CHECK_EQ(invoke(CPTR_ASID_CONTROL, ASIDControlMakePool, CAPS(untyped, CPTR_CNODE), WORDS(pool, 64)).error,
                 seL4_NoError);
        seL4_CPtr space[SPACES];
        struct space found;
        for (unsigned i = 0; i < SPACES; i++) {
            space[i] = machine_new(seL4_ARM_VSpaceObject);
            CHECK_EQ(invoke(pool, ASIDPoolAssign, CAPS(space[i])).error, seL4_NoError);
            CHECK(vspace_of_cap(machine_cap(space[i]), &found));
        }
        begin_delete(pool);
        CHECK_EQ(attempts(steps, 0), SPACES / (steps + 1));
        for (unsigned i = 0; i < SPACES; i++) {
            CHECK(!vspace_of_cap(machine_cap(space[i]), &found));
        }
        CHECK(!asid_table[1]);
        CHECK(slot_is_empty(machine_slot(pool)));
        /* The memory can be a pool again, with nothing of the old in it. */
        CHECK_EQ(invoke(CPTR_ASID_CONTROL, ASIDControlMakePool, CAPS(untyped, CPTR_CNODE), WORDS(pool, 64)).error,
                 seL4_NoError);
        CHECK(!asid_find(512, &(bool){0}));
    }
}

enum { SERVERS = 100 };
static struct tcb *client, *server[SERVERS];
static seL4_CPtr reply[SERVERS];

/* A call goes through a hundred servers; returns the capability of the time that it is made on. */
static seL4_CPtr call_through_all(void)
{
    core_setup();
    seL4_CPtr ep[SERVERS], sc = 0;
    client = core_active_thread(5);
    for (unsigned i = 0; i < SERVERS; i++) {
        server[i] = timeless(6);
        ep[i] = machine_new(seL4_EndpointObject);
        reply[i] = machine_new(seL4_ReplyObject);
        trap(server[i], Recv, .cap = ep[i], .reply = reply[i]);
    }
    for (seL4_CPtr c = CPTR_FREE; !sc; c++) {
        sc = cap_type(machine_cap(c)) == CAP_SCHED_CONTEXT ? c : 0;
    }
    for (unsigned i = 0; i < SERVERS; i++) {
        trap(i == 0 ? client : server[i - 1], Call, .cap = ep[i]);
    }
    CHECK(server[SERVERS - 1]->sc == core_sc(sc));
    return sc;
}

/* The time that such a call is made on goes. */
static void call_stack(void)
{
    for (long steps = 0; steps < 4; steps++) {
        seL4_CPtr sc = call_through_all();
        begin_delete(sc);
        unsigned n = attempts(steps, 0);
        CHECK_EQ(n, SERVERS / 32 / (steps + 1));
        CHECK(slot_is_empty(machine_slot(sc)));
        for (unsigned i = 0; i < SERVERS; i++) {
            CHECK(!server[i]->sc);
            CHECK(!core_reply(reply[i])->next && !core_reply(reply[i])->prev);
            CHECK(core_reply(reply[i])->tcb == (i == 0 ? client : server[i - 1]));
        }
        /* The answers still go their way. */
        for (unsigned i = SERVERS; i > 0; i--) {
            struct tcb *caller = i == 1 ? client : server[i - 2];
            trap(server[i - 1], Send, .cap = reply[i - 1]);
            CHECK_EQ(caller->state, THREAD_RUNNING);
            CHECK(!caller->sc);
        }
    }
}

/* An answer comes while the time is going: nobody has it afterwards. */
static void answer_while_going(void)
{
    seL4_CPtr sc = call_through_all();

    begin_delete(sc);
    fake_preempt_after = 0;
    CHECK(!machine_attempt());
    fake_preempt_after = -1;
    /* The newest 32 are done. The one after them answers: its caller gets what cannot run any more. */
    reply_send(core_reply(reply[SERVERS - 33]), server[SERVERS - 33], true);
    CHECK_EQ(server[SERVERS - 34]->state, THREAD_RUNNING);
    CHECK(!sched_is_schedulable(server[SERVERS - 34]));
    begin_delete(sc);
    attempts(-1, 0);
    for (unsigned i = 0; i < SERVERS; i++) {
        CHECK(!server[i]->sc);
    }
}

/* Cancelling sends by badge. */

static word_t sent[CROWD]; /* in which order they came */
static word_t moment;

static void send_with(unsigned i, seL4_CPtr badged)
{
    trap(crowd[i], Send, .cap = badged);
    CHECK_EQ(crowd[i]->state, THREAD_BLOCKED_ON_SEND);
    sent[i] = moment++;
}

static unsigned number_of(const struct tcb *t)
{
    for (unsigned i = 0; i < CROWD; i++) {
        if (crowd[i] == t) {
            return i;
        }
    }
    CHECK(!"one of the crowd");
    return 0;
}

/* By priority, first come first served, none with this badge. */
static unsigned check_queue(seL4_CPtr endpoint, word_t without)
{
    const struct endpoint *e = core_endpoint(endpoint);
    unsigned n = 0;

    for (const struct tcb *t = e->head; t; t = t->queue_next, n++) {
        CHECK(t->blocking_badge != without);
        CHECK_EQ(t->state, THREAD_BLOCKED_ON_SEND);
        CHECK(!t->cancelled_by);
        if (t->queue_next) {
            const struct tcb *next = t->queue_next;
            CHECK(next->queue_prev == t);
            CHECK(t->priority > next->priority ||
                  (t->priority == next->priority && sent[number_of(t)] < sent[number_of(next)]));
        } else {
            CHECK(endpoint_tail(e) == t);
        }
    }
    return n;
}

static seL4_CPtr shared, badged[3]; /* badges 1 to 3 */
static unsigned popped, stopped;

static void begin_cancel(word_t badge)
{
    machine_begin(CPTR_CNODE, vesicle_CNodeCancelBadgedSends, (struct arguments){WORDS(badged[badge - 1], 64)});
}

static void crowd_at_endpoint(void)
{
    core_setup();
    moment = popped = stopped = 0;
    make_crowd(CROWD);
    shared = machine_new(seL4_EndpointObject);
    for (unsigned i = 0; i < 3; i++) {
        badged[i] = core_mint(shared, seL4_AllRights, i + 1);
    }
    for (unsigned i = 0; i < CROWD; i++) {
        send_with(i, badged[i % 2 ? 0 : 1 + i / 2 % 2]);
    }
    user = timeless(9);
}

static void disturb(void)
{
    unsigned i = (unsigned)unit_random(CROWD), what = (unsigned)unit_random(4);
    struct tcb *t = crowd[i];

    CHECK(machine_thread.cancel_at && machine_thread.cancel_at->cancelled_by == &machine_thread);
    if (unit_random(4) == 0) {
        i = number_of(t = machine_thread.cancel_at);
    }
    if (what == 0 && core_endpoint(shared)->head) {
        trap(user, NBWait, .cap = shared);
        popped++;
    } else if (what == 1 && t->state == THREAD_BLOCKED_ON_SEND) {
        tcb_suspend(t);
        stopped++;
    } else if (what == 2 && t->state == THREAD_RUNNING) {
        send_with(i, badged[1]);
    } else if (what == 3 && t->state == THREAD_BLOCKED_ON_SEND && unit_random(8) == 0) {
        tcb_set_priority(t, 1 + (unsigned)unit_random(5));
        sent[i] = moment++;
    }
    CHECK(!machine_thread.cancel_at || (machine_thread.cancel_at->cancelled_by == &machine_thread &&
                                        machine_thread.cancel_at->state == THREAD_BLOCKED_ON_SEND));
    begin_cancel(1);
}

static void cancel_badged(void)
{
    for (long steps = 0; steps < 3; steps++) {
        crowd_at_endpoint();
        begin_cancel(1);
        CHECK(attempts(steps, 0) > 5);
        CHECK_EQ(check_queue(shared, 1), CROWD / 2);
        CHECK(!machine_thread.cancel_at);
        for (unsigned i = 0; i < CROWD; i++) {
            CHECK_EQ(crowd[i]->state, i % 2 ? THREAD_RUNNING : THREAD_BLOCKED_ON_SEND);
        }
    }
}

static void cancel_badged_disturbed(void)
{
    for (unsigned round = 0; round < 40; round++) {
        crowd_at_endpoint();
        begin_cancel(1);
        CHECK(attempts(0, disturb) > 5);
        check_queue(shared, 1);
    }
}

/* Of those who wait most have another badge: passing them by counts, too. */
static void cancel_few(void)
{
    core_setup();
    moment = 0;
    make_crowd(CROWD);
    shared = machine_new(seL4_EndpointObject);
    badged[0] = core_mint(shared, seL4_AllRights, 1);
    for (unsigned i = 0; i < CROWD; i++) {
        send_with(i, i == CROWD - 1 ? badged[0] : shared);
    }
    begin_cancel(1);
    CHECK_EQ(attempts(0, 0), 1);
    CHECK_EQ(check_queue(shared, 1), CROWD - 1);
}

static void comes_back(const struct tcb *t)
{
    CHECK(!t->cancel_at || t->cancel_at->cancelled_by == t);
}

/* What another thread cancels at the same time, step by step in turns. */
static void in_turns(word_t badge, word_t other_badge)
{
    crowd_at_endpoint();
    struct tcb *other = timeless(9);
    bool done = false, other_done = false;
    unsigned turns = 0;

    while (!done || !other_done) {
        CHECK(turns++ < 1000);
        fake_preempt_after = 0;
        if (!done) {
            begin_cancel(badge);
            done = machine_attempt();
        }
        fake_preempt_after = 0;
        if (!other_done) {
            word_t pc = other->pc;
            trap(other, Call, .cap = CPTR_CNODE, .label = vesicle_CNodeCancelBadgedSends, .length = 2,
                 .word = {badged[other_badge - 1], 64});
            other_done = other->pc != pc;
        }
        comes_back(&machine_thread);
        comes_back(other);
    }
    fake_preempt_after = -1;
    CHECK_EQ(check_queue(shared, badge), check_queue(shared, other_badge));
    for (unsigned i = 0; i < CROWD; i++) {
        CHECK_EQ(crowd[i]->state == THREAD_BLOCKED_ON_SEND,
                 crowd[i]->blocking_badge != badge && crowd[i]->blocking_badge != other_badge);
    }
}

static void two_cancel(void)
{
    in_turns(1, 3);
    in_turns(1, 1);
    in_turns(2, 3);
}

/* Both would go on from the same sender. */
static void two_at_one_place(void)
{
    crowd_at_endpoint();
    struct tcb *at = core_endpoint(shared)->head->queue_next->queue_next, *other = timeless(9);

    other->cancel_at = at;
    at->cancelled_by = other;
    for (struct tcb *t = at->queue_next; t; t = t->queue_next) {
        t->cancelled_by = other;
    }
    begin_cancel(1);
    fake_preempt_after = 0;
    CHECK(machine_attempt());
    fake_preempt_after = -1;
    CHECK(!machine_thread.cancel_at);
}

/* Who cancelled goes, or has something else to do: nobody is called back to it. */
static void canceller_goes(void)
{
    crowd_at_endpoint();
    struct tcb *other = timeless(9);

    fake_preempt_after = 0;
    trap(other, Call, .cap = CPTR_CNODE, .label = vesicle_CNodeCancelBadgedSends, .length = 2, .word = {badged[0], 64});
    fake_preempt_after = -1;
    CHECK(other->cancel_at);
    CHECK_EQ(invoke(core_cptr(other), TCBWriteRegisters, WORDS(0, 1, 0x20000)).error, seL4_NoError);
    CHECK(!other->cancel_at);
    fake_preempt_after = 0;
    trap(other, Call, .cap = CPTR_CNODE, .label = vesicle_CNodeCancelBadgedSends, .length = 2, .word = {badged[0], 64});
    fake_preempt_after = -1;
    CHECK(other->cancel_at);
    machine_delete(core_cptr(other));
    for (unsigned i = 0; i < CROWD; i++) {
        CHECK(!crowd[i]->cancelled_by);
    }
}

int main(void)
{
    static const struct unit_case cases[] = {
        {"waiters", waiters},
        {"revoked_while_going", revoked_while_going},
        {"waiters_leave_meanwhile", waiters_leave_meanwhile},
        {"inside_a_container", inside_a_container},
        {"interrupts", interrupts},
        {"fault_handlers", fault_handlers},
        {"asid_pool", asid_pool},
        {"call_stack", call_stack},
        {"answer_while_going", answer_while_going},
        {"cancel_badged", cancel_badged},
        {"cancel_badged_disturbed", cancel_badged_disturbed},
        {"cancel_few", cancel_few},
        {"two_cancel", two_cancel},
        {"two_at_one_place", two_at_one_place},
        {"canceller_goes", canceller_goes},
    };

    return unit_run("preempt", cases, UNIT_COUNT(cases), core_setup);
}
