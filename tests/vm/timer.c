/* SPDX-License-Identifier: BSD-2-Clause */
/* The virtual timer: delivered by the kernel, and by the VMM where it did not ask for that. */
#include "cases.h"
#include "guests.h"
#include "kernel/lib/clock.h"
#include "kernel/lib/objects.h"
#include "kernel/lib/worker.h"
#include "lib/vm.h"
#include <sel4/sel4.h>

static struct vm *start(const char *entry, seL4_Word interrupts, seL4_Word microseconds)
{
    struct vm *vm = vm_new(guest_start, guest_end);
    vm_start(vm, guest_start, entry);
    vm_expect_hvc(vm, HVC_READY);
    vm->exit->x[25] = interrupts;
    vm->exit->x[26] = microseconds * gpi_time_frequency() / 1000000;
    return vm;
}

/* No exit in all the time: the next one is the guest's report. */
static void direct(const char *entry)
{
    struct vm *vm = start(entry, 10, 1000);
    REQUIRE_OK(vesicle_VCPU_SetVPPI(vm->vcpu, VESICLE_VTIMER_PPI, 1, 0x80, 1));
    seL4_Word before = clock_us();
    vm_resume_to_hvc(vm, HVC_DONE);
    seL4_Word elapsed = clock_us() - before;
    CHECK(elapsed >= 10000);
    CHECK_TIME_IN(elapsed, 10000, 10100);
    CHECK_EQ(vm->exit->x[21], 10);
    for (unsigned i = 0; i < 10; i++) {
        CHECK_EQ(vm_log(vm, i), VESICLE_VTIMER_PPI);
    }
}

static void asleep(void)
{
    direct(guest_timer);
}

static void busy(void)
{
    direct(guest_timer_busy);
}

/* Without SetVPPI every interrupt of the timer is an event for the VMM. */
static void events(void)
{
    struct vm *vm = start(guest_timer_busy, 2, 1000);
    for (unsigned i = 0; i < 2; i++) {
        REQUIRE_EQ(vm_resume(vm, 0, 0), seL4_Fault_VPPIEvent);
        CHECK_EQ(vm->message[seL4_VPPIEvent_IRQ], VESICLE_VTIMER_PPI);
        REQUIRE_OK(vesicle_VCPU_Inject(vm->vcpu, vesicle_virq(VESICLE_VTIMER_PPI, 0x80, 1, 1)));
        REQUIRE_EQ(vm_resume(vm, 0, 0), seL4_Fault_VGICMaintenance);
        REQUIRE_OK(seL4_ARM_VCPU_AckVPPI(vm->vcpu, VESICLE_VTIMER_PPI));
    }
    vm_resume_to_hvc(vm, HVC_DONE);
    CHECK_EQ(vm->exit->x[21], 2);
}

static void disabled(void)
{
    struct vm *vm = start(guest_timer_busy, 1, 1000);
    REQUIRE_OK(vesicle_VCPU_SetVPPI(vm->vcpu, VESICLE_VTIMER_PPI, 0, 0x80, 1));
    vm_reply(vm, 0);
    sleep_us(20000);
    seL4_NBRecv(vm->ep, 0, vm->reply);
    REQUIRE_OK(seL4_TCB_Suspend(vm->tcb));
    CHECK_EQ(vm_log(vm, 0), 0);
}

/*
 * Two guests on one core, each with the same physical timer interrupt active: what one has not yet ended must not
 * stop the other's, and the first one's goes on when it is back.
 */
static void two_guests(void)
{
    struct vm *a = vm_new(guest_start, guest_end), *b = vm_new(guest_start, guest_end);
    vm_start(a, guest_start, guest_irq_split);
    vm_start(b, guest_start, guest_irq_split);
    vm_expect_hvc(a, HVC_READY);
    vm_expect_hvc(b, HVC_READY);
    REQUIRE_OK(vesicle_VCPU_SetVPPI(a->vcpu, VESICLE_VTIMER_PPI, 1, 0x80, 1));
    REQUIRE_OK(vesicle_VCPU_SetVPPI(b->vcpu, VESICLE_VTIMER_PPI, 1, 0x80, 1));
    for (unsigned round = 0; round < 5; round++) {
        vm_resume_to_hvc(a, HVC_IN_IRQ); /* a has read IAR */
        CHECK_EQ(vesicle_VCPU_GetIRQState(a->vcpu, VESICLE_VTIMER_PPI).state, VESICLE_VIRQ_ACTIVE);
        vm_resume_to_hvc(b, HVC_IN_IRQ); /* so has b */
        vm_resume_to_hvc(a, HVC_DONE);   /* a writes EOIR */
        vm_resume_to_hvc(b, HVC_DONE);
        CHECK_EQ(a->exit->x[21], round + 1);
        CHECK_EQ(b->exit->x[21], round + 1);
    }
}

