/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kernel does for guests: a root task with guests of a few instructions. */
#include "cases.h"
#include "lib/vm.h"

int main(void)
{
    static const struct test_case *const lists[] = {
        exit_cases,   frame_cases,   irq_cases,   timer_cases, fp_cases,
        memory_cases, binding_cases, trace_cases, pmu_cases,   0,
    };
    static const struct test_hooks hooks = {.init = vm_init, .after_case = vm_forget_all};
    test_main("vmtest", lists, &hooks);
}
