/* SPDX-License-Identifier: BSD-2-Clause */
/* What happens in a guest as time goes by: its physical timer, the alarm of its clock. */
#include "fixture.h"

#include "vmm/exit.h"
#include "vmm/machine.h"
#include "vmm/psci.h"
#include "vmm/timer.h"

#define GICD(offset)    (MACHINE_GICD_BASE + (offset))
#define SGI(id, offset) (MACHINE_GICR_BASE + (id)*GICR_SIZE + 0x10000 + (offset))
#define RTC(offset)     (MACHINE_PL031_BASE + (offset))
#define IGROUPR(n)      (0x080 + 4 * (n))
#define ISENABLER(n)    (0x100 + 4 * (n))
#define ENABLE          1u
#define IMASK           2u
#define ISTATUS         4u

enum { DR = 0x00, MR = 0x04, LR = 0x08, IMSC = 0x10, RIS = 0x14, MIS = 0x18, ICR = 0x1c };

static void start(unsigned vcpus)
{
    fixture_start(vcpus);
    fixture_write(0, GICD(0), 4, 3);
    fixture_write(0, GICD(IGROUPR(1)), 4, ~0u);
    fixture_write(0, GICD(ISENABLER(1)), 4, 1u << (MACHINE_PL031_INTID - 32));
    for (unsigned i = 0; i < vcpus; i++) {
        fixture_write(i, SGI(i, IGROUPR(0)), 4, ~0u);
        fixture_write(i, SGI(i, ISENABLER(0)), 4, 1u << TIMER_PPI_PHYSICAL);
    }
}

static uint64_t sysreg(enum timer_register reg, bool read)
{
    return (uint64_t)EC_SYSREG << 26 | 1ull << 25 | 3ull << 20 | (uint64_t)reg << 17 | 3ull << 14 | 14ull << 10 |
           5ull << 5 | 2ull << 1 | read;
}

static uint64_t get(unsigned id, enum timer_register reg)
{
    CHECK(fixture_exit(id, sysreg(reg, true)));
    return fixture_vcpu(id)->frame->x[5];
}

static void set(unsigned id, enum timer_register reg, uint64_t value)
{
    fixture_vcpu(id)->frame->x[5] = value;
    CHECK(fixture_exit(id, sysreg(reg, false)));
}

static void interrupt_comes_when_it_is_time(void)
{
    start(2);
    CHECK_EQ(fixture.wake_at, DEADLINE_NEVER);
    fixture.counter = 1000;
    set(1, TIMER_TVAL, 100);
    CHECK_EQ(fixture.wake_at, DEADLINE_NEVER); /* not enabled */
    set(1, TIMER_CTL, ENABLE);
    CHECK_EQ(fixture.wake_at, 1100);
    fixture_pass(99);
    CHECK_EQ(fixture_ack(1), SPURIOUS);
    CHECK_EQ(get(1, TIMER_CTL), ENABLE);
    fixture_pass(1);
    CHECK_EQ(fixture.wake_at, DEADLINE_NEVER);
    CHECK_EQ(fixture_ack(0), SPURIOUS);
    CHECK_EQ(fixture_ack(1), TIMER_PPI_PHYSICAL);
    CHECK_EQ(get(1, TIMER_CTL), ENABLE | ISTATUS);
    /* It stays asserted until the guest does something about it. */
    fixture_eoi(1, TIMER_PPI_PHYSICAL);
    CHECK_EQ(fixture_ack(1), TIMER_PPI_PHYSICAL);
    set(1, TIMER_CVAL, 5000);
    fixture_eoi(1, TIMER_PPI_PHYSICAL);
    CHECK_EQ(fixture_ack(1), SPURIOUS);
    CHECK_EQ(fixture.wake_at, 5000);
    fixture_end();
}

static void masked_and_disabled(void)
{
    start(1);
    set(0, TIMER_CVAL, 500);
    set(0, TIMER_CTL, ENABLE | IMASK);
    CHECK_EQ(fixture.wake_at, DEADLINE_NEVER);
    fixture_pass(1000);
    CHECK_EQ(fixture_ack(0), SPURIOUS);
    CHECK_EQ(get(0, TIMER_CTL), ENABLE | IMASK | ISTATUS);
    set(0, TIMER_CTL, ENABLE);
    CHECK_EQ(fixture_ack(0), TIMER_PPI_PHYSICAL);
    set(0, TIMER_CTL, 0);
    fixture_eoi(0, TIMER_PPI_PHYSICAL);
    CHECK_EQ(fixture_ack(0), SPURIOUS);
    CHECK_EQ(get(0, TIMER_CTL), 0);
    CHECK_EQ(get(0, TIMER_TVAL), (uint32_t)-500);
    fixture_end();
}

