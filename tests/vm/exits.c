/* SPDX-License-Identifier: BSD-2-Clause */
/* Exits: registers, device accesses, answers the kernel gives itself. */
#include "cases.h"
#include "guests.h"
#include "kernel/lib/objects.h"
#include "kernel/lib/worker.h"
#include "lib/vm.h"
#include <sel4/sel4.h>

#define MMIO 0x09000000ul

static struct vm *start(const char *entry)
{
    struct vm *vm = vm_new(guest_start, guest_end);
    vm_start(vm, guest_start, entry);
    return vm;
}

/* All registers of the guest stand in the frame, and what the frame says is what it goes on with. */
static void registers(void)
{
    struct vm *vm = start(guest_registers);
    vm_expect_hvc(vm, HVC_READY);
    for (unsigned i = 0; i < 31; i++) {
        CHECK_EQ(vm->exit->x[i], 0x100 + i);
        vm->exit->x[i] = ~vm->exit->x[i];
    }
    CHECK_EQ(vm->exit->sp_el0, 0x5005);
    vm->exit->sp_el0 = 0x6006;
    CHECK_EQ(vm->exit->pc, GUEST_RAM + (seL4_Word)(guest_registers - guest_start) + 42 * 4);
    CHECK_EQ(vm->exit->pstate & 0x3cf, PSTATE_EL1H_MASKED);
    CHECK_EQ(ESR_EC(vm->exit->esr), ESR_EC_HVC64);
    CHECK_EQ(vm->exit->esr, vm->message[0]);
    vm_resume_to_hvc(vm, HVC_DONE);
    for (unsigned i = 0; i < 31; i++) {
        CHECK_EQ(vm->exit->x[i], ~(seL4_Word)(0x100 + i));
    }
    vm_resume_to_hvc(vm, 3);
    CHECK_EQ(vm->exit->x[0], 0x6006);
    CHECK_EQ(vm->exit->x[1], 0x5151);
    CHECK_EQ(vm->exit->x[2], 0x7007);
    CHECK_EQ(vm->exit->x[3], 0x7117);
    CHECK_EQ(vm->exit->x[30], 0x7227);
    seL4_Word own;
    __asm__ volatile("mrs %0, tpidrro_el0" : "=r"(own));
    CHECK_EQ(own, 0);
}

struct access {
    seL4_Word offset, bytes, write, reg, sse, sf;
};

static void expect_access(struct vm *vm, seL4_Word label, const struct access *a)
{
    REQUIRE_EQ(label, seL4_Fault_VCPUFault);
    seL4_Word esr = vm->exit->esr;
    REQUIRE_EQ(ESR_EC(esr), ESR_EC_DATA_LOWER);
    CHECK_EQ(ESR_DATA_ISV(esr), 1);
    CHECK_EQ(ESR_DATA_BYTES(esr), a->bytes);
    CHECK_EQ(ESR_DATA_WRITE(esr), a->write);
    CHECK_EQ(ESR_DATA_REG(esr), a->reg);
    CHECK_EQ(ESR_DATA_SSE(esr), a->sse);
    CHECK_EQ(ESR_DATA_SF(esr), a->sf);
    CHECK_EQ(vm->exit->flags & VESICLE_EXIT_IPA_VALID, VESICLE_EXIT_IPA_VALID);
    CHECK_EQ(vm->exit->ipa, MMIO + a->offset);
    CHECK_EQ(vm->exit->far, MMIO + a->offset);
    vm->exit->pc += 4;
}

