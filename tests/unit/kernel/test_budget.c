/* SPDX-License-Identifier: BSD-2-Clause */
/* Budgets: refills under random use, against sums over every window of a period. */
#include "lib/unit.h"
#include "sched/budget.h"
#include <string.h>

enum { MAX_REFILLS = 12, RUNS = 3000 };

static union {
    struct sched_context sc;
    char space[sizeof(struct sched_context) + MAX_REFILLS * sizeof(struct refill)];
} memory;
static struct sched_context *sc = &memory.sc;

static struct use {
    ticks_t start, end;
} uses[RUNS];
static unsigned use_count;
static ticks_t now;

static void setup(void)
{
    memset(&memory, 0, sizeof memory);
    budget_min = 1;
    use_count = 0;
    now = 1000;
}

static struct refill refill(unsigned i)
{
    return sc->refills[(sc->refill_head + i) % sc->refill_max];
}

static ticks_t total(void)
{
    ticks_t sum = 0;

    for (unsigned i = 0; i < sc->refill_count; i++) {
        sum += refill(i).amount;
    }
    return sum;
}

static void check_ring(void)
{
    CHECK(sc->refill_count >= 1 && sc->refill_count <= sc->refill_max);
    CHECK(budget_round_robin(sc) || total() == sc->budget);
    CHECK(budget_head(sc)->amount >= budget_min);
}

static void use(ticks_t amount)
{
    uses[use_count++] = (struct use){now, now + amount};
    now += amount;
    budget_charge(sc, amount, now);
    check_ring();
}

/* What was used in [from, from + period). */
static ticks_t used_in(ticks_t from, ticks_t period)
{
    ticks_t sum = 0, to = from + period;

    for (unsigned i = 0; i < use_count; i++) {
        ticks_t start = uses[i].start > from ? uses[i].start : from, end = uses[i].end < to ? uses[i].end : to;
        sum += end > start ? end - start : 0;
    }
    return sum;
}

/* The windows with most in them begin with a use or end with one. */
static ticks_t most_in_a_window(ticks_t period)
{
    ticks_t most = 0;

    for (unsigned i = 0; i < use_count; i++) {
        ticks_t a = used_in(uses[i].start, period);
        ticks_t b = used_in(uses[i].end > period ? uses[i].end - period : 0, period);
        most = a > most ? a : most;
        most = b > most ? b : most;
    }
    return most;
}

static ticks_t random_ticks(ticks_t least, ticks_t most)
{
    return least + unit_random(most - least + 1);
}

/* Runs when it may, for a while, and sleeps for a while. */
static void run_at_random(unsigned times, ticks_t longest_sleep, bool sporadic)
{
    for (unsigned i = 0; i < times; i++) {
        bool slept = unit_random(3) == 0;
        if (slept) {
            now += unit_random(longest_sleep + 1);
        }
        if (sporadic && slept) {
            budget_unblock(sc, now);
            check_ring();
        }
        if (budget_head(sc)->time > now) {
            now = budget_head(sc)->time;
        }
        CHECK(budget_ready(sc, now));
        ticks_t most = budget_head(sc)->amount;
        ticks_t amounts[] = {most, random_ticks(1, most), random_ticks(1, budget_min < most ? budget_min : most)};
        use(amounts[unit_random(3)]);
        if (unit_random(50) == 0) {
            budget_yield(sc, now);
            check_ring();
        }
    }
}

static void windows(bool sporadic)
{
    for (unsigned round = 0; round < 60; round++) {
        setup();
        budget_min = (ticks_t[]){1, 5, 20}[round % 3];
        ticks_t period = random_ticks(100, 1000), budget = random_ticks(2 * budget_min + 1, period);
        budget_new(sc, 2 + (unsigned)unit_random(MAX_REFILLS - 1), budget, period, now);
        run_at_random(200, period, sporadic);
        CHECK(most_in_a_window(period) <= budget);
    }
}

static void never_more_in_a_window(void)
{
    windows(false);
}

static void never_more_when_sporadic(void)
{
    windows(true);
}

