/* SPDX-License-Identifier: BSD-2-Clause */
/* A process: its own address space and capability space, a page shared with it, and its end. */
#include <assert.h>
#include <sel4/sel4.h>
#include <stddef.h>
#include <string.h>

#define ROOT   seL4_CapInitThreadCNode
#define DEPTH  seL4_WordBits
#define ATTR   seL4_ARM_Default_VMAttributes
#define HERE   0x5000000000ul /* where this task sees the pages of the process */
#define CODE   0x400000ul     /* where the process sees them */
#define DATA   0x600000ul
#define PAGE   (1ul << seL4_PageBits)
#define BITS   4
#define SERVER 3 /* the only capability it has */

static seL4_CPtr empty;

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

/** The program. It is copied elsewhere, so it calls nothing and has no data. */
__attribute__((noinline, aligned(4096))) static void program(volatile seL4_Word *shared, seL4_CPtr server)
{
    for (seL4_Word i = 0; i < 5; i++) {
        shared[1] = shared[0] * 2;
        seL4_CallWithMRs(server, seL4_MessageInfo_new(i, 0, 0, 0), NULL, NULL, NULL, NULL);
    }
    *(volatile seL4_Word *)HERE = 1; /* not its memory */
}

static void map(seL4_CPtr vspace, seL4_CPtr frame, seL4_Word vaddr, seL4_CapRights_t rights)
{
    seL4_Error error;
    while ((error = seL4_ARM_Page_Map(frame, vspace, vaddr, rights, ATTR)) == seL4_FailedLookup) {
        seL4_CPtr table = create(seL4_ARM_PageTableObject, 0);
        assert(seL4_ARM_PageTable_Map(table, vspace, vaddr, ATTR) == seL4_NoError);
    }
    assert(error == seL4_NoError);
}

static seL4_CPtr share(seL4_CPtr vspace, seL4_Word here, seL4_Word there, seL4_CapRights_t rights)
{
    seL4_CPtr frame = create(seL4_ARM_SmallPageObject, 0), copy = empty++;
    assert(seL4_CNode_Copy(ROOT, copy, DEPTH, ROOT, frame, DEPTH, seL4_AllRights) == seL4_NoError);
    map(seL4_CapInitThreadVSpace, frame, here, seL4_ReadWrite);
    map(vspace, copy, there, rights);
    return frame;
}

static seL4_CPtr new_vspace(seL4_CPtr pool)
{
    seL4_CPtr vspace = create(seL4_ARM_VSpaceObject, 0), tcb = create(seL4_TCBObject, 0);
    seL4_CPtr frame = create(seL4_ARM_SmallPageObject, 0);
    /* It is of use only once it has an ASID. */
    assert(seL4_ARM_Page_Map(frame, vspace, CODE, seL4_ReadWrite, ATTR) != seL4_NoError);
    assert(seL4_TCB_Configure(tcb, ROOT, 0, vspace, 0, 0, 0) == seL4_IllegalOperation);
    assert(seL4_ARM_ASIDPool_Assign(pool, vspace) == seL4_NoError);
    assert(seL4_ARM_ASIDPool_Assign(pool, vspace) == seL4_InvalidCapability);
    assert(seL4_ARM_ASIDPool_Assign(pool, frame) == seL4_InvalidCapability);
    return vspace;
}

static seL4_CPtr new_pool(void)
{
    seL4_CPtr untyped = create(seL4_UntypedObject, seL4_ASIDPoolBits), pool = empty++;
    seL4_CPtr small = create(seL4_UntypedObject, seL4_ASIDPoolBits - 1);
    assert(seL4_ARM_ASIDControl_MakePool(seL4_CapASIDControl, small, ROOT, pool, DEPTH) == seL4_InvalidCapability);
    assert(seL4_ARM_ASIDControl_MakePool(seL4_CapASIDControl, untyped, ROOT, untyped, DEPTH) == seL4_DeleteFirst);
    assert(seL4_ARM_ASIDControl_MakePool(seL4_CapASIDControl, untyped, ROOT, pool, DEPTH) == seL4_NoError);
    assert(seL4_ARM_ASIDControl_MakePool(seL4_CapASIDControl, untyped, ROOT, pool + 1, DEPTH) == seL4_RevokeFirst);
    return pool;
}

