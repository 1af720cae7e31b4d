/* SPDX-License-Identifier: BSD-2-Clause */
/* What native threads count, at EL0. Counters stand in the TCB, and in the hardware while the thread runs. */
#include "object/pmu.h"

#include "arch/pmu.h"
#include "cpu.h"
#include "object/tcb.h"
#include "object/tcb_methods.h"
#include "sched/scheduler.h"
#include <sel4/vesicle.h>

#define EVENT_BITS 32

/* The thread's counters come into memory, and stay there until go_on. */
static void stop(struct tcb *t)
{
    sched_set_aside(t);
    if (t->cpu->current == t) {
        pmu_unload(t->cpu);
    }
}

static void go_on(struct tcb *t)
{
    if (t->cpu->current == t) {
        pmu_load(t->cpu, t);
    }
}

void tcb_count_overflowed(struct pmu *p, uint32_t fresh)
{
    for (unsigned i = 0; i < PMU_EVENTS; i++) {
        p->value[i] += (uint64_t)(fresh >> i & 1) << EVENT_BITS;
    }
}

void tcb_count_clear(struct tcb *t)
{
    if (t->counted) {
        stop(t);
        t->counters = (struct pmu){0};
        t->counted = false;
        tcb_update_special(t);
    }
}

/* The thread may count, and has a counter of this number: its index. */
static int check(struct invocation *inv, const struct tcb *t, unsigned *index)
{
    if (t->vcpu || !arch_pmu_events) {
        return seL4_IllegalOperation;
    }
    *index = pmu_index(inv_word(inv, 0));
    return *index < PMU_COUNTERS ? (int)seL4_NoError : inv_range_error(inv, 0, arch_pmu_events - 1);
}

/* PMCEID<n>_EL0 tell of the common events, 0x0 to 0x3f and 0x4000 to 0x403f. Nobody knows of the others. */
static bool may_exist(word_t event)
{
    unsigned common = (unsigned)event & ~0x4000u, bit = (common & 31) + (event & 0x4000 ? 32 : 0);

    return common >= 64 || arch_pmu_implemented(common >> 5) >> bit & 1;
}

int tcb_set_counter(struct invocation *inv, struct tcb *t)
{
    word_t number = inv_word(inv, 0), event = inv_word(inv, 1);
    bool on = event != VESICLE_COUNTER_OFF;
    unsigned i;

    int error = check(inv, t, &i);
    if (error) {
        return error;
    }
    if (on && i != PMU_CYCLES && (event > PMTYPE_EVENT || !may_exist(event))) {
        return inv_invalid_argument(inv, 2);
    }
    stop(t);
    struct pmu *p = &t->counters;
    uint32_t bit = 1u << number;
    p->value[i] = 0;
    p->type[i] = i == PMU_CYCLES ? 0 : (uint32_t)event & PMTYPE_EVENT;
    p->enabled = (p->enabled & ~bit) | (on ? bit : 0);
    p->interrupts = p->enabled & ~(1u << PMU_CYCLES_NUMBER); /* that one has 64 bits */
    p->control = PMCR_E | PMCR_LC;
    t->counted = p->enabled != 0;
    tcb_update_special(t);
    go_on(t);
    return seL4_NoError;
}

int tcb_read_counter(struct invocation *inv, struct tcb *t)
{
    unsigned i;
    int error = check(inv, t, &i);

    if (!error) {
        stop(t);
        inv_reply(inv, 0, t->counters.value[i]);
        go_on(t);
    }
    return error;
}
