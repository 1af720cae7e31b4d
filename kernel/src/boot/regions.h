/* SPDX-License-Identifier: BSD-2-Clause */
/* Sets of physical address ranges: what is free, what is taken, and its division into untypeds. */
#ifndef BOOT_REGIONS_H
#define BOOT_REGIONS_H

#include <stdbool.h>
#include <stdint.h>

enum { REGIONS_MAX = 64 };

struct regions {
    unsigned count;
    struct {
        uint64_t start, end; /* end: one past the last byte; start < end; sorted, disjoint */
    } r[REGIONS_MAX];
};

/** Adds a range disjoint from all present; false if there is no room. */
bool regions_add(struct regions *set, uint64_t start, uint64_t end);
/** Takes a range out, wherever it overlaps; false if there is no room for the pieces. */
bool regions_remove(struct regions *set, uint64_t start, uint64_t end);
/** Takes `size` bytes aligned to `align` (a power of two) from the set's largest range; 0 if none is large enough. */
uint64_t regions_take(struct regions *set, uint64_t size, uint64_t align);
/**
 * The next naturally aligned power-of-two piece of the set, at most 2^max_bits, is taken out. Returns false when nothing
 * of at least 2^min_bits is left.
 */
bool regions_next_piece(struct regions *set, unsigned min_bits, unsigned max_bits, uint64_t *start, unsigned *bits);

#endif