static void run(seL4_CPtr pool)
{
    seL4_CPtr vspace = new_vspace(pool), cspace = create(seL4_CapTableObject, BITS);
    seL4_CPtr tcb = create(seL4_TCBObject, 0), sc = create(seL4_SchedContextObject, seL4_MinSchedContextBits);
    seL4_CPtr endpoint = create(seL4_EndpointObject, 0), reply = create(seL4_ReplyObject, 0), faults = empty++;
    volatile seL4_Word *shared = (seL4_Word *)(HERE + PAGE);
    seL4_CPtr code = share(vspace, HERE, CODE, seL4_CanRead);
    seL4_CPtr data = share(vspace, HERE + PAGE, DATA, seL4_ReadWrite);
    memcpy((void *)HERE, (const void *)program, PAGE);
    assert(seL4_ARM_Page_Unify_Instruction(code, 0, PAGE) == seL4_NoError);

    seL4_Word guard = seL4_CNode_CapData_new(0, seL4_WordBits - BITS).words[0];
    assert(seL4_CNode_Mint(cspace, SERVER, BITS, ROOT, endpoint, DEPTH, seL4_AllRights, 0xca11) == seL4_NoError);
    assert(seL4_CNode_Mint(ROOT, faults, DEPTH, ROOT, endpoint, DEPTH, seL4_AllRights, 0xfa17) == seL4_NoError);
    assert(seL4_TCB_SetSpace(tcb, faults, cspace, guard, vspace, 0) == seL4_NoError);
    assert(seL4_SchedControl_Configure(seL4_GetBootInfo()->schedcontrol.start, sc, 5000, 5000, 0, 0) == seL4_NoError);
    assert(seL4_SchedContext_Bind(sc, tcb) == seL4_NoError);
    assert(seL4_TCB_SetPriority(tcb, seL4_CapInitThreadTCB, 50) == seL4_NoError);
    seL4_UserContext regs = {.pc = CODE, .x0 = DATA, .x1 = SERVER};
    shared[0] = 21;
    assert(seL4_TCB_WriteRegisters(tcb, 1, 0, sizeof regs / sizeof(seL4_Word), &regs) == seL4_NoError);

    seL4_Word badge;
    seL4_MessageInfo_t tag = seL4_Recv(endpoint, &badge, reply);
    for (seL4_Word i = 0; i < 5; i++) {
        assert(badge == 0xca11 && seL4_MessageInfo_get_label(tag) == i);
        assert(shared[1] == 2 * (21 + i));
        shared[0]++;
        tag = seL4_ReplyRecv(endpoint, seL4_MessageInfo_new(0, 0, 0, 0), &badge, reply);
    }
    /* In its own space there is nothing where this task's page is. */
    assert(badge == 0xfa17 && seL4_isVMFault_tag(tag));
    assert(seL4_Fault_VMFault_get_Addr(seL4_getFault(tag)) == HERE);
    /* The address space is taken away from under it; what is shared stays here. */
    assert(seL4_CNode_Delete(ROOT, vspace, DEPTH) == seL4_NoError);
    assert(seL4_CNode_Delete(ROOT, tcb, DEPTH) == seL4_NoError);
    assert(shared[0] == 26);
    assert(seL4_CNode_Delete(ROOT, code, DEPTH) == seL4_NoError && seL4_CNode_Delete(ROOT, data, DEPTH) == 0);
}

int main(void)
{
    empty = seL4_GetBootInfo()->empty.start;
    run(seL4_CapInitThreadASIDPool);
    seL4_CPtr pool = new_pool();
    run(pool);
    assert(seL4_CNode_Delete(ROOT, pool, DEPTH) == seL4_NoError);
    return 0;
}
