/* SPDX-License-Identifier: BSD-2-Clause */
/* Which physical memory the root task gets. */
#ifndef BOOT_MEMORY_H
#define BOOT_MEMORY_H

#include "boot/regions.h"

struct platform;

/**
 * Fills `ram` with RAM that is nobody's, and `devices` with all else below `top` that the kernel does not keep: device
 * registers, and the archive, whose contents must stay. False if either has too many pieces.
 */
bool boot_memory(const struct platform *platform, uint64_t top, struct regions *ram, struct regions *devices);

/** The end of all that a loader brought or keeps: kernel, archive, device tree, reserved memory. */
uint64_t boot_loaded_end(const struct platform *platform);

#endif
