/* SPDX-License-Identifier: BSD-2-Clause */
/* The C library's ways to time. */
#include <errno.h>
#include <gpi/error.h>
#include <gpi/timer.h>
#include <sel4/sel4.h>
#include <time.h>
#include <unistd.h>

enum { NS = 1000000000, US = 1000000 };

int clock_gettime(clockid_t clock, struct timespec *time)
{
    if (clock != CLOCK_MONOTONIC) {
        errno = EINVAL;
        return -1;
    }
    uint64_t ns = gpi_time_ns();
    *time = (struct timespec){.tv_sec = (time_t)(ns / NS), .tv_nsec = (long)(ns % NS)};
    return 0;
}

int clock_getres(clockid_t clock, struct timespec *resolution)
{
    if (clock != CLOCK_MONOTONIC) {
        errno = EINVAL;
        return -1;
    }
    if (resolution) {
        *resolution = (struct timespec){.tv_nsec = (long)((NS + gpi_time_frequency() - 1) / gpi_time_frequency())};
    }
    return 0;
}

/* A PD without timer lets others run meanwhile. */
static void sleep_anyway(uint64_t ns)
{
    uint64_t now = gpi_time_ns(), until = ns > UINT64_MAX - now ? UINT64_MAX : now + ns;
    if (gpi_sleep_ns(ns) != GPI_OK) {
        while (gpi_time_ns() < until) {
            seL4_Yield();
        }
    }
}

int nanosleep(const struct timespec *time, struct timespec *left)
{
    if (time->tv_sec < 0 || time->tv_nsec < 0 || time->tv_nsec >= NS) {
        errno = EINVAL;
        return -1;
    }
    uint64_t ns;
    if (__builtin_mul_overflow((uint64_t)time->tv_sec, NS, &ns) ||
        __builtin_add_overflow(ns, (uint64_t)time->tv_nsec, &ns)) {
        ns = UINT64_MAX;
    }
    sleep_anyway(ns);
    if (left) {
        *left = (struct timespec){0};
    }
    return 0;
}

int usleep(useconds_t us)
{
    sleep_anyway((uint64_t)us * (NS / US));
    return 0;
}

unsigned sleep(unsigned seconds)
{
    sleep_anyway((uint64_t)seconds * NS);
    return 0;
}
