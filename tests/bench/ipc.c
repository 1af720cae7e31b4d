/* SPDX-License-Identifier: BSD-2-Clause */
/* Call and ReplyRecv between a client and a passive server in another address space. */
#include "bench.h"

#include "kernel/lib/objects.h"
#include "kernel/lib/test.h"
#include "kernel/lib/worker.h"
#include <sel4/sel4.h>

enum { WARM = 200, ROUNDS = 2000 };

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

static void row(const char *name, worker_fn server, void (*call)(seL4_CPtr ep, seL4_Word rounds))
{
    seL4_CPtr ep = new_endpoint(), vspace = new_vspace();
    struct worker *w = worker_new(server, MAIN_PRIORITY + 1);
    map_image(vspace);
    REQUIRE_OK(map_with_tables(new_copy(w->ipc_buffer_frame, seL4_AllRights), vspace, (seL4_Word)w->ipc_buffer,
                               seL4_ReadWrite, seL4_ARM_Default_VMAttributes));
    REQUIRE_OK(seL4_TCB_SetSpace(w->tcb, 0, ROOT_CNODE, 0, vspace, 0));
    w->arg[0] = ep;
    w->arg[1] = new_reply();
    worker_run(w);
    REQUIRE_OK(seL4_SchedContext_Unbind(w->sc));
    call(ep, WARM);
    struct counters start = counters_now();
    call(ep, ROUNDS);
    struct counters total = counters_since(start, counters_now());
    total.insns -= look_cost.insns;
    report(name, total, ROUNDS);
}

void bench_ipc(void)
{
    row("ipc_passive_0w", server_0w, call_0w);
    row("ipc_passive_4w", server_4w, call_4w);
}
