/* SPDX-License-Identifier: BSD-2-Clause */
/* The core's performance monitors: what the running thread has of them (object/pmu.h). */
#ifndef ARCH_PMU_H
#define ARCH_PMU_H

#include "types.h"

struct pmu;

/** Event counters that threads may have. 0: the machine has no such PMU, or it is open to all programs. */
extern unsigned arch_pmu_events;

/** Prepares the calling core: everything off. Returns what MDCR_EL2 has to say of it. */
uint64_t arch_pmu_init(void);
/** Programs may use the machine's PMU as they like, guests and native ones; the kernel leaves it alone. Before arch_pmu_init. */
void arch_pmu_open(void);
/** Common events that exist: PMCEID<n>_EL0. */
uint64_t arch_pmu_implemented(unsigned n);
/** The counters begin to count. Calling core. */
void arch_pmu_load(const struct pmu *p);
/** They stop, and nothing of them stays behind. Returns which overflowed meanwhile. Calling core. */
uint32_t arch_pmu_save(struct pmu *p);

#endif
