/* SPDX-License-Identifier: BSD-2-Clause */
/* Those who sleep, the earliest first: a heap. */
#ifndef SERVERS_TIMER_SLEEPERS_H
#define SERVERS_TIMER_SLEEPERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sleeper {
    uint64_t deadline, number; /**< of equal deadlines the one that came first */
    size_t place;
    void *data;
};

struct sleepers {
    struct sleeper **heap;
    size_t count, places;
    uint64_t number;
};

/** The earliest; null: nobody sleeps. */
struct sleeper *sleepers_first(const struct sleepers *s);
/** False if there is no memory. */
bool sleepers_add(struct sleepers *s, struct sleeper *sleeper);
void sleepers_remove(struct sleepers *s, struct sleeper *sleeper);

#endif
