/* SPDX-License-Identifier: BSD-2-Clause */
/* Who runs first, who takes turns, and who may give which priority. */
#include <assert.h>
#include <sel4/sel4.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define ROOT seL4_CapInitThreadCNode
#define SELF seL4_CapInitThreadTCB

static seL4_CPtr empty, done;
static char stacks[4][2048] __attribute__((aligned(16)));
static volatile char order[16];
static volatile int length;

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

/** Writes its letter some times, lets others of its priority run in between, says so at the end. */
static void entry(seL4_Word letter, seL4_Word times, seL4_CPtr never)
{
    for (seL4_Word i = 0; i < times; i++) {
        order[length++] = (char)letter;
        seL4_Yield();
    }
    seL4_Signal(done);
    seL4_WaitWithMRs(never, NULL, NULL, NULL, NULL, NULL);
}

static seL4_CPtr thread(seL4_Word number, seL4_Word priority, seL4_Word times)
{
    seL4_CPtr tcb = create(seL4_TCBObject, 0);
    seL4_CPtr sc = create(seL4_SchedContextObject, seL4_MinSchedContextBits);
    assert(seL4_TCB_Configure(tcb, ROOT, 0, seL4_CapInitThreadVSpace, 0, 0, 0) == seL4_NoError);
    assert(seL4_SchedControl_Configure(seL4_GetBootInfo()->schedcontrol.start, sc, 100000, 100000, 0, 0) ==
           seL4_NoError);
    assert(seL4_TCB_SetSchedParams(tcb, SELF, 0, priority, sc, seL4_CapNull) == seL4_NoError);
    seL4_UserContext regs = {.pc = (seL4_Word)entry, .sp = (seL4_Word)(stacks[number] + sizeof stacks[number])};
    regs.x0 = 'A' + number;
    regs.x1 = times;
    regs.x2 = create(seL4_NotificationObject, 0);
    assert(seL4_TCB_WriteRegisters(tcb, 1, 0, sizeof regs / sizeof(seL4_Word), &regs) == seL4_NoError);
    return tcb;
}

static void expect(const char *expected)
{
    while (length < (int)strlen(expected)) {
        seL4_Wait(done, NULL);
    }
    order[length] = 0;
    printf("%s\n", (const char *)order);
    assert(strcmp((const char *)order, expected) == 0);
    length = 0;
}

static void ranges(seL4_CPtr tcb, seL4_CPtr authority)
{
    assert(seL4_TCB_SetMCPriority(authority, SELF, 50) == seL4_NoError);
    assert(seL4_TCB_SetPriority(tcb, authority, 50) == seL4_NoError);
    assert(seL4_TCB_SetPriority(tcb, authority, 51) == seL4_RangeError);
    assert(seL4_GetMR(0) == seL4_MinPrio && seL4_GetMR(1) == 50);
    assert(seL4_TCB_SetMCPriority(tcb, authority, 51) == seL4_RangeError);
    assert(seL4_TCB_SetMCPriority(tcb, authority, 49) == seL4_NoError);
    /* The authority's limit counts, not its own priority. */
    assert(seL4_TCB_SetPriority(authority, SELF, 200) == seL4_NoError);
    assert(seL4_TCB_SetPriority(tcb, authority, 51) == seL4_RangeError);
    assert(seL4_TCB_SetPriority(tcb, SELF, seL4_MaxPrio + 1) == seL4_RangeError);
    assert(seL4_TCB_SetPriority(tcb, ROOT, 1) == seL4_InvalidCapability);
    assert(seL4_TCB_SetSchedParams(tcb, authority, 51, 0, seL4_CapNull, seL4_CapNull) == seL4_RangeError);
    assert(seL4_TCB_SetSchedParams(tcb, authority, 0, 51, seL4_CapNull, seL4_CapNull) == seL4_RangeError);
    assert(seL4_TCB_SetSchedParams(tcb, ROOT, 0, 0, seL4_CapNull, seL4_CapNull) == seL4_InvalidCapability);
    assert(seL4_TCB_SetSchedParams(tcb, SELF, 0, 0, ROOT, seL4_CapNull) == seL4_InvalidCapability);
    assert(seL4_TCB_SetSchedParams(tcb, SELF, 0, 0, seL4_CapNull, ROOT) == seL4_InvalidCapability);
}

int main(void)
{
    empty = seL4_GetBootInfo()->empty.start;
    done = create(seL4_NotificationObject, 0);
    seL4_CPtr a = thread(0, 20, 2);
    seL4_CPtr b = thread(1, 30, 2);
    thread(2, 25, 2);
    expect("BBCCAA"); /* Yield lets nobody of a lower priority run */
    thread(0, 20, 3);
    thread(1, 20, 3);
    thread(2, 20, 3);
    expect("ABCABCABC");
    seL4_CPtr first = thread(0, 20, 2), second = thread(1, 20, 2);
    assert(seL4_TCB_SetPriority(second, SELF, 21) == seL4_NoError);
    expect("BBAA");
    assert(first != second);
    ranges(a, b);
    return 0;
}