/* A sleeping guest's timer wakes it though another guest, asleep too, has its place on the core. */
static void asleep_elsewhere(void)
{
    struct vm *a = start(guest_timer, 1, 10000), *b = start(guest_timer, 1, 10000000);
    REQUIRE_OK(vesicle_VCPU_SetVPPI(a->vcpu, VESICLE_VTIMER_PPI, 1, 0x80, 1));
    REQUIRE_OK(vesicle_VCPU_SetVPPI(b->vcpu, VESICLE_VTIMER_PPI, 1, 0x80, 1));
    seL4_Word before = clock_us();
    vm_reply(a, 0);
    vm_reply(b, 0);
    vm_expect_hvc(a, HVC_DONE);
    seL4_Word elapsed = clock_us() - before;
    CHECK(elapsed >= 10000);
    CHECK_TIME_IN(elapsed, 10000, 10100);
}

/* The same where the timer is the VMM's business: the event comes though the guest is not on the core. */
static void events_asleep_elsewhere(void)
{
    struct vm *a = start(guest_timer, 1, 10000), *b = start(guest_timer, 1, 10000000);
    REQUIRE_OK(vesicle_VCPU_SetVPPI(b->vcpu, VESICLE_VTIMER_PPI, 1, 0x80, 1));
    vm_reply(a, 0);
    vm_reply(b, 0);
    REQUIRE_EQ(vm_wait(a), seL4_Fault_VPPIEvent);
    CHECK_EQ(a->message[seL4_VPPIEvent_IRQ], VESICLE_VTIMER_PPI);
}

/* The VMM injected an interrupt of the timer's number, and then the timer's own comes: they are one. */
static void own_and_injected(void)
{
    struct vm *vm = start(guest_irqs, 0, 0);
    REQUIRE_OK(vesicle_VCPU_SetVPPI(vm->vcpu, VESICLE_VTIMER_PPI, 1, 0x80, 1));
    REQUIRE_OK(vesicle_VCPU_Inject(vm->vcpu, vesicle_virq(VESICLE_VTIMER_PPI, 0x80, 1, 0)));
    REQUIRE_OK(seL4_ARM_VCPU_WriteRegs(vm->vcpu, seL4_VCPUReg_CNTV_CVAL, 0));
    REQUIRE_OK(seL4_ARM_VCPU_WriteRegs(vm->vcpu, seL4_VCPUReg_CNTV_CTL, 1));
    vm->exit->x[23] = 2;
    vm_resume_to_hvc(vm, HVC_DONE);
    CHECK_EQ(vm->exit->x[21], 1);
    CHECK_EQ(vesicle_VCPU_GetIRQState(vm->vcpu, VESICLE_VTIMER_PPI).state, 0);
}

static void errors(void)
{
    struct vm *vm = vm_new(guest_start, guest_end);
    CHECK_EQ(vesicle_VCPU_SetVPPI(vm->vcpu, 30, 1, 0x80, 1), seL4_InvalidArgument);
    CHECK_EQ(vesicle_VCPU_SetVPPI(vm->vcpu, VESICLE_VTIMER_PPI, 1, 256, 1), seL4_RangeError);
    CHECK_EQ(seL4_ARM_VCPU_AckVPPI(vm->vcpu, 30), seL4_InvalidArgument);
}

const struct test_case timer_cases[] = {
    {"timer_asleep", asleep},
    {"timer_busy", busy},
    {"timer_events", events},
    {"timer_disabled", disabled},
    {"timer_two_guests", two_guests},
    {"timer_asleep_elsewhere", asleep_elsewhere},
    {"timer_events_asleep_elsewhere", events_asleep_elsewhere},
    {"timer_own_and_injected", own_and_injected},
    {"timer_errors", errors},
    {0, 0},
};
