/* SPDX-License-Identifier: BSD-2-Clause */
/* A pager: pages come when they are touched, and rights when they are needed. */
#include <assert.h>
#include <sel4/sel4.h>
#include <stddef.h>
#include <stdio.h>

#define ROOT    seL4_CapInitThreadCNode
#define DEPTH   seL4_WordBits
#define VSPACE  seL4_CapInitThreadVSpace
#define HEAP    0x3000000000ul
#define PAGES   4
#define SIZE    (1ul << seL4_PageBits)
#define NOWHERE ((seL4_Word)0x3100000ff0)

static seL4_CPtr empty, frames[PAGES];
static char stack[4096] __attribute__((aligned(16)));
static volatile seL4_Word sum;

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

static void entry(seL4_CPtr notification)
{
    volatile seL4_Word *heap = (seL4_Word *)HEAP;
    for (seL4_Word i = 0; i < PAGES; i++) {
        sum += heap[i * SIZE / sizeof(seL4_Word)]; /* a read fault: zero */
    }
    for (seL4_Word i = 0; i < PAGES; i++) {
        heap[i * SIZE / sizeof(seL4_Word)] = i + 1; /* a write fault: the page could only be read */
        sum += heap[i * SIZE / sizeof(seL4_Word)];
    }
    seL4_Signal(notification);
    ((void (*)(void))NOWHERE)();
    *(volatile seL4_Word *)NOWHERE = 1;
    ((void (*)(void))HEAP)(); /* execute never */
}

static void map(seL4_CPtr frame, seL4_Word vaddr, seL4_CapRights_t rights)
{
    seL4_ARM_VMAttributes attr = seL4_ARM_Default_VMAttributes | seL4_ARM_ExecuteNever;
    while (seL4_ARM_Page_Map(frame, VSPACE, vaddr, rights, attr) == seL4_FailedLookup) {
        seL4_CPtr table = create(seL4_ARM_PageTableObject, 0);
        assert(seL4_ARM_PageTable_Map(table, VSPACE, vaddr, seL4_ARM_Default_VMAttributes) == seL4_NoError);
    }
}

static seL4_Fault_t next(seL4_CPtr endpoint, seL4_CPtr reply, seL4_Word addr, int instruction)
{
    seL4_MessageInfo_t tag = seL4_Recv(endpoint, NULL, reply);
    assert(seL4_isVMFault_tag(tag) && seL4_MessageInfo_get_label(tag) == seL4_Fault_VMFault);
    assert(seL4_MessageInfo_get_length(tag) == seL4_VMFault_Length);
    seL4_Fault_t fault = seL4_getFault(tag);
    assert(seL4_Fault_get_seL4_FaultType(fault) == seL4_Fault_VMFault);
    seL4_Word ip = seL4_Fault_VMFault_get_IP(fault), fsr = seL4_Fault_VMFault_get_FSR(fault);
    printf("%s fault at %lx, ip %lx, fsr %lx\n", seL4_Fault_VMFault_get_PrefetchFault(fault) ? "prefetch" : "data",
           seL4_Fault_VMFault_get_Addr(fault), ip, fsr);
    assert(seL4_Fault_VMFault_get_Addr(fault) == addr && seL4_GetMR(seL4_VMFault_Addr) == addr);
    assert((int)seL4_Fault_VMFault_get_PrefetchFault(fault) == instruction);
    assert(ip == seL4_GetMR(seL4_VMFault_IP) && fsr == seL4_GetMR(seL4_VMFault_FSR));
    assert(instruction ? ip == addr : ip - (seL4_Word)entry < 0x400);
    return fault;
}

int main(void)
{
    empty = seL4_GetBootInfo()->empty.start;
    seL4_CPtr endpoint = create(seL4_EndpointObject, 0), reply = create(seL4_ReplyObject, 0);
    seL4_CPtr done = create(seL4_NotificationObject, 0), tcb = create(seL4_TCBObject, 0);
    seL4_CPtr sc = create(seL4_SchedContextObject, seL4_MinSchedContextBits);
    assert(seL4_TCB_SetSpace(tcb, endpoint, ROOT, 0, VSPACE, 0) == seL4_NoError);
    assert(seL4_SchedControl_Configure(seL4_GetBootInfo()->schedcontrol.start, sc, 9000, 9000, 0, 0) == seL4_NoError);
    assert(seL4_SchedContext_Bind(sc, tcb) == seL4_NoError);
    assert(seL4_TCB_SetPriority(tcb, seL4_CapInitThreadTCB, 100) == seL4_NoError);
    seL4_UserContext regs = {.pc = (seL4_Word)entry, .sp = (seL4_Word)(stack + sizeof stack), .x0 = done};
    assert(seL4_TCB_WriteRegisters(tcb, 1, 0, sizeof regs / sizeof(seL4_Word), &regs) == seL4_NoError);

    seL4_MessageInfo_t again = seL4_MessageInfo_new(0, 0, 0, 0);
    for (seL4_Word i = 0; i < PAGES; i++) {
        next(endpoint, reply, HEAP + i * SIZE, 0);
        frames[i] = create(seL4_ARM_SmallPageObject, 0);
        map(frames[i], HEAP + i * SIZE, seL4_CanRead);
        seL4_Send(reply, again);
    }
    for (seL4_Word i = 0; i < PAGES; i++) {
        next(endpoint, reply, HEAP + i * SIZE, 0);
        map(frames[i], HEAP + i * SIZE, seL4_ReadWrite);
        seL4_Send(reply, again);
    }
    seL4_Wait(done, NULL);
    assert(sum == 1 + 2 + 3 + 4);

    /* Jumps into nothing are sent back to where they came from; then the store, skipped; then the heap's code. */
    next(endpoint, reply, NOWHERE, 1);
    assert(seL4_TCB_ReadRegisters(tcb, 0, 0, sizeof regs / sizeof(seL4_Word), &regs) == seL4_NoError);
    regs.pc = regs.x30;
    assert(seL4_TCB_WriteRegisters(tcb, 1, 0, sizeof regs / sizeof(seL4_Word), &regs) == seL4_NoError);
    seL4_Fault_t fault = next(endpoint, reply, NOWHERE, 0);
    assert(seL4_Fault_VMFault_get_IP(fault) != regs.pc || seL4_Fault_VMFault_get_FSR(fault) != 0);
    assert(seL4_TCB_ReadRegisters(tcb, 0, 0, sizeof regs / sizeof(seL4_Word), &regs) == seL4_NoError);
    regs.pc += 4;
    assert(seL4_TCB_WriteRegisters(tcb, 1, 0, sizeof regs / sizeof(seL4_Word), &regs) == seL4_NoError);
    next(endpoint, reply, HEAP, 1);
    /* Whoever answers with a label leaves it where it is. */
    seL4_Send(reply, seL4_MessageInfo_new(1, 0, 0, 0));
    seL4_Word badge = 9;
    seL4_NBRecv(endpoint, &badge, reply);
    assert(badge == 0);
    return 0;
}
