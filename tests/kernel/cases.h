/* SPDX-License-Identifier: BSD-2-Clause */
/* The lists of cases, one a kernel object. */
#ifndef CASES_H
#define CASES_H

#include "lib/test.h"

extern const struct test_case boot_cases[], cnode_cases[], untyped_cases[], tcb_cases[], endpoint_cases[],
    transfer_cases[], notification_cases[], reply_cases[], schedcontext_cases[], frame_cases[], vspace_cases[],
    asid_cases[], irq_cases[], fault_cases[], debug_cases[], methods_cases[], fp_cases[], smc_cases[], latency_cases[],
    ways_cases[], count_cases[];

#endif
