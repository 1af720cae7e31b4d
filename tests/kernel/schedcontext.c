/* SPDX-License-Identifier: BSD-2-Clause */
/* Scheduling contexts: budgets measured, donation, passive servers, timeouts. */
#include "cases.h"
#include "lib/clock.h"
#include "lib/errors.h"
#include "lib/objects.h"
#include "lib/worker.h"
#include <sel4/sel4.h>

enum { EP, REPLY };

/*
 * Adds up the time in which it runs: what passes between two looks at the clock counts if it is short. A long gap
 * is somebody else's time; their number is counted too.
 */
static void spin(struct worker *w)
{
    seL4_Word gap = gpi_time_frequency() / 2000; /* 0.5 ms */
    seL4_Word last = gpi_time_ticks();
    for (;;) {
        seL4_Word now = gpi_time_ticks();
        if (now - last < gap) {
            w->result[0] += now - last;
        } else {
            w->result[1]++;
        }
        last = now;
    }
}

static seL4_Word ran_us(struct worker *w)
{
    return clock_ticks_to_us(w->result[0]);
}

/* 2 ms in 10: over 300 ms a fifth of the time, in 30 pieces. The kernel counts what the thread saw itself. */
static void budget_is_kept(void)
{
    struct worker *w = worker_new_budget(spin, MAIN_PRIORITY + 1, 2000, 10000);
    seL4_Word start = clock_us();
    worker_run(w);
    sleep_us(300000);
    REQUIRE_OK(seL4_TCB_Suspend(w->tcb));
    seL4_Word elapsed = clock_us() - start;
    seL4_Word used = seL4_SchedContext_Consumed(w->sc).consumed;
    CHECK(ran_us(w) > 0);
    CHECK_IN(used, ran_us(w) * 9 / 10, elapsed);
    CHECK_TIME_IN(ran_us(w) * 1000 / elapsed, 190, 210);
    CHECK_TIME_IN(used * 1000 / elapsed, 190, 210);
    CHECK_TIME_IN(w->result[1], 29, 31);
}

/* Two threads of one priority share the time. */
static void round_robin(void)
{
    struct worker *a = worker_new(spin, MAIN_PRIORITY - 1), *b = worker_new(spin, MAIN_PRIORITY - 1);
    worker_run(a);
    worker_run(b);
    seL4_Word start = clock_us();
    sleep_us(300000);
    seL4_TCB_Suspend(a->tcb);
    seL4_TCB_Suspend(b->tcb);
    seL4_Word elapsed = clock_us() - start;
    CHECK(ran_us(a) > 0);
    CHECK(ran_us(b) > 0);
    CHECK_TIME_IN(ran_us(a) * 1000 / elapsed, 480, 510);
    CHECK_TIME_IN(ran_us(b) * 1000 / elapsed, 480, 510);
}

/* A thread out of budget leaves the processor to lower priorities. */
static void lower_runs_when_higher_waits(void)
{
    struct worker *high = worker_new_budget(spin, MAIN_PRIORITY - 1, 5000, 20000);
    struct worker *low = worker_new(spin, MAIN_PRIORITY - 2);
    worker_run(high);
    worker_run(low);
    sleep_us(300000);
    seL4_TCB_Suspend(high->tcb);
    seL4_TCB_Suspend(low->tcb);
    seL4_Word of_high = seL4_SchedContext_Consumed(high->sc).consumed,
              of_low = seL4_SchedContext_Consumed(low->sc).consumed;
    CHECK(ran_us(high) > 0);
    CHECK(ran_us(low) > 0);
    CHECK_TIME_IN(of_high * 1000 / (of_high + of_low), 240, 260);
    CHECK_TIME_IN(of_high + of_low, 297000, 301000);
}

static void consumed(void)
{
    struct worker *w = worker_new_budget(spin, MAIN_PRIORITY - 1, 5000, 5000);
    seL4_Word start = clock_us();
    worker_run(w);
    sleep_us(50000);
    seL4_TCB_Suspend(w->tcb);
    seL4_SchedContext_Consumed_t first = seL4_SchedContext_Consumed(w->sc);
    CHECK_OK(first.error);
    CHECK_IN(first.consumed, ran_us(w), clock_us() - start);
    CHECK_TIME_IN(first.consumed, 49500, 50500);
    CHECK_EQ(seL4_SchedContext_Consumed(w->sc).consumed, 0);
}

