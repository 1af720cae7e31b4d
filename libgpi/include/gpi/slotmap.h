/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which of many numbers are in use: a bitmap, and above it bitmaps of a 64th of the size that say which words below are
 * full. The lowest free number is found in one step a level.
 */
#ifndef GPI_SLOTMAP_H
#define GPI_SLOTMAP_H

#include <sel4/types.h>
#include <stdbool.h>
#include <stddef.h>

#define SLOTMAP_LEVELS 7

struct slotmap {
    size_t size; /**< numbers from 0 to here */
    size_t open; /**< words of level 0 before this one are full */
    unsigned top;
    seL4_Word *level[SLOTMAP_LEVELS]; /**< level[0]: a bit a number, set if in use; level[top]: one word */
};

/** Bytes of memory that a map of `size` numbers takes. */
size_t slotmap_bytes(size_t size);
/** Makes a map of free numbers in zeroed memory. */
void slotmap_init(struct slotmap *map, void *memory, size_t size);
/** The same with what is in use in a smaller map. */
void slotmap_init_larger(struct slotmap *map, void *memory, size_t size, const struct slotmap *smaller);

/** The lowest free number; one that is not below map->size if there is none. */
static inline size_t slotmap_first(struct slotmap *map)
{
    seL4_Word here = ~map->level[0][map->open];
    if (here) {
        return map->open * seL4_WordBits + (size_t)__builtin_ctzl(here);
    }
    size_t at = 0;
    for (unsigned l = map->top + 1; l-- > 0;) {
        seL4_Word free = ~map->level[l][at];
        if (free == 0) {
            return map->size; /* in the top level only */
        }
        at = at * seL4_WordBits + (size_t)__builtin_ctzl(free);
    }
    map->open = at / seL4_WordBits;
    return at;
}
/**
 * The lowest of `count` free numbers side by side below `limit`, within one of the blocks of `block` numbers (a power of
 * two from 64 on; 0: anywhere); `limit` if there are none.
 */
size_t slotmap_run(struct slotmap *map, size_t count, size_t limit, size_t block);
bool slotmap_used(const struct slotmap *map, size_t number);
/** Numbers in use. */
size_t slotmap_count(const struct slotmap *map);
/* Sets a bit of a level, and above it what follows from that. */
static inline void slotmap_set_in(struct slotmap *map, unsigned l, size_t number)
{
    for (; l <= map->top; l++) {
        seL4_Word *word = &map->level[l][number / seL4_WordBits];
        *word |= 1ul << (number % seL4_WordBits);
        if (~*word) {
            return;
        }
        number /= seL4_WordBits;
    }
}
static inline void slotmap_clear_in(struct slotmap *map, unsigned l, size_t number)
{
    for (; l <= map->top; l++) {
        seL4_Word *word = &map->level[l][number / seL4_WordBits];
        bool full = ~*word == 0;
        *word &= ~(1ul << (number % seL4_WordBits));
        if (!full) {
            return;
        }
        number /= seL4_WordBits;
    }
}
/** Notes that a number is in use, or free. */
static inline void slotmap_use(struct slotmap *map, size_t number)
{
    slotmap_set_in(map, 0, number);
}
static inline void slotmap_free(struct slotmap *map, size_t number)
{
    map->open = number / seL4_WordBits < map->open ? number / seL4_WordBits : map->open;
    slotmap_clear_in(map, 0, number);
}
/** The same for `count` numbers from `first` on. */
void slotmap_use_run(struct slotmap *map, size_t first, size_t count);
void slotmap_free_run(struct slotmap *map, size_t first, size_t count);

#endif
