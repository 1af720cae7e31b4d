/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupts of a guest: injected, withdrawn, queued, ended; and one of a device, which interrupts it. */
#include "cases.h"
#include "guests.h"
#include "kernel/lib/clock.h"
#include "kernel/lib/objects.h"
#include "kernel/lib/worker.h"
#include "lib/vm.h"
#include <sel4/sel4.h>

static seL4_Word virq(seL4_Word id, seL4_Word priority)
{
    return vesicle_virq(id, priority, 1, 0);
}

static struct vm *start(const char *entry)
{
    struct vm *vm = vm_new(guest_start, guest_end);
    vm_start(vm, guest_start, entry);
    return vm;
}

/* Guest that is at its HVC, interrupts masked. */
static struct vm *ready(void)
{
    struct vm *vm = start(guest_irqs);
    vm_expect_hvc(vm, HVC_READY);
    return vm;
}

static seL4_Word taken(const struct vm *vm)
{
    return vm->exit->x[21];
}

static void inject(void)
{
    struct vm *vm = ready();
    REQUIRE_OK(vesicle_VCPU_Inject(vm->vcpu, virq(50, 0xa0)));
    CHECK_EQ(vesicle_VCPU_GetIRQState(vm->vcpu, 50).state, VESICLE_VIRQ_PENDING);
    vm_resume_to_hvc(vm, HVC_DONE);
    CHECK_EQ(taken(vm), 1);
    CHECK_EQ(vm_log(vm, 0), 50);
    CHECK_EQ(vesicle_VCPU_GetIRQState(vm->vcpu, 50).state, 0);
    vm_resume_to_hvc(vm, HVC_DONE);
    CHECK_EQ(taken(vm), 1);
}

/* The reply to an exit carries up to four. */
static void inject_by_reply(void)
{
    struct vm *vm = ready();
    seL4_Word virqs[] = {virq(60, 0xa0), virq(61, 0x80), virq(62, 0xc0), virq(63, 0x90)};
    REQUIRE_EQ(vm_resume(vm, 4, virqs), seL4_Fault_VCPUFault);
    CHECK_EQ(ESR_IMM16(vm->message[0]), HVC_DONE);
    CHECK_EQ(taken(vm), 4);
    CHECK_EQ(vm_log(vm, 0), 61); /* by priority */
    CHECK_EQ(vm_log(vm, 1), 63);
    CHECK_EQ(vm_log(vm, 2), 60);
    CHECK_EQ(vm_log(vm, 3), 62);
}

static void twice_is_once(void)
{
    struct vm *vm = ready();
    REQUIRE_OK(vesicle_VCPU_Inject(vm->vcpu, virq(50, 0xa0)));
    REQUIRE_OK(vesicle_VCPU_Inject(vm->vcpu, virq(50, 0xa0)));
    vm_resume_to_hvc(vm, HVC_DONE);
    CHECK_EQ(taken(vm), 1);
}

static void withdraw(void)
{
    struct vm *vm = ready();
    REQUIRE_OK(vesicle_VCPU_Inject(vm->vcpu, virq(50, 0xa0)));
    REQUIRE_OK(vesicle_VCPU_Inject(vm->vcpu, virq(51, 0xa0)));
    vesicle_VCPU_Withdraw_t had = vesicle_VCPU_Withdraw(vm->vcpu, 50);
    CHECK_OK(had.error);
    CHECK_EQ(had.state, VESICLE_VIRQ_PENDING);
    CHECK_EQ(vesicle_VCPU_Withdraw(vm->vcpu, 50).state, 0);
    CHECK_EQ(vesicle_VCPU_GetIRQState(vm->vcpu, 50).state, 0);
    vm_resume_to_hvc(vm, HVC_DONE);
    CHECK_EQ(taken(vm), 1);
    CHECK_EQ(vm_log(vm, 0), 51);
}

enum { MANY = 24 };

/* More than there are list registers: all arrive, once, most urgent first. */
static void overflow(void)
{
    struct vm *vm = ready();
    for (seL4_Word i = 0; i < MANY; i++) {
        /* Priorities in a mixed order: 5 has no divisor in common with 24. */
        REQUIRE_OK(vesicle_VCPU_Inject(vm->vcpu, virq(40 + i, 8 * (i * 5 % MANY))));
    }
    CHECK_EQ(vesicle_VCPU_GetIRQState(vm->vcpu, 40 + MANY - 1).state, VESICLE_VIRQ_PENDING);
    vm_resume_to_hvc(vm, HVC_DONE);
    CHECK_EQ(taken(vm), MANY);
    for (unsigned i = 0; i < MANY; i++) {
        CHECK_EQ((vm_log(vm, i) - 40) * 5 % MANY, i);
    }
}

