/* SPDX-License-Identifier: BSD-2-Clause */
/* Guests on other cores: moved, interrupted, read, deleted while they run. */
#include "cases.h"

#include "kernel/lib/clock.h"
#include "kernel/lib/objects.h"
#include "vm/guests.h"
#include "vm/lib/vm.h"
#include <sel4/sel4.h>

/* Where the log begins in a guest's memory, in words. */
#define LOG_WORD ((GUEST_LOG - GUEST_RAM) / sizeof(seL4_Word))

static void move(struct vm *vm, unsigned core)
{
    REQUIRE_OK(seL4_SchedControl_Configure(sched_control(core), vm->sc, 10000, 10000, 0, 0));
}

static struct vm *vm_on(unsigned core, const char *entry)
{
    struct vm *vm = vm_new(guest_start, guest_end);
    move(vm, core);
    vm_start(vm, guest_start, entry);
    return vm;
}

/* Exits to a VMM of another core. */
static void exits(void)
{
    cores(2);
    struct vm *vm = vm_on(1, guest_hvc_loop);
    vm_expect_hvc(vm, HVC_READY);
    vm->exit->x[0] = 0;
    for (unsigned i = 0; i < 100; i++) {
        vm_resume_to_hvc(vm, HVC_READY);
        CHECK_EQ(vm->exit->x[0], i + 1);
    }
}

/* Its core changes between exits, and the floating-point registers follow. */
static void moved_between_exits(void)
{
    unsigned n = cores(3);
    struct vm *vm = vm_on(1, guest_fp);
    vm_expect_hvc(vm, HVC_READY);
    vm->exit->x[25] = 200;
    for (unsigned i = 0; i < 199; i++) {
        move(vm, i % n);
        vm_resume_to_hvc(vm, HVC_READY);
    }
    vm_resume_to_hvc(vm, HVC_DONE);
    CHECK_EQ(vm->exit->x[0], 0);
}

/* It is moved while it runs, with its timer, which interrupts it. */
static void moved_while_running(const char *entry)
{
    unsigned n = cores(3);
    enum { INTERRUPTS = 25 };
    struct vm *vm = vm_on(1, entry);
    vm_expect_hvc(vm, HVC_READY);
    vm->exit->x[25] = INTERRUPTS;
    vm->exit->x[26] = gpi_time_frequency() / 1000; /* one a millisecond */
    REQUIRE_OK(vesicle_VCPU_SetVPPI(vm->vcpu, VESICLE_VTIMER_PPI, 1, 0x80, 1));
    vm_reply(vm, 0);
    for (unsigned i = 0, seen = 0; seen < INTERRUPTS; i++) {
        move(vm, 1 + i % (n - 1));
        for (seL4_Word start = clock_us(); clock_us() - start < 300;) {
        }
        if (i % 4 == 3) {
            /* Moved all the time it may never come to run. */
            await((volatile seL4_Word *)vm->ram + LOG_WORD + seen, 1);
        }
        while (seen < INTERRUPTS && vm_log(vm, seen) != 0) {
            seen++;
        }
    }
    vm_expect_hvc(vm, HVC_DONE);
    CHECK_EQ(vm->exit->x[21], INTERRUPTS);
    for (unsigned i = 0; i < INTERRUPTS; i++) {
        CHECK_EQ(vm_log(vm, i), VESICLE_VTIMER_PPI);
    }
}

static void moved_while_busy(void)
{
    moved_while_running(guest_timer_busy);
}

static void moved_while_asleep(void)
{
    moved_while_running(guest_timer);
}

/* On one core it reads IAR, on another it writes EOIR. */
static void moved_between_iar_and_eoir(void)
{
    unsigned n = cores(2);
    struct vm *vm = vm_on(1, guest_irq_split);
    vm_expect_hvc(vm, HVC_READY);
    REQUIRE_OK(vesicle_VCPU_SetVPPI(vm->vcpu, VESICLE_VTIMER_PPI, 1, 0x80, 1));
    for (unsigned round = 0; round < 20; round++) {
        move(vm, round % n);
        vm_resume_to_hvc(vm, HVC_IN_IRQ);
        CHECK_EQ(vesicle_VCPU_GetIRQState(vm->vcpu, VESICLE_VTIMER_PPI).state, VESICLE_VIRQ_ACTIVE);
        move(vm, (round + 1) % n);
        vm_resume_to_hvc(vm, HVC_DONE);
        CHECK_EQ(vm->exit->x[21], round + 1);
    }
}

