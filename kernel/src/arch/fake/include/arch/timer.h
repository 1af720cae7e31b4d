/* SPDX-License-Identifier: BSD-2-Clause */
/* Time of the fake architecture: tests set it. One tick is one microsecond. */
#ifndef ARCH_TIMER_H
#define ARCH_TIMER_H

#include "types.h"

extern ticks_t fake_now, fake_deadline;

static inline ticks_t timer_now(void)
{
    return fake_now;
}
static inline void timer_set(ticks_t deadline)
{
    fake_deadline = deadline;
}
static inline void timer_stop(void)
{
    fake_deadline = ~0ull;
}
static inline ticks_t timer_us_to_ticks(uint64_t us)
{
    return us;
}
static inline uint64_t timer_ticks_to_us(ticks_t t)
{
    return t;
}

#endif