static void withdraw_from_queue(void)
{
    struct vm *vm = ready();
    for (seL4_Word i = 0; i < MANY; i++) {
        REQUIRE_OK(vesicle_VCPU_Inject(vm->vcpu, virq(40 + i, 0xa0)));
    }
    CHECK_EQ(vesicle_VCPU_Withdraw(vm->vcpu, 40 + MANY - 1).state, VESICLE_VIRQ_PENDING);
    CHECK_EQ(vesicle_VCPU_Withdraw(vm->vcpu, 40).state, VESICLE_VIRQ_PENDING);
    vm_resume_to_hvc(vm, HVC_DONE);
    CHECK_EQ(taken(vm), MANY - 2);
    for (unsigned i = 0; i < MANY - 2; i++) {
        CHECK(vm_log(vm, i) != 40 && vm_log(vm, i) != 40 + MANY - 1);
    }
}

static void no_room_left(void)
{
    struct vm *vm = ready();
    seL4_Error error = seL4_NoError;
    seL4_Word given = 0;
    for (seL4_Word id = 32; id < 1020 && error == seL4_NoError; id++) {
        error = vesicle_VCPU_Inject(vm->vcpu, virq(id, 0xa0));
        given += error == seL4_NoError;
    }
    CHECK_EQ(error, seL4_NotEnoughMemory);
    vm_resume_to_hvc(vm, HVC_DONE);
    CHECK_EQ(taken(vm), given);
}

/* A software interrupt comes to the VMM, which injects it. */
static void sgi(void)
{
    struct vm *vm = start(guest_sgi);
    REQUIRE_EQ(vm_wait(vm), seL4_Fault_VCPUFault);
    seL4_Word esr = vm->exit->esr;
    REQUIRE_EQ(ESR_EC(esr), ESR_EC_SYSREG);
    CHECK_EQ(esr >> 20 & 3, 3);    /* op0 */
    CHECK_EQ(esr >> 14 & 7, 0);    /* op1 */
    CHECK_EQ(esr >> 10 & 0xf, 12); /* CRn */
    CHECK_EQ(esr >> 1 & 0xf, 11);  /* CRm */
    CHECK_EQ(esr >> 17 & 7, 5);    /* op2: ICC_SGI1R_EL1 */
    CHECK_EQ(vm->exit->x[esr >> 5 & 0x1f] >> 24 & 0xf, 3);
    vm->exit->pc += 4;
    seL4_Word one = virq(3, 0x80);
    REQUIRE_EQ(vm_resume(vm, 1, &one), seL4_Fault_VCPUFault);
    CHECK_EQ(ESR_IMM16(vm->message[0]), HVC_DONE);
    CHECK_EQ(taken(vm), 1);
    CHECK_EQ(vm_log(vm, 0), 3);
}

/* The VMM is told when the guest ends what it asked about, and only then. */
static void eoi_notice(void)
{
    struct vm *vm = ready();
    REQUIRE_OK(vesicle_VCPU_Inject(vm->vcpu, virq(70, 0xa0)));
    REQUIRE_OK(vesicle_VCPU_Inject(vm->vcpu, vesicle_virq(71, 0xa8, 1, 1)));
    REQUIRE_EQ(vm_resume(vm, 0, 0), seL4_Fault_VGICMaintenance);
    CHECK_EQ(vm->message[seL4_VGICMaintenance_IDX], 71);
    vm_resume_to_hvc(vm, HVC_DONE);
    CHECK_EQ(taken(vm), 2);
}

/* Between IAR and EOIR an interrupt is active; it can be made pending meanwhile. */
static void active_state(void)
{
    struct vm *vm = ready();
    vm->exit->x[23] = 1;
    REQUIRE_OK(vesicle_VCPU_Inject(vm->vcpu, virq(50, 0xa0)));
    vm_resume_to_hvc(vm, HVC_IN_IRQ);
    CHECK_EQ(vesicle_VCPU_GetIRQState(vm->vcpu, 50).state, VESICLE_VIRQ_ACTIVE);
    REQUIRE_OK(vesicle_VCPU_Inject(vm->vcpu, virq(50, 0xa0)));
    CHECK_EQ(vesicle_VCPU_GetIRQState(vm->vcpu, 50).state, VESICLE_VIRQ_ACTIVE | VESICLE_VIRQ_PENDING);
    vm->exit->x[23] = 0;
    vm_resume_to_hvc(vm, HVC_DONE);
    CHECK_EQ(taken(vm), 2);
}

