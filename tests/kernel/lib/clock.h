/* SPDX-License-Identifier: BSD-2-Clause */
/* The system counter. */
#ifndef CLOCK_H
#define CLOCK_H

#include <sel4/types.h>

static inline seL4_Word clock_ticks(void)
{
    seL4_Word ticks;
    __asm__ volatile("isb\n mrs %0, cntvct_el0" : "=r"(ticks) : : "memory");
    return ticks;
}

static inline seL4_Word clock_frequency(void)
{
    seL4_Word frequency;
    __asm__ volatile("mrs %0, cntfrq_el0" : "=r"(frequency));
    return frequency;
}

static inline seL4_Word clock_us(void)
{
    return clock_ticks() / (clock_frequency() / 1000000);
}

#endif
