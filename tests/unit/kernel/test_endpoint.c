/* SPDX-License-Identifier: BSD-2-Clause */
/* Endpoints: who meets whom, in which order, with what rights; what ends a wait. */
#include "core_fixture.h"

#include "cpu.h"
#include "lib/unit.h"
#include "object/cnode.h"
#include "sched/scheduler.h"

static seL4_CPtr ep;

static void setup(void)
{
    core_setup();
    ep = machine_new(seL4_EndpointObject);
}

static seL4_CPtr new_reply(void)
{
    return machine_new(seL4_ReplyObject);
}

static void run(void)
{
    sched_run(&cpus[0]);
}

static void send_then_receive(void)
{
    struct tcb *a = core_active_thread(5), *b = core_active_thread(5);

    trap(a, Send, .cap = core_mint(ep, seL4_AllRights, 42), .label = 99, .length = 3, .word = {1, 2, 3});
    CHECK_EQ(a->state, THREAD_BLOCKED_ON_SEND);
    CHECK_EQ(endpoint_state(core_endpoint(ep)), ENDPOINT_SEND);
    trap(b, Wait, .cap = ep);
    CHECK_EQ(a->state, THREAD_RUNNING);
    CHECK_EQ(b->state, THREAD_RUNNING);
    CHECK_EQ(core_badge(b), 42);
    CHECK_EQ(core_label(b), 99);
    CHECK_EQ(core_word(b, 0), 1);
    CHECK_EQ(core_word(b, 2), 3);
    CHECK_EQ(endpoint_state(core_endpoint(ep)), ENDPOINT_IDLE);
}

static void receive_then_send(void)
{
    struct tcb *a = core_active_thread(5), *b = core_active_thread(5);

    trap(b, Wait, .cap = ep);
    CHECK_EQ(b->state, THREAD_BLOCKED_ON_RECEIVE);
    CHECK_EQ(endpoint_state(core_endpoint(ep)), ENDPOINT_RECEIVE);
    trap(a, NBSend, .cap = ep, .label = 7, .length = 1, .word = {5});
    CHECK_EQ(a->state, THREAD_RUNNING);
    CHECK_EQ(b->state, THREAD_RUNNING);
    CHECK_EQ(core_badge(b), 0);
    CHECK_EQ(core_label(b), 7);
    CHECK_EQ(core_word(b, 0), 5);
}

static void without_waiting(void)
{
    struct tcb *a = core_active_thread(5);

    trap(a, NBSend, .cap = ep, .label = 7);
    CHECK_EQ(a->state, THREAD_RUNNING);
    CHECK_EQ(endpoint_state(core_endpoint(ep)), ENDPOINT_IDLE);
    trap(a, NBWait, .cap = ep);
    CHECK_EQ(a->state, THREAD_RUNNING);
    CHECK_EQ(core_badge(a), 0);
    trap(a, NBRecv, .cap = ep, .reply = new_reply());
    CHECK_EQ(a->state, THREAD_RUNNING);
    CHECK_EQ(endpoint_state(core_endpoint(ep)), ENDPOINT_IDLE);
}