static void yield_loop(struct worker *w)
{
    for (;;) {
        w->result[0]++;
        seL4_Yield();
    }
}

/* Yield waits for the next period. */
static void yield(void)
{
    struct worker *w = worker_new_budget(yield_loop, MAIN_PRIORITY + 1, 1000, 10000);
    seL4_Word start = clock_us();
    worker_run(w);
    sleep_us(200000);
    seL4_TCB_Suspend(w->tcb);
    CHECK_IN(w->result[0], 2, (clock_us() - start) / 10000 + 2);
    CHECK_TIME_IN(w->result[0], 20, 21);
}

static void passive_server(struct worker *w)
{
    seL4_Word badge;
    seL4_MessageInfo_t info = seL4_Recv(w->arg[EP], &badge, w->arg[REPLY]);
    for (;;) {
        seL4_Word until = clock_us() + seL4_GetMR(0);
        while (clock_us() < until) {
        }
        w->result[0]++;
        info = seL4_ReplyRecv(w->arg[EP], seL4_MessageInfo_new(seL4_MessageInfo_get_label(info), 0, 0, 0), &badge,
                              w->arg[REPLY]);
    }
}

static struct worker *start_passive(seL4_CPtr ep, seL4_Word priority)
{
    /* Above us until it waits: then its scheduling context is no longer needed. */
    struct worker *server = worker_new(passive_server, MAIN_PRIORITY + 1);
    server->arg[EP] = ep;
    server->arg[REPLY] = new_reply();
    worker_run(server);
    REQUIRE_OK(seL4_SchedContext_Unbind(server->sc));
    REQUIRE_OK(seL4_TCB_SetPriority(server->tcb, seL4_CapInitThreadTCB, priority));
    return server;
}

/* The caller pays for what a passive server does. */
static void donation(void)
{
    seL4_CPtr ep = new_endpoint();
    struct worker *server = start_passive(ep, MAIN_PRIORITY + 1);
    seL4_SchedContext_Consumed(seL4_CapInitThreadSC);
    seL4_SetMR(0, 3000);
    seL4_Call(ep, seL4_MessageInfo_new(1, 0, 0, 1));
    CHECK_EQ(server->result[0], 1);
    seL4_SchedContext_Consumed_t used = seL4_SchedContext_Consumed(seL4_CapInitThreadSC);
    CHECK(used.consumed >= 2999);
    CHECK_TIME_IN(used.consumed, 2999, 3100);
}

static void call_on(struct worker *w)
{
    for (;;) {
        seL4_SetMR(0, w->arg[1]);
        seL4_Call(w->arg[EP], seL4_MessageInfo_new(0, 0, 0, 1));
        w->result[0]++;
    }
}

static void pass_on(struct worker *w)
{
    seL4_Word badge;
    seL4_MessageInfo_t info = seL4_Recv(w->arg[EP], &badge, w->arg[REPLY]);
    for (;;) {
        info = seL4_Call(w->arg[2], info);
        info = seL4_ReplyRecv(w->arg[EP], info, &badge, w->arg[REPLY]);
    }
}

/* Who lets a more urgent server work shares its time with its equals nevertheless: its turn ends with its slice, wherever that was used. */
static void share_beside_server(unsigned servers, seL4_Word work_us)
{
    seL4_CPtr ep = new_endpoint();
    start_passive(ep, MAIN_PRIORITY - 1);
    for (unsigned i = 1; i < servers; i++) {
        struct worker *middle = worker_new(pass_on, MAIN_PRIORITY + 1);
        middle->arg[2] = ep;
        middle->arg[EP] = ep = new_endpoint();
        middle->arg[REPLY] = new_reply();
        worker_run(middle);
        REQUIRE_OK(seL4_SchedContext_Unbind(middle->sc));
    }
    struct worker *caller = worker_new(call_on, MAIN_PRIORITY - 2), *other = worker_new(spin, MAIN_PRIORITY - 2);
    caller->arg[EP] = ep;
    caller->arg[1] = work_us;
    worker_run(caller);
    worker_run(other);
    sleep_us(400000);
    seL4_TCB_Suspend(caller->tcb);
    seL4_TCB_Suspend(other->tcb);
    CHECK(caller->result[0] > 0);
    CHECK(ran_us(other) > 0);
    seL4_Word used = seL4_SchedContext_Consumed(caller->sc).consumed,
              of_other = seL4_SchedContext_Consumed(other->sc).consumed;
    CHECK_TIME_IN(of_other * 1000 / (used + of_other), 450, 550);
}

