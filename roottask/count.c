/* SPDX-License-Identifier: BSD-2-Clause */
#include "count.h"

#include "pd_calls.h"

#include <sel4/sel4.h>

enum { INSTRUCTIONS = 0, INST_RETIRED = 8 /* DDI 0487 D13.12 */ };

static const struct {
    seL4_Word counter, event, flag;
} counters[] = {{VESICLE_COUNTER_CYCLES, 0, PD_COUNTED_CYCLES}, {INSTRUCTIONS, INST_RETIRED, PD_COUNTED_INSTRUCTIONS}};

void count_begin(struct pd *pd, struct cpu *cpu)
{
    if (!pd->counted_by) {
        return;
    }
    cpu->counted_from = cpu_consumed(cpu);
    for (size_t i = 0; i < sizeof counters / sizeof counters[0]; i++) {
        if (cpu_set_counter(cpu, counters[i].counter, counters[i].event) == GPI_OK) {
            pd->counted_by->counts.counted |= counters[i].flag;
        }
    }
}

static void add(struct pd_counts *counts, struct cpu *cpu)
{
    seL4_Word *sums[] = {&counts->cycles, &counts->instructions}, value;
    for (size_t i = 0; i < sizeof counters / sizeof counters[0]; i++) {
        if (cpu_read_counter(cpu, counters[i].counter, &value) == GPI_OK) {
            *sums[i] += value;
        }
    }
    counts->consumed += cpu_consumed(cpu) - cpu->counted_from;
}

void count_end(struct pd *pd, struct cpu *cpu)
{
    if (pd->counted_by) {
        add(&pd->counted_by->counts, cpu);
    }
}

void count_join(struct pd *pd, struct pd *with)
{
    if (with->counted_by) {
        pd->counted_by = object_of(object_get(&with->counted_by->object), pd);
    }
}

void count_leave(struct pd *pd)
{
    if (pd->counted_by && pd->counted_by != pd) {
        object_put(&pd->counted_by->object);
    }
    pd->counted_by = NULL;
}

gpi_error_t pd_call_count(struct call *call)
{
    struct pd *pd = pd_of(call);
    if (pd->state == PD_ENDED || pd->counted_by) {
        return GPI_ERR_STATE;
    }
    pd->counted_by = pd;
    for (struct cpu *cpu = pd->cpus; cpu; cpu = cpu->next_of_pd) {
        count_begin(pd, cpu);
    }
    return GPI_OK;
}

gpi_error_t pd_call_counts(struct call *call)
{
    struct pd *pd = pd_of(call);
    struct pd_counts counts = pd->counts;
    for (struct pd *p = pd->space ? pd->space->pds : NULL; p; p = p->next_in_space) {
        for (struct cpu *cpu = p->counted_by == pd ? p->cpus : NULL; cpu; cpu = cpu->next_of_pd) {
            add(&counts, cpu);
        }
    }
    *CALL_OUT(call, pd_counts) = counts;
    return GPI_OK;
}
