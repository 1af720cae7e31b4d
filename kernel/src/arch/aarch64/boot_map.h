/* SPDX-License-Identifier: BSD-2-Clause */
/* The first translation tables. */
#ifndef ARCH_AARCH64_BOOT_MAP_H
#define ARCH_AARCH64_BOOT_MAP_H

#include "types.h"

enum { TABLE_ENTRIES = 512 };

/** Root of the kernel's half. */
extern uint64_t kernel_table[TABLE_ENTRIES];
/** Root of the lower half while the MMU is being turned on: the image at its physical address. */
extern uint64_t boot_identity_table[TABLE_ENTRIES];
/** Where the image was loaded. */
extern paddr_t image_paddr;

/**
 * Fills the tables of the image and the stacks. Called once, by head.S, with the MMU off and running at the load address: no unaligned
 * access, no DC ZVA, no pointer that the linker wrote.
 */
void boot_map(void);

#endif
