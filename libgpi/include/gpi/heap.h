/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory behind malloc. */
#ifndef GPI_HEAP_H
#define GPI_HEAP_H

#include <stddef.h>

/** Gives malloc `size` bytes at `start`. Before its first use, and once; without it malloc finds no memory. */
void gpi_heap_set(void *start, size_t size);

#endif
