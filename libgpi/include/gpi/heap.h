/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory behind malloc. */
#ifndef GPI_HEAP_H
#define GPI_HEAP_H

#include <stddef.h>

/** Gives malloc `size` bytes at `start`. Before its first use, and once; without it malloc finds no memory. */
void gpi_heap_set(void *start, size_t size);

/**
 * Makes more memory at the end of the heap: at least `size` bytes at `end`; returns how many it made, in whole pages. It
 * is called inside malloc and must not use it.
 */
typedef size_t (*gpi_heap_grow_fn)(void *end, size_t size);

/** When the heap is used up, `grow` is asked for more, at least `chunk` bytes at a time. */
void gpi_heap_set_growing(void *start, size_t size, size_t chunk, gpi_heap_grow_fn grow);

#endif
