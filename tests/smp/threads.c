/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads of other cores: moved, stopped, looked into while they run. */
#include "cases.h"

#include "kernel/lib/clock.h"
#include "kernel/lib/objects.h"
#include <sel4/sel4.h>

static void boot_information(void)
{
    const seL4_BootInfo *bi = seL4_GetBootInfo();
    CHECK_EQ(bi->schedcontrol.end - bi->schedcontrol.start, bi->numNodes);
    CHECK_EQ(bi->nodeID, 0);
}

/* All at once: each waits for the others. */
static void meet(struct worker *w)
{
    volatile seL4_Word *here = (volatile seL4_Word *)w->arg[0];
    __atomic_fetch_add(here, 1, __ATOMIC_SEQ_CST);
    while (*here < w->arg[1]) {
    }
    w->result[0] = 1;
}

static void at_the_same_time(void)
{
    unsigned n = cores(2);
    volatile seL4_Word here = 0;
    for (unsigned i = 1; i < n; i++) {
        run_on(i, meet, (seL4_Word)&here, n - 1);
    }
    await(&here, n - 1);
}

/* A thread that runs is moved from core to core; where somebody more urgent is, it does not run. */
static void moved_while_running(void)
{
    unsigned n = cores(3);
    struct worker *busy = worker_new(count_up, MAIN_PRIORITY + 1);
    worker_move(busy, 1);
    worker_run(busy);
    await(&busy->result[0], 1);
    struct worker *w = run_on(2, count_up, 0, 0);
    for (unsigned round = 0; round < 20; round++) {
        worker_move(w, 2);
        await(&w->result[0], w->result[0] + 1);
        if (round % 10 == 0) {
            worker_move(w, 1);
            CHECK(!is_moving(&w->result[0]));
        }
        worker_move(w, n - 1);
        await(&w->result[0], w->result[0] + 1);
    }
}

/* What moves itself goes on elsewhere. */
static void wander(struct worker *w)
{
    unsigned n = (unsigned)w->arg[0];
    for (unsigned i = 0; i < 60; i++) {
        w->result[1] += (seL4_Word)seL4_SchedControl_Configure(sched_control(1 + i % (n - 1)), w->sc, 5000, 5000, 0, 0);
        w->result[0]++;
    }
}

static void moves_itself(void)
{
    unsigned n = cores(2);
    struct worker *w = run_on(1, wander, n, 0);
    await(&w->done, 1);
    CHECK_EQ(w->result[0], 60);
    CHECK_EQ(w->result[1], 0);
}

/* Suspend is done when it returns. */
static void suspend(void)
{
    cores(2);
    struct worker *w = run_on(1, count_up, 0, 0);
    for (unsigned i = 0; i < 50; i++) {
        await(&w->result[0], w->result[0] + 1);
        REQUIRE_OK(seL4_TCB_Suspend(w->tcb));
        seL4_Word stopped_at = w->result[0];
        for (unsigned k = 0; k < 100; k++) {
            seL4_TCB_SetTLSBase(w->tcb, 0);
        }
        CHECK_EQ(w->result[0], stopped_at);
        REQUIRE_OK(seL4_TCB_Resume(w->tcb));
    }
    REQUIRE_OK(seL4_TCB_Suspend(w->tcb));
    CHECK(!is_moving(&w->result[0]));
}

static void keep_registers(struct worker *w)
{
    w->result[0] = 1;
    __asm__ volatile("mov x19, #0x1919\n\tmov x20, #0x2020\n"
                     "1: b 1b" ::
                         : "x19", "x20");
}

static void at_another_place(void)
{
    __asm__ volatile("1: add x21, x21, #1\n\tstr x21, [x22]\n\tb 1b");
}

static void registers(void)
{
    cores(2);
    struct worker *w = run_on(1, keep_registers, 0, 0);
    seL4_UserContext regs = {0};
    await(&w->result[0], 1);
    for (unsigned i = 0; i < 100; i++) {
        do {
            REQUIRE_OK(seL4_TCB_ReadRegisters(w->tcb, 0, 0, sizeof regs / sizeof(seL4_Word), &regs));
        } while (i == 0 && regs.x20 != 0x2020); /* it may not be there yet */
        CHECK_EQ(regs.x19, 0x1919);
        CHECK_EQ(regs.x20, 0x2020);
    }
    /* Sent elsewhere without being stopped. */
    volatile seL4_Word counter = 0;
    regs.pc = (seL4_Word)at_another_place;
    regs.x21 = 0;
    regs.x22 = (seL4_Word)&counter;
    REQUIRE_OK(seL4_TCB_WriteRegisters(w->tcb, 0, 0, sizeof regs / sizeof(seL4_Word), &regs));
    await(&counter, 10);
    REQUIRE_OK(seL4_TCB_Suspend(w->tcb));
}

/* A call that waits for the lock while its thread is stopped is made again, once: no call is lost or made twice. */
static void call_counting(struct worker *w)
{
    for (;;) {
        seL4_CPtr ntfn = w->arg[0];
        w->result[0]++;
        seL4_Signal(ntfn);
        seL4_Poll(ntfn, 0);
        w->result[1]++;
    }
}

