/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls and replies: who waits for whom, and the way of scheduling contexts along calls and back. */
#include "core_fixture.h"

#include "arch/timer.h"
#include "cpu.h"
#include "lib/unit.h"
#include "sched/budget.h"
#include "sched/scheduler.h"

/* A passive server with an endpoint and a reply object of its own, waiting. */
struct server {
    struct tcb *tcb;
    seL4_CPtr ep, reply;
};

static struct server new_server(unsigned priority)
{
    struct server s = {core_thread(priority), machine_new(seL4_EndpointObject), machine_new(seL4_ReplyObject)};

    tcb_restart(s.tcb);
    trap(s.tcb, Recv, .cap = s.ep, .reply = s.reply);
    return s;
}

static void run(void)
{
    sched_run(&cpus[0]);
}

static void wait_again(struct server s, word_t label)
{
    trap(s.tcb, ReplyRecv, .cap = s.ep, .reply = s.reply, .label = label, .length = 1, .word = {label + 1});
}

static void call_and_reply(void)
{
    struct server s = new_server(10);
    struct tcb *c = core_active_thread(5);
    struct sched_context *sc = c->sc;

    for (word_t i = 1; i < 4; i++) {
        trap(c, Call, .cap = core_mint(s.ep, seL4_AllRights, i), .label = 20 + i, .length = 2, .word = {7, 8});
        CHECK(core_current() == s.tcb);
        CHECK_EQ(c->state, THREAD_BLOCKED_ON_REPLY);
        CHECK_EQ(core_badge(s.tcb), i);
        CHECK_EQ(core_label(s.tcb), 20 + i);
        CHECK_EQ(core_word(s.tcb, 1), 8);
        CHECK(s.tcb->sc == sc && sc->tcb == s.tcb && c->sc == 0);
        CHECK(core_reply(s.reply)->tcb == c && c->reply == core_reply(s.reply));
        wait_again(s, 40 + i);
        CHECK(core_current() == c);
        CHECK_EQ(core_label(c), 40 + i);
        CHECK_EQ(core_word(c, 0), 41 + i);
        CHECK_EQ(core_badge(c), 0);
        CHECK(c->sc == sc && sc->tcb == c && s.tcb->sc == 0 && sc->reply == 0);
        CHECK_EQ(s.tcb->state, THREAD_BLOCKED_ON_RECEIVE);
        CHECK(core_reply(s.reply)->tcb == s.tcb);
    }
}

/* The caller pays, and an active server does not take its caller's time. */
static void who_pays(void)
{
    struct server s = new_server(10);
    struct tcb *c = core_active_thread(5);
    struct sched_context *sc = c->sc;

    core_pass(100);
    trap(c, Call, .cap = s.ep);
    core_pass(300);
    wait_again(s, 0);
    core_pass(50);
    sched_account(&cpus[0]);
    CHECK_EQ(sc->consumed, 450);

    struct tcb *active = core_active_thread(11);
    trap(active, Recv, .cap = s.ep, .reply = machine_new(seL4_ReplyObject));
    struct sched_context *own = active->sc;
    tcb_suspend(s.tcb);
    sc->consumed = own->consumed = 0;
    trap(c, Call, .cap = s.ep);
    CHECK(core_current() == active);
    CHECK(active->sc == own && c->sc == sc);
    CHECK(sc->reply == 0);
    core_pass(70);
    sched_account(&cpus[0]);
    CHECK_EQ(own->consumed, 70);
    CHECK_EQ(sc->consumed, 0);
}

/* Calls that wait in the queue bring their time along as well, first the more urgent. */
static void queued_calls(void)
{
    struct server s = new_server(10);
    struct tcb *a = core_active_thread(5), *b = core_active_thread(6), *c = core_active_thread(7);

    trap(a, Call, .cap = s.ep, .label = 1);
    trap(b, Call, .cap = s.ep, .label = 2);
    trap(c, Call, .cap = s.ep, .label = 3);
    CHECK_EQ(b->state, THREAD_BLOCKED_ON_SEND);
    struct sched_context *sc_c = c->sc;
    wait_again(s, 11);
    CHECK_EQ(core_label(a), 11);
    CHECK_EQ(core_label(s.tcb), 3);
    CHECK(s.tcb->sc == sc_c);
    CHECK_EQ(c->state, THREAD_BLOCKED_ON_REPLY);
    wait_again(s, 13);
    CHECK_EQ(core_label(c), 13);
    CHECK_EQ(core_label(s.tcb), 2);
    wait_again(s, 12);
    CHECK_EQ(core_label(b), 12);
    CHECK_EQ(s.tcb->state, THREAD_BLOCKED_ON_RECEIVE);
    CHECK(a->sc && b->sc && c->sc == sc_c && !s.tcb->sc);
}

