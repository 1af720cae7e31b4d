/* SPDX-License-Identifier: BSD-2-Clause */
/* Guests' performance monitors: registers, who is counted, the overflow interrupt. */
#include "cases.h"
#include "guests.h"
#include "kernel/lib/clock.h"
#include "kernel/lib/objects.h"
#include "kernel/lib/worker.h"
#include "lib/vm.h"
#include <sel4/sel4.h>

#define ROUNDS     50000ul
#define LOOP_LEAST (2 * ROUNDS)
#define LOOP_MOST  (2 * ROUNDS + 100) /* and the instructions about it */
#define COUNTERS   0x8000003ful
#define PMCR_KEPT  0x69ul /* E, D, DP, LC */
#define PMCR_N     (6ul << 11)

/* What guest_pmu_registers writes and reads, in this order; `after` is what it reads. */
enum {
    PMCR,
    CNTENSET,
    CNTENCLR,
    OVSSET,
    OVSCLR,
    INTENSET,
    INTENCLR,
    SELR,
    USERENR,
    CCNTR,
    CCFILTR,
    XEVTYPER,
    XEVCNTR,
    EVCNTR0,
    EVTYPER0,
    EVCNTR5,
    EVTYPER5
};

static struct vm *start(const char *entry, seL4_Word argument)
{
    struct vm *vm = vm_new(guest_start, guest_end);
    REQUIRE_OK(vesicle_VCPU_SetVPPI(vm->vcpu, VESICLE_PMU_PPI, 1, 0x80, 1));
    vm_start(vm, guest_start, entry);
    vm->exit->x[26] = argument;
    vm_expect_hvc(vm, HVC_READY);
    vm->exit->x[26] = argument;
    return vm;
}

/* The VMM asks for it, or is asked for each register. */
static void not_given(void)
{
    struct vm *vm = vm_new(guest_start, guest_end);
    vm_start(vm, guest_start, guest_pmu_registers);
    vm_expect_hvc(vm, HVC_READY);
    REQUIRE_EQ(vm_resume(vm, 0, 0), seL4_Fault_VCPUFault);
    CHECK_EQ(ESR_EC(vm->exit->esr), ESR_EC_SYSREG);
    REQUIRE_OK(vesicle_VCPU_SetVPPI(vm->vcpu, VESICLE_PMU_PPI, 0, 0, 0));
    vm_resume_to_hvc(vm, HVC_READY);
    CHECK_EQ(vm_log(vm, PMCR), PMCR_N);
}

/* What may stand in a register stands there, and nothing else. */
static void check_registers(struct vm *vm, seL4_Word value)
{
    const seL4_Word selected = value & 31, types = 0xc000fffful;
    CHECK_EQ(vm_log(vm, PMCR), (value & PMCR_KEPT) | PMCR_N);
    CHECK_EQ(vm_log(vm, CNTENSET) & ~COUNTERS, 0);
    CHECK_EQ(vm_log(vm, CNTENSET) & value & COUNTERS, value & COUNTERS);
    CHECK_EQ(vm_log(vm, CNTENCLR) & (value | ~COUNTERS), 0);
    CHECK_EQ(vm_log(vm, OVSSET) & value & COUNTERS, value & COUNTERS);
    CHECK_EQ(vm_log(vm, OVSSET) & ~COUNTERS, 0);
    CHECK_EQ(vm_log(vm, OVSCLR) & value, 0);
    CHECK_EQ(vm_log(vm, INTENSET) & value & COUNTERS, value & COUNTERS);
    CHECK_EQ(vm_log(vm, INTENSET) & ~COUNTERS, 0);
    CHECK_EQ(vm_log(vm, INTENCLR) & value, 0);
    CHECK_EQ(vm_log(vm, SELR), selected);
    CHECK_EQ(vm_log(vm, USERENR), value & 0xf);
    CHECK_EQ(vm_log(vm, CCNTR), value);
    CHECK_EQ(vm_log(vm, CCFILTR), value & 0xc0000000);
    CHECK_EQ(vm_log(vm, XEVTYPER), selected == 31 ? value & 0xc0000000 : selected < 6 ? value & types : 0);
    CHECK_EQ(vm_log(vm, XEVCNTR), selected < 6 ? value & 0xffffffff : 0);
    CHECK_EQ(vm_log(vm, EVCNTR0), value & 0xffffffff);
    CHECK_EQ(vm_log(vm, EVTYPER0), value & types);
    CHECK_EQ(vm_log(vm, EVCNTR5), value & 0xffffffff);
    CHECK_EQ(vm_log(vm, EVTYPER5), value & types);
}

