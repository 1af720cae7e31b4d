/* SPDX-License-Identifier: BSD-2-Clause */
/* Cache maintenance by the kernel's addresses of RAM. Ranges are widened to whole lines; complete on return. */
#ifndef ARCH_CACHE_H
#define ARCH_CACHE_H

#include <stddef.h>

/** Data to the point of coherency: clean; clean and invalidate. */
void cache_clean(const void *start, size_t size);
void cache_clean_invalidate(const void *start, size_t size);
/** Clears whole pages, and cleans them to the point of coherency. */
void cache_clear_pages(void *start, size_t size);
/** Makes data written visible to instruction fetches of all cores. */
void cache_unify(const void *start, size_t size);

#endif
