/* SPDX-License-Identifier: BSD-2-Clause */
/* A guest's floating-point registers live on across exits, whoever else uses theirs. */
#include "cases.h"
#include "guests.h"
#include "kernel/lib/objects.h"
#include "kernel/lib/worker.h"
#include "lib/vm.h"
#include <sel4/sel4.h>

static struct vm *start(seL4_Word exits, seL4_Word seed)
{
    struct vm *vm = vm_new(guest_start, guest_end);
    seL4_UserContext regs = {0};
    regs.pc = GUEST_RAM + (seL4_Word)(guest_fp - guest_start);
    regs.spsr = PSTATE_EL1H_MASKED;
    regs.x25 = exits;
    regs.x27 = seed;
    REQUIRE_OK(seL4_TCB_WriteRegisters(vm->tcb, 1, 0, VESICLE_USER_CONTEXT_WORDS, &regs));
    return vm;
}

static void across_exits(void)
{
    struct vm *vm = start(20, 0x4000);
    vm_expect_hvc(vm, HVC_READY);
    for (unsigned i = 1; i < 20; i++) {
        vm_resume_to_hvc(vm, HVC_READY);
    }
    vm_resume_to_hvc(vm, HVC_DONE);
    CHECK_EQ(vm->exit->x[0], 0);
}

/* The VMM has floating-point state of its own. */
static void vmm_uses_it_too(void)
{
    struct vm *vm = start(20, 0x5000);
    __asm__ volatile("fmov d5, #1.0\n fmov d31, #1.0");
    vm_expect_hvc(vm, HVC_READY);
    for (unsigned i = 1; i < 20; i++) {
        __asm__ volatile("fadd d5, d5, d31");
        vm_resume_to_hvc(vm, HVC_READY);
    }
    vm_resume_to_hvc(vm, HVC_DONE);
    CHECK_EQ(vm->exit->x[0], 0);
    seL4_Word twenty;
    __asm__ volatile("fmov %0, d5" : "=r"(twenty));
    CHECK_EQ(twenty, 0x4034000000000000);
}

/* A VMM thread without time of its own: exits go the shortest way, there and back. It has used the registers in between. */
static void passive_vmm(struct worker *w)
{
    struct vm *vm = (struct vm *)w->arg[0];
    seL4_Word badge, twenty, esr;
    __asm__ volatile("fmov d5, #1.0\n fmov d31, #1.0");
    seL4_RecvWithMRs(vm->ep, &badge, &esr, 0, 0, 0, vm->reply);
    for (unsigned i = 1; i < 20; i++) {
        if (i % 2) {
            __asm__ volatile("fadd d5, d5, d31\n fadd d5, d5, d31");
        }
        seL4_ReplyRecvWithMRs(vm->ep, seL4_MessageInfo_new(0, 0, 0, 0), &badge, &esr, 0, 0, 0, vm->reply);
    }
    seL4_ReplyRecvWithMRs(vm->ep, seL4_MessageInfo_new(0, 0, 0, 0), &badge, &esr, 0, 0, 0, vm->reply);
    __asm__ volatile("fmov %0, d5" : "=r"(twenty));
    w->result[0] = esr;
    w->result[1] = twenty;
    w->done = true;
}

static void passive_vmm_uses_it_too(void)
{
    struct vm *vm = start(20, 0xb000);
    REQUIRE_OK(seL4_TCB_Suspend(vm->tcb));
    struct worker *w = worker_new(passive_vmm, MAIN_PRIORITY + 1);
    w->arg[0] = (seL4_Word)vm;
    worker_run(w);
    REQUIRE_OK(seL4_SchedContext_Unbind(w->sc));
    REQUIRE_OK(seL4_TCB_Resume(vm->tcb));
    worker_wait(&w->done);
    CHECK_EQ(ESR_IMM16(w->result[0]), HVC_DONE);
    CHECK_EQ(vm->exit->x[0], 0);
    CHECK_EQ(w->result[1], 0x4035000000000000); /* 21 */
}

static void two_guests(void)
{
    struct vm *a = start(10, 0x6000), *b = start(10, 0x7000);
    vm_expect_hvc(a, HVC_READY);
    vm_expect_hvc(b, HVC_READY);
    for (unsigned i = 1; i < 10; i++) {
        vm_resume_to_hvc(a, HVC_READY);
        vm_resume_to_hvc(b, HVC_READY);
    }
    vm_resume_to_hvc(a, HVC_DONE);
    vm_resume_to_hvc(b, HVC_DONE);
    CHECK_EQ(a->exit->x[0], 0);
    CHECK_EQ(b->exit->x[0], 0);
}

/* Exits do not touch the FP registers: nothing is exchanged as long as nobody else uses them. */
static void no_switch_per_exit(void)
{
    enum { EXITS = 1000 };
    struct vm *vm = start(EXITS, 0x8000);
    vm_expect_hvc(vm, HVC_READY);
    seL4_Word before = vesicle_DebugFPSwitches();
    for (unsigned i = 1; i < EXITS; i++) {
        vm_resume_to_hvc(vm, HVC_READY);
    }
    vm_resume_to_hvc(vm, HVC_DONE);
    CHECK_EQ(vesicle_DebugFPSwitches() - before, 0);
    CHECK_EQ(vm->exit->x[0], 0);
}

/* Linux would trap at its first use of them, with half of its boot behind it. */
static void from_the_start(void)
{
    seL4_Word before = vesicle_DebugFPSwitches();
    struct vm *vm = vm_new(guest_start, guest_end);
    vm_start(vm, guest_start, guest_hvc_loop);
    vm_expect_hvc(vm, HVC_READY);
    CHECK_EQ(vesicle_DebugFPSwitches() - before, 1);
}

/* Guests that use them in turns do exchange them; each reads its own when it is done. */
static void guests_in_turns_switch(void)
{
    seL4_Word before = vesicle_DebugFPSwitches();
    struct vm *a = start(1, 0x9000);
    vm_expect_hvc(a, HVC_READY);
    CHECK_EQ(vesicle_DebugFPSwitches() - before, 1);
    struct vm *b = start(1, 0xa000); /* not before: it would run when a's time slice ends */
    vm_expect_hvc(b, HVC_READY);
    CHECK_EQ(vesicle_DebugFPSwitches() - before, 2);
    vm_resume_to_hvc(a, HVC_DONE);
    CHECK_EQ(vesicle_DebugFPSwitches() - before, 3);
    vm_resume_to_hvc(b, HVC_DONE);
    CHECK_EQ(vesicle_DebugFPSwitches() - before, 4);
    CHECK_EQ(a->exit->x[0], 0);
    CHECK_EQ(b->exit->x[0], 0);
}

const struct test_case fp_cases[] = {
    {"fp_across_exits", across_exits},
    {"fp_vmm_uses_it_too", vmm_uses_it_too},
    {"fp_passive_vmm_uses_it_too", passive_vmm_uses_it_too},
    {"fp_two_guests", two_guests},
    {"fp_no_switch_per_exit", no_switch_per_exit},
    {"fp_from_the_start", from_the_start},
    {"fp_guests_in_turns_switch", guests_in_turns_switch},
    {0, 0},
};
