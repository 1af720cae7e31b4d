/* SPDX-License-Identifier: BSD-2-Clause */
/* Guest RAM as the VMM sees it. */
#ifndef VMM_MEMORY_H
#define VMM_MEMORY_H

#include "types.h"

/** One contiguous piece of guest RAM, mapped in the VMM too. */
struct ram {
    ipa_t base;
    uint64_t size;
    uint8_t *host; /**< where it is mapped here */
};

#define MEMORY_MAX_RAM 4

struct memory {
    struct ram ram[MEMORY_MAX_RAM];
    unsigned count;
};

/** Adds a piece of RAM. False if the table is full, the piece is empty, wraps around or overlaps another. */
bool memory_add(struct memory *memory, ipa_t base, uint64_t size, void *host);

/** Where [ipa, ipa + size) lies in the VMM, or NULL if any byte of it is not RAM. */
void *memory_at(const struct memory *memory, ipa_t ipa, uint64_t size);

/** Reads an aligned word of guest memory. False if it is not RAM. */
bool memory_read32(const struct memory *memory, ipa_t ipa, uint32_t *value);
bool memory_read64(const struct memory *memory, ipa_t ipa, uint64_t *value);

/** Copies without floating-point registers. The ranges do not overlap. */
void memory_copy(void *to, const void *from, size_t size);
void memory_zero(void *to, size_t size);

#endif