/* A VMM that restores a guest sets the states itself. */
static void set_state(void)
{
    struct vm *vm = ready();
    REQUIRE_OK(vesicle_VCPU_SetIRQState(vm->vcpu, virq(50, 0xa0), VESICLE_VIRQ_PENDING));
    CHECK_EQ(vesicle_VCPU_GetIRQState(vm->vcpu, 50).state, VESICLE_VIRQ_PENDING);
    REQUIRE_OK(vesicle_VCPU_SetIRQState(vm->vcpu, virq(51, 0xa0), VESICLE_VIRQ_ACTIVE));
    CHECK_EQ(vesicle_VCPU_GetIRQState(vm->vcpu, 51).state, VESICLE_VIRQ_ACTIVE);
    REQUIRE_OK(vesicle_VCPU_SetIRQState(vm->vcpu, virq(51, 0xa0), 0));
    CHECK_EQ(vesicle_VCPU_GetIRQState(vm->vcpu, 51).state, 0);
    CHECK_EQ(vesicle_VCPU_SetIRQState(vm->vcpu, virq(51, 0xa0), 4), seL4_RangeError);
    vm_resume_to_hvc(vm, HVC_DONE);
    CHECK_EQ(taken(vm), 1);
    CHECK_EQ(vm_log(vm, 0), 50);
}

static void inject_later(struct worker *w)
{
    vesicle_VCPU_Inject(w->arg[0], w->arg[1]);
}

/* A sleeping guest costs nothing and wakes for an interrupt. */
static void wfi(void)
{
    struct vm *vm = start(guest_wfi);
    vm_expect_hvc(vm, HVC_READY);
    vm_reply(vm, 0);
    sleep_us(20000);
    seL4_Word badge;
    seL4_MessageInfo_t info = seL4_NBRecv(vm->ep, &badge, vm->reply);
    CHECK_EQ(seL4_MessageInfo_get_length(info), 0); /* no exit: the kernel keeps it */
    seL4_SchedContext_Consumed(vm->sc);
    sleep_us(20000);
    CHECK_TIME_IN(seL4_SchedContext_Consumed(vm->sc).consumed, 0, 10);
    struct worker *w = worker_new(inject_later, MAIN_PRIORITY - 1);
    w->arg[0] = vm->vcpu;
    w->arg[1] = virq(44, 0xa0);
    worker_run(w);
    vm_expect_hvc(vm, HVC_DONE);
    CHECK_EQ(taken(vm), 1);
    CHECK_EQ(vm_log(vm, 0), 44);
}

static void inject_and_report(struct worker *w)
{
    w->result[0] = (seL4_Word)vesicle_VCPU_Inject(w->arg[0], w->arg[1]);
    w->result[1] = 1;
}

/* Who wakes a guest that comes before it still gets its answer. */
static void inject_from_below(void)
{
    struct vm *vm = start(guest_wfi);
    vm_expect_hvc(vm, HVC_READY);
    vm_reply(vm, 0);
    struct worker *w = worker_new(inject_and_report, GUEST_PRIORITY - 1);
    w->arg[0] = vm->vcpu;
    w->arg[1] = virq(44, 0xa0);
    worker_run(w);
    vm_expect_hvc(vm, HVC_DONE);
    CHECK_EQ(taken(vm), 1);
    worker_wait(&w->done);
    CHECK_EQ(w->result[1], 1);
    CHECK_EQ(w->result[0], seL4_NoError);
}

static void inject_after_a_while(struct worker *w)
{
    seL4_Word until = clock_us() + 30000;
    while (clock_us() < until) {
    }
    vesicle_VCPU_Inject(w->arg[0], w->arg[1]);
}

