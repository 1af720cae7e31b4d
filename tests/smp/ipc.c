/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages, signals and interrupts between cores. */
#include "cases.h"

#include "kernel/lib/objects.h"
#include <sel4/sel4.h>

enum { CALLS = 100 };

/* Answers with the sum of the words. arg 0: endpoint, arg 1: reply object. */
static void add_up(struct worker *w)
{
    seL4_Word badge;
    seL4_MessageInfo_t info = seL4_Recv(w->arg[0], &badge, w->arg[1]);
    for (;;) {
        seL4_Word sum = badge;
        for (seL4_Word i = 0; i < seL4_MessageInfo_get_length(info); i++) {
            sum += seL4_GetMR((int)i);
        }
        w->result[0]++;
        seL4_SetMR(0, sum);
        info = seL4_ReplyRecv(w->arg[0], seL4_MessageInfo_new(0, 0, 0, 1), &badge, w->arg[1]);
    }
}

/* arg 0: badged endpoint, arg 1: badge */
static void call(struct worker *w)
{
    for (seL4_Word i = 0; i < CALLS; i++) {
        seL4_Word length = i % 3 == 0 ? 2 : 20;
        seL4_Word expected = w->arg[1];
        for (seL4_Word k = 0; k < length; k++) {
            seL4_SetMR((int)k, i + k);
            expected += i + k;
        }
        seL4_Call(w->arg[0], seL4_MessageInfo_new(0, 0, 0, length));
        w->result[1] += seL4_GetMR(0) != expected;
        w->result[0]++;
    }
}

static struct worker *server_on(unsigned core, seL4_CPtr ep)
{
    return run_on(core, add_up, ep, new_reply());
}

static void check_clients(struct worker *const *clients, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        await(&clients[i]->done, 1);
        CHECK_EQ(clients[i]->result[0], CALLS);
        CHECK_EQ(clients[i]->result[1], 0);
    }
}

static void active_server(void)
{
    unsigned n = cores(3);
    seL4_CPtr ep = new_endpoint();
    server_on(1, ep);
    struct worker *clients[3];
    for (unsigned i = 0; i < 3; i++) {
        clients[i] = run_on(1 + i % (n - 1), call, new_badged(ep, 7 + i), 7 + i);
    }
    check_clients(clients, 3);
}

/* A server without a scheduling context runs where its client is. */
static void passive_server(void)
{
    unsigned n = cores(3);
    seL4_CPtr ep = new_endpoint();
    struct worker *server = server_on(1, ep);
    worker_run(server);
    /* It waits by now, or soon. */
    for (unsigned i = 0; i < 100; i++) {
        seL4_Yield();
    }
    seL4_CPtr probe = new_badged(ep, 1);
    seL4_Call(probe, seL4_MessageInfo_new(0, 0, 0, 0));
    REQUIRE_OK(seL4_SchedContext_Unbind(server->sc));
    struct worker *clients[3];
    for (unsigned i = 0; i < 3; i++) {
        clients[i] = run_on(1 + i % (n - 1), call, new_badged(ep, 7 + i), 7 + i);
    }
    check_clients(clients, 3);
    CHECK_EQ(server->result[0], 3 * CALLS + 1);
}

static void echo_signals(struct worker *w)
{
    for (;;) {
        seL4_Wait(w->arg[0], 0);
        w->result[0]++;
        seL4_Signal(w->arg[1]);
    }
}

static void signals(void)
{
    cores(2);
    seL4_CPtr there = new_notification(), back = new_notification();
    struct worker *w = run_on(1, echo_signals, there, back);
    for (unsigned i = 0; i < CALLS; i++) {
        seL4_Signal(there);
        seL4_Wait(back, 0);
    }
    CHECK_EQ(w->result[0], CALLS);
}

/* Everybody signals one notification, each its own bit: none is lost. */
static void signal_bit(struct worker *w)
{
    for (unsigned i = 0; i < CALLS; i++) {
        seL4_Signal(w->arg[0]);
    }
}

static void many_signal_one(void)
{
    unsigned n = cores(2);
    seL4_CPtr ntfn = new_notification();
    seL4_Word missing = 0, badge;
    for (unsigned i = 1; i < n; i++) {
        missing |= 1ul << i;
        run_on(i, signal_bit, new_badged(ntfn, 1ul << i), 0);
    }
    while (missing) {
        seL4_Wait(ntfn, &badge);
        CHECK(badge != 0);
        missing &= ~badge;
    }
}

/* A caller is stopped while its server, elsewhere, works on the call: the answer goes nowhere, the server goes on. */
static void caller_stopped(void)
{
    cores(3);
    seL4_CPtr ep = new_endpoint();
    struct worker *server = server_on(1, ep), *client = run_on(2, call, new_badged(ep, 9), 9);
    for (unsigned i = 0; i < 60 && !client->done; i++) {
        REQUIRE_OK(seL4_TCB_Suspend(client->tcb));
        REQUIRE_OK(seL4_TCB_Resume(client->tcb));
    }
    await(&client->done, 1);
    CHECK_EQ(client->result[0], CALLS);
    CHECK(server->result[0] >= CALLS);
}

static void sgi(void)
{
    cores(2);
    enum { SGI = 4 };
    seL4_CPtr handler = new_slot(), signal = new_slot(), ntfn = new_notification();
    REQUIRE_OK(seL4_IRQControl_GetTriggerCore(seL4_CapIRQControl, SGI, 1, ROOT_CNODE, handler, DEPTH, 1));
    REQUIRE_OK(seL4_IRQControl_IssueSGISignal(seL4_CapIRQControl, SGI, 1, ROOT_CNODE, signal, DEPTH));
    REQUIRE_OK(seL4_IRQHandler_SetNotification(handler, ntfn));
    for (unsigned i = 0; i < 50; i++) {
        seL4_Signal(signal);
        seL4_Wait(ntfn, 0);
        REQUIRE_OK(seL4_IRQHandler_Ack(handler));
    }
    /* The same number on another core is another interrupt. */
    seL4_CPtr other = new_slot();
    CHECK_EQ(seL4_IRQControl_GetTriggerCore(seL4_CapIRQControl, SGI, 1, ROOT_CNODE, other, DEPTH, 1), seL4_RevokeFirst);
    CHECK_EQ(seL4_IRQControl_GetTriggerCore(seL4_CapIRQControl, SGI, 1, ROOT_CNODE, other, DEPTH, 0), seL4_NoError);
    CHECK_EQ(seL4_IRQControl_GetTriggerCore(seL4_CapIRQControl, SGI, 1, ROOT_CNODE, new_slot(), DEPTH, 99),
             seL4_RangeError);
    CHECK_EQ(seL4_IRQControl_IssueSGISignal(seL4_CapIRQControl, SGI, 99, ROOT_CNODE, new_slot(), DEPTH),
             seL4_RangeError);
    CHECK_EQ(seL4_IRQControl_IssueSGISignal(seL4_CapIRQControl, 15, 0, ROOT_CNODE, new_slot(), DEPTH),
             seL4_RevokeFirst);
}

const struct test_case ipc_cases[] = {
    {"smp_active_server", active_server},
    {"smp_passive_server", passive_server},
    {"smp_signals", signals},
    {"smp_many_signal_one", many_signal_one},
    {"smp_caller_stopped", caller_stopped},
    {"smp_sgi", sgi},
    {0, 0},
};