/* Loads and stores of all widths; a value that the VMM puts into a register arrives. */
static void mmio(void)
{
    static const struct access accesses[] = {
        {0, 1, 1, 2, 0, 0},   {2, 2, 1, 2, 0, 0},  {4, 4, 1, 2, 0, 0},  {8, 8, 1, 2, 0, 1},
        {16, 8, 1, 31, 0, 1}, {17, 1, 0, 3, 0, 0}, {18, 2, 0, 4, 0, 0}, {20, 4, 0, 5, 0, 0},
        {24, 8, 0, 6, 0, 1},  {32, 1, 0, 7, 1, 1}, {34, 2, 0, 8, 1, 0}, {36, 4, 0, 9, 1, 1},
    };
    struct vm *vm = start(guest_mmio);
    seL4_Word label = vm_wait(vm);
    for (unsigned i = 0; i < sizeof(accesses) / sizeof(accesses[0]); i++) {
        const struct access *a = &accesses[i];
        expect_access(vm, label, a);
        if (!a->write) {
            vm->exit->x[a->reg] = 0x1000 + i;
        } else if (a->reg < 31) {
            CHECK_EQ(vm->exit->x[a->reg], 0x8877665544332211);
        }
        label = vm_resume(vm, 0, 0);
    }
    CHECK_EQ(ESR_EC(vm->exit->esr), ESR_EC_HVC64);
    for (unsigned reg = 3; reg < 10; reg++) {
        CHECK_EQ(vm->exit->x[reg], 0x1000 + reg + 2);
    }
}

static void mmio_beyond_4g(void)
{
    struct vm *vm = start(guest_mmio_high);
    REQUIRE_EQ(vm_wait(vm), seL4_Fault_VCPUFault);
    CHECK_EQ(ESR_EC(vm->exit->esr), ESR_EC_DATA_LOWER);
    CHECK_EQ(vm->exit->ipa, 0x8000000234);
    vm->exit->pc += 4;
    vm_resume_to_hvc(vm, HVC_DONE);
}

/* Answers that never change come from the kernel: one exit in all, for the call that has none. */
static void constants(void)
{
    struct vm *vm = start(guest_const);
    vm_expect_hvc(vm, HVC_READY);
    REQUIRE_OK(vesicle_VCPU_SetConstCall(vm->vcpu, 0x84000000, 0x10001));
    REQUIRE_OK(vesicle_VCPU_SetConstIDReg(vm->vcpu, VESICLE_IDREG(7, 0), 0x1122));
    seL4_Word label = vm_resume(vm, 0, 0);
    /* An SMC may come to the VMM or be answered; the return address of a trapped SMC is the SMC itself. */
    if (label == seL4_Fault_VCPUFault && ESR_EC(vm->exit->esr) == ESR_EC_SMC64) {
        vm->exit->x[0] = 0x10001;
        vm->exit->pc += 4;
        label = vm_resume(vm, 0, 0);
    }
    REQUIRE_EQ(label, seL4_Fault_VCPUFault);
    REQUIRE_EQ(ESR_EC(vm->exit->esr), ESR_EC_HVC64);
    CHECK_EQ(vm->exit->x[0], 0x84000001);
    CHECK_EQ(vm->exit->x[1], 0x10001);
    CHECK_EQ(vm->exit->x[2], 0x10001);
    CHECK_EQ(vm->exit->x[3], 0x1122);
    CHECK_EQ(vm->exit->x[9], 0x9999);
    vm_resume_to_hvc(vm, HVC_DONE);
}

/* Whichever register it is read into; and nothing of it comes to the VMM. */
static void constants_in_all_registers(void)
{
    struct vm *vm = start(guest_id_all);
    vm_expect_hvc(vm, HVC_READY);
    REQUIRE_OK(vesicle_VCPU_SetConstIDReg(vm->vcpu, VESICLE_IDREG(7, 0), 0x122));
    vm_resume_to_hvc(vm, HVC_DONE);
    CHECK_EQ(vm->exit->x[5], 0);
}

/* Without an answer for it the read of an ID register is the VMM's. */
static void id_register_exit(void)
{
    struct vm *vm = start(guest_const);
    vm_expect_hvc(vm, HVC_READY);
    REQUIRE_OK(vesicle_VCPU_SetConstCall(vm->vcpu, 0x84000000, 1));
    seL4_Word label = vm_resume(vm, 0, 0);
    if (ESR_EC(vm->exit->esr) == ESR_EC_SMC64) {
        vm->exit->pc += 4;
        label = vm_resume(vm, 0, 0);
    }
    REQUIRE_EQ(label, seL4_Fault_VCPUFault);
    CHECK_EQ(ESR_EC(vm->exit->esr), ESR_EC_SYSREG);
}