/* A guest that computes is interrupted by another thread of the VMM. */
static void inject_while_running(void)
{
    struct vm *vm = start(guest_timer_busy);
    vm_expect_hvc(vm, HVC_READY);
    vm->exit->x[25] = 1;
    vm->exit->x[26] = 1ul << 50; /* no timer of its own */
    struct worker *w = worker_new(inject_after_a_while, GUEST_PRIORITY);
    w->arg[0] = vm->vcpu;
    w->arg[1] = virq(45, 0xa0);
    worker_run(w);
    vm_resume_to_hvc(vm, HVC_DONE);
    CHECK_EQ(vm_log(vm, 0), 45);
}

static void errors(void)
{
    struct vm *vm = ready();
    CHECK_EQ(vesicle_VCPU_Inject(vm->vcpu, virq(1020, 0xa0)), seL4_RangeError);
    CHECK_EQ(vesicle_VCPU_Withdraw(vm->vcpu, 1023).error, seL4_RangeError);
    CHECK_EQ(seL4_ARM_VCPU_InjectIRQ(vm->vcpu, 50, 0, 1, 200), seL4_RangeError);
    CHECK_EQ(seL4_ARM_VCPU_InjectIRQ(vm->vcpu, 50, 0, 2, 0), seL4_RangeError);
    CHECK_OK(seL4_ARM_VCPU_InjectIRQ(vm->vcpu, 50, 0xa0, 1, 0));
    CHECK_EQ(seL4_ARM_VCPU_InjectIRQ(vm->vcpu, 51, 0xa0, 1, 0), seL4_DeleteFirst);
}

/* What is pending for a guest stays while another one is on the core, with interrupts of its own. */
static void two_guests(void)
{
    struct vm *a = ready(), *b = ready();
    for (unsigned round = 1; round <= 3; round++) {
        for (unsigned i = 0; i < 3; i++) {
            REQUIRE_OK(vesicle_VCPU_Inject(a->vcpu, virq(50 + i, 0xa0)));
        }
        REQUIRE_OK(vesicle_VCPU_Inject(b->vcpu, virq(51, 0xa0)));
        vm_resume_to_hvc(b, HVC_DONE);
        CHECK_EQ(taken(b), 2 * round - 1);
        REQUIRE_OK(vesicle_VCPU_Inject(b->vcpu, virq(60, 0xa0)));
        CHECK_EQ(vesicle_VCPU_GetIRQState(a->vcpu, 51).state, VESICLE_VIRQ_PENDING);
        CHECK_EQ(vesicle_VCPU_GetIRQState(a->vcpu, 60).state, 0);
        vm_resume_to_hvc(a, HVC_DONE);
        CHECK_EQ(taken(a), 3 * round);
        CHECK_EQ(vesicle_VCPU_GetIRQState(b->vcpu, 60).state, VESICLE_VIRQ_PENDING);
        vm_resume_to_hvc(b, HVC_DONE);
        CHECK_EQ(taken(b), 2 * round);
    }
}

/* The PL031 clock of the machine. */
#define RTC_PADDR 0x9010000ul
#define RTC_IRQ   34
#define RTC       ((volatile seL4_Uint32 *)WINDOW)
enum { RTC_DR = 0, RTC_MR = 1, RTC_IMSC = 4, RTC_RIS = 5, RTC_ICR = 7 };

static void turn_off_rtc(struct worker *w)
{
    seL4_Wait(w->arg[0], (seL4_Word *)&w->result[0]);
    RTC[RTC_IMSC] = 0;
    RTC[RTC_ICR] = 1;
}

/* A driver has the core at once, and then the guest goes on where it was. */
static void of_a_device(void)
{
    enum { FIRST = 2, LAST = 8 };
    seL4_CPtr n = new_notification(), handler = new_slot(), rtc = new_device_page_at(RTC_PADDR, WINDOW);
    struct worker *w = worker_new(turn_off_rtc, MAIN_PRIORITY + 1);
    struct vm *vm = start(guest_raise);
    REQUIRE_OK(map_with_tables(new_copy(rtc, seL4_AllRights), vm->vspace, RTC_PADDR, seL4_ReadWrite, 0));
    REQUIRE_OK(cspace_irq_control_get(&root_cspace, handler, seL4_CapIRQControl, RTC_IRQ, 0));
    RTC[RTC_IMSC] = 0;
    do {
        RTC[RTC_MR] = RTC[RTC_DR];
    } while (!(RTC[RTC_RIS] & 1));
    REQUIRE_OK(seL4_IRQHandler_SetNotification(handler, new_badged(n, 1)));
    w->arg[0] = n;
    worker_run(w);
    vm_expect_hvc(vm, HVC_READY);
    vm->exit->x[1] = RTC_PADDR + RTC_IMSC * sizeof(seL4_Uint32);
    for (unsigned i = FIRST; i <= LAST; i++) {
        vm->exit->x[i] = 0x1234560000 + i;
    }
    vm_resume_to_hvc(vm, HVC_DONE);
    CHECK_EQ(w->result[0], 1);
    for (unsigned i = FIRST; i <= LAST; i++) {
        CHECK_EQ(vm->exit->x[i], 0x1234560000 + i);
    }
}

