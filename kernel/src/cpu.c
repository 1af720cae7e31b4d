/* SPDX-License-Identifier: BSD-2-Clause */
#include "cpu.h"

#include "object/tcb.h"

struct cpu cpus[MAX_CPUS];
unsigned cpu_count;

/* Stand-ins for "nobody runs": never scheduled, never in a queue. */
static struct tcb idle_threads[MAX_CPUS];

struct cpu *cpu_init(unsigned index, uint64_t kernel_stack_top)
{
    struct cpu *cpu = &cpus[index];
    struct tcb *idle = &idle_threads[index];

    idle->state = THREAD_IDLE;
    idle->regs = &idle->context;
    idle->cpu = cpu;
    cpu->index = index;
    cpu->asid_epoch = index;
    cpu->kernel_stack = kernel_stack_top;
    cpu->idle = idle;
    cpu->trace.sample_at = ~0ull;
    cpu->trace.since = ~0ull;
    cpu->current = idle;
#if defined(__aarch64__)
    __asm__ volatile("msr tpidr_el2, %0" ::"r"(cpu));
#endif
    return cpu;
}