static void the_first_deadline_is_told(void)
{
    start(3);
    for (unsigned i = 0; i < 3; i++) {
        set(i, TIMER_CVAL, 3000 - 1000 * i);
        set(i, TIMER_CTL, ENABLE);
    }
    CHECK_EQ(fixture.wake_at, 1000);
    set(2, TIMER_CTL, 0);
    CHECK_EQ(fixture.wake_at, 2000);
    vm_wake(&fixture.vm); /* too early */
    CHECK_EQ(fixture.wake_at, 2000);
    fixture_pass(2000);
    CHECK_EQ(fixture.wake_at, 3000);
    CHECK_EQ(fixture_ack(1), TIMER_PPI_PHYSICAL);
    /* A CPU that is switched off has no timer. */
    fixture_vcpu(0)->frame->x[0] = PSCI_CPU_OFF;
    fixture_vcpu(1)->power = VCPU_ON;
    CHECK(!fixture_exit(0, (uint64_t)EC_HVC64 << 26));
    CHECK_EQ(fixture.wake_at, DEADLINE_NEVER);
    fixture_end();
}

static void alarm_goes_off(void)
{
    start(1);
    fixture_pass(10 * FIXTURE_HZ);
    CHECK_EQ(fixture_read(0, RTC(DR), 4), 10);
    fixture_write(0, RTC(MR), 4, 15);
    CHECK_EQ(fixture.wake_at, DEADLINE_NEVER);
    fixture_write(0, RTC(IMSC), 4, 1);
    fixture_pass(5 * FIXTURE_HZ - 1);
    CHECK_EQ(fixture_ack(0), SPURIOUS);
    fixture_pass(100);
    CHECK_EQ(fixture_ack(0), MACHINE_PL031_INTID);
    CHECK_EQ(fixture_read(0, RTC(MIS), 4), 1);
    CHECK_EQ(fixture.wake_at, DEADLINE_NEVER);
    fixture_write(0, RTC(ICR), 4, 1);
    CHECK_EQ(fixture_read(0, RTC(RIS), 4), 0);
    fixture_eoi(0, MACHINE_PL031_INTID);
    CHECK_EQ(fixture_ack(0), SPURIOUS);
    fixture_end();
}

static void alarm_unseen_or_masked(void)
{
    start(1);
    fixture_write(0, RTC(LR), 4, 0xfffffff0); /* it goes over the end */
    fixture_write(0, RTC(MR), 4, 5);
    fixture_pass(60 * FIXTURE_HZ);
    CHECK_EQ(fixture_read(0, RTC(DR), 4), 44);
    CHECK_EQ(fixture_read(0, RTC(LR), 4), 0xfffffff0);
    CHECK_EQ(fixture_read(0, RTC(RIS), 4), 1);
    CHECK_EQ(fixture_read(0, RTC(MIS), 4), 0);
    CHECK_EQ(fixture_ack(0), SPURIOUS);
    fixture_write(0, RTC(IMSC), 4, 1);
    CHECK_EQ(fixture_ack(0), MACHINE_PL031_INTID);
    fixture_write(0, RTC(ICR), 4, 1);
    fixture_write(0, RTC(MR), 4, 44); /* now */
    CHECK_EQ(fixture_read(0, RTC(RIS), 4), 1);
    fixture_write(0, RTC(ICR), 4, 1);
    CHECK_EQ(fixture_read(0, RTC(RIS), 4), 0);
    /* A past time is a long way off, and the host's clock set back is no time that passes. */
    fixture_write(0, RTC(MR), 4, 43);
    fixture.seconds -= 30;
    CHECK_EQ(fixture_read(0, RTC(RIS), 4), 0);
    fixture_end();
}

int main(void)
{
    static const struct test_case cases[] = {
        {"interrupt_comes_when_it_is_time", interrupt_comes_when_it_is_time},
        {"masked_and_disabled", masked_and_disabled},
        {"the_first_deadline_is_told", the_first_deadline_is_told},
        {"alarm_goes_off", alarm_goes_off},
        {"alarm_unseen_or_masked", alarm_unseen_or_masked},
    };
    return test_main("vmm-timer", cases, sizeof cases / sizeof cases[0]);
}