/* The physical counter has no offset of the guest's, so it is the VMM's; the virtual one is read without an exit. */
static void physical_counter_exit(void)
{
    struct vm *vm = start(guest_counters);
    vm_expect_hvc(vm, HVC_READY);
    REQUIRE_EQ(vm_resume(vm, 0, 0), seL4_Fault_VCPUFault);
    CHECK_EQ(vm->exit->esr, 0x18ul << 26 | 1ul << 25 | 3ul << 20 | 1ul << 17 | 3ul << 14 | 14ul << 10 | 2ul << 5 | 1);
    CHECK(vm->exit->x[1] != 0);
    vm->exit->x[2] = 0x1234;
    vm->exit->pc += 4;
    vm_resume_to_hvc(vm, HVC_DONE);
    CHECK_EQ(vm->exit->x[2], 0x1234);
}

static void const_errors(void)
{
    struct vm *vm = vm_new(guest_start, guest_end);
    CHECK_EQ(vesicle_VCPU_SetConstCall(vm->vcpu, 1ul << 32, 0), seL4_RangeError);
    CHECK_EQ(vesicle_VCPU_SetConstIDReg(vm->vcpu, VESICLE_IDREG(0, 0), 0), seL4_RangeError);
    CHECK_EQ(vesicle_VCPU_SetConstIDReg(vm->vcpu, VESICLE_IDREG(8, 0), 0), seL4_RangeError);
}

/* A mode that is none of the guest's own becomes an illegal return, taken by the guest at EL1. */
static void pstate_is_sanitised(void)
{
    static const seL4_Word modes[] = {0x3c9, 0x3c8, 0x3cd, 0x3d0, 0x3c6};
    for (unsigned i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        struct vm *vm = start(guest_hvc_loop);
        vm_expect_hvc(vm, HVC_READY);
        seL4_Word pc = vm->exit->pc;
        vm->exit->pstate = modes[i];
        vm_resume_to_hvc(vm, HVC_SYNC);
        CHECK_EQ(ESR_EC(vm->exit->x[10]), ESR_EC_ILLEGAL);
        CHECK_EQ(vm->exit->x[11], pc);
        vm_forget_all();
        objects_free();
    }
}

/* Flags and masks the VMM sets are kept. */
static void pstate_is_kept(void)
{
    struct vm *vm = start(guest_hvc_loop);
    vm_expect_hvc(vm, HVC_READY);
    vm->exit->pstate = 0xa0000345; /* N, C; D, A, F masked */
    vm_resume_to_hvc(vm, HVC_READY);
    CHECK_EQ(vm->exit->pstate & 0xf00003cf, 0xa0000345);
}

static void el0(void)
{
    struct vm *vm = start(guest_el0);
    vm_expect_hvc(vm, HVC_READY);
    vm->exit->pstate = 0;
    vm_resume_to_hvc(vm, HVC_SYNC);
    CHECK_EQ(ESR_EC(vm->exit->x[10]), 0x15); /* SVC */
    CHECK_EQ(ESR_IMM16(vm->exit->x[10]), 9);
}

static void vcpu_registers(void)
{
    struct vm *vm = start(guest_system);
    vm_expect_hvc(vm, HVC_READY);
    CHECK_EQ(seL4_ARM_VCPU_ReadRegs(vm->vcpu, seL4_VCPUReg_CIDR).value, 0x1234);
    CHECK_EQ(seL4_ARM_VCPU_ReadRegs(vm->vcpu, seL4_VCPUReg_MAIR).value, 0x4400);
    CHECK_EQ(seL4_ARM_VCPU_ReadRegs(vm->vcpu, seL4_VCPUReg_VBAR).value, GUEST_RAM);
    REQUIRE_OK(seL4_ARM_VCPU_WriteRegs(vm->vcpu, seL4_VCPUReg_TPIDR_EL1, 0x7777));
    REQUIRE_OK(seL4_ARM_VCPU_WriteRegs(vm->vcpu, seL4_VCPUReg_VMPIDR_EL2, 0x80000003));
    REQUIRE_OK(seL4_ARM_VCPU_WriteRegs(vm->vcpu, seL4_VCPUReg_MAIR, 0x44));
    CHECK_EQ(seL4_ARM_VCPU_ReadRegs(vm->vcpu, seL4_VCPUReg_Num).error, seL4_InvalidArgument);
    vm_resume_to_hvc(vm, HVC_DONE);
    CHECK_EQ(vm->exit->x[0], 0x1234);
    CHECK_EQ(vm->exit->x[1], 0x44);
    CHECK_EQ(vm->exit->x[2], 0x5500);
    CHECK_EQ(vm->exit->x[3], 0x7777);
    CHECK_EQ(vm->exit->x[4] & 0xff, 3);
    CHECK_EQ(vm->exit->x[5], GUEST_RAM);
}