static void round_robin_beside_a_server(void)
{
    share_beside_server(1, 100);
}

static void round_robin_beside_servers(void)
{
    share_beside_server(3, 100);
}

/* Without donation nobody answers: a Send does not carry time. */
static void passive_needs_a_call(void)
{
    seL4_CPtr ep = new_endpoint();
    struct worker *server = start_passive(ep, MAIN_PRIORITY + 1);
    seL4_SetMR(0, 0);
    seL4_Send(ep, seL4_MessageInfo_new(1, 0, 0, 1));
    sleep_us(5000);
    CHECK_EQ(server->result[0], 0);
    REQUIRE_OK(seL4_SchedContext_Bind(server->sc, server->tcb));
    CHECK_EQ(server->result[0], 1);
}

static void wait_and_count(struct worker *w)
{
    seL4_Word badge;
    for (;;) {
        seL4_Wait(w->arg[EP], &badge);
        w->result[0]++;
    }
}

/* A passive thread woken by its notification runs on the notification's scheduling context. */
static void notification_context(void)
{
    seL4_CPtr n = new_notification();
    struct worker *w = worker_new(wait_and_count, MAIN_PRIORITY + 1);
    w->arg[EP] = n;
    worker_run(w);
    REQUIRE_OK(seL4_SchedContext_Unbind(w->sc));
    seL4_Signal(n);
    CHECK_EQ(w->result[0], 0);
    REQUIRE_OK(seL4_TCB_BindNotification(w->tcb, n));
    REQUIRE_OK(seL4_SchedContext_Bind(w->sc, w->tcb));
    CHECK_EQ(w->result[0], 1);
    REQUIRE_OK(seL4_SchedContext_Unbind(w->sc));
    REQUIRE_OK(seL4_SchedContext_Bind(w->sc, n));
    seL4_Signal(n);
    CHECK_EQ(w->result[0], 2);
    seL4_Signal(n);
    CHECK_EQ(w->result[0], 3);
    CHECK_EQ(seL4_SchedContext_Bind(w->sc, w->tcb), seL4_IllegalOperation);
    REQUIRE_OK(seL4_SchedContext_UnbindObject(w->sc, n));
    CHECK_OK(seL4_SchedContext_Bind(w->sc, w->tcb));
}

/* A thread with a timeout handler that uses up its budget reports it. */
static void timeout_fault(void)
{
    seL4_CPtr ep = new_endpoint(), reply = new_reply();
    struct worker *w = worker_new(spin, MAIN_PRIORITY - 1);
    REQUIRE_OK(seL4_SchedControl_Configure(sched_control(0), w->sc, 3000, 1000000, 0, 0xbad9e));
    REQUIRE_OK(seL4_TCB_SetTimeoutEndpoint(w->tcb, ep));
    worker_run(w);
    seL4_Word badge;
    seL4_MessageInfo_t info = seL4_Recv(ep, &badge, reply);
    CHECK_EQ(seL4_MessageInfo_get_label(info), seL4_Fault_Timeout);
    CHECK_EQ(seL4_MessageInfo_get_length(info), seL4_Timeout_Length);
    CHECK_EQ(seL4_GetMR(seL4_Timeout_Data), 0xbad9e);
    seL4_Word used = seL4_GetMR(seL4_Timeout_Consumed); /* microseconds */
    CHECK(used >= 2999);
    CHECK(used >= ran_us(w));
    CHECK_TIME_IN(used, 2999, 3050);
    CHECK_TIME_IN(ran_us(w), 2900, 3000);
    /* More budget, and it goes on where it was. */
    seL4_Word before = w->result[0];
    REQUIRE_OK(seL4_SchedControl_Configure(sched_control(0), w->sc, 500000, 1000000, 0, 1));
    seL4_Send(reply, seL4_MessageInfo_new(0, 0, 0, 0));
    sleep_us(20000);
    CHECK(w->result[0] > before);
}

