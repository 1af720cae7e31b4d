/* SPDX-License-Identifier: BSD-2-Clause */
/* A guest that stands still for a while. */
#include "fixture.h"

#include "vmm/exit.h"
#include "vmm/machine.h"
#include "vmm/pause.h"
#include "vmm/psci.h"
#include "vmm/timer.h"

enum { ENABLE = 1 };

static void switch_on(unsigned id)
{
    struct vesicle_exit_frame *frame = fixture_vcpu(0)->frame;
    frame->x[0] = PSCI_CPU_ON;
    frame->x[1] = id;
    frame->x[2] = MACHINE_RAM_BASE;
    CHECK(fixture_exit(0, (uint64_t)EC_HVC64 << 26 | 1ull << 25));
    CHECK_EQ(frame->x[0], 0);
}

static void no_time_passes(void)
{
    fixture_start(1);
    struct vcpu *vcpu = fixture_vcpu(0);
    vcpu->power = VCPU_ON;
    fixture.counter = 1000;
    timer_write(vcpu, TIMER_CVAL, 1500);
    timer_write(vcpu, TIMER_CTL, ENABLE);
    fixture.fake[0].regs[seL4_VCPUReg_CNTV_CTL] = ENABLE;
    CHECK_EQ(fixture.wake_at, 1500);
    CHECK(vm_pause(&fixture.vm));
    CHECK(!vm_pause(&fixture.vm));
    CHECK_EQ(fixture.fake[0].holds, 1);
    CHECK_EQ(fixture.fake[0].regs[seL4_VCPUReg_CNTV_CTL], 0);
    fixture.counter = 10000;
    CHECK_EQ(vm_counter(&fixture.vm), 1000);
    vm_wake(&fixture.vm);
    CHECK(timer_read(vcpu, TIMER_CTL) == ENABLE);
    CHECK(vm_resume(&fixture.vm));
    CHECK(!vm_resume(&fixture.vm));
    CHECK_EQ(fixture.fake[0].releases, 1);
    CHECK_EQ(fixture.fake[0].regs[seL4_VCPUReg_CNTV_CTL], ENABLE);
    CHECK_EQ(fixture.fake[0].regs[seL4_VCPUReg_CNTVOFF], 9000);
    CHECK_EQ(vm_counter(&fixture.vm), 1000);
    CHECK_EQ(fixture.wake_at, 10500);
    /* CNTPCT_EL0 is the counter that the timer's compare value is about. */
    CHECK(fixture_exit(0,
                       (uint64_t)EC_SYSREG << 26 | 3ull << 20 | 1ull << 17 | 3ull << 14 | 14ull << 10 | 3ull << 5 | 1));
    CHECK_EQ(vcpu->frame->x[3], 1000);
    fixture_end();
}

/* A timer that never fires must not have the host called at once, again and again. */
static void far_deadline(void)
{
    fixture_start(1);
    struct vcpu *vcpu = fixture_vcpu(0);
    timer_write(vcpu, TIMER_CVAL, ~0ull - 10);
    timer_write(vcpu, TIMER_CTL, ENABLE);
    CHECK_EQ(fixture.wake_at, ~0ull - 10);
    CHECK(vm_pause(&fixture.vm));
    fixture.counter = 100;
    CHECK(vm_resume(&fixture.vm));
    CHECK_EQ(fixture.wake_at, DEADLINE_NEVER);
    fixture_end();
}

static void switched_on_while_paused(void)
{
    fixture_start(2);
    fixture_vcpu(0)->power = VCPU_ON;
    unsigned starts = fixture.fake[1].starts;
    CHECK(vm_pause(&fixture.vm));
    switch_on(1); /* its exit was on the way when the guest was paused */
    CHECK_EQ(fixture.fake[1].starts, starts);
    CHECK(vm_resume(&fixture.vm));
    CHECK_EQ(fixture.fake[1].starts, starts + 1);
    CHECK_EQ(fixture.fake[0].releases, 1);
    CHECK_EQ(fixture.fake[1].releases, 0);
    fixture_end();
}

static void ended_or_loaded_again(void)
{
    fixture_start(1);
    CHECK(vm_pause(&fixture.vm));
    vm_end(&fixture.vm, NULL, VM_OFF);
    CHECK_EQ(fixture.end, VM_OFF);
    CHECK_EQ(fixture.fake[0].stops, 1);
    CHECK(!vm_resume(&fixture.vm));
    CHECK(!vm_pause(&fixture.vm));
    fixture_end();
}

int main(void)
{
    static const struct test_case cases[] = {
        {"no_time_passes", no_time_passes},
        {"far_deadline", far_deadline},
        {"switched_on_while_paused", switched_on_while_paused},
        {"ended_or_loaded_again", ended_or_loaded_again},
    };
    return test_main("vmm-pause", cases, sizeof cases / sizeof cases[0]);
}
