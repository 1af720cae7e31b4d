/* SPDX-License-Identifier: BSD-2-Clause */
/* Kinds of numbers that must not be mixed up. */
#ifndef TYPES_H
#define TYPES_H

#include <stdint.h>

typedef uint64_t word_t;
/** Ticks of the system counter. */
typedef uint64_t ticks_t;
/** A physical address. */
typedef struct {
    uint64_t raw;
} paddr_t;

#endif