/* Interrupts injected while it runs elsewhere. */
static void injected_while_running(const char *entry)
{
    cores(2);
    enum { INTERRUPTS = 60, FIRST = 40 };
    struct vm *vm = vm_on(1, entry);
    vm_expect_hvc(vm, HVC_READY);
    vm_reply(vm, 0);
    for (unsigned i = 0; i < INTERRUPTS; i++) {
        seL4_Word id = FIRST + i % 10;
        REQUIRE_OK(vesicle_VCPU_Inject(vm->vcpu, vesicle_virq(id, 0x80, 1, 0)));
        for (seL4_Word start = clock_us(); vm_log(vm, i) == 0;) {
            REQUIRE(clock_us() - start < 5000000);
        }
        CHECK_EQ(vm_log(vm, i), id);
    }
    REQUIRE_OK(seL4_TCB_Suspend(vm->tcb));
}

static void injected_while_busy(void)
{
    injected_while_running(guest_spin);
}

static void injected_while_asleep(void)
{
    injected_while_running(guest_sleep);
}

/* Registers and interrupt states of a VCPU that runs elsewhere. */
static void registers_while_running(void)
{
    cores(2);
    struct vm *vm = vm_on(1, guest_spin);
    vm_expect_hvc(vm, HVC_READY);
    vm_reply(vm, 0);
    for (seL4_Word i = 0; i < 60; i++) {
        REQUIRE_OK(seL4_ARM_VCPU_WriteRegs(vm->vcpu, seL4_VCPUReg_TPIDR_EL1, 0x1000 + i));
        CHECK_EQ(seL4_ARM_VCPU_ReadRegs(vm->vcpu, seL4_VCPUReg_TPIDR_EL1).value, 0x1000 + i);
        REQUIRE_OK(seL4_ARM_VCPU_WriteRegs(vm->vcpu, seL4_VCPUReg_TPIDR_EL0, 0x2000 + i));
        CHECK_EQ(seL4_ARM_VCPU_ReadRegs(vm->vcpu, seL4_VCPUReg_TPIDR_EL0).value, 0x2000 + i);
        CHECK_EQ(seL4_ARM_VCPU_ReadRegs(vm->vcpu, seL4_VCPUReg_SP_EL1).value, 0);
        CHECK_EQ(vesicle_VCPU_GetIRQState(vm->vcpu, 50).state, 0);
        CHECK_EQ(vesicle_VCPU_Withdraw(vm->vcpu, 50).state, 0);
        seL4_UserContext regs;
        REQUIRE_OK(seL4_TCB_ReadRegisters(vm->tcb, 0, 0, sizeof regs / sizeof(seL4_Word), &regs));
        CHECK_EQ(regs.x27, 0x2727);
    }
    REQUIRE_OK(seL4_TCB_Suspend(vm->tcb));
}

/* Constant answers change while the guest asks: it sees the one or the other. */
static void constant_answers(void)
{
    cores(2);
    enum { FUNCTION = 0x84000000 };
    struct vm *vm = vm_on(1, guest_ask);
    REQUIRE_OK(vesicle_VCPU_SetConstCall(vm->vcpu, FUNCTION, 1));
    vm_expect_hvc(vm, HVC_READY);
    vm_reply(vm, 0);
    await((volatile seL4_Word *)vm->ram + LOG_WORD, 1);
    for (seL4_Word i = 2; i < 100; i++) {
        REQUIRE_OK(vesicle_VCPU_SetConstCall(vm->vcpu, FUNCTION, i));
        for (seL4_Word start = clock_us(); vm_log(vm, 0) != i;) {
            REQUIRE(clock_us() - start < 5000000);
            CHECK_IN(vm_log(vm, 0), 1, i);
        }
    }
    CHECK_EQ(vm_log(vm, 1), 0); /* never anything smaller than before */
    REQUIRE_OK(seL4_TCB_Suspend(vm->tcb));
}

/* What a guest consists of goes, one thing at a time, while it runs on another core. */
enum part { PART_TCB, PART_VCPU, PART_SC, PART_SPACE, PART_FRAME, PART_RAM, PARTS };

static void take_away(struct vm *vm, enum part part)
{
    seL4_CPtr cap[PARTS] = {vm->tcb, vm->vcpu, vm->sc, vm->vspace, vm->exit_frame_cap, vm->ram_frame};
    if (part == PART_FRAME || part == PART_SPACE) { /* the VCPU and the thread have copies */
        REQUIRE_OK(seL4_CNode_Revoke(ROOT_CNODE, cap[part], DEPTH));
    }
    REQUIRE_OK(seL4_CNode_Delete(ROOT_CNODE, cap[part], DEPTH));
}

/* However slow the machine is, a guest that runs gets further. */
static void expect_counting(const volatile seL4_Word *count)
{
    await(count, *count + 1);
}

