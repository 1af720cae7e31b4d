/* SPDX-License-Identifier: BSD-2-Clause */
/* Sets of address ranges, against a map with one flag a unit. */
#include "boot/regions.h"

#include "lib/unit.h"
#include <string.h>

enum { UNITS = 256 };

static struct regions set;
static bool map[UNITS];

static void setup(void)
{
    memset(&set, 0, sizeof set);
    memset(map, 0, sizeof map);
}

static void check_against_map(void)
{
    bool covered[UNITS] = {0};

    for (unsigned i = 0; i < set.count; i++) {
        CHECK(set.r[i].start < set.r[i].end && set.r[i].end <= UNITS);
        CHECK(i == 0 || set.r[i - 1].end <= set.r[i].start);
        memset(&covered[set.r[i].start], true, set.r[i].end - set.r[i].start);
    }
    CHECK(memcmp(covered, map, sizeof map) == 0);
}

static void random_sets(void)
{
    for (unsigned round = 0; round < 500; round++) {
        setup();
        CHECK(regions_add(&set, 0, UNITS));
        memset(map, true, sizeof map);
        for (unsigned i = 0; i < 30; i++) {
            unsigned start = (unsigned)unit_random(UNITS), end = start + (unsigned)unit_random(UNITS - start + 1);
            if (unit_random(2)) {
                end = start + (end - start) / 16;
            }
            CHECK(regions_remove(&set, start, end));
            memset(&map[start], false, end - start);
            check_against_map();
            /* Back again, if all of it is free to add. */
            if (unit_random(2) && end > start && memchr(&map[start], true, end - start) == 0) {
                CHECK(regions_add(&set, start, end));
                memset(&map[start], true, end - start);
                check_against_map();
            }
        }
    }
}

static void empty_ranges(void)
{
    CHECK(regions_add(&set, 5, 5));
    CHECK_EQ(set.count, 0);
    CHECK(regions_add(&set, 10, 20));
    CHECK(regions_remove(&set, 15, 15));
    CHECK_EQ(set.r[0].end, 20);
}

static void no_room(void)
{
    for (unsigned i = 0; i < REGIONS_MAX; i++) {
        CHECK(regions_add(&set, i * 100, i * 100 + 50));
    }
    CHECK(!regions_add(&set, 20000, 20001));
    CHECK(!regions_remove(&set, 10, 20));
    CHECK(regions_remove(&set, 100, 150));
    CHECK(regions_remove(&set, 210, 220));
    CHECK_EQ(set.count, REGIONS_MAX);
}

static void take(void)
{
    CHECK_EQ(regions_take(&set, 1, 1), 0);
    CHECK(regions_add(&set, 0x1000, 0x3000));
    CHECK(regions_add(&set, 0x10800, 0x20000));
    CHECK_EQ(regions_take(&set, 0x2000, 0x1000), 0x11000);
    CHECK_EQ(set.count, 3);
    CHECK_EQ(regions_take(&set, 0x100, 0x10), 0x13000);
    CHECK_EQ(regions_take(&set, 0x100000, 1), 0);
    CHECK_EQ(regions_take(&set, 0x10, 0x100000), 0);
}

/* Pieces are aligned to their size, cover all that is large enough, and nothing twice. */
static void pieces(void)
{
    for (unsigned round = 0; round < 500; round++) {
        setup();
        unsigned at = 0;
        while (at < UNITS - 1 && set.count < 10) {
            unsigned start = at + (unsigned)unit_random(20), end = start + 1 + (unsigned)unit_random(60);
            if (end > UNITS) {
                break;
            }
            CHECK(regions_add(&set, start, end));
            memset(&map[start], true, end - start);
            at = end + 1;
        }
        unsigned min_bits = (unsigned)unit_random(3), max_bits = min_bits + (unsigned)unit_random(6), bits;
        uint64_t start;
        while (regions_next_piece(&set, min_bits, max_bits, &start, &bits)) {
            CHECK(bits >= min_bits && bits <= max_bits);
            CHECK_EQ(start & ((1ull << bits) - 1), 0);
            for (uint64_t i = start; i < start + (1ull << bits); i++) {
                CHECK(map[i]);
                map[i] = false;
            }
        }
        CHECK_EQ(set.count, 0);
        /* Of what is left, no aligned piece of the least size is whole. */
        for (unsigned i = 0; i + (1u << min_bits) <= UNITS; i += 1u << min_bits) {
            CHECK(memchr(&map[i], false, 1u << min_bits) != 0);
        }
    }
}

static void large_pieces(void)
{
    uint64_t start;
    unsigned bits;

    CHECK(regions_add(&set, 0, 1ull << 48));
    CHECK(regions_next_piece(&set, 4, 47, &start, &bits));
    CHECK_EQ(bits, 47);
    CHECK_EQ(start, 0);
    CHECK(regions_next_piece(&set, 4, 47, &start, &bits));
    CHECK_EQ(start, 1ull << 47);
    CHECK(!regions_next_piece(&set, 4, 47, &start, &bits));
}

int main(void)
{
    static const struct unit_case cases[] = {
        {"random_sets", random_sets}, {"empty_ranges", empty_ranges}, {"no_room", no_room}, {"take", take},
        {"pieces", pieces},           {"large_pieces", large_pieces},
    };

    return unit_run("regions", cases, UNIT_COUNT(cases), setup);
}