/* Values at random among others: counters that run, filters, all interrupts. Nobody else notices. */
static void registers(void)
{
    static const seL4_Word values[] = {0, ~0ul, 0xffffffff, 0x80000000, 1, 0x7e, 31, 30, 6};
    struct vm *vm = start(guest_pmu_registers, 0);
    seL4_Word value = 0x9e3779b97f4a7c15;
    for (unsigned i = 0; i < 300; i++) {
        vm->exit->x[26] = i < sizeof values / sizeof *values ? values[i] : value;
        value = value * 6364136223846793005ul + 1442695040888963407ul;
        bool on = vm->exit->x[26] & 1; /* PMCR.E: then values move on before they are read */
        seL4_Word written = vm->exit->x[26];
        vm_resume_to_hvc(vm, HVC_READY);
        if (!on) {
            check_registers(vm, written);
        } else {
            CHECK_EQ(vm_log(vm, PMCR), (written & PMCR_KEPT) | PMCR_N);
            CHECK_EQ(vm_log(vm, USERENR), written & 0xf);
        }
    }
    CHECK_EQ(seL4_ARM_VCPU_ReadRegs(vm->vcpu, seL4_VCPUReg_PMCR_EL0).value & ~PMCR_KEPT, PMCR_N);
    REQUIRE_OK(seL4_ARM_VCPU_WriteRegs(vm->vcpu, seL4_VCPUReg_PMCR_EL0, ~0ul));
    CHECK_EQ(seL4_ARM_VCPU_ReadRegs(vm->vcpu, seL4_VCPUReg_PMCR_EL0).value, PMCR_KEPT | PMCR_N);
}

static void spend(seL4_Word rounds)
{
    for (seL4_Word i = 0; i < rounds; i++) {
        __asm__ volatile("");
    }
}

/* In the middle of its loop the VMM serves an exit, and takes its time. */
static void loop(struct vm *vm, seL4_Word vmm_rounds)
{
    vm_resume_to_hvc(vm, HVC_IN_IRQ);
    spend(vmm_rounds);
    vm_resume_to_hvc(vm, HVC_DONE);
    CHECK(vm->exit->x[0] > 0);
    CHECK(vm->exit->x[1] > 0);
    CHECK_TIME_IN(vm->exit->x[0], LOOP_LEAST, LOOP_MOST);
    CHECK_TIME_IN(vm->exit->x[1], LOOP_LEAST, LOOP_MOST);
}

static void vmm_is_not_counted(void)
{
    struct vm *vm = start(guest_pmu_count, ROUNDS);
    loop(vm, 0);
    loop(vm, 20 * ROUNDS);
}

/* Both count at the same time, on one core, and so does a native thread. */
static void two_guests(void)
{
    struct vm *a = start(guest_pmu_count, ROUNDS), *b = start(guest_pmu_count, ROUNDS);
    REQUIRE_OK(vesicle_TCB_SetCounter(seL4_CapInitThreadTCB, 0, 0x11));
    for (unsigned i = 0; i < 3; i++) {
        vm_resume_to_hvc(a, HVC_IN_IRQ);
        vm_resume_to_hvc(b, HVC_IN_IRQ);
        spend(ROUNDS);
        vm_resume_to_hvc(a, HVC_DONE);
        vm_resume_to_hvc(b, HVC_DONE);
        CHECK_TIME_IN(a->exit->x[0], LOOP_LEAST, LOOP_MOST);
        CHECK_TIME_IN(b->exit->x[0], LOOP_LEAST, LOOP_MOST);
        CHECK_TIME_IN(b->exit->x[1], LOOP_LEAST, LOOP_MOST);
    }
    vesicle_TCB_ReadCounter_t own = vesicle_TCB_ReadCounter(seL4_CapInitThreadTCB, 0);
    REQUIRE_OK(vesicle_TCB_SetCounter(seL4_CapInitThreadTCB, 0, VESICLE_COUNTER_OFF));
    CHECK_EQ(own.error, seL4_NoError);
    CHECK(own.value > 0);
    /* A guest's own counts are in its registers. */
    CHECK_EQ(vesicle_TCB_SetCounter(a->tcb, 0, 0x11), seL4_IllegalOperation);
    CHECK_EQ(vesicle_TCB_ReadCounter(a->tcb, 0).error, seL4_IllegalOperation);
}