extern char sc_spin_first[], sc_spin_second[];

/* Spins at one place; the handler sets registers and sends it to another. */
static void spin_here(struct worker *w)
{
    seL4_Word x9, x28;
    __asm__ volatile(".global sc_spin_first, sc_spin_second\n"
                     "sc_spin_first: b sc_spin_first\n"
                     "sc_spin_second: mov %0, x9\n"
                     "mov %1, x28\n"
                     : "=r"(x9), "=r"(x28)
                     :
                     : "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14",
                       "x15", "x16", "x17", "x20", "x21", "x22", "x23", "x24", "x25", "x26", "x27", "x28", "memory");
    w->result[0] = x9;
    w->result[1] = x28;
}

/* The reply to a timeout may carry all registers; with another label the thread stays stopped. */
static void timeout_reply(void)
{
    seL4_CPtr ep = new_endpoint(), reply = new_reply();
    struct worker *w = worker_new(spin_here, MAIN_PRIORITY - 1);
    REQUIRE_OK(seL4_SchedControl_Configure(sched_control(0), w->sc, 2000, 1000000, 0, 7));
    REQUIRE_OK(seL4_TCB_SetTimeoutEndpoint(w->tcb, ep));
    worker_run(w);
    seL4_UserContext regs;
    for (;;) {
        REQUIRE_EQ(seL4_MessageInfo_get_label(seL4_Recv(ep, 0, reply)), seL4_Fault_Timeout);
        REQUIRE_OK(seL4_TCB_ReadRegisters(w->tcb, 0, 0, VESICLE_USER_CONTEXT_WORDS, &regs));
        if (regs.pc == (seL4_Word)sc_spin_first || clock_is_exact()) {
            break;
        }
        /* The machine under us stood still, and the time was over before it got there. */
        REQUIRE_OK(seL4_SchedControl_Configure(sched_control(0), w->sc, 2000, 1000000, 0, 7));
        seL4_Send(reply, seL4_MessageInfo_new(0, 0, 0, 0));
    }
    CHECK_EQ(regs.pc, (seL4_Word)sc_spin_first);
    REQUIRE_OK(seL4_SchedControl_Configure(sched_control(0), w->sc, 5000, 1000000, 0, 8));
    seL4_Send(reply, seL4_TimeoutReply_new(0, regs, 0));
    sleep_us(10000);
    CHECK_EQ(w->done, 0);
    seL4_Word badge = 9;
    seL4_NBRecv(ep, &badge, reply);
    CHECK_EQ(badge, 0); /* stopped: no more time is used */
    REQUIRE_OK(seL4_TCB_Resume(w->tcb));
    CHECK_EQ(seL4_MessageInfo_get_label(seL4_Recv(ep, 0, reply)), seL4_Fault_Timeout);
    CHECK_EQ(seL4_GetMR(seL4_Timeout_Data), 8);
    REQUIRE_OK(seL4_TCB_ReadRegisters(w->tcb, 0, 0, VESICLE_USER_CONTEXT_WORDS, &regs));
    regs.pc = (seL4_Word)sc_spin_second;
    regs.x9 = 0x9999;
    regs.x28 = 0x2828;
    REQUIRE_OK(seL4_SchedControl_Configure(sched_control(0), w->sc, 5000, 5000, 0, 0));
    seL4_Send(reply, seL4_TimeoutReply_new(1, regs, seL4_TimeoutReply_Length));
    worker_wait(&w->done);
    CHECK_EQ(w->result[0], 0x9999);
    CHECK_EQ(w->result[1], 0x2828);
}

/*
 * Calls, and again while arg[2] says so: where the machine stands still for a while, a request may be done before the kernel can see
 * that its time was up.
 */
static void call_for(struct worker *w)
{
    do {
        seL4_SetMR(0, w->arg[1]);
        seL4_MessageInfo_t info = seL4_Call(w->arg[EP], seL4_MessageInfo_new(1, 0, 0, 1));
        w->result[0] = seL4_MessageInfo_get_label(info);
    } while (*(volatile seL4_Word *)&w->arg[2]);
}

