/* SPDX-License-Identifier: BSD-2-Clause */
#include "boot/regions.h"

static bool insert(struct regions *set, unsigned at, uint64_t start, uint64_t end)
{
    if (set->count == REGIONS_MAX) {
        return false;
    }
    for (unsigned i = set->count; i > at; i--) {
        set->r[i] = set->r[i - 1];
    }
    set->r[at].start = start;
    set->r[at].end = end;
    set->count++;
    return true;
}

static void drop(struct regions *set, unsigned at)
{
    set->count--;
    for (unsigned i = at; i < set->count; i++) {
        set->r[i] = set->r[i + 1];
    }
}

bool regions_add(struct regions *set, uint64_t start, uint64_t end)
{
    unsigned i = 0;

    if (start >= end) {
        return true;
    }
    while (i < set->count && set->r[i].start < start) {
        i++;
    }
    return insert(set, i, start, end);
}

bool regions_remove(struct regions *set, uint64_t start, uint64_t end)
{
    if (start >= end) {
        return true;
    }
    for (unsigned i = 0; i < set->count;) {
        uint64_t s = set->r[i].start, e = set->r[i].end;
        if (start >= e || end <= s) {
            i++;
        } else if (start > s && end < e) {
            set->r[i].end = start;
            return insert(set, i + 1, end, e);
        } else if (start > s) {
            set->r[i].end = start;
            i++;
        } else if (end < e) {
            set->r[i].start = end;
            i++;
        } else {
            drop(set, i);
        }
    }
    return true;
}

uint64_t regions_take(struct regions *set, uint64_t size, uint64_t align)
{
    int best = -1;

    for (unsigned i = 0; i < set->count; i++) {
        if (best < 0 || set->r[i].end - set->r[i].start > set->r[best].end - set->r[best].start) {
            best = (int)i;
        }
    }
    if (best < 0) {
        return 0;
    }
    uint64_t start = (set->r[best].start + align - 1) & ~(align - 1);
    if (start >= set->r[best].end || set->r[best].end - start < size || !regions_remove(set, start, start + size)) {
        return 0;
    }
    return start;
}

bool regions_next_piece(struct regions *set, unsigned min_bits, unsigned max_bits, uint64_t *start, unsigned *bits)
{
    while (set->count > 0) {
        uint64_t s = set->r[0].start, size = set->r[0].end - s;
        unsigned fit = 63u - (unsigned)__builtin_clzll(size);
        unsigned aligned = s ? (unsigned)__builtin_ctzll(s) : 63u;
        unsigned b = fit < aligned ? fit : aligned;
        b = b < max_bits ? b : max_bits;

        set->r[0].start += 1ull << b;
        if (set->r[0].start >= set->r[0].end) {
            drop(set, 0);
        }
        if (b >= min_bits) {
            *start = s;
            *bits = b;
            return true;
        }
    }
    return false;
}
