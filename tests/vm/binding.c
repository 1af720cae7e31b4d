/* SPDX-License-Identifier: BSD-2-Clause */
/* Which threads, VCPUs and spaces go together. */
#include "cases.h"
#include "guests.h"
#include "kernel/lib/objects.h"
#include "kernel/lib/worker.h"
#include "lib/vm.h"
#include <sel4/sel4.h>

static seL4_CPtr new_stage2(void)
{
    seL4_CPtr vspace = new_object(vesicle_Stage2VSpaceObject, 0);
    REQUIRE_OK(seL4_ARM_ASIDPool_Assign(seL4_CapInitThreadASIDPool, vspace));
    return vspace;
}

/* VCPU first: then only a stage-2 space will do. */
static void vcpu_first(void)
{
    seL4_CPtr tcb = new_object(seL4_TCBObject, 0), vcpu = new_object(seL4_ARM_VCPUObject, 0);
    REQUIRE_OK(seL4_ARM_VCPU_SetTCB(vcpu, tcb));
    CHECK_EQ(seL4_TCB_SetSpace(tcb, 0, ROOT_CNODE, 0, new_vspace(), 0), seL4_InvalidCapability);
    CHECK_OK(seL4_TCB_SetSpace(tcb, 0, ROOT_CNODE, 0, new_stage2(), 0));
}

/* Space first: a native one keeps the VCPU away, a stage-2 one is not taken without VCPU. */
static void space_first(void)
{
    seL4_CPtr tcb = new_object(seL4_TCBObject, 0), vcpu = new_object(seL4_ARM_VCPUObject, 0);
    CHECK_EQ(seL4_TCB_SetSpace(tcb, 0, ROOT_CNODE, 0, new_stage2(), 0), seL4_InvalidCapability);
    REQUIRE_OK(seL4_TCB_SetSpace(tcb, 0, ROOT_CNODE, 0, new_vspace(), 0));
    CHECK_EQ(seL4_ARM_VCPU_SetTCB(vcpu, tcb), seL4_IllegalOperation);
}

static void not_itself(void)
{
    seL4_CPtr vcpu = new_object(seL4_ARM_VCPUObject, 0);
    CHECK_EQ(seL4_ARM_VCPU_SetTCB(vcpu, seL4_CapInitThreadTCB), seL4_IllegalOperation);
    CHECK_EQ(seL4_ARM_VCPU_SetTCB(vcpu, new_endpoint()), seL4_InvalidCapability);
}

/* Breakpoints are for native threads, and end when a thread becomes a guest. */
static void no_breakpoints(void)
{
    seL4_CPtr tcb = new_object(seL4_TCBObject, 0), vcpu = new_object(seL4_ARM_VCPUObject, 0);
    REQUIRE_OK(seL4_TCB_SetBreakpoint(tcb, 0, 0x1000, seL4_InstructionBreakpoint, 0, seL4_BreakOnRead));
    REQUIRE_OK(seL4_TCB_ConfigureSingleStepping(tcb, 0, 1).error);
    REQUIRE_OK(seL4_ARM_VCPU_SetTCB(vcpu, tcb));
    CHECK_EQ(seL4_TCB_SetBreakpoint(tcb, 0, 0x1000, seL4_InstructionBreakpoint, 0, seL4_BreakOnRead),
             seL4_IllegalOperation);
    CHECK_EQ(seL4_TCB_GetBreakpoint(tcb, 0).error, seL4_IllegalOperation);
    CHECK_EQ(seL4_TCB_UnsetBreakpoint(tcb, 0), seL4_IllegalOperation);
    CHECK_EQ(seL4_TCB_ConfigureSingleStepping(tcb, 0, 1).error, seL4_IllegalOperation);
    REQUIRE_OK(cspace_delete(&root_cspace, vcpu));
    CHECK_EQ(seL4_TCB_GetBreakpoint(tcb, 0).is_enabled, 0);
}

/* The VCPU of a guest that waits goes: the thread stops, nothing else happens. */
static void delete_vcpu(void)
{
    struct vm *vm = vm_new(guest_start, guest_end);
    vm_start(vm, guest_start, guest_hvc_loop);
    vm_expect_hvc(vm, HVC_READY);
    REQUIRE_OK(cspace_delete(&root_cspace, vm->vcpu));
    vm_reply(vm, 0);
    sleep_us(5000);
    seL4_Word badge = 9;
    seL4_MessageInfo_t info = seL4_NBRecv(vm->ep, &badge, vm->reply);
    CHECK_EQ(seL4_MessageInfo_get_length(info), 0);
}

/* With more interrupts than list registers: nothing of the VCPU's stays behind in the hardware. */
static void delete_with_queue(void)
{
    struct vm *vm = vm_new(guest_start, guest_end);
    vm_start(vm, guest_start, guest_irqs);
    vm_expect_hvc(vm, HVC_READY);
    for (seL4_Word id = 40; id < 40 + 24; id++) {
        REQUIRE_OK(vesicle_VCPU_Inject(vm->vcpu, vesicle_virq(id, 0xa0, 1, 0)));
    }
    REQUIRE_OK(cspace_delete(&root_cspace, vm->vcpu));
    sleep_us(3000);
}

/* Read as a native table, the guest's would give access to other memory. */
static void native_afterwards(void)
{
    struct vm *vm = vm_new(guest_start, guest_end);
    vm_start(vm, guest_start, guest_hvc_loop);
    vm_expect_hvc(vm, HVC_READY);
    REQUIRE_OK(cspace_delete(&root_cspace, vm->vcpu));
    seL4_UserContext regs = {.pc = GUEST_RAM << 9}; /* the entry of its memory, one level further up */
    REQUIRE_OK(seL4_TCB_WriteRegisters(vm->tcb, 1, 0, 1, &regs));
    REQUIRE_EQ(vm_wait(vm), seL4_Fault_VMFault);
    CHECK_EQ(vm->message[seL4_VMFault_Addr], regs.pc);
    CHECK_EQ(ESR_FSC(vm->message[seL4_VMFault_FSR]), FSC_TRANSLATION);
}

static void delete_running(void)
{
    for (unsigned i = 0; i < 3; i++) {
        struct vm *vm = vm_new(guest_start, guest_end);
        vm_start(vm, guest_start, guest_timer_busy);
        vm_expect_hvc(vm, HVC_READY);
        vm->exit->x[25] = 1;
        vm->exit->x[26] = 1ul << 50;
        vm_reply(vm, 0);
        sleep_us(3000); /* it runs */
        REQUIRE_OK(cspace_delete(&root_cspace, i == 0 ? vm->vcpu : i == 1 ? vm->vspace : vm->tcb));
        sleep_us(3000);
        vm_forget_all();
        objects_free();
    }
}

const struct test_case binding_cases[] = {
    {"binding_vcpu_first", vcpu_first},
    {"binding_space_first", space_first},
    {"binding_not_itself", not_itself},
    {"binding_no_breakpoints", no_breakpoints},
    {"binding_delete_vcpu", delete_vcpu},
    {"binding_delete_with_queue", delete_with_queue},
    {"binding_native_afterwards", native_afterwards},
    {"binding_delete_running", delete_running},
    {0, 0},
};
