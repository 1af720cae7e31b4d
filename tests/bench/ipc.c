/* SPDX-License-Identifier: BSD-2-Clause */
/* Call and ReplyRecv between a client and a server in another address space, passive or with time of its own. */
#include "bench.h"

#include "kernel/lib/objects.h"
#include "kernel/lib/test.h"
#include "kernel/lib/worker.h"
#include <sel4/sel4.h>

static void server_0w(struct worker *w)
{
    seL4_CPtr ep = w->arg[0], reply = w->arg[1];
    seL4_MessageInfo_t info = seL4_MessageInfo_new(0, 0, 0, 0);
    seL4_RecvWithMRs(ep, 0, 0, 0, 0, 0, reply);
    for (;;) {
        seL4_ReplyRecvWithMRs(ep, info, 0, 0, 0, 0, 0, reply);
    }
}

static void server_4w(struct worker *w)
{
    seL4_CPtr ep = w->arg[0], reply = w->arg[1];
    seL4_MessageInfo_t info = seL4_MessageInfo_new(0, 0, 0, 4);
    seL4_Word a = 0, b = 0, c = 0, d = 0;
    seL4_RecvWithMRs(ep, 0, &a, &b, &c, &d, reply);
    for (;;) {
        a++;
        seL4_ReplyRecvWithMRs(ep, info, 0, &a, &b, &c, &d, reply);
    }
}

static void call_0w(seL4_CPtr ep, seL4_Word rounds)
{
    seL4_MessageInfo_t info = seL4_MessageInfo_new(0, 0, 0, 0);
    for (seL4_Word i = 0; i < rounds; i++) {
        seL4_CallWithMRs(ep, info, 0, 0, 0, 0);
    }
}

static void call_4w(seL4_CPtr ep, seL4_Word rounds)
{
    seL4_MessageInfo_t info = seL4_MessageInfo_new(0, 0, 0, 4);
    seL4_Word a = 0, b = 1, c = 2, d = 3;
    for (seL4_Word i = 0; i < rounds; i++) {
        seL4_CallWithMRs(ep, info, &a, &b, &c, &d);
    }
    CHECK_EQ(a, rounds);
}

/* A server that waits. With `core`, it has time of its own on that core; without, it is passive. */
enum { PASSIVE = -1 };

static seL4_CPtr serve(worker_fn server, int core)
{
    seL4_CPtr ep = new_endpoint();
    struct worker *w = worker_new(server, MAIN_PRIORITY + 1);
    move_to_own_space(w);
    w->arg[0] = ep;
    w->arg[1] = new_reply();
    if (core > 0) {
        seL4_CPtr control = seL4_GetBootInfo()->schedcontrol.start + (seL4_CPtr)core;
        REQUIRE_OK(seL4_SchedControl_Configure(control, w->sc, 5000, 5000, 0, 0));
    }
    worker_run(w);
    if (core == PASSIVE) {
        REQUIRE_OK(seL4_SchedContext_Unbind(w->sc));
    }
    return ep;
}

static struct counters measure(seL4_CPtr ep, void (*call)(seL4_CPtr ep, seL4_Word rounds))
{
    call(ep, WARM);
    struct counters start = counters_now();
    call(ep, ROUNDS);
    return counters_between(start, counters_now());
}

static void row(const char *name, worker_fn server, int core, void (*call)(seL4_CPtr ep, seL4_Word rounds))
{
    report(name, measure(serve(server, core), call), ROUNDS);
    row_end();
}

void bench_ipc(void)
{
    row("ipc_passive_0w", server_0w, PASSIVE, call_0w);
    row("ipc_passive_4w", server_4w, PASSIVE, call_4w);
    row("ipc_active_0w", server_0w, 0, call_0w);
}

/*
 * Ticks of so many rounds, the best of several tries: where cores are threads of an emulator, a round takes hundreds of times as long when one of
 * them has to wait for another program.
 */
enum { TRIES = 40, ROUNDS_A_TRY = ROUNDS / TRIES };

static struct counters measure_best(seL4_CPtr ep)
{
    struct counters best = {0, ~0ul};
    call_0w(ep, WARM);
    for (unsigned i = 0; i < TRIES; i++) {
        struct counters start = counters_now();
        call_0w(ep, ROUNDS_A_TRY);
        struct counters d = counters_since(start, counters_now());
        best = d.ticks < best.ticks ? d : best;
    }
    return best;
}

void bench_cross_core(void)
{
    if (seL4_GetBootInfo()->numNodes == 1) {
        report_none("ipc_cross_core", "not measured");
        report_none("ipc_cross_ratio", "not measured");
        return;
    }
    struct counters local = measure_best(serve(server_0w, PASSIVE));
    struct counters remote = measure_best(serve(server_0w, 1));
    report("ipc_cross_core", remote, ROUNDS_A_TRY);
    report_ratio("ipc_cross_ratio", remote.ticks, local.ticks);
    row_end();
}