static void overflow(void)
{
    struct vm *vm = start(guest_pmu_overflow, 0);
    for (unsigned i = 1; i < 4; i++) {
        vm_resume_to_hvc(vm, HVC_DONE);
        CHECK_EQ(vm->exit->x[21], i);
        CHECK_EQ(vm->exit->x[20], VESICLE_PMU_PPI);
        CHECK_EQ(vm->exit->x[0], 1);
        CHECK_EQ(vm->exit->x[1], 0); /* nothing is pending any more */
    }
    /* Not while the VMM does not want it; then, as it is still up. */
    REQUIRE_OK(vesicle_VCPU_SetVPPI(vm->vcpu, VESICLE_PMU_PPI, 0, 0x80, 1));
    vm_reply(vm, 0);
    sleep_us(20000);
    seL4_NBRecv(vm->ep, 0, vm->reply);
    REQUIRE_OK(vesicle_VCPU_SetVPPI(vm->vcpu, VESICLE_PMU_PPI, 1, 0x80, 1));
    vm_expect_hvc(vm, HVC_DONE);
    CHECK_EQ(vm->exit->x[21], 4);
    CHECK_EQ(vesicle_VCPU_SetVPPI(vm->vcpu, VESICLE_PMU_PPI, 1, 256, 1), seL4_RangeError);
}

/* PMUSERENR_EL0: the guest's EL0 asks the guest's EL1, not us. */
static void user_access(void)
{
    enum { CR = 4, EN = 1 };
    static const struct {
        seL4_Word user, svc; /* what EL0 may do; it gets to its SVC */
    } cases[] = {{0, 0}, {CR, 0}, {EN, 1}};
    for (unsigned i = 0; i < 3; i++) {
        struct vm *vm = start(guest_pmu_el0, cases[i].user);
        vm_resume_to_hvc(vm, HVC_READY);
        vm->exit->pstate = 0;
        seL4_Word pc = vm->exit->pc;
        vm_resume_to_hvc(vm, HVC_SYNC);
        CHECK_EQ(ESR_EC(vm->exit->x[10]), cases[i].svc ? 0x15 : ESR_EC_SYSREG);
        CHECK_EQ(vm->exit->x[11] - pc, cases[i].user == 0 ? 0 : cases[i].user == CR ? 4 : 12);
    }
}

/* A guest that counts goes while others do. */
static void unbound(void)
{
    struct vm *vm = start(guest_pmu_count, 0);
    vm_reply(vm, 0);
    sleep_us(2000);
    REQUIRE_OK(seL4_TCB_Suspend(vm->tcb));
    struct vm *other = start(guest_pmu_count, ROUNDS);
    loop(other, 0);
    REQUIRE_OK(seL4_ARM_VCPU_SetTCB(vm->vcpu, new_object(seL4_TCBObject, 0)));
    loop(other, ROUNDS);
}

const struct test_case pmu_cases[] = {
    {"pmu_not_given", not_given},
    {"pmu_registers", registers},
    {"pmu_vmm_is_not_counted", vmm_is_not_counted},
    {"pmu_two_guests", two_guests},
    {"pmu_overflow", overflow},
    {"pmu_user_access", user_access},
    {"pmu_unbound", unbound},
    {0, 0},
};
