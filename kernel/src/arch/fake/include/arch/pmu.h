/* SPDX-License-Identifier: BSD-2-Clause */
/* The fake architecture's counters do not count by themselves: tests say what they do. */
#ifndef FAKE_ARCH_PMU_H
#define FAKE_ARCH_PMU_H

#include "../../../aarch64/include/arch/pmu.h"

struct fake_pmu {
    uint64_t counts; /* what each running counter has counted when it is saved */
    uint32_t fresh;  /* which overflowed meanwhile */
    unsigned loads, saves;
};
extern struct fake_pmu fake_pmu;

#endif
