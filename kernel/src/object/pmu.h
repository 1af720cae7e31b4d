/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Performance monitors. A thread's counters are in the hardware while it runs and stop when it leaves, so nobody counts for anybody
 * else; the kernel itself is never counted. Of guests the registers are emulated (DDI 0487 D8, D19.5): PMUv3 for Armv8.1. What a
 * native thread counts is set by methods of its TCB.
 */
#ifndef OBJECT_PMU_H
#define OBJECT_PMU_H

#include "types.h"
#include <stdbool.h>

struct cpu;
struct invocation;
struct tcb;
struct vcpu;

/** Event counters a thread has at most, and where the cycle counter's values stand. In masks it is bit 31. */
enum { PMU_EVENTS = 6, PMU_CYCLES = PMU_EVENTS, PMU_COUNTERS, PMU_CYCLES_NUMBER = 31 };

/* PMCR_EL0 */
#define PMCR_E  (1u << 0)
#define PMCR_P  (1u << 1)
#define PMCR_C  (1u << 2)
#define PMCR_D  (1u << 3)
#define PMCR_DP (1u << 5)
#define PMCR_LC (1u << 6)
/* PMEVTYPER<n>_EL0, PMCCFILTR_EL0: EL1 is not counted, EL0 is not; which event. There are no other filters: EL2 stays out. */
#define PMTYPE_FILTERS 0xc0000000u
#define PMTYPE_EVENT   0x0000ffffu

/** What a guest finds in its registers, what a native thread counts. In the hardware while the core's `pmu` points to it. */
struct pmu {
    uint64_t value[PMU_COUNTERS];
    uint32_t type[PMU_COUNTERS];
    uint32_t enabled, interrupts, overflowed; /* PMCNTENSET, PMINTENSET, PMOVSSET */
    uint32_t control;                         /* PMCR: E, D, DP, LC */
    uint32_t user;                            /* PMUSERENR */
    uint32_t selected;                        /* PMSELR */
};

/** Counters that are on while the thread runs. */
static inline uint32_t pmu_running(const struct pmu *p)
{
    return p->control & PMCR_E ? p->enabled : 0;
}

/** Index of a counter by its number; PMU_COUNTERS: there is none. */
unsigned pmu_index(word_t number);

/** Does a trapped access (ESR_EL2) name one of the registers? */
bool pmu_is_register(uint64_t esr);
/** Does what the access would do: writes `*value`, or reads into it. Registers that are not offered are not written and read as 0. */
void pmu_access(struct pmu *p, uint64_t esr, word_t *value);

/** PMCR_EL0. */
uint64_t pmu_read_control(const struct pmu *p);
void pmu_write_control(struct pmu *p, uint64_t value);

/** What the core's thread counts comes out of the hardware, and what overflowed is told; nothing if there is none. Calling core. */
void pmu_unload(struct cpu *cpu);
/** What `t` counts, if it does, begins: it is the core's running thread. Calling core. */
void pmu_load(struct cpu *cpu, struct tcb *t);
/** The overflow interrupt. */
void pmu_irq(struct cpu *cpu);

/* Guests (vcpu_pmu.c) */

/** A guest's access to a system register. False, with nothing done, if it is none of these or the VMM gave no PMU. */
bool vcpu_pmu_access(struct cpu *cpu, struct tcb *t, uint64_t esr);
/** Counters in `fresh` overflowed. */
void vcpu_pmu_overflowed(struct vcpu *v, uint32_t fresh);
/** Before the guest sleeps: an interrupt of its counters must not come too late. */
void vcpu_pmu_settle(struct vcpu *v);
/** SetVPPI: from the first call on the guest has a PMU. */
int vcpu_pmu_set_ppi(struct invocation *inv, struct vcpu *v);
/** PMCR_EL0, by a method of the VCPU. */
void vcpu_pmu_write_control(struct vcpu *v, word_t value);

/* Native threads (tcb_count.c) */

/** Event counters have 32 bits: those in `fresh` have passed them. */
void tcb_count_overflowed(struct pmu *p, uint32_t fresh);
/** The thread counts nothing any more. */
void tcb_count_clear(struct tcb *t);

#endif
