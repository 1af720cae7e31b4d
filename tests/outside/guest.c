/* SPDX-License-Identifier: BSD-2-Clause */
/* A guest of a few instructions and its VMM: device emulation, hypercalls, the timer, an interrupt. */
#include <assert.h>
#include <sel4/sel4.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define ROOT    seL4_CapInitThreadCNode
#define DEPTH   seL4_WordBits
#define HERE    0x5000000000ul
#define CODE    0x40000000ul
#define DEVICE  0x0a000000ul
#define PAGE    (1ul << seL4_PageBits)
#define VTIMER  27
#define EL1H    0x3c5
#define EC(hsr) ((hsr) >> 26)

static seL4_CPtr empty, endpoint, reply, tcb;
static seL4_UserContext regs;

extern const char guest_start[], guest_end[];
__asm__(".balign 2048\n"
        "guest_start: adr x0, guest_start\n" /* vectors: this page; the IRQ entry of the current EL is at 0x280 */
        "msr vbar_el1, x0\n"
        "mov x1, #0x0a000000\n"
        "ldr w2, [x1, #8]\n" /* a device register */
        "add w2, w2, #1\n"
        "str w2, [x1, #16]\n"
        "hvc #7\n"
        "mov x3, #1\n" /* interrupts through system registers: group 1, all priorities */
        "msr s3_0_c12_c12_7, x3\n"
        "mov x3, #0xff\n"
        "msr s3_0_c4_c6_0, x3\n"
        "msr cntv_tval_el0, xzr\n"
        "mov x3, #1\n"
        "msr cntv_ctl_el0, x3\n"
        "isb\n"
        "msr daifclr, #2\n"
        "1: cbz x20, 1b\n"
        "hvc #8\n"
        "b .\n"
        ".org guest_start + 0x280\n"
        "mrs x20, s3_0_c12_c12_0\n"
        "msr cntv_ctl_el0, xzr\n"
        "msr s3_0_c12_c12_1, x20\n"
        "eret\n"
        "guest_end:\n");

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

static void map(seL4_CPtr vspace, seL4_CPtr frame, seL4_Word vaddr)
{
    seL4_Error error;
    while ((error = seL4_ARM_Page_Map(frame, vspace, vaddr, seL4_ReadWrite, seL4_ARM_Default_VMAttributes)) ==
           seL4_FailedLookup) {
        seL4_CPtr table = create(seL4_ARM_PageTableObject, 0);
        assert(seL4_ARM_PageTable_Map(table, vspace, vaddr, seL4_ARM_Default_VMAttributes) == seL4_NoError);
    }
    assert(error == seL4_NoError);
}

static void load(seL4_CPtr vspace)
{
    seL4_CPtr frame = create(seL4_ARM_SmallPageObject, 0), copy = empty++;
    assert(seL4_CNode_Copy(ROOT, copy, DEPTH, ROOT, frame, DEPTH, seL4_AllRights) == seL4_NoError);
    map(seL4_CapInitThreadVSpace, frame, HERE);
    memcpy((void *)HERE, guest_start, (size_t)(guest_end - guest_start));
    assert(seL4_ARM_Page_Unify_Instruction(frame, 0, PAGE) == seL4_NoError);
    map(vspace, copy, CODE);
}

/** A load or store of w2 that the VMM does for the guest. */
static void device_access(int write)
{
    seL4_MessageInfo_t tag = seL4_Recv(endpoint, NULL, reply);
    assert(seL4_isVMFault_tag(tag));
    seL4_Fault_t fault = seL4_getFault(tag);
    seL4_Word fsr = seL4_Fault_VMFault_get_FSR(fault);
    assert(seL4_Fault_VMFault_get_Addr(fault) == DEVICE + (write ? 16 : 8));
    assert((fsr >> 24 & 1) == 1 && (fsr >> 16 & 31) == 2 && (int)(fsr >> 6 & 1) == write); /* ISV, SRT, WnR */
    assert(seL4_TCB_ReadRegisters(tcb, 0, 0, sizeof regs / sizeof(seL4_Word), &regs) == seL4_NoError);
    assert(regs.pc == seL4_Fault_VMFault_get_IP(fault));
    if (write) {
        assert(regs.x2 == 42);
    } else {
        regs.x2 = 41;
    }
    regs.pc += 4;
    assert(seL4_TCB_WriteRegisters(tcb, 0, 0, sizeof regs / sizeof(seL4_Word), &regs) == seL4_NoError);
    seL4_Send(reply, seL4_MessageInfo_new(0, 0, 0, 0));
}

