/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's tests: a root task that runs the cases of every object. */
#include "cases.h"

int main(void)
{
    static const struct test_case *const lists[] = {
        boot_cases,         cnode_cases,
        untyped_cases,      tcb_cases,
        endpoint_cases,     transfer_cases,
        notification_cases, reply_cases,
        schedcontext_cases, frame_cases,
        vspace_cases,       asid_cases,
        irq_cases,          fault_cases,
        debug_cases,        methods_cases,
        fp_cases,           smc_cases,
        latency_cases,      ways_cases,
        count_cases,        0,
    };
    test_main("kerneltest", lists, 0);
}
