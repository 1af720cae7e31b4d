/* SPDX-License-Identifier: BSD-2-Clause */
/* Boot, from the first C function on. */
#ifndef BOOT_MAIN_H
#define BOOT_MAIN_H

#include "types.h"

/**
 * From head.S, on core 0's stack, MMU on, interrupts masked.
 *
 * @param dtb    the machine's device tree
 * @param start  START_*: at which exception level
 */
_Noreturn void kernel_main(paddr_t dtb, unsigned start);

#endif
