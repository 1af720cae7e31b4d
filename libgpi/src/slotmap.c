/* SPDX-License-Identifier: BSD-2-Clause */
#include <gpi/slotmap.h>

#define BITS seL4_WordBits
#define FULL (~0ul)

static size_t words(size_t bits)
{
    return (bits + BITS - 1) / BITS;
}

size_t slotmap_bytes(size_t size)
{
    size_t sum = 0;
    for (size_t n = size;; n = words(n)) {
        sum += words(n);
        if (n <= BITS) {
            return sum * sizeof(seL4_Word);
        }
    }
}

/* A word for bits of which `n` stand for something; the others are in use for ever. */
static void close_end(seL4_Word *level, size_t n)
{
    if (n % BITS) {
        level[n / BITS] |= FULL << (n % BITS);
    }
}

void slotmap_init(struct slotmap *map, void *memory, size_t size)
{
    seL4_Word *next = memory;
    *map = (struct slotmap){.size = size};
    for (size_t n = size;; n = words(n)) {
        map->level[map->top] = next;
        close_end(next, n);
        next += words(n);
        if (n <= BITS) {
            return;
        }
        map->top++;
    }
}

void slotmap_init_larger(struct slotmap *map, void *memory, size_t size, const struct slotmap *smaller)
{
    slotmap_init(map, memory, size);
    for (size_t w = 0; w < words(smaller->size); w++) {
        seL4_Word used = smaller->level[0][w];
        size_t rest = smaller->size - w * BITS;
        used &= rest < BITS ? ~(FULL << rest) : FULL;
        map->level[0][w] |= used;
        if (map->level[0][w] == FULL) {
            slotmap_set_in(map, 1, w);
        }
    }
}

bool slotmap_used(const struct slotmap *map, size_t number)
{
    return map->level[0][number / BITS] >> (number % BITS) & 1;
}

size_t slotmap_count(const struct slotmap *map)
{
    size_t sum = 0;
    for (size_t w = 0; w < words(map->size); w++) {
        sum += (size_t)__builtin_popcountl(map->level[0][w]);
    }
    return sum - (words(map->size) * BITS - map->size);
}

/* The first word from `w` on that is not full; `end` if there is none. */
static size_t next_open(const struct slotmap *map, size_t w, size_t end)
{
    while (w < end && map->level[0][w] == FULL) {
        seL4_Word open = map->top ? ~map->level[1][w / BITS] >> (w % BITS) : 1;
        /* Above the word itself: a full word has its bit set. */
        w = open > 1 ? w + (size_t)__builtin_ctzl(open) : map->top ? (w / BITS + 1) * BITS : w + 1;
    }
    return w;
}

/* Where in the word `count` free bits begin; BITS if nowhere. */
static unsigned run_in_word(seL4_Word used, size_t count)
{
    seL4_Word starts = ~used;
    if (count >= BITS) {
        return BITS;
    }
    for (size_t have = 1; starts && have < count;) {
        size_t step = count - have < have ? count - have : have;
        starts &= starts >> step;
        have += step;
    }
    return starts ? (unsigned)__builtin_ctzl(starts) : BITS;
}

size_t slotmap_run(struct slotmap *map, size_t count, size_t limit, size_t block)
{
    size_t run = 0; /* free numbers just before the word */
    size_t end = words(limit);
    for (size_t w = slotmap_first(map) / BITS; w < end; w++) {
        seL4_Word used = map->level[0][w];
        if (used == FULL) {
            run = 0;
            w = next_open(map, w, end) - 1;
            continue;
        }
        if (block && w * BITS % block == 0) {
            run = 0;
        }
        size_t first = w * BITS - run;
        if (run + (used ? (size_t)__builtin_ctzl(used) : BITS) < count) {
            unsigned inside = run_in_word(used, count);
            first = w * BITS + inside;
            if (inside == BITS) {
                run = used ? (size_t)__builtin_clzl(used) : run + BITS;
                continue;
            }
        }
        return first + count <= limit ? first : limit;
    }
    return limit;
}

/* The bits of a run that are in word `w`. */
static seL4_Word mask_in(size_t w, size_t first, size_t count)
{
    size_t from = first > w * BITS ? first - w * BITS : 0;
    size_t to = first + count - w * BITS;
    return FULL << from & (to < BITS ? ~(FULL << to) : FULL);
}

void slotmap_use_run(struct slotmap *map, size_t first, size_t count)
{
    for (size_t w = first / BITS; w * BITS < first + count; w++) {
        map->level[0][w] |= mask_in(w, first, count);
        if (map->level[0][w] == FULL) {
            slotmap_set_in(map, 1, w);
        }
    }
}

void slotmap_free_run(struct slotmap *map, size_t first, size_t count)
{
    map->open = first / BITS < map->open ? first / BITS : map->open;
    for (size_t w = first / BITS; w * BITS < first + count; w++) {
        bool full = map->level[0][w] == FULL;
        map->level[0][w] &= ~mask_in(w, first, count);
        if (full) {
            slotmap_clear_in(map, 1, w);
        }
    }
}
