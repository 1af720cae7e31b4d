/* SPDX-License-Identifier: BSD-2-Clause */
/* The exit frame: without it, given late, taken away while the guest waits. */
#include "cases.h"
#include "guests.h"
#include "kernel/lib/objects.h"
#include "lib/vm.h"
#include <sel4/sel4.h>

/* Plain fault messages, registers by the thread's methods. */
static void without(void)
{
    struct vm *vm = vm_new_without_frame(guest_start, guest_end);
    vm_start(vm, guest_start, guest_registers);
    vm_expect_hvc(vm, HVC_READY);
    seL4_UserContext regs;
    REQUIRE_OK(seL4_TCB_ReadRegisters(vm->tcb, 0, 0, VESICLE_USER_CONTEXT_WORDS, &regs));
    CHECK_EQ(regs.x0, 0x100);
    CHECK_EQ(regs.x28, 0x11c);
    CHECK_EQ(regs.x30, 0x11e);
    regs.x7 = 0x777;
    REQUIRE_OK(seL4_TCB_WriteRegisters(vm->tcb, 0, 0, 32, &regs));
    vm_resume_to_hvc(vm, HVC_DONE);
    REQUIRE_OK(seL4_TCB_ReadRegisters(vm->tcb, 0, 0, 32, &regs));
    CHECK_EQ(regs.x7, 0x777);
    CHECK_EQ(regs.x8, 0x108);
}

static void given_late(void)
{
    struct vm *vm = vm_new_without_frame(guest_start, guest_end);
    vm_start(vm, guest_start, guest_registers);
    vm_expect_hvc(vm, HVC_READY);
    seL4_CPtr frame = new_page_at(WINDOW);
    vm->exit = (volatile struct vesicle_exit_frame *)WINDOW;
    REQUIRE_OK(vesicle_VCPU_SetExitFrame(vm->vcpu, frame));
    vm_resume_to_hvc(vm, HVC_DONE);
    for (unsigned i = 0; i < 31; i++) {
        CHECK_EQ(vm->exit->x[i], 0x100 + i);
    }
}

/* Taken away while the guest waits for the reply: what stood in it counts. */
static void detached_while_waiting(seL4_Bool by_deletion)
{
    struct vm *vm = vm_new(guest_start, guest_end);
    vm_start(vm, guest_start, guest_registers);
    vm_expect_hvc(vm, HVC_READY);
    vm->exit->x[5] = 0xabc;
    vm->exit->pc += 4; /* over the second HVC */
    if (by_deletion) {
        REQUIRE_OK(cspace_revoke(&root_cspace, vm->exit_frame_cap));
        REQUIRE_OK(cspace_delete(&root_cspace, vm->exit_frame_cap));
    } else {
        REQUIRE_OK(vesicle_VCPU_SetExitFrame(vm->vcpu, 0));
        vm->exit->x[6] = 0xdef; /* nobody looks */
    }
    vm_resume_to_hvc(vm, 3);
    seL4_UserContext regs;
    REQUIRE_OK(seL4_TCB_ReadRegisters(vm->tcb, 0, 0, VESICLE_USER_CONTEXT_WORDS, &regs));
    CHECK_EQ(regs.x5, 0xabc);
    CHECK_EQ(regs.x6, 0x106);
    CHECK_EQ(regs.x0, 0x5005);
}

static void deleted(void)
{
    detached_while_waiting(1);
}

static void detached(void)
{
    detached_while_waiting(0);
}

/* While the guest waits, the thread's register methods see and change what is in the frame. */
static void register_methods(void)
{
    struct vm *vm = vm_new(guest_start, guest_end);
    vm_start(vm, guest_start, guest_registers);
    vm_expect_hvc(vm, HVC_READY);
    vm->exit->x[3] = 0x333;
    seL4_UserContext regs;
    REQUIRE_OK(seL4_TCB_ReadRegisters(vm->tcb, 0, 0, VESICLE_USER_CONTEXT_WORDS, &regs));
    CHECK_EQ(regs.x3, 0x333);
    CHECK_EQ(regs.pc, vm->exit->pc);
    regs.x4 = 0x444;
    regs.pc += 4;
    REQUIRE_OK(seL4_TCB_WriteRegisters(vm->tcb, 0, 0, VESICLE_USER_CONTEXT_WORDS, &regs));
    CHECK_EQ(vm->exit->x[4], 0x444);
    vm_resume_to_hvc(vm, 3);
    CHECK_EQ(vm->exit->x[4], 0x444);
}

/* Suspended while it waits: what stands in the frame is what it goes on with. */
static void suspended(void)
{
    struct vm *vm = vm_new(guest_start, guest_end);
    vm_start(vm, guest_start, guest_registers);
    vm_expect_hvc(vm, HVC_READY);
    vm->exit->x[5] = 0x555;
    vm->exit->pc += 4;
    REQUIRE_OK(seL4_TCB_Suspend(vm->tcb));
    REQUIRE_OK(seL4_TCB_Resume(vm->tcb));
    vm_expect_hvc(vm, 3);
    CHECK_EQ(vm->exit->x[5], 0x555);
}

/* What is only for reading does not steer the kernel. */
static void read_only_words(void)
{
    struct vm *vm = vm_new(guest_start, guest_end);
    vm_start(vm, guest_start, guest_mmio);
    vm_wait(vm);
    vm->exit->esr = ~0ul;
    vm->exit->ipa = 0;
    vm->exit->far = 0;
    vm->exit->flags = 0;
    vm->exit->pc += 4;
    vm_resume(vm, 0, 0);
    CHECK_EQ(ESR_EC(vm->exit->esr), ESR_EC_DATA_LOWER);
    CHECK_EQ(vm->exit->ipa, 0x09000002);
}

static void errors(void)
{
    struct vm *vm = vm_new(guest_start, guest_end);
    CHECK_EQ(vesicle_VCPU_SetExitFrame(vm->vcpu, new_endpoint()), seL4_InvalidCapability);
    CHECK_EQ(vesicle_VCPU_SetExitFrame(vm->vcpu, new_copy(new_frame(seL4_PageBits), seL4_CanRead)),
             seL4_InvalidCapability);
}

const struct test_case frame_cases[] = {
    {"frame_without", without},
    {"frame_given_late", given_late},
    {"frame_deleted", deleted},
    {"frame_detached", detached},
    {"frame_register_methods", register_methods},
    {"frame_suspended", suspended},
    {"frame_read_only_words", read_only_words},
    {"frame_errors", errors},
    {0, 0},
};