/* A server whose client's budget runs out tells its timeout handler, which can give it more. */
static void timeout_of_client(void)
{
    seL4_CPtr ep = new_endpoint(), timeout_ep = new_endpoint(), reply = new_reply();
    struct worker *server = start_passive(ep, MAIN_PRIORITY - 1);
    REQUIRE_OK(seL4_TCB_SetTimeoutEndpoint(server->tcb, new_badged(timeout_ep, 31)));
    struct worker *client = worker_new_budget(call_for, MAIN_PRIORITY - 2, 2000, 20000);
    client->arg[EP] = ep;
    client->arg[1] = 20000;
    client->arg[2] = 1;
    worker_run(client);
    seL4_Word badge;
    seL4_MessageInfo_t info = seL4_Recv(timeout_ep, &badge, reply);
    CHECK_EQ(seL4_MessageInfo_get_label(info), seL4_Fault_Timeout);
    CHECK_EQ(badge, 31);
    CHECK_EQ(client->done, 0);
    client->arg[2] = 0;
    REQUIRE_OK(seL4_SchedControl_Configure(sched_control(0), client->sc, 1000000, 2000000, 0, 0));
    seL4_Send(reply, seL4_MessageInfo_new(0, 0, 0, 0));
    worker_wait(&client->done);
    CHECK_EQ(client->result[0], 1);
    CHECK(server->result[0] >= 1);
    CHECK_TIME_IN(server->result[0], 1, 1);
}

/*
 * A shared server cannot be stranded: a client calls with almost nothing left, its time runs out in the middle of the request, and the
 * server's timeout handler gives the server time of its own. The request is finished, others are served meanwhile, and the client
 * has its context back.
 */
static void server_is_rescued(void)
{
    enum { REQUEST_US = 50000, POOR_BUDGET_US = 5000 };
    seL4_CPtr ep = new_endpoint(), timeout_ep = new_endpoint(), reply = new_reply();
    seL4_CPtr rescue = new_object(seL4_SchedContextObject, seL4_MinSchedContextBits);
    struct worker *server = start_passive(ep, MAIN_PRIORITY - 1);
    REQUIRE_OK(seL4_TCB_SetTimeoutEndpoint(server->tcb, timeout_ep));
    REQUIRE_OK(seL4_SchedControl_Configure(sched_control(0), rescue, 1000000, 1000000, 0, 0));
    struct worker *poor = worker_new_budget(call_for, MAIN_PRIORITY - 2, POOR_BUDGET_US, 50000);
    struct worker *rich = worker_new(call_for, MAIN_PRIORITY - 3);
    poor->arg[EP] = rich->arg[EP] = ep;
    poor->arg[1] = rich->arg[1] = REQUEST_US;
    poor->arg[2] = 1;
    worker_run(poor);
    worker_run(rich);
    seL4_MessageInfo_t info = seL4_Recv(timeout_ep, 0, reply);
    REQUIRE(seL4_MessageInfo_get_label(info) == seL4_Fault_Timeout);
    poor->arg[2] = 0;
    CHECK_TIME_IN(server->result[0], 0, 0);
    /* The client's time stays with the call; the server goes on with another. */
    REQUIRE_OK(seL4_SchedContext_UnbindObject(poor->sc, server->tcb));
    REQUIRE_OK(seL4_SchedContext_Bind(rescue, server->tcb));
    seL4_Send(reply, seL4_MessageInfo_new(0, 0, 0, 0));
    worker_wait(&rich->done);
    CHECK_EQ(rich->result[0], 1);
    CHECK(server->result[0] >= 2);
    CHECK_TIME_IN(server->result[0], 2, 2);
    /* It was answered, and has its time back when that is due. */
    worker_wait(&poor->done);
    CHECK_EQ(poor->result[0], 1);
}

