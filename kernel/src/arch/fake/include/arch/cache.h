/* SPDX-License-Identifier: BSD-2-Clause */
/* Caches of the fake architecture: what was asked for is recorded. */
#ifndef ARCH_CACHE_H
#define ARCH_CACHE_H

#include <stddef.h>
#include <string.h>

struct fake_cache {
    size_t cleaned, invalidated, unified; /* bytes */
    const void *last;                     /* start of the last range */
};
extern struct fake_cache fake_cache;

static inline void cache_clean(const void *start, size_t size)
{
    fake_cache.last = start, fake_cache.cleaned += size;
}
static inline void cache_clean_invalidate(const void *start, size_t size)
{
    fake_cache.last = start, fake_cache.invalidated += size;
}
static inline void cache_clear_pages(void *start, size_t size)
{
    memset(start, 0, size);
    cache_clean(start, size);
}
static inline void cache_unify(const void *start, size_t size)
{
    fake_cache.last = start, fake_cache.unified += size;
}

#endif