/* Client -> first -> second -> third, on one scheduling context. */
struct chain {
    struct tcb *client;
    struct sched_context *sc;
    struct server s[3];
};

static struct chain new_chain(void)
{
    struct chain k;

    for (unsigned i = 0; i < 3; i++) {
        k.s[i] = new_server(10 + i);
    }
    k.client = core_active_thread(5);
    k.sc = k.client->sc;
    trap(k.client, Call, .cap = k.s[0].ep);
    trap(k.s[0].tcb, Call, .cap = k.s[1].ep);
    trap(k.s[1].tcb, Call, .cap = k.s[2].ep);
    CHECK(core_current() == k.s[2].tcb);
    CHECK(k.s[2].tcb->sc == k.sc);
    CHECK(k.sc->reply == core_reply(k.s[2].reply));
    CHECK(core_reply(k.s[2].reply)->prev == core_reply(k.s[1].reply));
    CHECK(core_reply(k.s[1].reply)->prev == core_reply(k.s[0].reply));
    CHECK(core_reply(k.s[0].reply)->prev == 0);
    return k;
}

static void unwinding(void)
{
    struct chain k = new_chain();

    wait_again(k.s[2], 2);
    CHECK(core_current() == k.s[1].tcb);
    CHECK(k.sc->reply == core_reply(k.s[1].reply));
    wait_again(k.s[1], 1);
    CHECK(core_current() == k.s[0].tcb);
    wait_again(k.s[0], 5);
    CHECK(core_current() == k.client);
    CHECK_EQ(core_label(k.client), 5);
    CHECK(k.client->sc == k.sc && k.sc->reply == 0);
    /* And again, through the same objects. */
    trap(k.client, Call, .cap = k.s[0].ep);
    trap(k.s[0].tcb, Call, .cap = k.s[1].ep);
    CHECK(core_current() == k.s[1].tcb);
}

/* A caller in the middle is stopped: the others go on as far as they can. */
static void middle_caller_stops(void)
{
    struct chain k = new_chain();
    word_t pc = k.s[1].tcb->pc;

    tcb_suspend(k.s[1].tcb);
    run();
    CHECK_EQ(k.s[1].tcb->pc, pc - 4);
    CHECK(core_current() == k.s[2].tcb);
    CHECK(core_reply(k.s[2].reply)->tcb == 0);
    CHECK(k.sc->reply == core_reply(k.s[1].reply));
    CHECK(core_reply(k.s[1].reply)->prev == core_reply(k.s[0].reply));
    /* The last server's answer goes to nobody; the time stays with it until it waits. */
    wait_again(k.s[2], 2);
    CHECK_EQ(k.s[2].tcb->state, THREAD_BLOCKED_ON_RECEIVE);
    CHECK(k.s[2].tcb->sc == k.sc);
    /* The one before it answers for the one that stopped, and so the time comes back. */
    trap(&machine_thread, Send, .cap = k.s[1].reply);
    CHECK(core_current() == k.s[0].tcb);
    CHECK(k.s[0].tcb->sc == k.sc && k.s[2].tcb->sc == 0);
    wait_again(k.s[0], 1);
    CHECK(core_current() == k.client);
    CHECK(k.client->sc == k.sc);
}

static void client_stops(void)
{
    struct chain k = new_chain();

    tcb_suspend(k.client);
    CHECK(core_reply(k.s[1].reply)->prev == 0);
    wait_again(k.s[2], 2);
    CHECK(core_current() == k.s[1].tcb);
    wait_again(k.s[1], 1);
    CHECK(core_current() == k.s[0].tcb);
    wait_again(k.s[0], 0);
    CHECK_EQ(k.client->state, THREAD_INACTIVE);
    CHECK(k.client->sc == 0);
    CHECK(k.s[0].tcb->sc == k.sc);
}

