/* SPDX-License-Identifier: BSD-2-Clause */
/* What native threads count. */
#include "cases.h"
#include "lib/clock.h"
#include "lib/objects.h"
#include "lib/worker.h"
#include <sel4/sel4.h>

#define CPU_CYCLES     0x11ul
#define NOT_AN_EVENT   0x3ful /* a common one that QEMU does not have */
#define PROGRAM_EVENT  0x1234ul
#define EVENT_COUNTERS 6
#define ROUNDS         100000ul
#define LEAST          (2 * ROUNDS)
#define MOST           (2 * ROUNDS + 2000) /* the thread's beginning and end */

static seL4_CPtr fault_ep, reply;

/* Two instructions a round. */
static void spend(seL4_Word rounds)
{
    __asm__ volatile("1: subs %0, %0, #1\n b.ne 1b" : "+r"(rounds) : : "cc");
}

static void spender(struct worker *w)
{
    for (unsigned i = 0; i < w->arg[1]; i++) {
        seL4_Yield();
    }
    spend(w->arg[0]);
}

static void read_pmu(struct worker *w)
{
    seL4_Word value;
    __asm__ volatile("mrs %0, pmccntr_el0" : "=r"(value));
    w->result[0] = value;
}

static seL4_Word counted(struct worker *w, seL4_Word counter)
{
    vesicle_TCB_ReadCounter_t read = vesicle_TCB_ReadCounter(w->tcb, counter);
    CHECK_EQ(read.error, seL4_NoError);
    return read.value;
}

/* A thread's own instructions, not those of the kernel for it nor of anybody else. */
static void own_only(void)
{
    struct worker *w = worker_new(spender, MAIN_PRIORITY + 1), *other = worker_new(spender, MAIN_PRIORITY + 1);
    w->arg[0] = ROUNDS, w->arg[1] = 50;
    other->arg[0] = 20 * ROUNDS;
    REQUIRE_OK(vesicle_TCB_SetCounter(w->tcb, 0, CPU_CYCLES));
    REQUIRE_OK(vesicle_TCB_SetCounter(w->tcb, VESICLE_COUNTER_CYCLES, 0));
    CHECK_EQ(counted(w, 0), 0);
    worker_run(w);
    REQUIRE_EQ(w->done, 1);
    seL4_Word events = counted(w, 0), cycles = counted(w, VESICLE_COUNTER_CYCLES);
    worker_run(other);
    spend(ROUNDS);
    CHECK(events > 0);
    CHECK(cycles > 0);
    CHECK_TIME_IN(events, LEAST, MOST);
    CHECK_TIME_IN(cycles, LEAST, MOST);
    CHECK_EQ(counted(w, 0), events);
    CHECK_EQ(counted(w, VESICLE_COUNTER_CYCLES), cycles);
    /* It begins at 0 again. */
    REQUIRE_OK(vesicle_TCB_SetCounter(w->tcb, 0, CPU_CYCLES));
    CHECK_EQ(counted(w, 0), 0);
    REQUIRE_OK(vesicle_TCB_SetCounter(w->tcb, 0, VESICLE_COUNTER_OFF));
    REQUIRE_OK(vesicle_TCB_SetCounter(w->tcb, VESICLE_COUNTER_CYCLES, VESICLE_COUNTER_OFF));
}

/* Two that count take turns. */
static void turns(void)
{
    struct worker *w[2];
    for (unsigned i = 0; i < 2; i++) {
        w[i] = worker_new(spender, MAIN_PRIORITY + 1);
        w[i]->arg[0] = (i + 1) * ROUNDS, w[i]->arg[1] = 20;
        REQUIRE_OK(vesicle_TCB_SetCounter(w[i]->tcb, 1 + i, CPU_CYCLES));
    }
    worker_run(w[0]);
    worker_run(w[1]);
    for (seL4_Word i = 0; i < 2; i++) {
        REQUIRE_EQ(w[i]->done, 1);
        CHECK_TIME_IN(counted(w[i], 1 + i), (i + 1) * LEAST, (i + 1) * MOST);
        CHECK_EQ(counted(w[i], 0), 0);
    }
}