static void stopped_in_a_call(void)
{
    cores(2);
    struct worker *w = run_on(1, call_counting, new_notification(), 0);
    for (unsigned i = 0; i < 150; i++) {
        REQUIRE_OK(seL4_TCB_Suspend(w->tcb));
        CHECK_IN(w->result[0] - w->result[1], 0, 1);
        REQUIRE_OK(seL4_TCB_Resume(w->tcb));
    }
    await(&w->result[1], w->result[1] + 100);
    REQUIRE_OK(seL4_TCB_Suspend(w->tcb));
}

static void priorities(void)
{
    cores(2);
    struct worker *a = run_on(1, count_up, 0, 0), *b = run_on(1, count_up, 0, 0);
    for (unsigned i = 0; i < 10; i++) {
        REQUIRE_OK(seL4_TCB_SetPriority(a->tcb, seL4_CapInitThreadTCB, MAIN_PRIORITY - 2));
        REQUIRE_OK(seL4_TCB_SetPriority(b->tcb, seL4_CapInitThreadTCB, MAIN_PRIORITY - 1));
        await(&b->result[0], b->result[0] + 1);
        CHECK(!is_moving(&a->result[0]));
        REQUIRE_OK(seL4_TCB_SetPriority(a->tcb, seL4_CapInitThreadTCB, MAIN_PRIORITY - 1));
        REQUIRE_OK(seL4_TCB_SetPriority(b->tcb, seL4_CapInitThreadTCB, MAIN_PRIORITY - 2));
        await(&a->result[0], a->result[0] + 1);
        CHECK(!is_moving(&b->result[0]));
    }
    REQUIRE_OK(seL4_TCB_Suspend(a->tcb));
    REQUIRE_OK(seL4_TCB_Suspend(b->tcb));
}

/* Contexts of other cores: taken away, given back, asked. */
static void scheduling_contexts(void)
{
    cores(2);
    struct worker *w = run_on(1, count_up, 0, 0);
    for (unsigned i = 0; i < 50; i++) {
        await(&w->result[0], w->result[0] + 1);
        REQUIRE_OK(seL4_SchedContext_Unbind(w->sc));
        CHECK_EQ(seL4_SchedContext_Consumed(w->sc).error, seL4_NoError);
        seL4_Word stopped_at = w->result[0];
        for (unsigned k = 0; k < 100; k++) {
            seL4_SchedContext_Consumed(w->sc);
        }
        CHECK_EQ(w->result[0], stopped_at);
        REQUIRE_OK(seL4_SchedContext_Bind(w->sc, w->tcb));
    }
    /* Consumed by one who runs. */
    seL4_Word start = clock_us();
    seL4_SchedContext_Consumed(w->sc);
    await(&w->result[0], w->result[0] + 1000);
    seL4_Word used = seL4_SchedContext_Consumed(w->sc).consumed;
    CHECK_IN(used, 1, clock_us() - start + 1);
    /* A budget holds there, too. */
    REQUIRE_OK(seL4_SchedControl_Configure(sched_control(1), w->sc, 1000, 20000, 0, 0));
    seL4_SchedContext_Consumed(w->sc);
    start = clock_us();
    while (clock_us() - start < 100000) {
    }
    used = seL4_SchedContext_Consumed(w->sc).consumed;
    CHECK_IN(used, 0, clock_us() - start + 1);
    REQUIRE_OK(seL4_TCB_Suspend(w->tcb));
}

/* d8 (callee-saved) holds the thread's number wherever it runs. */
static void keep_fp(struct worker *w)
{
    __asm__ volatile("fmov d8, %0" ::"r"(w->arg[0]) : "v8");
    for (;;) {
        seL4_Word now;
        __asm__ volatile("fmov %0, d8" : "=r"(now));
        w->result[1] += now != w->arg[0];
        w->result[0]++;
    }
}

static void floating_point_moves_along(void)
{
    unsigned n = cores(3);
    struct worker *w[6];
    for (unsigned i = 0; i < 6; i++) {
        w[i] = run_on(1 + i % (n - 1), keep_fp, 0x1000 + i, 0);
    }
    for (unsigned round = 0; round < 12; round++) {
        struct worker *one = w[round % 6];
        worker_move(one, 1 + round % (n - 1));
        if (round % 5 == 0) {
            await(&one->result[0], one->result[0] + 1);
        }
    }
    for (unsigned i = 0; i < 6; i++) {
        await(&w[i]->result[0], 10);
        REQUIRE_OK(seL4_TCB_Suspend(w[i]->tcb));
        CHECK_EQ(w[i]->result[1], 0);
    }
}

const struct test_case thread_cases[] = {
    {"smp_boot_information", boot_information},
    {"smp_at_the_same_time", at_the_same_time},
    {"smp_moved_while_running", moved_while_running},
    {"smp_moves_itself", moves_itself},
    {"smp_suspend", suspend},
    {"smp_registers", registers},
    {"smp_stopped_in_a_call", stopped_in_a_call},
    {"smp_priorities", priorities},
    {"smp_scheduling_contexts", scheduling_contexts},
    {"smp_floating_point_moves_along", floating_point_moves_along},
    {0, 0},
};
