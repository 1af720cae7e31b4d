/* SPDX-License-Identifier: BSD-2-Clause */
/* The build machine as an architecture: physical addresses are addresses of the test's own memory. */
#ifndef ARCH_MEMORY_H
#define ARCH_MEMORY_H

#include "types.h"
#include <stddef.h>
#include <string.h>

static inline void *phys_to_virt(paddr_t p)
{
    return (void *)p.raw;
}
static inline paddr_t virt_to_phys(const void *v)
{
    return (paddr_t){(uint64_t)v};
}
static inline void zero_memory(void *start, size_t size)
{
    memset(start, 0, size);
}

#endif