static void deleted_while_running(enum part part)
{
    cores(2);
    struct vm *vm = vm_on(1, guest_count), *other = vm_on(1, guest_hvc_loop);
    vm_expect_hvc(other, HVC_READY);
    vm_expect_hvc(vm, HVC_READY);
    vm_reply(vm, 0);
    const volatile seL4_Word *count = (const volatile seL4_Word *)vm->ram + LOG_WORD;
    expect_counting(count);
    take_away(vm, part);
    /* Without its exit frame it goes on, with its registers in the thread. */
    if (part == PART_FRAME) {
        expect_counting(count);
    } else {
        CHECK(!is_moving(count));
    }
    for (unsigned i = 0; i < 20; i++) {
        vm_resume_to_hvc(other, HVC_READY);
    }
    if (part != PART_TCB) {
        seL4_TCB_Suspend(vm->tcb);
    }
}

static void delete_tcb(void)
{
    deleted_while_running(PART_TCB);
}
static void delete_vcpu(void)
{
    deleted_while_running(PART_VCPU);
}
static void delete_sched_context(void)
{
    deleted_while_running(PART_SC);
}
static void delete_space(void)
{
    deleted_while_running(PART_SPACE);
}
static void delete_exit_frame(void)
{
    deleted_while_running(PART_FRAME);
}
static void delete_memory(void)
{
    deleted_while_running(PART_RAM);
}

/* A thread of the VMM writes nonsense to the exit frame while the guest is resumed again and again. */
static void scribble(struct worker *w)
{
    volatile struct vesicle_exit_frame *frame = (volatile struct vesicle_exit_frame *)w->arg[0];
    seL4_Word x = 88172645463325252ul;
    while (!w->result[1]) {
        x ^= x << 13, x ^= x >> 7, x ^= x << 17;
        frame->pstate = x;
        frame->x[x >> 8 & 15] = x;
        frame->sp_el0 = x;
        frame->esr = x;
        frame->flags = x;
        if ((x & 3) == 0) {
            frame->pc = x & 0x7ffffffc;
        }
        w->result[0]++;
    }
}

static void frame_rewritten(void)
{
    unsigned n = cores(3);
    struct vm *vm = vm_on(1, guest_hvc_loop), *other = vm_on(1, guest_hvc_loop);
    vm_expect_hvc(vm, HVC_READY);
    vm_expect_hvc(other, HVC_READY);
    struct worker *w = run_on(n - 1, scribble, (seL4_Word)vm->exit, 0);
    await(&w->result[0], 100);
    for (unsigned i = 0; i < 150; i++) {
        /* Whatever the guest does now is an exit, or it spins until it is stopped. */
        vm_reply(vm, 0);
        seL4_Word badge;
        for (unsigned k = 0; k < 50; k++) {
            seL4_MessageInfo_t info = seL4_NBRecv(vm->ep, &badge, vm->reply);
            if (badge != 0 || seL4_MessageInfo_get_label(info) != 0) {
                break;
            }
        }
        REQUIRE_OK(seL4_TCB_Suspend(vm->tcb));
        vm->exit->pc = GUEST_RAM + (seL4_Word)(guest_hvc_loop - guest_start);
        REQUIRE_OK(seL4_TCB_Resume(vm->tcb));
        vm_wait(vm);
    }
    w->result[1] = 1;
    await(&w->done, 1);
    for (unsigned i = 0; i < 100; i++) {
        vm_resume_to_hvc(other, HVC_READY);
    }
}

/* Nobody has run on its core before. What it puts into the floating-point registers is its own from the beginning. */
static void first_on_its_core(void)
{
    unsigned n = cores(2);
    struct vm *vm = vm_on(n - 1, guest_fp);
    vm_expect_hvc(vm, HVC_READY);
    move(vm, 0);
    vm->exit->x[25] = 1;
    vm_resume_to_hvc(vm, HVC_DONE);
    CHECK_EQ(vm->exit->x[0], 0);
}

const struct test_case first_cases[] = {{"smp_guest_first_on_its_core", first_on_its_core}, {0, 0}};

const struct test_case guest_cases[] = {
    {"smp_guest_exits", exits},
    {"smp_guest_moved_between_exits", moved_between_exits},
    {"smp_guest_moved_while_busy", moved_while_busy},
    {"smp_guest_moved_while_asleep", moved_while_asleep},
    {"smp_guest_moved_between_iar_and_eoir", moved_between_iar_and_eoir},
    {"smp_guest_injected_while_busy", injected_while_busy},
    {"smp_guest_injected_while_asleep", injected_while_asleep},
    {"smp_guest_registers_while_running", registers_while_running},
    {"smp_guest_constant_answers", constant_answers},
    {"smp_guest_delete_tcb", delete_tcb},
    {"smp_guest_delete_vcpu", delete_vcpu},
    {"smp_guest_delete_sched_context", delete_sched_context},
    {"smp_guest_delete_space", delete_space},
    {"smp_guest_delete_exit_frame", delete_exit_frame},
    {"smp_guest_delete_memory", delete_memory},
    {"smp_guest_frame_rewritten", frame_rewritten},
    {0, 0},
};
