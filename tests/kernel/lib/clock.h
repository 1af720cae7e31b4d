/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Time by the system counter. On a machine that counts instructions (icount) time is exact, and cases assert what passed of it.
 * Elsewhere the machine under us may pause at any moment, and they assert only what must be true nevertheless.
 */
#ifndef CLOCK_H
#define CLOCK_H

#include "test.h"
#include <gpi/timer.h>
#include <sel4/types.h>
#include <stdbool.h>

static inline seL4_Word clock_ticks_to_us(seL4_Word ticks)
{
    return ticks * 1000000 / gpi_time_frequency();
}

static inline seL4_Word clock_us(void)
{
    return clock_ticks_to_us(gpi_time_ticks());
}

/** Time is made of instructions: whoever started the machine says so in its boot arguments. */
bool clock_is_exact(void);

/** An assertion about time: only where it is exact. */
#define CHECK_TIME_IN(got, least, greatest)                                                                            \
    do {                                                                                                               \
        if (clock_is_exact()) {                                                                                        \
            CHECK_IN(got, least, greatest);                                                                            \
        }                                                                                                              \
    } while (0)

#endif
