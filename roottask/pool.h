/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory for the root task's own books: small pieces by size, without a search; the rest from malloc. What a size once had it keeps. */
#ifndef ROOTTASK_POOL_H
#define ROOTTASK_POOL_H

#include <stddef.h>

/** Zeroed; null if there is no memory. */
void *pool_take(size_t size);
void pool_give(void *memory);
/** More room for the same: what is new is zero. Null, and all is as it was, if there is no memory. */
void *pool_grow(void *memory, size_t old_size, size_t size);

#endif
