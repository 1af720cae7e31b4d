/* SPDX-License-Identifier: BSD-2-Clause */
/* Scheduling contexts: sizes, limits, who may be bound to what; one that is sporadic. */
#include <assert.h>
#include <sel4/sel4.h>
#include <stddef.h>

#define ROOT  seL4_CapInitThreadCNode
#define DEPTH seL4_WordBits

static seL4_CPtr empty, control;
static char stack[2048] __attribute__((aligned(16)));

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

static seL4_Error configure(seL4_CPtr sc, seL4_Time budget, seL4_Time period, seL4_Word extra)
{
    return seL4_SchedControl_ConfigureFlags(control, sc, budget, period, extra, 0, seL4_SchedContext_NoFlag);
}

static void limits(void)
{
    seL4_CPtr smallest = create(seL4_SchedContextObject, seL4_MinSchedContextBits);
    seL4_CPtr large = create(seL4_SchedContextObject, 10);
    assert(seL4_CoreSchedContextBytes + seL4_MaxExtraRefills(10) * seL4_RefillSizeBytes <= 1024);
    assert(configure(smallest, 1000, 2000, seL4_MaxExtraRefills(seL4_MinSchedContextBits)) == seL4_NoError);
    assert(configure(smallest, 1000, 2000, seL4_MaxExtraRefills(seL4_MinSchedContextBits) + 1) == seL4_RangeError);
    assert(seL4_GetMR(0) == 0 && seL4_GetMR(1) == seL4_MaxExtraRefills(seL4_MinSchedContextBits));
    assert(seL4_MaxExtraRefills(10) > 40);
    assert(configure(large, 1000, 2000, seL4_MaxExtraRefills(10)) == seL4_NoError);
    assert(configure(large, 1000, 2000, seL4_MaxExtraRefills(10) + 1) == seL4_RangeError);
    assert(configure(large, 2001, 2000, 0) == seL4_RangeError);
    assert(configure(large, 0, 2000, 0) == seL4_RangeError);
    assert(configure(large, 1000, ~0ul, 0) == seL4_RangeError);
    assert(configure(large, 2000, 2000, 0) == seL4_NoError);
    assert(configure(ROOT, 1000, 2000, 0) == seL4_InvalidCapability);
    assert(configure(control, 1000, 2000, 0) == seL4_InvalidCapability);
    assert(seL4_SchedControl_ConfigureFlags(large, large, 1, 2, 0, 0, 0) == seL4_IllegalOperation);
}

static void bindings(void)
{
    seL4_CPtr a = create(seL4_SchedContextObject, seL4_MinSchedContextBits);
    seL4_CPtr b = create(seL4_SchedContextObject, seL4_MinSchedContextBits);
    seL4_CPtr first = create(seL4_TCBObject, 0), second = create(seL4_TCBObject, 0);
    seL4_CPtr n = create(seL4_NotificationObject, 0);
    assert(configure(a, 1000, 1000, 0) == seL4_NoError && configure(b, 1000, 1000, 0) == seL4_NoError);
    assert(seL4_SchedContext_Bind(a, ROOT) == seL4_InvalidCapability);
    assert(seL4_SchedContext_UnbindObject(a, first) == seL4_IllegalOperation);
    assert(seL4_SchedContext_Bind(a, first) == seL4_NoError);
    assert(seL4_SchedContext_Bind(a, second) == seL4_IllegalOperation);
    assert(seL4_SchedContext_Bind(b, first) == seL4_IllegalOperation);
    assert(seL4_SchedContext_UnbindObject(a, second) == seL4_IllegalOperation);
    assert(seL4_SchedContext_UnbindObject(a, first) == seL4_NoError);
    assert(seL4_SchedContext_Bind(a, n) == seL4_NoError);
    assert(seL4_SchedContext_Bind(b, n) == seL4_IllegalOperation);
    assert(seL4_SchedContext_Unbind(a) == seL4_NoError);
    assert(seL4_SchedContext_Unbind(a) == seL4_NoError); /* of nothing */
    /* Deleting either lets the other go. */
    assert(seL4_SchedContext_Bind(a, first) == seL4_NoError);
    assert(seL4_CNode_Delete(ROOT, a, DEPTH) == seL4_NoError);
    assert(seL4_SchedContext_Bind(b, first) == seL4_NoError);
    assert(seL4_CNode_Delete(ROOT, first, DEPTH) == seL4_NoError);
    assert(seL4_SchedContext_Bind(b, second) == seL4_NoError);
    assert(seL4_SchedContext_Unbind(seL4_CapInitThreadSC) == seL4_IllegalOperation); /* of the caller */
    assert(seL4_SchedContext_Consumed(b).error == seL4_NoError && seL4_SchedContext_Consumed(b).consumed == 0);
}

static void echo(seL4_CPtr in, seL4_CPtr out)
{
    for (;;) {
        seL4_WaitWithMRs(in, NULL, NULL, NULL, NULL, NULL);
        seL4_Signal(out);
    }
}

static void sporadic(void)
{
    /* 40 short runs within one period need nothing but budget. */
    seL4_CPtr sc = create(seL4_SchedContextObject, 9), tcb = create(seL4_TCBObject, 0);
    seL4_CPtr in = create(seL4_NotificationObject, 0), out = create(seL4_NotificationObject, 0);
    assert(seL4_SchedControl_ConfigureFlags(control, sc, 100000, 1000000, 10, 0, seL4_SchedContext_Sporadic) ==
           seL4_NoError);
    assert(seL4_TCB_Configure(tcb, ROOT, 0, seL4_CapInitThreadVSpace, 0, 0, 0) == seL4_NoError);
    assert(seL4_TCB_SetSchedParams(tcb, seL4_CapInitThreadTCB, 0, 60, sc, seL4_CapNull) == seL4_NoError);
    seL4_UserContext regs = {.pc = (seL4_Word)echo, .sp = (seL4_Word)(stack + sizeof stack), .x0 = in, .x1 = out};
    assert(seL4_TCB_WriteRegisters(tcb, 1, 0, sizeof regs / sizeof(seL4_Word), &regs) == seL4_NoError);
    for (int i = 0; i < 40; i++) {
        seL4_Signal(in);
        seL4_Wait(out, NULL);
    }
    assert(seL4_SchedContext_Consumed(sc).consumed < 100000);
    /* A thread without context does not run; with another it goes on where it was. */
    assert(seL4_SchedContext_UnbindObject(sc, tcb) == seL4_NoError);
    seL4_Signal(in);
    seL4_Word badge = 1;
    seL4_Poll(out, &badge);
    assert(badge == 0);
    assert(configure(sc, 1000, 1000, 0) == seL4_NoError);
    assert(seL4_SchedContext_Bind(sc, tcb) == seL4_NoError);
    seL4_Wait(out, NULL);
}

int main(void)
{
    empty = seL4_GetBootInfo()->empty.start;
    control = seL4_GetBootInfo()->schedcontrol.start;
    limits();
    bindings();
    sporadic();
    return 0;
}
