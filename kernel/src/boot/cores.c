/* SPDX-License-Identifier: BSD-2-Clause */
#include "boot/cores.h"

#include "arch/aarch64/el2.h"
#include "arch/aarch64/features.h"
#include "arch/aarch64/gicv3.h"
#include "arch/aarch64/lock.h"
#include "arch/aarch64/mmu.h"
#include "arch/aarch64/psci.h"
#include "arch/aarch64/timer.h"
#include "arch/aarch64/trap.h"
#include "cpu.h"
#include "lib/printf.h"
#include <stddef.h>

/* A core that was started says so within this time. */
enum { START_MS = 1000 };

/* What became of the core that is being started. */
enum start_state { STARTING, STARTED, REFUSED, GIVEN_UP };
static enum start_state state;
static const char *reason; /* REFUSED: why */

extern char secondary_entry[];

const char *core_init(unsigned index)
{
    cpu_init(index, mmu_stack_top(index));
    el2_init();
    const char *problem = gic_init_core(index);
    if (problem) {
        return problem;
    }
    timer_init();
    gic_enable(GIC_INTID_KICK, index);
    gic_enable(GIC_INTID_HTIMER, index);
    gic_enable(GIC_INTID_MAINTENANCE, index);
    gic_enable(GIC_INTID_PMU, index);
    return NULL;
}

/* Leaves STARTING, once, whoever comes first. */
static bool settle(enum start_state to)
{
    enum start_state expected = STARTING;

    return __atomic_compare_exchange_n(&state, &expected, to, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

void secondary_main(unsigned index, unsigned start)
{
    const char *problem = features_missing(start);

    if (!problem) {
        mmu_drop_identity();
        problem = core_init(index);
    }
    if (problem) {
        reason = problem;
        settle(REFUSED);
        psci_cpu_off();
    }
    if (!settle(STARTED)) {
        psci_cpu_off();
    }
    while (__atomic_load_n(&cpu_count, __ATOMIC_ACQUIRE) <= index) {
        __asm__ volatile("yield");
    }
    struct cpu *cpu = cpu_this();
    lock_take(cpu); /* the first core gives it back when all have started and the root task runs */
    trap_start(cpu);
}

static enum start_state wait_for_start(void)
{
    ticks_t deadline = timer_now() + timer_us_to_ticks(START_MS * 1000ull);

    while (__atomic_load_n(&state, __ATOMIC_ACQUIRE) == STARTING) {
        if (timer_now() > deadline) {
            settle(GIVEN_UP);
        }
        __asm__ volatile("yield");
    }
    return __atomic_load_n(&state, __ATOMIC_ACQUIRE);
}

static void start(uint64_t mpidr)
{
    unsigned index = cpu_count;

    state = STARTING;
    int status = psci_cpu_on(mpidr, mmu_image_paddr(secondary_entry).raw, index);
    if (status != PSCI_SUCCESS) {
        kprintf("kernel: core %lx stays off: PSCI CPU_ON says %d\n", mpidr, status);
        return;
    }
    switch (wait_for_start()) {
    case STARTED:
        __atomic_store_n(&cpu_count, index + 1, __ATOMIC_RELEASE);
        break;
    case REFUSED:
        kprintf("kernel: core %lx stays off: %s\n", mpidr, reason);
        break;
    default:
        kprintf("kernel: core %lx stays off: it was started, but does not come\n", mpidr);
        break;
    }
}

void cores_start(const struct platform *platform)
{
    uint64_t own = read_sysreg(mpidr_el1) & MPIDR_AFFINITY;

    for (unsigned i = 0; i < platform->cpu_count && cpu_count < MAX_CPUS; i++) {
        if (platform->cpu_mpidr[i] != own) {
            start(platform->cpu_mpidr[i]);
        }
    }
}