/* The reply object of the newest call goes: its caller stops, with the time it had given. */
static void reply_object_goes(void)
{
    struct chain k = new_chain();

    machine_delete(k.s[2].reply);
    run();
    CHECK_EQ(k.s[1].tcb->state, THREAD_INACTIVE);
    CHECK(k.s[1].tcb->sc == k.sc && k.s[2].tcb->sc == 0);
    CHECK(k.sc->reply == core_reply(k.s[1].reply));
    CHECK(core_current() == 0);
    tcb_restart(k.s[1].tcb);
    run();
    CHECK(core_current() == k.s[1].tcb);
    wait_again(k.s[1], 1);
    CHECK(core_current() == k.s[0].tcb);
}

/* One in the middle goes: only its caller stops, the rest of the way back is whole. */
static void middle_reply_object_goes(void)
{
    struct chain k = new_chain();

    machine_delete(k.s[1].reply);
    run();
    CHECK_EQ(k.s[0].tcb->state, THREAD_INACTIVE);
    CHECK(k.s[0].tcb->sc == 0);
    CHECK(core_current() == k.s[2].tcb);
    CHECK(core_reply(k.s[2].reply)->prev == core_reply(k.s[0].reply));
    wait_again(k.s[2], 2);
    CHECK(core_current() == k.s[1].tcb);
    trap(&machine_thread, Send, .cap = k.s[0].reply);
    CHECK(core_current() == k.client);
    CHECK(k.client->sc == k.sc);
}

static void server_goes(void)
{
    struct chain k = new_chain();

    machine_delete(core_cptr(k.s[2].tcb));
    run();
    CHECK(k.sc->tcb == 0);
    CHECK_EQ(k.s[1].tcb->state, THREAD_BLOCKED_ON_REPLY);
    /* Who has its reply object can still let the caller go on. */
    trap(&machine_thread, Send, .cap = k.s[2].reply, .label = 3);
    CHECK(core_current() == k.s[1].tcb);
    CHECK_EQ(core_label(k.s[1].tcb), 3);
    CHECK(k.s[1].tcb->sc == k.sc);
}

static void caller_goes(void)
{
    struct chain k = new_chain();

    machine_delete(core_cptr(k.s[1].tcb));
    run();
    CHECK(core_current() == k.s[2].tcb);
    CHECK(core_reply(k.s[2].reply)->tcb == 0);
    CHECK(k.sc->reply == core_reply(k.s[1].reply));
}

/* The scheduling context goes on its way: answers arrive, without time. */
static void context_goes(void)
{
    struct server s[2] = {new_server(10), new_server(11)};
    struct tcb *c = core_thread(5);
    seL4_CPtr sc = core_sched_context(1000, 1000, 0, 0);

    sc_bind_tcb(core_sc(sc), c);
    tcb_restart(c);
    run();
    trap(c, Call, .cap = s[0].ep);
    trap(s[0].tcb, Call, .cap = s[1].ep);
    machine_delete(sc);
    run();
    CHECK(core_current() == 0);
    CHECK(s[1].tcb->sc == 0);
    CHECK(core_reply(s[0].reply)->next == 0 && core_reply(s[1].reply)->prev == 0);
    trap(&machine_thread, Send, .cap = s[1].reply);
    CHECK_EQ(s[0].tcb->state, THREAD_RUNNING);
    trap(&machine_thread, Send, .cap = s[0].reply, .label = 9);
    CHECK_EQ(c->state, THREAD_RUNNING);
    CHECK_EQ(core_label(c), 9);
    CHECK(c->sc == 0);
    /* With a new one it goes on. */
    sc_bind_tcb(core_sc(core_sched_context(1000, 1000, 0, 0)), c);
    run();
    CHECK(core_current() == c);
}

/* An object that still waits for one answer is used for the next call: the first caller is given up. */
static void object_used_again(void)
{
    struct server s = new_server(10);
    struct tcb *a = core_active_thread(5), *b = core_active_thread(6), *active = core_active_thread(12);
    word_t pc = a->pc;

    tcb_suspend(s.tcb);
    trap(active, Recv, .cap = s.ep, .reply = s.reply);
    trap(a, Call, .cap = s.ep, .label = 1);
    CHECK_EQ(core_label(active), 1);
    trap(active, Recv, .cap = s.ep, .reply = s.reply);
    CHECK_EQ(a->state, THREAD_INACTIVE);
    CHECK_EQ(a->pc, pc);
    trap(b, Call, .cap = s.ep, .label = 2);
    trap(active, ReplyRecv, .cap = s.ep, .reply = s.reply, .label = 22);
    CHECK_EQ(core_label(b), 22);
    CHECK_EQ(a->state, THREAD_INACTIVE);
}