/* Two guests in turn: each finds its own registers. */
static void two_guests(void)
{
    static const seL4_VCPUReg fields[] = {seL4_VCPUReg_TTBR0,     seL4_VCPUReg_TTBR1,      seL4_VCPUReg_TCR,
                                          seL4_VCPUReg_MAIR,      seL4_VCPUReg_CIDR,       seL4_VCPUReg_ESR,
                                          seL4_VCPUReg_FAR,       seL4_VCPUReg_PAR,        seL4_VCPUReg_VBAR,
                                          seL4_VCPUReg_TPIDR_EL1, seL4_VCPUReg_VMPIDR_EL2, seL4_VCPUReg_SP_EL1,
                                          seL4_VCPUReg_ELR_EL1,   seL4_VCPUReg_SPSR_EL1,   seL4_VCPUReg_CNTV_CVAL,
                                          seL4_VCPUReg_CNTVOFF,   seL4_VCPUReg_VPIDR_EL2};
    enum { FIELDS = sizeof fields / sizeof *fields };
    struct vm *vm[2] = {start(guest_hvc_loop), start(guest_hvc_loop)};
    for (seL4_Word i = 0; i < 2; i++) {
        vm_expect_hvc(vm[i], HVC_READY);
        for (seL4_Word f = 0; f < FIELDS; f++) {
            REQUIRE_OK(seL4_ARM_VCPU_WriteRegs(vm[i]->vcpu, fields[f], (f + i * FIELDS) << 12));
        }
    }
    for (seL4_Word round = 0; round < 6; round++) {
        struct vm *a = vm[round % 2];
        vm_resume_to_hvc(a, HVC_READY);
        CHECK_EQ(a->exit->x[0], round / 2 + 1);
        for (seL4_Word f = 0; f < FIELDS; f++) {
            CHECK_EQ(seL4_ARM_VCPU_ReadRegs(a->vcpu, fields[f]).value, (f + round % 2 * FIELDS) << 12);
        }
    }
}

/* What a guest has in MDSCR_EL1 steps no native thread, though it stays in the hardware with the VCPU. */
static void guest_debug_state(void)
{
    const seL4_Word ss = 1, mde = 1ul << 15;
    struct vm *vm = start(guest_hvc_loop);
    vm_expect_hvc(vm, HVC_READY);
    REQUIRE_OK(seL4_ARM_VCPU_WriteRegs(vm->vcpu, seL4_VCPUReg_MDSCR, ss | mde));
    CHECK_EQ(seL4_ARM_VCPU_ReadRegs(vm->vcpu, seL4_VCPUReg_MDSCR).value, ss | mde);
    REQUIRE_OK(seL4_ARM_VCPU_WriteRegs(vm->vcpu, seL4_VCPUReg_MDSCR, 0));
}

static void step_loop(struct worker *w)
{
    while (w->result[0] < 1000) {
        w->result[0]++;
    }
}