/* All 120 words; of what is beyond the length nothing. */
static void long_messages(void)
{
    struct tcb *a = core_active_thread(5), *b = core_active_thread(5);

    for (unsigned i = 4; i < seL4_MsgMaxLength; i++) {
        a->buffer->msg[i] = 1000 + i;
    }
    trap(a, Send, .cap = ep, .length = seL4_MsgMaxLength, .word = {1000, 1001, 1002, 1003});
    trap(b, Wait, .cap = ep);
    for (unsigned i = 0; i < seL4_MsgMaxLength; i++) {
        CHECK_EQ(core_word(b, i), 1000 + i);
    }
    /* A length no message has. */
    trap(a, Send, .cap = ep, .length = 127);
    trap(b, Wait, .cap = ep);
    CHECK_EQ(seL4_MessageInfo_get_length((seL4_MessageInfo_t){{b->regs->x[1]}}), seL4_MsgMaxLength);
    for (unsigned i = 0; i < 8; i++) {
        b->buffer->msg[i] = 7;
    }
    trap(a, Send, .cap = ep, .length = 5);
    trap(b, Wait, .cap = ep, .word = {9, 9, 9, 9});
    CHECK_EQ(core_word(b, 4), 1004);
    CHECK_EQ(core_word(b, 5), 7);
    /* Without a buffer on one side, what fits into registers. */
    a->buffer = 0;
    trap(a, Send, .cap = ep, .length = 20);
    trap(b, Wait, .cap = ep);
    CHECK_EQ(seL4_MessageInfo_get_length((seL4_MessageInfo_t){{b->regs->x[1]}}), 4);
}

static void by_priority(bool senders)
{
    static const unsigned priorities[] = {3, 7, 5, 7, 1, 5, 9, 3};
    static const unsigned order[] = {6, 1, 3, 2, 5, 0, 7, 4};
    struct tcb *t[UNIT_COUNT(priorities)];

    for (unsigned i = 0; i < UNIT_COUNT(priorities); i++) {
        t[i] = core_active_thread(priorities[i]);
        if (senders) {
            trap(t[i], Send, .cap = ep, .label = 100 + i);
        } else {
            trap(t[i], Wait, .cap = ep);
        }
    }
    struct tcb *other = core_active_thread(2);
    for (unsigned i = 0; i < UNIT_COUNT(order); i++) {
        if (senders) {
            trap(other, Wait, .cap = ep);
            CHECK_EQ(core_label(other), 100 + order[i]);
        } else {
            trap(other, Send, .cap = ep, .label = 200 + i);
            CHECK_EQ(core_label(t[order[i]]), 200 + i);
        }
        CHECK_EQ(t[order[i]]->state, THREAD_RUNNING);
        tcb_suspend(t[order[i]]);
    }
    CHECK_EQ(endpoint_state(core_endpoint(ep)), ENDPOINT_IDLE);
}

static void senders_by_priority(void)
{
    by_priority(true);
}

static void receivers_by_priority(void)
{
    by_priority(false);
}

static void priority_changes_in_the_queue(void)
{
    struct tcb *a = core_active_thread(5), *b = core_active_thread(6), *c = core_active_thread(7);
    struct tcb *other = core_active_thread(1);

    trap(a, Send, .cap = ep, .label = 1);
    trap(b, Send, .cap = ep, .label = 2);
    trap(c, Send, .cap = ep, .label = 3);
    tcb_set_priority(a, 8);
    tcb_set_priority(c, 4);
    for (word_t i = 1; i <= 3; i++) {
        trap(other, Wait, .cap = ep);
        CHECK_EQ(core_label(other), i);
    }
}

static void rights(void)
{
    struct tcb *a = core_active_thread(5), *b = core_active_thread(5);
    seL4_CPtr read = core_mint(ep, seL4_CanRead, 1), write = core_mint(ep, seL4_CanWrite, 2);

    trap(a, Call, .cap = read);
    CHECK_EQ(core_label(a), seL4_InvalidCapability);
    CHECK_EQ(a->state, THREAD_RUNNING);
    trap(a, Send, .cap = read);
    CHECK_EQ(endpoint_state(core_endpoint(ep)), ENDPOINT_IDLE);
    trap(b, Wait, .cap = write);
    CHECK(b->state != THREAD_BLOCKED_ON_RECEIVE);
    CHECK_EQ(endpoint_state(core_endpoint(ep)), ENDPOINT_IDLE);
    /* A call needs Grant or GrantReply to be answered. */
    struct tcb *server = core_active_thread(6);
    trap(server, Recv, .cap = ep, .reply = new_reply());
    trap(a, Call, .cap = write, .label = 3);
    CHECK_EQ(core_label(server), 3);
    CHECK_EQ(a->state, THREAD_INACTIVE);
}