static void hypercall(seL4_Word number)
{
    seL4_MessageInfo_t tag = seL4_Recv(endpoint, NULL, reply);
    assert(seL4_MessageInfo_get_label(tag) == seL4_Fault_VCPUFault);
    seL4_Word hsr = seL4_GetMR(seL4_VCPUFault_HSR);
    assert(EC(hsr) == 0x16 && (hsr & 0xffff) == number);
}

static void timer(seL4_CPtr vcpu)
{
    seL4_MessageInfo_t tag = seL4_Recv(endpoint, NULL, reply);
    assert(seL4_MessageInfo_get_label(tag) == seL4_Fault_VPPIEvent);
    assert(seL4_GetMR(seL4_VPPIEvent_IRQ) == VTIMER);
    assert(seL4_ARM_VCPU_InjectIRQ(vcpu, VTIMER, 0, 1, 0) == seL4_NoError);
    tag = seL4_ReplyRecv(endpoint, seL4_MessageInfo_new(0, 0, 0, 0), NULL, reply);
    assert(seL4_MessageInfo_get_label(tag) == seL4_Fault_VGICMaintenance);
    assert(seL4_ARM_VCPU_AckVPPI(vcpu, VTIMER) == seL4_NoError);
    seL4_Send(reply, seL4_MessageInfo_new(0, 0, 0, 0));
}

int main(void)
{
    empty = seL4_GetBootInfo()->empty.start;
    endpoint = create(seL4_EndpointObject, 0);
    reply = create(seL4_ReplyObject, 0);
    tcb = create(seL4_TCBObject, 0);
    /* The one name that is not the reference's: guests have page tables of their own format here. */
    seL4_CPtr vspace = create(vesicle_Stage2VSpaceObject, 0), vcpu = create(seL4_ARM_VCPUObject, 0);
    seL4_CPtr sc = create(seL4_SchedContextObject, seL4_MinSchedContextBits);
    assert(seL4_ARM_ASIDPool_Assign(seL4_CapInitThreadASIDPool, vspace) == seL4_NoError);
    load(vspace);
    assert(seL4_ARM_VCPU_SetTCB(vcpu, tcb) == seL4_NoError);
    assert(seL4_TCB_SetSpace(tcb, endpoint, ROOT, 0, vspace, 0) == seL4_NoError);
    assert(seL4_SchedControl_Configure(seL4_GetBootInfo()->schedcontrol.start, sc, 9000, 9000, 0, 0) == seL4_NoError);
    assert(seL4_TCB_SetSchedParams(tcb, seL4_CapInitThreadTCB, 0, 100, sc, endpoint) == seL4_NoError);
    regs.pc = CODE;
    regs.spsr = EL1H;
    assert(seL4_TCB_WriteRegisters(tcb, 1, 0, sizeof regs / sizeof(seL4_Word), &regs) == seL4_NoError);
    device_access(0);
    device_access(1);
    hypercall(7);
    seL4_Send(reply, seL4_MessageInfo_new(0, 0, 0, 0));
    timer(vcpu);
    hypercall(8);
    assert(seL4_TCB_ReadRegisters(tcb, 1, 0, sizeof regs / sizeof(seL4_Word), &regs) == seL4_NoError);
    assert(regs.x20 == VTIMER && seL4_ARM_VCPU_ReadRegs(vcpu, seL4_VCPUReg_VBAR).value == CODE);
    return 0;
}
