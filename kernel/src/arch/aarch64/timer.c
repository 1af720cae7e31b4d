/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/aarch64/timer.h"

#define US_PER_S 1000000ull

uint64_t timer_frequency;

/* value * to / from without overflow on the way: whole units first, then the rest, which is below `from`. */
static uint64_t convert(uint64_t value, uint64_t from, uint64_t to)
{
    uint64_t whole = value / from, rest = value % from * to / from, result;

    if (__builtin_mul_overflow(whole, to, &result) || __builtin_add_overflow(result, rest, &result)) {
        return UINT64_MAX;
    }
    return result;
}

ticks_t timer_us_to_ticks(uint64_t us)
{
    return convert(us, US_PER_S, timer_frequency);
}

uint64_t timer_ticks_to_us(ticks_t ticks)
{
    return convert(ticks, timer_frequency, US_PER_S);
}

void timer_init(void)
{
    timer_frequency = read_sysreg(cntfrq_el0);
    timer_stop();
    write_sysreg(cntp_ctl_el0, CNT_CTL_ENABLE);
    isb();
}
