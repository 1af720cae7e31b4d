/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/unit.h"

#include <gpi/slotmap.h>
#include <stdlib.h>
#include <string.h>

enum { MAX = 20000 };
static bool model[MAX];
static struct slotmap map;
static void *memory;

static void make(size_t size)
{
    free(memory);
    memory = calloc(1, slotmap_bytes(size));
    slotmap_init(&map, memory, size);
    memset(model, 0, sizeof(model));
}

/* Slow and plain. */
static size_t model_run(size_t count, size_t limit, size_t block)
{
    size_t run = 0;
    for (size_t i = 0; i < limit; i++) {
        run = block && i % block == 0 ? 0 : run;
        run = model[i] ? 0 : run + 1;
        if (run == count) {
            return i + 1 - count;
        }
    }
    return limit;
}

static void set(size_t first, size_t count, bool used)
{
    memset(&model[first], used, count);
    if (count == 1 && used) {
        slotmap_use(&map, first);
    } else if (count == 1) {
        slotmap_free(&map, first);
    } else if (used) {
        slotmap_use_run(&map, first, count);
    } else {
        slotmap_free_run(&map, first, count);
    }
}

static void check_sizes(void)
{
    static const size_t sizes[] = {1, 2, 63, 64, 65, 127, 128, 4095, 4096, 4097, 8192, 20000};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        make(sizes[i]);
        for (size_t n = 0; n < sizes[i]; n++) {
            CHECK_EQ(slotmap_first(&map), n);
            CHECK(!slotmap_used(&map, n));
            slotmap_use(&map, n);
        }
        CHECK(slotmap_first(&map) >= sizes[i]);
        CHECK_EQ(slotmap_run(&map, 1, sizes[i], 0), sizes[i]);
        slotmap_free(&map, sizes[i] - 1);
        CHECK_EQ(slotmap_first(&map), sizes[i] - 1);
        slotmap_free_run(&map, 0, sizes[i]);
        CHECK_EQ(slotmap_run(&map, sizes[i], sizes[i], 0), 0);
        slotmap_use_run(&map, 0, sizes[i]);
        CHECK(slotmap_first(&map) >= sizes[i]);
    }
}

static void enlarge(size_t size)
{
    void *larger = calloc(1, slotmap_bytes(size));
    struct slotmap old = map;
    slotmap_init_larger(&map, larger, size, &old);
    free(memory);
    memory = larger;
}

/* Random use, against the model; now and then the map is enlarged. */
static void at_random(void)
{
    static const size_t blocks[] = {0, 0, 64, 128, 1024};
    for (size_t size = 40; size < MAX; size = size * 2 + unit_random(3)) {
        if (size == 40) {
            make(size);
        } else {
            enlarge(size);
        }
        for (unsigned round = 0; round < 1500; round++) {
            size_t limit = size - unit_random(size / 4);
            size_t count = 1 + (round % 3 ? unit_random(8) : unit_random(300));
            size_t block = blocks[unit_random(5)];
            size_t first = slotmap_run(&map, count, limit, block);
            CHECK_EQ(first, model_run(count, limit, block));
            size_t lowest = model_run(1, size, 0);
            CHECK(lowest == size ? slotmap_first(&map) >= size : slotmap_first(&map) == lowest);
            if (first < limit && unit_random(5)) {
                set(first, count, true);
            } else {
                size_t from = unit_random(size), most = size - from;
                set(from, 1 + unit_random(most < 200 ? most : 200), false);
            }
        }
        size_t count = 0;
        for (size_t i = 0; i < size; i++) {
            CHECK_EQ(slotmap_used(&map, i), model[i]);
            count += model[i];
        }
        CHECK_EQ(slotmap_count(&map), count);
    }
}

static const struct unit_case cases[] = {
    {"sizes", check_sizes},
    {"at_random", at_random},
};

int main(void)
{
    int status = unit_run("libgpi.slotmap", cases, UNIT_COUNT(cases), 0);
    free(memory);
    return status;
}