/* A late start does not make two budgets meet at a period's end. */
static void late_start(void)
{
    budget_new(sc, 4, 10, 100, now);
    now += 95;
    use(10);
    CHECK(!budget_ready(sc, now));
    CHECK_EQ(budget_head(sc)->time, 1000 + 95 + 100);
}

/* Slices shorter than the least amount count as well. */
static void small_slices_count(void)
{
    for (unsigned refills = 2; refills <= MAX_REFILLS; refills++) {
        setup();
        budget_min = 10;
        budget_new(sc, refills, 100, 1000, now);
        ticks_t sum = 0;
        while (now < 2000 && budget_ready(sc, now)) {
            use(5);
            now += 2;
            sum += 5;
        }
        CHECK(sum <= 100);
        CHECK(sum >= 80);
        CHECK(!budget_ready(sc, 1900));
    }
}

/* Who always uses all gets a budget every period, no less. */
static void nothing_is_lost(void)
{
    budget_min = 3;
    budget_new(sc, 2, 40, 100, now);
    for (unsigned i = 0; i < 50; i++) {
        CHECK_EQ(budget_head(sc)->amount, 40);
        CHECK_EQ(budget_head(sc)->time, 1000 + 100 * i);
        now = budget_head(sc)->time;
        use(40);
    }
    /* Nor who uses it in pieces, while there are refills for them. */
    setup();
    budget_new(sc, 5, 40, 100, now);
    ticks_t first = now;
    for (unsigned i = 0; i < 40; i++) {
        now = first + 100 * (i / 4) + 20 * (i % 4);
        CHECK(budget_ready(sc, now));
        use(10);
    }
}

/* One period after its last use all is there again, however small the pieces were. */
static void full_after_a_period(void)
{
    for (unsigned round = 0; round < 200; round++) {
        setup();
        budget_min = 1 + unit_random(10);
        budget_new(sc, 2 + (unsigned)unit_random(5), 100, 500, now);
        run_at_random(30, 300, false);
        ticks_t sum = 0;
        for (unsigned i = 0; i < sc->refill_count; i++) {
            sum += refill(i).time <= now + 500 ? refill(i).amount : 0;
        }
        CHECK_EQ(sum, 100);
    }
}

/* More used than there was is paid back. */
static void overruns(void)
{
    for (unsigned round = 0; round < 100; round++) {
        setup();
        ticks_t first = now, most_over = 0, sum = 0;
        budget_new(sc, 2 + (unsigned)unit_random(5), 50, 200, now);
        for (unsigned i = 0; i < 200; i++) {
            now = budget_head(sc)->time > now ? budget_head(sc)->time : now;
            ticks_t over = unit_random(30);
            ticks_t amount = budget_head(sc)->amount + over;
            most_over = over > most_over ? over : most_over;
            sum += amount;
            use(amount);
        }
        ticks_t until = budget_head(sc)->time > now ? budget_head(sc)->time : now;
        CHECK(sum <= (until - first) * 50 / 200 + 50 + most_over);
    }
}

static void overrun_of_all(void)
{
    budget_new(sc, 2, 50, 200, now);
    use(70);
    CHECK_EQ(budget_head(sc)->time, 1000 + 200 + 20);
    CHECK_EQ(budget_head(sc)->amount, 30);
    CHECK_EQ(refill(1).time, 1000 + 400);
    CHECK_EQ(refill(1).amount, 20);
}

/* So much that many periods are gone: not before all that time has passed again. */
static void overrun_of_many(void)
{
    budget_new(sc, 2, 50, 200, now);
    use(50 * 1000);
    CHECK(budget_head(sc)->time >= 1000 + 200 * 999);
    CHECK(budget_head(sc)->time <= 1000 + 200 * 1002);
}

static void small_head_joins_its_successor(void)
{
    budget_min = 10;
    budget_new(sc, 4, 100, 1000, now);
    use(60);
    now += 10;
    use(35);
    /* 5 are left, too few to run for: they wait for the 60, which must not come before their time. */
    CHECK_EQ(budget_head(sc)->amount, 65);
    CHECK_EQ(budget_head(sc)->time, 2000 - 5);
    CHECK(!budget_ready(sc, now));
    CHECK(!budget_ready(sc, 1994));
    CHECK(budget_ready(sc, 1995));
}