static void no_capability(void)
{
    struct tcb *a = core_active_thread(5), *handler = core_active_thread(9);
    seL4_CPtr faults = machine_new(seL4_EndpointObject), reply = new_reply(), empty = machine_empty_slot();

    trap(a, NBSend, .cap = empty);
    CHECK_EQ(a->state, THREAD_RUNNING);
    slot_insert_derived(machine_cap(faults), machine_slot(faults), &a->slots[TCB_FAULT]);
    trap(handler, Recv, .cap = faults, .reply = reply);
    word_t pc = a->pc;
    trap(a, Send, .cap = empty);
    CHECK_EQ(a->state, THREAD_BLOCKED_ON_REPLY);
    CHECK_EQ(core_label(handler), seL4_Fault_CapFault);
    CHECK_EQ(core_word(handler, 0), pc);
    CHECK_EQ(core_word(handler, 1), empty);
    CHECK_EQ(core_word(handler, 2), 0);
    CHECK_EQ(core_word(handler, 3), seL4_MissingCapability);
    /* Answered, it tries again. */
    trap(handler, ReplyRecv, .cap = faults, .reply = reply);
    CHECK_EQ(a->state, THREAD_RUNNING);
    CHECK_EQ(a->pc, pc);
    /* While receiving, and with a bad reply object. */
    trap(a, Recv, .cap = 1ull << 60, .reply = reply);
    CHECK_EQ(core_word(handler, 2), 1);
    CHECK_EQ(core_word(handler, 3), seL4_GuardMismatch);
    trap(handler, ReplyRecv, .cap = faults, .reply = reply);
    trap(a, Recv, .cap = ep, .reply = empty);
    CHECK_EQ(core_label(handler), seL4_Fault_CapFault);
    CHECK_EQ(core_word(handler, 1), empty);
    CHECK_EQ(core_word(handler, 2), 1);
}

/* Nobody hears of the fault: the thread stops, and tries again when it is started. */
static void fault_without_handler(void)
{
    struct tcb *a = core_active_thread(5), *b = core_active_thread(4);
    seL4_CPtr later = machine_empty_slot();
    word_t pc = a->pc;

    trap(a, Send, .cap = later, .label = 6);
    CHECK_EQ(a->state, THREAD_INACTIVE);
    tcb_restart(a);
    run();
    CHECK_EQ(a->pc, pc);
    slot_insert_derived(machine_cap(ep), machine_slot(ep), machine_slot(later));
    trap(b, Wait, .cap = ep);
    trap(a, Send, .cap = later, .label = 6, .length = 1, .word = {66});
    CHECK_EQ(core_label(b), 6);
    CHECK_EQ(core_word(b, 0), 66);
}

/* The handler took the fault but cannot answer. What the thread sends afterwards is its own message. */
static void unanswerable_fault(void)
{
    struct tcb *a = core_active_thread(5), *handler = core_active_thread(9), *b = core_active_thread(4);
    seL4_CPtr faults = machine_new(seL4_EndpointObject);

    slot_insert_derived(machine_cap(faults), machine_slot(faults), &a->slots[TCB_FAULT]);
    trap(handler, Wait, .cap = faults);
    word_t pc = a->pc;
    trap(a, Send, .cap = machine_empty_slot());
    CHECK_EQ(core_label(handler), seL4_Fault_CapFault);
    CHECK_EQ(a->state, THREAD_INACTIVE);
    tcb_restart(a);
    run();
    CHECK_EQ(a->pc, pc);
    trap(b, Wait, .cap = ep);
    trap(a, Send, .cap = ep, .label = 6, .length = 1, .word = {66});
    CHECK_EQ(core_label(b), 6);
    CHECK_EQ(core_word(b, 0), 66);
}

