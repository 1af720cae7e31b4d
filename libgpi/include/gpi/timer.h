/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Time. It is read off the system counter, which starts with the machine and never goes back; for waiting there is the timer
 * server (an entry for resources of type "TIMER" in the PD's directory). nanosleep(), usleep(), sleep(), clock_gettime() and
 * clock_getres() (CLOCK_MONOTONIC only: nobody knows the date) are made of these.
 */
#ifndef GPI_TIMER_H
#define GPI_TIMER_H

#include <stdint.h>

/** The system counter, and how much it counts in a second. */
static inline uint64_t gpi_time_ticks(void)
{
    uint64_t ticks;
    __asm__ volatile("isb\n mrs %0, cntvct_el0" : "=r"(ticks) : : "memory");
    return ticks;
}
static inline uint64_t gpi_time_frequency(void)
{
    uint64_t frequency;
    __asm__("mrs %0, cntfrq_el0" : "=r"(frequency));
    return frequency;
}

/** Microseconds, nanoseconds since the machine started. */
uint64_t gpi_time_us(void);
uint64_t gpi_time_ns(void);

/** Waits at least this long. 0, or a gpi_error_t: GPI_ERR_NOT_FOUND if the PD has no timer, GPI_ERR_GONE if that ended. */
int gpi_sleep_us(uint64_t us);
int gpi_sleep_ns(uint64_t ns);
/** Waits until gpi_time_us() has reached `us`. */
int gpi_sleep_until_us(uint64_t us);
/** Waits until gpi_time_ticks() has reached `ticks`. */
int gpi_sleep_until_ticks(uint64_t ticks);
/** The same, or until gpi_wait_interrupt(). One thread of a PD at a time: GPI_ERR_STATE. */
int gpi_wait_until_ticks(uint64_t ticks);
/** The thread that waits so goes on; if there is none, the next such wait ends at once. Does not wait. */
int gpi_wait_interrupt(void);

struct timer_stats;
/** What the timer server has done so far. */
int gpi_timer_stats(struct timer_stats *stats);

#endif