static void bind_errors(void)
{
    struct worker *a = worker_new(spin, 10), *b = worker_new(spin, 10);
    seL4_CPtr n = new_notification(), m = new_notification();
    CHECK_EQ(seL4_SchedContext_Bind(a->sc, b->tcb), seL4_IllegalOperation);
    CHECK_EQ(seL4_SchedContext_Bind(a->sc, a->tcb), seL4_IllegalOperation);
    CHECK_EQ(seL4_SchedContext_Bind(a->sc, n), seL4_IllegalOperation);
    CHECK_INVALID_CAPABILITY(seL4_SchedContext_Bind(a->sc, new_endpoint()), 1);
    CHECK_INVALID_CAPABILITY(seL4_SchedContext_UnbindObject(a->sc, new_endpoint()), 1);
    CHECK_EQ(seL4_SchedContext_UnbindObject(a->sc, b->tcb), seL4_IllegalOperation);
    CHECK_EQ(seL4_SchedContext_UnbindObject(a->sc, n), seL4_IllegalOperation);
    REQUIRE_OK(seL4_SchedContext_UnbindObject(a->sc, a->tcb));
    CHECK_EQ(seL4_SchedContext_Bind(a->sc, b->tcb), seL4_IllegalOperation);
    CHECK_OK(seL4_SchedContext_Unbind(a->sc)); /* nothing to do */
    /* A notification, then nothing else; and one context a notification. */
    REQUIRE_OK(seL4_SchedContext_Bind(a->sc, n));
    CHECK_EQ(seL4_SchedContext_Bind(a->sc, m), seL4_IllegalOperation);
    CHECK_EQ(seL4_SchedContext_Bind(a->sc, a->tcb), seL4_IllegalOperation);
    REQUIRE_OK(seL4_SchedContext_Unbind(b->sc));
    CHECK_EQ(seL4_SchedContext_Bind(b->sc, n), seL4_IllegalOperation);
    CHECK_EQ(seL4_SchedContext_UnbindObject(b->sc, n), seL4_IllegalOperation);
    REQUIRE_OK(seL4_SchedContext_UnbindObject(a->sc, n));
    CHECK_OK(seL4_SchedContext_Bind(a->sc, b->tcb));
    CHECK_EQ(seL4_SchedContext_Unbind(seL4_CapInitThreadSC), seL4_IllegalOperation);
    CHECK_EQ(seL4_SchedContext_UnbindObject(seL4_CapInitThreadSC, seL4_CapInitThreadTCB), seL4_IllegalOperation);
}

static void configure_errors(void)
{
    seL4_CPtr sc = new_object(seL4_SchedContextObject, seL4_MinSchedContextBits);
    const seL4_Word hour = 3600000000ul, most = seL4_MaxExtraRefills(seL4_MinSchedContextBits);
    CHECK_EQ(seL4_SchedControl_Configure(sched_control(0), sc, 0, 1000, 0, 0), seL4_RangeError);
    seL4_Word least = seL4_GetMR(0);
    CHECK_IN(least, 1, 1000);
    CHECK_RANGE_ERROR(seL4_SchedControl_Configure(sched_control(0), sc, least - 1, 1000, 0, 0), least, hour);
    CHECK_RANGE_ERROR(seL4_SchedControl_Configure(sched_control(0), sc, hour + 1, hour, 0, 0), least, hour);
    CHECK_RANGE_ERROR(seL4_SchedControl_Configure(sched_control(0), sc, 1000, hour + 1, 0, 0), least, hour);
    CHECK_RANGE_ERROR(seL4_SchedControl_Configure(sched_control(0), sc, 1000, least - 1, 0, 0), least, hour);
    CHECK_RANGE_ERROR(seL4_SchedControl_Configure(sched_control(0), sc, 1000, ~0ul, 0, 0), least, hour);
    CHECK_RANGE_ERROR(seL4_SchedControl_Configure(sched_control(0), sc, 2000, 1000, 0, 0), least, 1000);
    CHECK_RANGE_ERROR(seL4_SchedControl_Configure(sched_control(0), sc, 1000, 2000, most + 1, 0), 0, most);
    CHECK_INVALID_CAPABILITY(seL4_SchedControl_Configure(sched_control(0), new_endpoint(), 1000, 2000, 0, 0), 1);
    CHECK_INVALID_ARGUMENT(seL4_SchedControl_ConfigureFlags(sched_control(0), sc, 1000, 2000, 0, 0, 0x100), 6);
    CHECK_OK(seL4_SchedControl_Configure(sched_control(0), sc, 1000, 2000, most, 0));
    CHECK_OK(seL4_SchedControl_Configure(sched_control(0), sc, least, least, 0, 0));
    CHECK_OK(seL4_SchedControl_Configure(sched_control(0), sc, hour, hour, 0, 0));
    CHECK_OK(seL4_SchedControl_ConfigureFlags(sched_control(0), sc, 1000, 2000, 0, 0, seL4_SchedContext_Sporadic));
    /* One that is larger has room for more refills. */
    seL4_CPtr large = new_object(seL4_SchedContextObject, seL4_MinSchedContextBits + 2);
    CHECK_OK(seL4_SchedControl_Configure(sched_control(0), large, 1000, 2000, most + 1, 0));
    CHECK_EQ(seL4_SchedContext_Consumed(sc).consumed, 0);
}