/* The caller's own: what lies between two looks. */
static void of_the_caller(void)
{
    REQUIRE_OK(vesicle_TCB_SetCounter(seL4_CapInitThreadTCB, VESICLE_COUNTER_CYCLES, 0));
    seL4_Word before = vesicle_TCB_ReadCounter(seL4_CapInitThreadTCB, VESICLE_COUNTER_CYCLES).value;
    spend(ROUNDS);
    seL4_Word after = vesicle_TCB_ReadCounter(seL4_CapInitThreadTCB, VESICLE_COUNTER_CYCLES).value;
    REQUIRE_OK(vesicle_TCB_SetCounter(seL4_CapInitThreadTCB, VESICLE_COUNTER_CYCLES, VESICLE_COUNTER_OFF));
    CHECK(after > before);
    CHECK_TIME_IN(after - before, LEAST, MOST);
}

static void errors(void)
{
    seL4_CPtr tcb = new_object(seL4_TCBObject, 0);
    CHECK_EQ(vesicle_TCB_SetCounter(tcb, EVENT_COUNTERS, CPU_CYCLES), seL4_RangeError);
    CHECK_EQ(vesicle_TCB_SetCounter(tcb, 30, CPU_CYCLES), seL4_RangeError);
    CHECK_EQ(vesicle_TCB_SetCounter(tcb, 32, CPU_CYCLES), seL4_RangeError);
    CHECK_EQ(vesicle_TCB_SetCounter(tcb, ~0ul, CPU_CYCLES), seL4_RangeError);
    CHECK_EQ(vesicle_TCB_ReadCounter(tcb, EVENT_COUNTERS).error, seL4_RangeError);
    CHECK_EQ(vesicle_TCB_SetCounter(tcb, 0, NOT_AN_EVENT), seL4_InvalidArgument);
    CHECK_EQ(vesicle_TCB_SetCounter(tcb, 0, 0x10000), seL4_InvalidArgument);
    CHECK_EQ(vesicle_TCB_SetCounter(tcb, 0, PROGRAM_EVENT), seL4_NoError); /* nobody can say that it does not exist */
    CHECK_EQ(vesicle_TCB_ReadCounter(tcb, 0).value, 0);
}

/* The registers themselves are nobody's. */
static void no_access(void)
{
    fault_ep = new_endpoint();
    reply = new_reply();
    struct worker *w = worker_new(read_pmu, MAIN_PRIORITY + 1);
    worker_set_fault_ep(w, MAIN_PRIORITY + 1, fault_ep);
    REQUIRE_OK(vesicle_TCB_SetCounter(w->tcb, VESICLE_COUNTER_CYCLES, 0));
    worker_run(w);
    seL4_MessageInfo_t info = seL4_NBRecv(fault_ep, 0, reply);
    REQUIRE_EQ(seL4_MessageInfo_get_label(info), seL4_Fault_UserException);
    CHECK_EQ(w->done, 0);
}

/* A thread that counts is deleted while it runs, by itself and by another. */
static void delete_self(struct worker *w)
{
    seL4_CNode_Delete(ROOT_CNODE, w->arg[0], DEPTH);
    w->result[0] = 1;
}

static void deleted(void)
{
    struct worker *w = worker_new(delete_self, MAIN_PRIORITY + 1);
    w->arg[0] = w->tcb;
    REQUIRE_OK(vesicle_TCB_SetCounter(w->tcb, 0, CPU_CYCLES));
    worker_run(w);
    CHECK_EQ(w->result[0], 0);
    struct worker *other = worker_new(spender, MAIN_PRIORITY - 1);
    other->arg[0] = 1000 * ROUNDS;
    REQUIRE_OK(vesicle_TCB_SetCounter(other->tcb, 0, CPU_CYCLES));
    worker_run(other);
    sleep_us(1000);
    REQUIRE_OK(seL4_CNode_Delete(ROOT_CNODE, other->tcb, DEPTH));
    own_only();
}

const struct test_case count_cases[] = {
    {"count_own_only", own_only},
    {"count_turns", turns},
    {"count_of_the_caller", of_the_caller},
    {"count_errors", errors},
    {"count_no_access", no_access},
    {"count_deleted", deleted},
    {0, 0},
};