static void cancel(void)
{
    struct tcb *a = core_active_thread(5), *b = core_active_thread(5), *c = core_active_thread(5);
    word_t pc = b->pc;

    trap(a, Send, .cap = ep, .label = 1);
    trap(b, Send, .cap = ep, .label = 2);
    trap(c, Send, .cap = ep, .label = 3);
    tcb_suspend(b);
    CHECK_EQ(b->state, THREAD_INACTIVE);
    /* Started again it sends again. */
    CHECK_EQ(b->pc, pc);
    struct tcb *other = core_active_thread(6);
    trap(other, Wait, .cap = ep);
    CHECK_EQ(core_label(other), 1);
    trap(other, Wait, .cap = ep);
    CHECK_EQ(core_label(other), 3);
    CHECK_EQ(endpoint_state(core_endpoint(ep)), ENDPOINT_IDLE);
    trap(other, Wait, .cap = ep);
    tcb_suspend(other);
    CHECK_EQ(endpoint_state(core_endpoint(ep)), ENDPOINT_IDLE);
}

/* The endpoint's end, and a thread's. */
static void deletion(void)
{
    struct tcb *a = core_active_thread(5), *b = core_active_thread(5), *c = core_active_thread(4);
    seL4_CPtr copy = machine_copy(ep, seL4_AllRights);
    word_t pc = a->pc;

    trap(a, Send, .cap = ep);
    trap(b, Send, .cap = ep);
    machine_delete(ep);
    CHECK_EQ(a->state, THREAD_BLOCKED_ON_SEND);
    machine_delete(core_cptr(b));
    CHECK(core_endpoint(copy)->head == a && endpoint_tail(core_endpoint(copy)) == a);
    struct endpoint *e = core_endpoint(copy);
    machine_delete(copy);
    run();
    CHECK_EQ(a->state, THREAD_RUNNING);
    CHECK_EQ(a->pc, pc);
    CHECK(core_current() == a);
    CHECK(e->head == 0);
    CHECK(c->state == THREAD_RUNNING);
}

static void cancel_badged(void)
{
    seL4_CPtr five = core_mint(ep, seL4_AllRights, 5), six = core_mint(ep, seL4_AllRights, 6);
    struct tcb *t[6];

    for (unsigned i = 0; i < 6; i++) {
        t[i] = core_active_thread(5);
        trap(t[i], Send, .cap = i == 0 ? ep : i % 2 ? five : six, .label = i);
    }
    CHECK_EQ(invoke(CPTR_CNODE, CNodeCancelBadgedSends, WORDS(five, 64)).error, seL4_NoError);
    for (unsigned i = 0; i < 6; i++) {
        CHECK_EQ(t[i]->state, i % 2 ? THREAD_RUNNING : THREAD_BLOCKED_ON_SEND);
    }
    /* Of the unbadged original nothing is cancelled; with fewer rights it is not allowed. */
    CHECK_EQ(invoke(CPTR_CNODE, CNodeCancelBadgedSends, WORDS(ep, 64)).error, seL4_NoError);
    CHECK_EQ(t[0]->state, THREAD_BLOCKED_ON_SEND);
    seL4_CPtr less = machine_copy(six, seL4_NoRead);
    CHECK_EQ(invoke(CPTR_CNODE, CNodeCancelBadgedSends, WORDS(less, 64)).error, seL4_IllegalOperation);
    CHECK_EQ(invoke(CPTR_CNODE, CNodeCancelBadgedSends, WORDS(CPTR_TCB, 64)).error, seL4_IllegalOperation);
    /* Receivers are not senders. */
    for (unsigned i = 0; i < 6; i += 2) {
        tcb_suspend(t[i]);
    }
    trap(t[1], Wait, .cap = five);
    CHECK_EQ(invoke(CPTR_CNODE, CNodeCancelBadgedSends, WORDS(five, 64)).error, seL4_NoError);
    CHECK_EQ(t[1]->state, THREAD_BLOCKED_ON_RECEIVE);
}