static void neighbours_are_one(void)
{
    budget_new(sc, 8, 100, 1000, now);
    use(10);
    use(10);
    use(10);
    CHECK_EQ(sc->refill_count, 2);
    CHECK_EQ(refill(1).time, 2000);
    CHECK_EQ(refill(1).amount, 30);
    now += 5;
    use(10);
    CHECK_EQ(sc->refill_count, 3);
    CHECK_EQ(refill(2).time, 2035);
}

/* A full ring: what comes last comes later, not earlier. */
static void full_ring(void)
{
    budget_new(sc, 2, 100, 1000, now);
    use(10); /* back at 2000 */
    now += 40;
    use(10); /* back at 2050 */
    CHECK_EQ(sc->refill_count, 2);
    CHECK_EQ(refill(1).amount, 20);
    CHECK_EQ(refill(1).time, 2040);
}

/* Uses a little more than there is, sometimes in two pieces: that costs a little, not a period. */
static void small_overruns_cost_little(void)
{
    enum { PERIODS = 1000, BUDGET = 2000, PERIOD = 10000 };
    for (unsigned max_refills = 2; max_refills <= 4; max_refills++) {
        setup();
        budget_min = 10;
        budget_new(sc, max_refills, BUDGET, PERIOD, now);
        ticks_t begin = now, used = 0;
        for (unsigned i = 0; i < PERIODS; i++) {
            now = budget_head(sc)->time > now ? budget_head(sc)->time : now;
            now += unit_random(5);
            ticks_t amount = budget_head(sc)->amount + unit_random(5), more = unit_random(5);
            use(amount);
            use(more);
            used += amount + more;
        }
        CHECK(used * PERIOD / BUDGET >= (now - begin) * 98 / 100);
    }
}

static void round_robin(void)
{
    budget_min = 2;
    budget_new(sc, 2, 100, 0, now);
    CHECK(budget_round_robin(sc));
    use(30);
    CHECK_EQ(budget_head(sc)->amount, 70);
    CHECK(budget_ready(sc, now));
    use(69); /* less than the least is left: a new slice */
    CHECK_EQ(budget_head(sc)->amount, 100);
    CHECK(budget_ready(sc, now));
    use(250);
    CHECK_EQ(budget_head(sc)->amount, 100);
    CHECK(budget_ready(sc, now));
    use(10);
    budget_yield(sc, now);
    CHECK_EQ(budget_head(sc)->amount, 100);
    CHECK(budget_ready(sc, now));
    budget_unblock(sc, now + 50);
    CHECK_EQ(budget_head(sc)->amount, 100);
}

static void yield(void)
{
    budget_new(sc, 4, 100, 1000, now);
    use(30);
    budget_yield(sc, now);
    CHECK(!budget_ready(sc, now));
    CHECK(!budget_ready(sc, 1999));
    CHECK(budget_ready(sc, 2000));
    CHECK_EQ(total(), 100);
    /* Nothing left to give up: no second period is lost. */
    budget_yield(sc, now);
    CHECK(budget_ready(sc, 2000));
}

static void update_grows(void)
{
    budget_new(sc, 4, 100, 1000, now);
    use(40);
    budget_update(sc, 4, 200, 500, now);
    check_ring();
    /* What was left is there at once, the rest one period later. */
    CHECK(budget_ready(sc, now));
    CHECK_EQ(budget_head(sc)->amount, 60);
    CHECK_EQ(refill(1).time, now + 500);
    CHECK_EQ(refill(1).amount, 140);
}

static void update_shrinks(void)
{
    budget_new(sc, 8, 100, 1000, now);
    use(10);
    now += 20;
    use(10);
    budget_update(sc, 2, 50, 1000, now);
    check_ring();
    CHECK_EQ(sc->refill_max, 2);
    CHECK_EQ(budget_head(sc)->amount, 50);
    CHECK(budget_ready(sc, now));
    run_at_random(100, 100, false);
}

