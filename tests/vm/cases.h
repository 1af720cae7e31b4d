/* SPDX-License-Identifier: BSD-2-Clause */
/* The lists of cases. */
#ifndef CASES_H
#define CASES_H

#include "kernel/lib/test.h"

extern const struct test_case exit_cases[], frame_cases[], irq_cases[], timer_cases[], fp_cases[], memory_cases[],
    binding_cases[], trace_cases[], pmu_cases[];

#endif