static void one_answer(void)
{
    struct server s = new_server(10);
    struct tcb *a = core_active_thread(5);

    trap(a, Call, .cap = s.ep, .label = 1);
    trap(s.tcb, Send, .cap = s.reply, .label = 2);
    CHECK_EQ(core_label(a), 2);
    CHECK_EQ(a->state, THREAD_RUNNING);
    /* The second goes nowhere, and does no harm. */
    a->regs->x[1] = 0;
    trap(&machine_thread, Send, .cap = s.reply, .label = 3);
    CHECK_EQ(core_label(a), 0);
    /* To a reply object that is only offered neither. */
    struct server t = new_server(11);
    trap(&machine_thread, Send, .cap = t.reply, .label = 3);
    CHECK_EQ(t.tcb->state, THREAD_BLOCKED_ON_RECEIVE);
    machine_delete(t.reply);
    CHECK_EQ(t.tcb->state, THREAD_BLOCKED_ON_RECEIVE);
    CHECK(t.tcb->reply == 0);
}

/* Calls to who cannot answer. */
static void nobody_answers(void)
{
    struct tcb *a = core_active_thread(5), *b = core_active_thread(6);
    seL4_CPtr ep = machine_new(seL4_EndpointObject);
    word_t pc = a->pc;

    trap(b, Wait, .cap = ep);
    trap(a, Call, .cap = ep, .label = 4);
    CHECK_EQ(core_label(b), 4);
    CHECK_EQ(a->state, THREAD_INACTIVE);
    CHECK(a->sc != 0);
    tcb_restart(a);
    run();
    CHECK_EQ(a->pc, pc); /* the call is tried again */
    trap(a, Call, .cap = ep, .label = 5);
    trap(b, Wait, .cap = ep);
    CHECK_EQ(core_label(b), 5);
    CHECK_EQ(a->state, THREAD_INACTIVE);
}

/* NBSendRecv gives its time away, if the receiver has none. */
static void send_and_receive(void)
{
    struct server s = new_server(10);
    struct tcb *a = core_active_thread(5);
    struct sched_context *sc = a->sc;
    seL4_CPtr back = machine_new(seL4_EndpointObject), reply = machine_new(seL4_ReplyObject);

    trap(a, NBSendRecv, .dest = s.ep, .cap = back, .reply = reply, .label = 8);
    CHECK(core_current() == s.tcb);
    CHECK_EQ(core_label(s.tcb), 8);
    CHECK(s.tcb->sc == sc && a->sc == 0);
    CHECK_EQ(a->state, THREAD_BLOCKED_ON_RECEIVE);
    trap(s.tcb, NBSendRecv, .dest = back, .cap = s.ep, .reply = s.reply, .label = 9);
    CHECK(core_current() == a);
    CHECK_EQ(core_label(a), 9);
    CHECK(a->sc == sc);
    /* Nobody there: the message is lost, the receive is not. */
    tcb_suspend(s.tcb);
    trap(a, NBSendWait, .dest = s.ep, .cap = back, .label = 8);
    CHECK_EQ(a->state, THREAD_BLOCKED_ON_RECEIVE);
    CHECK(a->sc == sc);
    /* A plain Send gives nothing. */
    struct server t = new_server(10);
    struct tcb *b = core_active_thread(5);
    trap(b, Send, .cap = t.ep, .label = 1);
    CHECK_EQ(t.tcb->state, THREAD_RUNNING);
    CHECK(t.tcb->sc == 0 && b->sc != 0);
    CHECK(core_current() == b);
    CHECK(core_reply(t.reply)->tcb == 0 && t.tcb->reply == 0);
    /* Who has time of its own is not given more. */
    struct tcb *active = core_active_thread(12);
    seL4_CPtr ep = machine_new(seL4_EndpointObject);
    struct sched_context *own = active->sc, *of_b = b->sc;
    trap(active, Wait, .cap = ep);
    trap(b, NBSendWait, .dest = ep, .cap = back);
    CHECK(core_current() == active);
    CHECK(active->sc == own && b->sc == of_b);
}