/* Reconfiguring again and again is no way to more. */
static void update_is_no_source(void)
{
    budget_new(sc, 4, 50, 500, now);
    for (unsigned i = 0; i < 300; i++) {
        if (budget_head(sc)->time > now) {
            now = budget_head(sc)->time;
        }
        use(random_ticks(1, budget_head(sc)->amount));
        now += unit_random(10);
        budget_update(sc, 4, 50, 500, now);
        check_ring();
    }
    CHECK(most_in_a_window(500) <= 50);
}

static void update_of_exhausted(void)
{
    budget_new(sc, 4, 50, 500, now);
    use(50);
    budget_update(sc, 4, 50, 500, now);
    CHECK(!budget_ready(sc, 1499));
    CHECK(budget_ready(sc, 1500));
}

/* However many refills are due, one waking merges some; the next one goes on. */
static void unblock_many(void)
{
    static struct {
        struct sched_context sc;
        struct refill more[300];
    } large;
    struct sched_context *own = sc;

    sc = &large.sc;
    budget_new(sc, 200, 20000, 1000000, now);
    for (unsigned i = 0; i < 150; i++) {
        now += 200;
        budget_charge(sc, 100, now); /* pieces of 100, 200 apart */
    }
    CHECK(sc->refill_count > 100);
    now += 2000000;
    for (unsigned left = sc->refill_count; left > 1; left = sc->refill_count) {
        budget_unblock(sc, now);
        CHECK_EQ(left - sc->refill_count, left > 32 ? 32 : left - 1);
        CHECK(budget_head(sc)->time <= now);
        CHECK_EQ(total(), 20000);
        for (unsigned i = 0; i + 1 < sc->refill_count; i++) {
            CHECK(sc->refills[(sc->refill_head + i) % 200].time <= sc->refills[(sc->refill_head + i + 1) % 200].time);
        }
    }
    CHECK_EQ(budget_head(sc)->time, now);
    sc = own;
}

static void unblock(void)
{
    budget_new(sc, 4, 100, 1000, now);
    now = 5000;
    budget_unblock(sc, now);
    CHECK_EQ(budget_head(sc)->time, 5000);
    use(40);
    now += 100;
    use(20); /* 40 at 5140, 40 back at 6000, 20 at 6140 */
    /* Asleep until all is due: one refill from now on. */
    now = 9000;
    budget_unblock(sc, now);
    CHECK_EQ(sc->refill_count, 1);
    CHECK_EQ(budget_head(sc)->time, 9000);
    CHECK_EQ(budget_head(sc)->amount, 100);
    /* Out of budget: waking brings nothing. */
    use(100);
    budget_unblock(sc, now);
    CHECK_EQ(budget_head(sc)->time, 10000);
}

int main(void)
{
    static const struct unit_case cases[] = {
        {"never_more_in_a_window", never_more_in_a_window},
        {"never_more_when_sporadic", never_more_when_sporadic},
        {"late_start", late_start},
        {"small_slices_count", small_slices_count},
        {"nothing_is_lost", nothing_is_lost},
        {"full_after_a_period", full_after_a_period},
        {"overruns", overruns},
        {"overrun_of_all", overrun_of_all},
        {"overrun_of_many", overrun_of_many},
        {"small_head_joins_its_successor", small_head_joins_its_successor},
        {"neighbours_are_one", neighbours_are_one},
        {"full_ring", full_ring},
        {"small_overruns_cost_little", small_overruns_cost_little},
        {"round_robin", round_robin},
        {"yield", yield},
        {"update_grows", update_grows},
        {"update_shrinks", update_shrinks},
        {"update_is_no_source", update_is_no_source},
        {"update_of_exhausted", update_of_exhausted},
        {"unblock", unblock},
        {"unblock_many", unblock_many},
    };

    return unit_run("budget", cases, UNIT_COUNT(cases), setup);
}
