/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads that run once a period, what they consume, and one that is yielded to. */
#include <assert.h>
#include <sel4/sel4.h>
#include <stddef.h>
#include <stdio.h>

#define ROOT seL4_CapInitThreadCNode
#define SELF seL4_CapInitThreadTCB

static seL4_CPtr empty;
static char stacks[4][2048] __attribute__((aligned(16)));
static volatile seL4_Word rounds[4];

static seL4_CPtr create(seL4_Word type, seL4_Word bits)
{
    seL4_BootInfo *bi = seL4_GetBootInfo();
    for (seL4_CPtr untyped = bi->untyped.start; untyped < bi->untyped.end; untyped++) {
        if (!bi->untypedList[untyped - bi->untyped.start].isDevice &&
            seL4_Untyped_Retype(untyped, type, bits, ROOT, 0, 0, empty, 1) == seL4_NoError) {
            return empty++;
        }
    }
    return seL4_CapNull;
}

/** Once a period: a round, and after some of them a signal. */
static void periodic(seL4_Word number, seL4_Word limit, seL4_CPtr done)
{
    for (;;) {
        if (++rounds[number] == limit) {
            seL4_Signal(done);
        }
        seL4_Yield();
    }
}

static void spin(seL4_Word number)
{
    for (;;) {
        rounds[number]++;
    }
}

static seL4_CPtr start(seL4_Word number, seL4_Word priority, seL4_CPtr sc, void (*entry)(void), seL4_CPtr done)
{
    seL4_CPtr tcb = create(seL4_TCBObject, 0);
    assert(seL4_TCB_Configure(tcb, ROOT, 0, seL4_CapInitThreadVSpace, 0, 0, 0) == seL4_NoError);
    assert(seL4_TCB_SetSchedParams(tcb, SELF, 0, priority, sc, seL4_CapNull) == seL4_NoError);
    seL4_UserContext regs = {.pc = (seL4_Word)entry, .sp = (seL4_Word)(stacks[number] + sizeof stacks[number])};
    regs.x0 = number;
    regs.x1 = 10;
    regs.x2 = done;
    assert(seL4_TCB_WriteRegisters(tcb, 1, 0, sizeof regs / sizeof(seL4_Word), &regs) == seL4_NoError);
    return tcb;
}

static seL4_CPtr context(seL4_Time budget, seL4_Time period)
{
    seL4_CPtr sc = create(seL4_SchedContextObject, 8);
    assert(seL4_SchedControl_ConfigureFlags(seL4_GetBootInfo()->schedcontrol.start, sc, budget, period, 2, 0,
                                            seL4_SchedContext_NoFlag) == seL4_NoError);
    return sc;
}

static void periods(void)
{
    seL4_CPtr done = create(seL4_NotificationObject, 0);
    seL4_CPtr fast = start(0, 90, context(500, 2000), (void (*)(void))periodic, empty);
    seL4_CPtr slow = start(1, 80, context(1000, 10000), (void (*)(void))periodic, done);
    seL4_Wait(done, NULL);
    printf("every 2 ms: %lu rounds, every 10 ms: %lu\n", rounds[0], rounds[1]);
    assert(rounds[1] == 10 && rounds[0] > rounds[1]);
    assert(seL4_TCB_Suspend(fast) == seL4_NoError && seL4_TCB_Suspend(slow) == seL4_NoError);
}

static void consumption(void)
{
    /* The spinning one gets a fifth of the time, the ticking one says when it is over. */
    seL4_CPtr done = create(seL4_NotificationObject, 0), sc = context(1000, 5000);
    seL4_CPtr tcb = start(2, 100, sc, (void (*)(void))spin, 0);
    rounds[1] = 0;
    seL4_CPtr clock = start(1, 80, context(1000, 10000), (void (*)(void))periodic, done);
    seL4_Wait(done, NULL);
    seL4_SchedContext_Consumed_t used = seL4_SchedContext_Consumed(sc);
    printf("consumed in 10 periods of 10 ms: %lu us\n", used.consumed);
    assert(used.error == seL4_NoError && used.consumed >= 10000 && rounds[2] > 0);
    assert(seL4_TCB_Suspend(tcb) == seL4_NoError && seL4_TCB_Suspend(clock) == seL4_NoError);
    seL4_SchedContext_Consumed(sc);
    used = seL4_SchedContext_Consumed(sc);
    assert(used.consumed == 0);
}

static void yield_to(void)
{
    seL4_CPtr sc = context(1000, 1000), idle = context(1000, 1000);
    assert(seL4_SchedContext_YieldTo(seL4_CapInitThreadSC).error == seL4_IllegalOperation);
    assert(seL4_SchedContext_YieldTo(idle).error == seL4_IllegalOperation);
    rounds[3] = 0;
    seL4_CPtr tcb = start(3, seL4_MaxPrio, sc, (void (*)(void))spin, 0);
    seL4_Word before = rounds[3];
    seL4_SchedContext_YieldTo_t result = seL4_SchedContext_YieldTo(sc);
    assert(result.error == seL4_NoError && rounds[3] > before);
    assert(seL4_TCB_Suspend(tcb) == seL4_NoError);
    seL4_SchedContext_Consumed_t rest = seL4_SchedContext_Consumed(sc);
    printf("yielded to: %lu us, then %lu us\n", result.consumed, rest.consumed);
    assert(result.consumed + rest.consumed > 0);
}

int main(void)
{
    empty = seL4_GetBootInfo()->empty.start;
    periods();
    consumption();
    yield_to();
    return 0;
}