/* A caller whose time was used up by the server waits for more. */
static void used_up_on_the_way(void)
{
    struct server s = new_server(10);
    struct tcb *c = core_thread(5);
    seL4_CPtr sc = core_sched_context(100, 1000, 0, 0);

    sc_bind_tcb(core_sc(sc), c);
    tcb_restart(c);
    run();
    ticks_t first = fake_now;
    trap(c, Call, .cap = s.ep);
    core_pass(100);
    CHECK(core_current() == 0);
    CHECK(s.tcb->queued_release);
    core_pass(900);
    CHECK(core_current() == s.tcb);
    CHECK_EQ(fake_now, first + 1000);
    fake_now += 120; /* the interrupt is late */
    wait_again(s, 1);
    CHECK_EQ(c->state, THREAD_RUNNING);
    CHECK(core_current() == 0);
    CHECK(c->queued_release);
    /* What was too much is missing at the start of the next period. */
    core_pass(first + 2019 - fake_now);
    CHECK(core_current() == 0);
    core_pass(1);
    CHECK(core_current() == c);
}

/* A fault's answer. */
static void fault_reply_values(void)
{
    struct server s = new_server(10);
    struct tcb *c = core_active_thread(5);

    slot_insert_derived(machine_cap(s.ep), machine_slot(s.ep), &c->slots[TCB_FAULT]);
    trap(c, Yield, 0);
    c->fault = (struct fault){.type = seL4_Fault_VMFault, .word = {0xdead, 1, 0x92000006}};
    word_t pc = c->pc;
    fault_send(c);
    run();
    CHECK(core_current() == s.tcb);
    CHECK_EQ(core_label(s.tcb), seL4_Fault_VMFault);
    CHECK_EQ(core_word(s.tcb, 0), pc);
    CHECK_EQ(core_word(s.tcb, 1), 0xdead);
    CHECK_EQ(core_word(s.tcb, 2), 1);
    CHECK_EQ(core_word(s.tcb, 3), 0x92000006);
    wait_again(s, 0);
    CHECK(core_current() == c);
    CHECK_EQ(c->pc, pc);
    CHECK(!c->in_fault);

    /* Registers of an unknown system call: as many as the answer has, and it may stop the thread. */
    c->fault = (struct fault){.type = seL4_Fault_UnknownSyscall, .word = {0x77}};
    c->regs->x[2] = 22;
    fault_send(c);
    run();
    CHECK_EQ(core_label(s.tcb), seL4_Fault_UnknownSyscall);
    CHECK_EQ(core_word(s.tcb, 2), 22);
    CHECK_EQ(core_word(s.tcb, 8), pc);
    CHECK_EQ(core_word(s.tcb, 12), 0x77);
    trap(s.tcb, ReplyRecv, .cap = s.ep, .reply = s.reply, .label = 0, .length = 2, .word = {100, 101, 102});
    CHECK_EQ(c->regs->x[0], 100);
    CHECK_EQ(c->regs->x[1], 101);
    CHECK_EQ(c->regs->x[2], 22);
    c->fault = (struct fault){.type = seL4_Fault_UserException, .word = {1, 2}};
    fault_send(c);
    run();
    trap(s.tcb, ReplyRecv, .cap = s.ep, .reply = s.reply, .label = 1, .length = 1, .word = {0x4440});
    CHECK_EQ(c->state, THREAD_INACTIVE);
    CHECK_EQ(c->pc, 0x4440);
    CHECK(c->sc != 0);
}

int main(void)
{
    static const struct unit_case cases[] = {
        {"call_and_reply", call_and_reply},
        {"who_pays", who_pays},
        {"queued_calls", queued_calls},
        {"unwinding", unwinding},
        {"middle_caller_stops", middle_caller_stops},
        {"client_stops", client_stops},
        {"reply_object_goes", reply_object_goes},
        {"middle_reply_object_goes", middle_reply_object_goes},
        {"server_goes", server_goes},
        {"caller_goes", caller_goes},
        {"context_goes", context_goes},
        {"object_used_again", object_used_again},
        {"one_answer", one_answer},
        {"nobody_answers", nobody_answers},
        {"send_and_receive", send_and_receive},
        {"used_up_on_the_way", used_up_on_the_way},
        {"fault_reply_values", fault_reply_values},
    };

    return unit_run("reply", cases, UNIT_COUNT(cases), core_setup);
}