/* What the GIC's CPU interface remembers can be taken from it, and given back. */
static void interface_state(void)
{
    struct vm *vm = ready();
    vm->exit->x[23] = 1;
    REQUIRE_OK(vesicle_VCPU_Inject(vm->vcpu, virq(50, 0xa0)));
    vm_resume_to_hvc(vm, HVC_IN_IRQ);
    seL4_Word active = seL4_ARM_VCPU_ReadRegs(vm->vcpu, seL4_VCPUReg_ICH_AP1R0_EL2).value;
    seL4_Word control = seL4_ARM_VCPU_ReadRegs(vm->vcpu, seL4_VCPUReg_ICH_VMCR_EL2).value;
    CHECK_EQ(active, 1ul << (0xa0 >> 3)); /* five bits of priority */
    CHECK_EQ(seL4_ARM_VCPU_ReadRegs(vm->vcpu, seL4_VCPUReg_ICH_AP0R0_EL2).value, 0);
    CHECK_EQ(control >> 27, 0x1f); /* VPMR */
    CHECK_EQ(control & 3, 2);      /* VENG1 */
    REQUIRE_OK(seL4_ARM_VCPU_WriteRegs(vm->vcpu, seL4_VCPUReg_ICH_AP1R0_EL2, 0));
    REQUIRE_OK(seL4_ARM_VCPU_WriteRegs(vm->vcpu, seL4_VCPUReg_ICH_VMCR_EL2, 0));
    CHECK_EQ(seL4_ARM_VCPU_ReadRegs(vm->vcpu, seL4_VCPUReg_ICH_AP1R0_EL2).value, 0);
    CHECK_EQ(seL4_ARM_VCPU_ReadRegs(vm->vcpu, seL4_VCPUReg_ICH_VMCR_EL2).value >> 27, 0);
    REQUIRE_OK(seL4_ARM_VCPU_WriteRegs(vm->vcpu, seL4_VCPUReg_ICH_AP1R0_EL2, active));
    REQUIRE_OK(seL4_ARM_VCPU_WriteRegs(vm->vcpu, seL4_VCPUReg_ICH_VMCR_EL2, control));
    /* Elsewhere: this core has another guest's. */
    struct vm *other = ready();
    CHECK_EQ(seL4_ARM_VCPU_ReadRegs(other->vcpu, seL4_VCPUReg_ICH_AP1R0_EL2).value, 0);
    CHECK_EQ(seL4_ARM_VCPU_ReadRegs(vm->vcpu, seL4_VCPUReg_ICH_AP1R0_EL2).value, active);
    REQUIRE_OK(seL4_ARM_VCPU_WriteRegs(vm->vcpu, seL4_VCPUReg_ICH_AP1R0_EL2, active));
    vm_resume_to_hvc(vm, HVC_DONE);
    CHECK_EQ(taken(vm), 1);
    CHECK_EQ(seL4_ARM_VCPU_ReadRegs(vm->vcpu, seL4_VCPUReg_ICH_AP1R0_EL2).value, 0);
}

const struct test_case irq_cases[] = {
    {"irq_inject", inject},
    {"irq_inject_by_reply", inject_by_reply},
    {"irq_twice_is_once", twice_is_once},
    {"irq_withdraw", withdraw},
    {"irq_overflow", overflow},
    {"irq_withdraw_from_queue", withdraw_from_queue},
    {"irq_no_room_left", no_room_left},
    {"irq_sgi", sgi},
    {"irq_eoi_notice", eoi_notice},
    {"irq_active_state", active_state},
    {"irq_set_state", set_state},
    {"irq_interface_state", interface_state},
    {"irq_wfi", wfi},
    {"irq_inject_while_running", inject_while_running},
    {"irq_inject_from_below", inject_from_below},
    {"irq_errors", errors},
    {"irq_two_guests", two_guests},
    {"irq_of_a_device", of_a_device},
    {0, 0},
};