/* A native thread that is stepped leaves a resident guest's debug state alone, and is not disturbed by it. */
static void native_debug_state(void)
{
    const seL4_Word ss = 1, mde = 1ul << 15;
    struct vm *vm = start(guest_hvc_loop);
    vm_expect_hvc(vm, HVC_READY);
    REQUIRE_OK(seL4_ARM_VCPU_WriteRegs(vm->vcpu, seL4_VCPUReg_MDSCR, ss | mde));
    seL4_CPtr fault_ep = new_endpoint(), reply = new_reply();
    struct worker *w = worker_new(step_loop, MAIN_PRIORITY + 1);
    worker_set_fault_ep(w, MAIN_PRIORITY + 1, fault_ep);
    REQUIRE_OK(seL4_TCB_ConfigureSingleStepping(w->tcb, 0, 100).error);
    worker_run(w);
    for (unsigned i = 0; i < 20; i++) {
        seL4_MessageInfo_t info = seL4_Recv(fault_ep, 0, reply);
        REQUIRE_EQ(seL4_MessageInfo_get_label(info), seL4_Fault_DebugException);
        CHECK_EQ(seL4_GetMR(seL4_DebugException_ExceptionReason), seL4_SingleStep);
        CHECK_EQ(seL4_ARM_VCPU_ReadRegs(vm->vcpu, seL4_VCPUReg_MDSCR).value, ss | mde);
        vm_resume_to_hvc(vm, HVC_READY);
        seL4_Send(reply, seL4_MessageInfo_new(0, 0, 0, 0));
    }
    REQUIRE_OK(seL4_TCB_ConfigureSingleStepping(w->tcb, 0, 0).error);
    seL4_Recv(fault_ep, 0, reply);
    seL4_Send(reply, seL4_MessageInfo_new(0, 0, 0, 0));
    CHECK_EQ(w->done, 1);
    CHECK_EQ(seL4_ARM_VCPU_ReadRegs(vm->vcpu, seL4_VCPUReg_MDSCR).value, ss | mde);
    REQUIRE_OK(seL4_ARM_VCPU_WriteRegs(vm->vcpu, seL4_VCPUReg_MDSCR, 0));
}

/* A VMM with a watchpoint serves its guest as before, the long way. */
static void debugged_vmm(void)
{
    static volatile seL4_Word never;
    const seL4_Word mde = 1ul << 15;
    struct vm *vm = start(guest_hvc_loop);
    vm_expect_hvc(vm, HVC_READY);
    REQUIRE_OK(seL4_TCB_SetBreakpoint(seL4_CapInitThreadTCB, seL4_FirstWatchpoint, (seL4_Word)&never,
                                      seL4_DataBreakpoint, 8, seL4_BreakOnWrite));
    REQUIRE_OK(seL4_ARM_VCPU_WriteRegs(vm->vcpu, seL4_VCPUReg_MDSCR, mde));
    for (unsigned i = 1; i < 10; i++) {
        vm_resume_to_hvc(vm, HVC_READY);
        CHECK_EQ(vm->exit->x[0], i);
        CHECK_EQ(seL4_ARM_VCPU_ReadRegs(vm->vcpu, seL4_VCPUReg_MDSCR).value, mde);
    }
    REQUIRE_OK(seL4_TCB_UnsetBreakpoint(seL4_CapInitThreadTCB, seL4_FirstWatchpoint));
    vm_resume_to_hvc(vm, HVC_READY);
    CHECK_EQ(seL4_ARM_VCPU_ReadRegs(vm->vcpu, seL4_VCPUReg_MDSCR).value, mde);
}

/* A reply with a label other than 0 leaves the guest where it is. */
static void stays_stopped(void)
{
    struct vm *vm = start(guest_hvc_loop);
    vm_expect_hvc(vm, HVC_READY);
    vm_reply(vm, 1);
    seL4_Word badge = 9;
    seL4_NBRecv(vm->ep, &badge, vm->reply);
    CHECK_EQ(badge, 0);
    REQUIRE_OK(seL4_TCB_Resume(vm->tcb));
    vm_expect_hvc(vm, HVC_READY);
    CHECK_EQ(vm->exit->x[0], 1);
}

const struct test_case exit_cases[] = {
    {"exit_registers", registers},
    {"exit_mmio", mmio},
    {"exit_mmio_beyond_4g", mmio_beyond_4g},
    {"exit_constants", constants},
    {"exit_constants_in_all_registers", constants_in_all_registers},
    {"exit_id_register", id_register_exit},
    {"exit_physical_counter", physical_counter_exit},
    {"exit_const_errors", const_errors},
    {"exit_pstate_is_sanitised", pstate_is_sanitised},
    {"exit_pstate_is_kept", pstate_is_kept},
    {"exit_el0", el0},
    {"exit_vcpu_registers", vcpu_registers},
    {"exit_two_guests", two_guests},
    {"exit_guest_debug_state", guest_debug_state},
    {"exit_native_debug_state", native_debug_state},
    {"exit_debugged_vmm", debugged_vmm},
    {"exit_stays_stopped", stays_stopped},
    {0, 0},
};
