/* SPDX-License-Identifier: BSD-2-Clause */
/* What is measured with: retired instructions of all exception levels, and time. */
#ifndef COUNTERS_H
#define COUNTERS_H

#include "kernel/lib/clock.h"
#include <sel4/types.h>
#include <stdbool.h>

/** One look at the clocks, or a difference of two. */
struct counters {
    seL4_Word insns;
    seL4_Word ticks;
};

#define PMU_INST_RETIRED 0x08ul
#define PMEVTYPER_NSH    (1ul << 27) /* EL2 too */
#define PMCR_E           1ul

/** Can this machine count instructions? */
static inline bool counters_count(void)
{
    seL4_Word events;
    __asm__ volatile("mrs %0, pmceid0_el0" : "=r"(events));
    return events >> PMU_INST_RETIRED & 1;
}

/** Counts instructions in event counter 0 from now on. False if this machine cannot. */
static inline bool counters_init(void)
{
    seL4_Word control;
    __asm__ volatile("msr pmevtyper0_el0, %0" : : "r"(PMU_INST_RETIRED | PMEVTYPER_NSH));
    __asm__ volatile("msr pmcntenset_el0, %0" : : "r"(1ul));
    __asm__ volatile("mrs %0, pmcr_el0" : "=r"(control));
    __asm__ volatile("msr pmcr_el0, %0\n isb" : : "r"(control | PMCR_E));
    return counters_count();
}

static inline struct counters counters_now(void)
{
    struct counters now;
    __asm__ volatile("isb\n mrs %0, cntvct_el0\n mrs %1, pmevcntr0_el0"
                     : "=&r"(now.ticks), "=&r"(now.insns)
                     :
                     : "memory");
    return now;
}

static inline struct counters counters_since(struct counters start, struct counters end)
{
    /* The event counter has 32 bits. */
    struct counters d = {(seL4_Uint32)(end.insns - start.insns), end.ticks - start.ticks};
    return d;
}

#endif
