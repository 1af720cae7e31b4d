/* SPDX-License-Identifier: BSD-2-Clause */
/* Address kinds of a guest. They convert only where the code says so by name. */
#ifndef VMM_TYPES_H
#define VMM_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** An intermediate physical address: what the guest takes for physical. */
typedef struct ipa {
    uint64_t addr;
} ipa_t;

/** A guest-virtual address, translated by the guest's own tables. */
typedef struct gva {
    uint64_t addr;
} gva_t;

static inline ipa_t ipa_of(uint64_t addr)
{
    return (ipa_t){addr};
}

static inline gva_t gva_of(uint64_t addr)
{
    return (gva_t){addr};
}

/** Bits high..low of a word. */
static inline uint64_t bits_of(uint64_t word, unsigned high, unsigned low)
{
    return word >> low & (~0ull >> (63 - (high - low)));
}

/** `value` with its bit `sign` copied into all higher bits. */
static inline uint64_t sign_extend(uint64_t value, unsigned sign)
{
    uint64_t top = 1ull << sign;
    uint64_t low = value & (top | (top - 1));
    return (low ^ top) - top;
}

static inline uint64_t align_up(uint64_t value, uint64_t alignment)
{
    return (value + alignment - 1) & ~(alignment - 1);
}

#endif
