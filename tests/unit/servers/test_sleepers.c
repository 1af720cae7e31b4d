/* SPDX-License-Identifier: BSD-2-Clause */
/* The timer server's sleepers: always the earliest first, whoever comes and goes. */
#include "sleepers.h"

#include "lib/unit.h"

#include <stdlib.h>

enum { SLEEPERS = 500 };
static struct sleepers sleepers;
static struct sleeper all[SLEEPERS];

static void setup(void)
{
    free(sleepers.heap);
    sleepers = (struct sleepers){0};
}

static void add(unsigned i, uint64_t deadline)
{
    all[i] = (struct sleeper){.deadline = deadline};
    CHECK(sleepers_add(&sleepers, &all[i]));
}

static void earliest_first(void)
{
    CHECK(sleepers_first(&sleepers) == NULL);
    for (unsigned i = 0; i < SLEEPERS; i++) {
        add(i, i * 7919 % SLEEPERS);
    }
    for (unsigned i = 0; i < SLEEPERS; i++) {
        struct sleeper *first = sleepers_first(&sleepers);
        CHECK(first != NULL);
        CHECK_EQ(first->deadline, i);
        sleepers_remove(&sleepers, first);
    }
    CHECK(sleepers_first(&sleepers) == NULL);
}

static void equal_ones_as_they_came(void)
{
    for (unsigned i = 0; i < SLEEPERS; i++) {
        add(i, i % 3);
    }
    for (unsigned deadline = 0; deadline < 3; deadline++) {
        for (unsigned i = deadline; i < SLEEPERS; i += 3) {
            CHECK(sleepers_first(&sleepers) == &all[i]);
            sleepers_remove(&sleepers, &all[i]);
        }
    }
}

/* Some of them go before it is time. */
static void any_may_go(void)
{
    bool in[SLEEPERS] = {false};
    for (unsigned round = 0; round < 20000; round++) {
        unsigned i = (unsigned)unit_random(SLEEPERS);
        if (in[i]) {
            sleepers_remove(&sleepers, &all[i]);
        } else {
            add(i, unit_random(100));
        }
        in[i] = !in[i];
        const struct sleeper *first = sleepers_first(&sleepers);
        for (unsigned k = 0; k < SLEEPERS; k++) {
            CHECK(!in[k] || (first && first->deadline <= all[k].deadline));
        }
    }
}

int main(void)
{
    static const struct unit_case cases[] = {
        {"earliest_first", earliest_first},
        {"equal_ones_as_they_came", equal_ones_as_they_came},
        {"any_may_go", any_may_go},
    };
    int result = unit_run("sleepers", cases, UNIT_COUNT(cases), setup);
    setup();
    return result;
}
