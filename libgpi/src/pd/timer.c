/* SPDX-License-Identifier: BSD-2-Clause */
#include <gpi/timer.h>

#include <gpi/proto/timer.h>
#include <gpi/server_call.h>
#include <sel4gpi/pd_utils.h>

enum { US = 1000000, NS = 1000000000 };

/* value * to / from, rounded down or up; the greatest number where the result does not fit. */
static uint64_t convert(uint64_t value, uint64_t from, uint64_t to, bool up)
{
    uint64_t whole = value / from, rest = value % from * to, result;
    rest = rest / from + (up && rest % from ? 1 : 0);
    bool over = __builtin_mul_overflow(whole, to, &result) || __builtin_add_overflow(result, rest, &result);
    return over ? UINT64_MAX : result;
}

uint64_t gpi_time_us(void)
{
    return convert(gpi_time_ticks(), gpi_time_frequency(), US, false);
}

uint64_t gpi_time_ns(void)
{
    return convert(gpi_time_ticks(), gpi_time_frequency(), NS, false);
}

/* The timer's directory entry. A timer that ended is not in the directory any more, so the next one is found. */
static seL4_CPtr find_timer(void)
{
    static gpi_cap_t type;
    gpi_cap_t known = __atomic_load_n(&type, __ATOMIC_RELAXED);
    if (known == GPICAP_TYPE_NONE) {
        known = sel4gpi_get_resource_type_code((char *)GPI_TIMER_TYPE);
        __atomic_store_n(&type, known, __ATOMIC_RELAXED);
    }
    return known == GPICAP_TYPE_NONE ? seL4_CapNull : sel4gpi_get_rde((int)known);
}

static int call_timer(seL4_Word method, const seL4_Word *words, unsigned count)
{
    seL4_CPtr timer = find_timer();
    return timer ? gpi_server_call(timer, method, words, count, NULL, 0) : GPI_ERR_NOT_FOUND;
}

int gpi_sleep_until_ticks(uint64_t ticks)
{
    seL4_Word word = ticks;
    return gpi_time_ticks() >= ticks ? GPI_OK : call_timer(TIMER_SLEEP_UNTIL, &word, 1);
}

int gpi_wait_until_ticks(uint64_t ticks)
{
    seL4_Word word = ticks;
    return gpi_time_ticks() >= ticks ? GPI_OK : call_timer(TIMER_WAIT_UNTIL, &word, 1);
}

int gpi_wait_interrupt(void)
{
    return call_timer(TIMER_INTERRUPT, NULL, 0);
}

static int sleep_for(uint64_t time, uint64_t unit)
{
    uint64_t until;
    if (__builtin_add_overflow(gpi_time_ticks(), convert(time, unit, gpi_time_frequency(), true), &until)) {
        until = UINT64_MAX;
    }
    return gpi_sleep_until_ticks(until);
}

int gpi_sleep_us(uint64_t us)
{
    return sleep_for(us, US);
}

int gpi_sleep_ns(uint64_t ns)
{
    return sleep_for(ns, NS);
}

int gpi_sleep_until_us(uint64_t us)
{
    return gpi_sleep_until_ticks(convert(us, US, gpi_time_frequency(), true));
}

int gpi_timer_stats(struct timer_stats *stats)
{
    seL4_CPtr timer = find_timer();
    return timer ? gpi_server_call(timer, TIMER_STATS, NULL, 0, stats, GPI_WORDS(*stats)) : GPI_ERR_NOT_FOUND;
}
