/* SPDX-License-Identifier: BSD-2-Clause */
/* CNodes in CNodes, with guards: what the root task reaches by index and depth, and a thread by its addresses. */
#include <assert.h>
#include <sel4/sel4.h>
#include <stddef.h>

#define ROOT  seL4_CapInitThreadCNode
#define DEPTH seL4_WordBits
#define OUTER 5 /* bits of the outer CNode, and of the inner one */
#define INNER 4

static seL4_CPtr empty;
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

static seL4_Word cnode_data(seL4_Word guard, seL4_Word bits)
{
    return seL4_CNode_CapData_new(guard, bits).words[0];
}

static void by_index_and_depth(seL4_CPtr inner, seL4_CPtr n)
{
    /* Without a guard all bits are index. */
    assert(seL4_CNode_Copy(inner, 3, INNER, ROOT, n, DEPTH, seL4_AllRights) == seL4_NoError);
    assert(seL4_CNode_Copy(inner, 3, INNER, ROOT, n, DEPTH, seL4_AllRights) == seL4_DeleteFirst);
    assert(seL4_CNode_Copy(inner, 4, INNER - 1, ROOT, n, DEPTH, seL4_AllRights) == seL4_FailedLookup);
    assert(seL4_GetMR(0) == 0 && seL4_GetMR(1) == seL4_DepthMismatch);
    assert(seL4_CNode_Delete(inner, 3, INNER) == seL4_NoError);

    /* With a guard its bits stand before the index. */
    seL4_CPtr guarded = empty++;
    assert(seL4_CNode_Mint(ROOT, guarded, DEPTH, ROOT, inner, DEPTH, seL4_AllRights, cnode_data(0x2a, 8)) ==
           seL4_NoError);
    assert(seL4_CNode_Copy(guarded, 0x2a7, 8 + INNER, ROOT, n, DEPTH, seL4_AllRights) == seL4_NoError);
    assert(seL4_CNode_Copy(guarded, 0x2b8, 8 + INNER, ROOT, n, DEPTH, seL4_AllRights) == seL4_FailedLookup);
    assert(seL4_GetMR(1) == seL4_GuardMismatch);
    assert(seL4_CNode_Copy(ROOT, empty, DEPTH, guarded, 0x2b7, 8 + INNER, seL4_AllRights) == seL4_FailedLookup);
    assert(seL4_GetMR(0) == 1);
    assert(seL4_CNode_Copy(ROOT, empty, DEPTH, guarded, 0x2a6, 8 + INNER, seL4_AllRights) == seL4_FailedLookup);
    assert(seL4_CNode_Copy(ROOT, empty, DEPTH, guarded, 0x2a7, 8 + INNER, seL4_AllRights) == seL4_NoError);

    /* The slot is the same under the other name; and the guard can be changed on the way. */
    assert(seL4_CNode_Delete(inner, 7, INNER) == seL4_NoError);
    seL4_CPtr moved = empty + 1;
    empty += 2;
    assert(seL4_CNode_Mutate(ROOT, moved, DEPTH, ROOT, guarded, DEPTH, cnode_data(1, 1)) == seL4_NoError);
    assert(seL4_CNode_Copy(moved, 0x1f, 1 + INNER, ROOT, n, DEPTH, seL4_AllRights) == seL4_NoError);
    assert(seL4_CNode_Delete(moved, 0x1f, 1 + INNER) == seL4_NoError);
}

static void entry(seL4_CPtr first, seL4_CPtr second)
{
    seL4_Signal(first);
    seL4_WaitWithMRs(second, NULL, NULL, NULL, NULL, NULL);
    seL4_Signal(first);
    seL4_WaitWithMRs(second, NULL, NULL, NULL, NULL, NULL);
}

static void by_address(seL4_CPtr outer, seL4_CPtr inner, seL4_CPtr n, seL4_CPtr m)
{
    /* 0xc0ffee in 55 bits, 5 bits of the outer CNode, 4 bits of the inner. */
    seL4_Word guard = cnode_data(0xc0ffee, DEPTH - OUTER - INNER);
    assert(seL4_CNode_Mint(outer, 17, OUTER, ROOT, inner, DEPTH, seL4_AllRights, 0) == seL4_NoError);
    assert(seL4_CNode_Mint(inner, 1, INNER, ROOT, n, DEPTH, seL4_CanWrite, 0x11) == seL4_NoError);
    assert(seL4_CNode_Mint(inner, 2, INNER, ROOT, m, DEPTH, seL4_CanRead, 0) == seL4_NoError);
    seL4_Word base = 0xc0ffeeul << (OUTER + INNER) | 17 << INNER;

    seL4_CPtr tcb = create(seL4_TCBObject, 0);
    seL4_CPtr sc = create(seL4_SchedContextObject, seL4_MinSchedContextBits);
    assert(seL4_TCB_Configure(tcb, outer, guard, seL4_CapInitThreadVSpace, 0, 0, 0) == seL4_NoError);
    assert(seL4_SchedControl_Configure(seL4_GetBootInfo()->schedcontrol.start, sc, 1000, 1000, 0, 0) == seL4_NoError);
    assert(seL4_TCB_SetSchedParams(tcb, seL4_CapInitThreadTCB, 0, 10, sc, seL4_CapNull) == seL4_NoError);
    seL4_UserContext regs = {.pc = (seL4_Word)entry, .sp = (seL4_Word)(stack + sizeof stack)};
    regs.x0 = base + 1;
    regs.x1 = base + 2;
    assert(seL4_TCB_WriteRegisters(tcb, 1, 0, sizeof regs / sizeof(seL4_Word), &regs) == seL4_NoError);
    seL4_Word badge = 0;
    seL4_Wait(n, &badge);
    assert(badge == 0x11);

    /* The capability is exchanged while the thread waits: it finds the new one. */
    assert(seL4_CNode_Delete(inner, 1, INNER) == seL4_NoError);
    assert(seL4_CNode_Mint(inner, 1, INNER, ROOT, n, DEPTH, seL4_CanWrite, 0x22) == seL4_NoError);
    seL4_Signal(m);
    seL4_Wait(n, &badge);
    assert(badge == 0x22);
    assert(seL4_CNode_Delete(ROOT, tcb, DEPTH) == seL4_NoError);
}

int main(void)
{
    empty = seL4_GetBootInfo()->empty.start;
    seL4_CPtr outer = create(seL4_CapTableObject, OUTER);
    seL4_CPtr inner = create(seL4_CapTableObject, INNER);
    seL4_CPtr n = create(seL4_NotificationObject, 0);
    by_index_and_depth(inner, n);
    by_address(outer, inner, n, create(seL4_NotificationObject, 0));
    /* A CNode goes with what it holds. */
    seL4_CPtr probe = create(seL4_NotificationObject, 0);
    assert(seL4_CNode_Move(inner, 9, INNER, ROOT, probe, DEPTH) == seL4_NoError);
    assert(seL4_CNode_Delete(outer, 17, OUTER) == seL4_NoError);
    assert(seL4_CNode_Delete(ROOT, outer, DEPTH) == seL4_NoError);
    assert(seL4_CNode_Move(ROOT, probe, DEPTH, inner, 9, INNER) == seL4_NoError);
    return 0;
}
