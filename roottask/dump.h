/* SPDX-License-Identifier: BSD-2-Clause */
/* A PD described for people. */
#ifndef ROOTTASK_DUMP_H
#define ROOTTASK_DUMP_H

#include <sel4/types.h>
#include <stddef.h>

struct pd;

/** The part of the description that begins at `offset`, at most `size` bytes; returns message words, 0 at the end. */
unsigned dump_pd(const struct pd *pd, size_t offset, void *out, size_t size);

#endif
