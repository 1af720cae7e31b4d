/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's half of the address space; layout.h draws it. */
#ifndef ARCH_AARCH64_MMU_H
#define ARCH_AARCH64_MMU_H

#include "arch/aarch64/boot_map.h"
#include "arch/aarch64/layout.h"
#include "arch/memory.h"
#include "types.h"
#include <stdbool.h>
#include <stddef.h>

/** Physical address of something in the kernel's own image (code, static data). */
static inline paddr_t mmu_image_paddr(const void *p)
{
    return (paddr_t){(uint64_t)p - KERNEL_IMAGE + image_paddr.raw};
}

/** Top of a core's kernel stack. */
static inline uint64_t mmu_stack_top(unsigned core)
{
    return KERNEL_STACKS + (uint64_t)core * STACK_SLOT + STACK_TOP;
}

/** Is the address in the unmapped part below a kernel or panic stack? */
bool mmu_is_stack_guard(uint64_t address);

/**
 * Maps RAM into the window, leaving out the image's block. Start and size are multiples of the page size.
 * Panics if the static tables do not suffice.
 */
void mmu_map_memory(paddr_t start, uint64_t size);

/** Maps a device's registers (Device-nGnRE) and returns their address, which stays valid. Panics like mmu_map_memory. */
void *mmu_map_device(paddr_t start, uint64_t size);

/** Maps `size` bytes of the device tree for reading, while the memory map is not known. Call again with more to see more. */
const void *mmu_map_dtb(paddr_t start, uint64_t size);

/** Empties the calling core's lower half: TTBR0_EL2 with ASID 0 and a table without entries. */
void mmu_drop_identity(void);

#endif
