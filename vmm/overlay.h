/* SPDX-License-Identifier: BSD-2-Clause */
/* A user's overlay on the generated device tree. */
#ifndef VMM_OVERLAY_H
#define VMM_OVERLAY_H

#include "types.h"

/** Largest overlay, so that tree, result and a copy stay within what the boot protocol allows. */
#define OVERLAY_MAX 0x80000ull

/** Room that an overlay needs behind a tree's own: for what it adds, and to be worked on. */
uint64_t overlay_room(size_t size);

/**
 * Applies it to a finished tree in a buffer of `room` bytes, of which the last overlay_room(size) are free. The overlay itself stays as it is.
 * Returns NULL, or what is wrong; then the tree is of no use.
 */
const char *overlay_apply(void *tree, uint64_t room, const void *overlay, size_t size);

#endif
