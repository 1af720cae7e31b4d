/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counting a guest's exits: from where an exit is seen until the guest goes on. Inline in the hooks that record, and in the fast paths of
 * cores that count and do no more: what those do to a guest they know, so they need no hook before and behind them.
 */
#ifndef TRACE_COUNT_H
#define TRACE_COUNT_H

#include "object/vcpu.h"
#include "trace/trace.h"

/** vesicle_exit_reason by exception class, ESR_EL2 31..26. */
extern const uint8_t trace_reasons[64];

static inline uint32_t count_reason_of(uint64_t esr)
{
    return trace_reasons[esr >> 26 & 63];
}

/** The guest was left; `counter` is the reason, and VESICLE_TRACE_VMM if it is known already that the VMM will serve it. */
static inline void count_begin(struct vcpu *v, ticks_t now, uint32_t counter)
{
    v->exit = (struct exit_trace){now, &v->counters[counter]};
}

/** The exit it is in is the VMM's. */
static inline void count_for_vmm(struct vcpu *v)
{
    v->exit.counter =
        (struct exit_counter *)((uintptr_t)v->exit.counter | VESICLE_TRACE_VMM * sizeof(struct exit_counter));
}

/** The reason of the exit it is in, with VESICLE_TRACE_VMM. */
static inline uint32_t count_reason(const struct vcpu *v)
{
    return (uint32_t)((uintptr_t)v->exit.counter / sizeof(struct exit_counter) % TRACE_COUNTERS);
}

/** The guest goes on. */
static inline void count_end(struct vcpu *v, ticks_t now)
{
    struct exit_trace exit = v->exit;

    if (exit.time) {
        exit.counter->count++;
        exit.counter->ticks += now - exit.time;
        v->exit.time = 0;
    }
}

#endif
