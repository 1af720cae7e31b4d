/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The system counter, and the core's own timer: the EL2 physical timer (CNTHP), which with E2H = 1 is reached by the names of the
 * EL1 one. Its interrupt is up while the counter is at or past the deadline.
 */
#ifndef ARCH_AARCH64_TIMER_H
#define ARCH_AARCH64_TIMER_H

#include "arch/aarch64/sysreg.h"
#include "types.h"

#define TIMER_NEVER (~(ticks_t)0)

/** Ticks of the counter a second. */
extern uint64_t timer_frequency;

static inline ticks_t timer_now(void)
{
    return read_sysreg(cntpct_el0);
}

/** Interrupts this core when the counter reaches `deadline`; replaces an earlier deadline. */
static inline void timer_set(ticks_t deadline)
{
    write_sysreg(cntp_cval_el0, deadline);
}

static inline void timer_stop(void)
{
    timer_set(TIMER_NEVER);
}

/** Exact, rounded down; the greatest number where the result does not fit. */
ticks_t timer_us_to_ticks(uint64_t us);
uint64_t timer_ticks_to_us(ticks_t ticks);

/** Prepares the calling core's timer, stopped. */
void timer_init(void);

#endif