static void set_receive_path(struct tcb *t, seL4_CPtr slot)
{
    t->buffer->receiveCNode = CPTR_CNODE;
    t->buffer->receiveIndex = slot;
    t->buffer->receiveDepth = 64;
}

static seL4_MessageInfo_t info_of(const struct tcb *t)
{
    return (seL4_MessageInfo_t){{t->regs->x[1]}};
}

static void capabilities(void)
{
    struct tcb *a = core_active_thread(5), *b = core_active_thread(6);
    seL4_CPtr n = machine_new(seL4_NotificationObject), to = machine_empty_slot();
    seL4_CPtr badged = core_mint(ep, seL4_AllRights, 31), no_grant = core_mint(ep, seL4_ReadWrite, 32);

    set_receive_path(b, to);
    trap(b, Wait, .cap = ep);
    a->buffer->caps_or_badges[0] = badged; /* of the endpoint itself: its badge */
    a->buffer->caps_or_badges[1] = n;
    a->buffer->caps_or_badges[2] = n; /* no room for a second */
    trap(a, Send, .cap = ep, .caps = 3);
    CHECK_EQ(seL4_MessageInfo_get_extraCaps(info_of(b)), 2);
    CHECK_EQ(seL4_MessageInfo_get_capsUnwrapped(info_of(b)), 1);
    CHECK_EQ(b->buffer->caps_or_badges[0], 31);
    CHECK_EQ(cap_type(machine_cap(to)), CAP_NOTIFICATION);
    CHECK(slot_is_parent(machine_slot(n), machine_slot(to)));
    /* The slot is occupied now. */
    trap(b, Wait, .cap = ep);
    trap(a, Send, .cap = ep, .caps = 2, .label = 4);
    CHECK_EQ(seL4_MessageInfo_get_extraCaps(info_of(b)), 1);
    CHECK_EQ(core_label(b), 4);
    machine_delete(to);
    /* Without Grant nothing goes along. */
    a->buffer->caps_or_badges[0] = n;
    trap(b, Wait, .cap = ep);
    trap(a, Send, .cap = no_grant, .caps = 1);
    CHECK_EQ(seL4_MessageInfo_get_extraCaps(info_of(b)), 0);
    CHECK(slot_is_empty(machine_slot(to)));
    /* Of a queued sender, too. */
    trap(a, Send, .cap = ep, .caps = 1);
    trap(b, Wait, .cap = ep);
    CHECK_EQ(seL4_MessageInfo_get_extraCaps(info_of(b)), 1);
    CHECK_EQ(cap_type(machine_cap(to)), CAP_NOTIFICATION);
    /* What the sender claims about unwrapping is not believed. */
    b->buffer->receiveDepth = 0;
    trap(b, Wait, .cap = ep);
    a->regs->x[1] = 0;
    trap(a, Send, .cap = ep, .label = 0, .caps = 1);
    CHECK_EQ(seL4_MessageInfo_get_extraCaps(info_of(b)), 0);
    CHECK_EQ(seL4_MessageInfo_get_capsUnwrapped(info_of(b)), 0);
}

int main(void)
{
    static const struct unit_case cases[] = {
        {"send_then_receive", send_then_receive},
        {"receive_then_send", receive_then_send},
        {"without_waiting", without_waiting},
        {"long_messages", long_messages},
        {"senders_by_priority", senders_by_priority},
        {"receivers_by_priority", receivers_by_priority},
        {"priority_changes_in_the_queue", priority_changes_in_the_queue},
        {"rights", rights},
        {"no_capability", no_capability},
        {"fault_without_handler", fault_without_handler},
        {"unanswerable_fault", unanswerable_fault},
        {"cancel", cancel},
        {"deletion", deletion},
        {"cancel_badged", cancel_badged},
        {"capabilities", capabilities},
    };

    return unit_run("endpoint", cases, UNIT_COUNT(cases), setup);
}