static void spin_and_wait(struct worker *w)
{
    for (;;) {
        seL4_Word until = clock_us() + w->arg[1];
        w->result[0]++;
        while (clock_us() < until) {
        }
        seL4_Wait(w->arg[EP], 0);
    }
}

/* The target runs, and the caller is told how long when it is chosen again. */
static void yield_to(void)
{
    seL4_CPtr n = new_notification();
    struct worker *w = worker_new(spin_and_wait, MAIN_PRIORITY);
    w->arg[EP] = n;
    w->arg[1] = 3000;
    worker_run(w); /* of our priority: it waits */
    CHECK_TIME_IN(w->result[0], 0, 0);
    seL4_SchedContext_YieldTo_t result;
    seL4_Word consumed = 0;
    do {
        /* Where the machine stands still from time to time, a slice may be over before anything was done. */
        result = seL4_SchedContext_YieldTo(w->sc);
        CHECK_OK(result.error);
        consumed += result.consumed;
        CHECK_TIME_IN(w->result[0], 1, 1);
    } while (result.error == seL4_NoError && w->result[0] == 0);
    CHECK(consumed > 0);
    CHECK_TIME_IN(consumed, 2999, 3100);
    /* That counts as asked; a thread that cannot run is not waited for. */
    result = seL4_SchedContext_YieldTo(w->sc);
    CHECK_OK(result.error);
    CHECK_TIME_IN(result.consumed, 0, 0);
    CHECK_EQ(w->result[0], 1);
}

/* A thread of lower priority does not run, but is the first of its equals when they do. */
static void yield_to_lower(void)
{
    seL4_CPtr n = new_notification();
    struct worker *first = worker_new(spin_and_wait, MAIN_PRIORITY - 1),
                  *second = worker_new(spin_and_wait, MAIN_PRIORITY - 1);
    first->arg[EP] = second->arg[EP] = n;
    second->arg[1] = 2000;
    first->arg[1] = 100000;
    worker_run(first);
    worker_run(second);
    seL4_SchedContext_YieldTo_t result = seL4_SchedContext_YieldTo(second->sc);
    CHECK_OK(result.error);
    CHECK_EQ(second->result[0], 0);
    worker_wait(&first->result[0]);
    CHECK_TIME_IN(second->result[0], 1, 1); /* elsewhere its slice may be over before it did anything */
}

static void stop(struct worker *w)
{
    w->result[0] = (seL4_Word)seL4_TCB_Suspend(w->arg[0]);
    w->result[1] = (seL4_Word)seL4_TCB_Resume(w->arg[0]);
}

static void yield_once(struct worker *w)
{
    seL4_SchedContext_YieldTo_t result = seL4_SchedContext_YieldTo(w->arg[0]);
    w->result[0] = (seL4_Word)result.error;
    w->result[1] = result.consumed;
}

/* The caller is stopped before it is chosen again, and goes on later with the answer. */
static void yield_to_stopped(void)
{
    struct worker *target = worker_new(stop, MAIN_PRIORITY - 1), *w = worker_new(yield_once, MAIN_PRIORITY - 1);
    target->arg[0] = w->tcb;
    w->arg[0] = target->sc;
    w->result[0] = 99;
    worker_run(w);
    worker_run(target);
    worker_wait(&w->done);
    CHECK_EQ(target->result[0], seL4_NoError);
    CHECK_EQ(target->result[1], seL4_NoError);
    CHECK_EQ(w->result[0], seL4_NoError);
    worker_wait(&target->done);
}

