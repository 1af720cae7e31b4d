/* SPDX-License-Identifier: BSD-2-Clause */
/* Physical memory as the kernel sees it, through the window at KERNEL_WINDOW; cache maintenance. */
#ifndef ARCH_MEMORY_H
#define ARCH_MEMORY_H

#include "types.h"
#include <stddef.h>

#define KERNEL_WINDOW 0xffff000000000000ull

/** Kernel address of physical memory. Only RAM outside the kernel's image is mapped there. */
static inline void *phys_to_virt(paddr_t p)
{
    return (void *)(p.raw | KERNEL_WINDOW);
}
static inline paddr_t virt_to_phys(const void *v)
{
    return (paddr_t){(uint64_t)v & ~KERNEL_WINDOW};
}

/** Clears `size` bytes; start and size are multiples of 16. */
void zero_memory(void *start, size_t size);

#endif