static void yield_to_errors(void)
{
    CHECK_EQ(seL4_SchedContext_YieldTo(seL4_CapInitThreadSC).error, seL4_IllegalOperation); /* its own */
    seL4_CPtr sc = new_object(seL4_SchedContextObject, seL4_MinSchedContextBits);
    CHECK_EQ(seL4_SchedContext_YieldTo(sc).error, seL4_IllegalOperation); /* nobody's */
    /* A thread above what the caller may control: the caller is of priority and authority 90. */
    struct worker *high = worker_new(spin, 95), *w = worker_new(yield_once, 90);
    w->arg[0] = high->sc;
    worker_run(w);
    worker_wait(&w->done);
    CHECK_EQ(w->result[0], seL4_IllegalOperation);
}

/* A thread whose scheduling context is deleted stops, and can be given another. */
static void delete_context(void)
{
    struct worker *w = worker_new(spin, MAIN_PRIORITY - 1);
    seL4_CPtr sc = new_object(seL4_SchedContextObject, seL4_MinSchedContextBits);
    REQUIRE_OK(seL4_SchedControl_Configure(sched_control(0), sc, 1000, 1000, 0, 0));
    REQUIRE_OK(seL4_SchedContext_Unbind(w->sc));
    REQUIRE_OK(seL4_SchedContext_Bind(sc, w->tcb));
    worker_run(w);
    sleep_us(5000);
    REQUIRE_OK(cspace_delete(&root_cspace, sc));
    seL4_Word before = w->result[0];
    sleep_us(5000);
    CHECK_EQ(w->result[0], before);
    REQUIRE_OK(seL4_SchedContext_Bind(w->sc, w->tcb));
    w->result[0] = 0;
    worker_wait(&w->result[0]);
}

/* A thread waiting for an answer that brings its scheduling context back is given no other. */
static void bind_while_lent(void)
{
    seL4_CPtr ep = new_endpoint(), sc = new_object(seL4_SchedContextObject, seL4_MinSchedContextBits);
    start_passive(ep, MAIN_PRIORITY - 1);
    struct worker *client = worker_new(call_for, MAIN_PRIORITY - 1);
    client->arg[EP] = ep;
    client->arg[1] = 30000;
    worker_run(client);
    sleep_us(5000);
    REQUIRE_OK(seL4_SchedControl_Configure(sched_control(0), sc, 1000, 1000, 0, 0));
    CHECK_EQ(seL4_SchedContext_Bind(sc, client->tcb), seL4_IllegalOperation);
    CHECK_EQ(seL4_TCB_SetSchedParams(client->tcb, seL4_CapInitThreadTCB, 0, MAIN_PRIORITY - 1, sc, 0),
             seL4_IllegalOperation);
    worker_wait(&client->done);
    CHECK_EQ(client->result[0], 1);
}

const struct test_case schedcontext_cases[] = {
    {"schedcontext_budget_is_kept", budget_is_kept},
    {"schedcontext_round_robin", round_robin},
    {"schedcontext_lower_runs_when_higher_waits", lower_runs_when_higher_waits},
    {"schedcontext_consumed", consumed},
    {"schedcontext_yield", yield},
    {"schedcontext_donation", donation},
    {"schedcontext_round_robin_beside_a_server", round_robin_beside_a_server},
    {"schedcontext_round_robin_beside_servers", round_robin_beside_servers},
    {"schedcontext_passive_needs_a_call", passive_needs_a_call},
    {"schedcontext_notification_context", notification_context},
    {"schedcontext_timeout_fault", timeout_fault},
    {"schedcontext_timeout_reply", timeout_reply},
    {"schedcontext_timeout_of_client", timeout_of_client},
    {"schedcontext_server_is_rescued", server_is_rescued},
    {"schedcontext_bind_errors", bind_errors},
    {"schedcontext_configure_errors", configure_errors},
    {"schedcontext_yield_to", yield_to},
    {"schedcontext_yield_to_lower", yield_to_lower},
    {"schedcontext_yield_to_stopped", yield_to_stopped},
    {"schedcontext_yield_to_errors", yield_to_errors},
    {"schedcontext_delete_context", delete_context},
    {"schedcontext_bind_while_lent", bind_while_lent},
    {0, 0},
};
