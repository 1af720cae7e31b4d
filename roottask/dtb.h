/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine's device tree, for drivers: an image called "dtb" (GPI_IMAGE_DTB). */
#ifndef ROOTTASK_DTB_H
#define ROOTTASK_DTB_H

#include <sel4/types.h>

/** Copies the tree out of the boot information. Without one, or without memory, there is no such image. */
void dtb_init(const seL4_BootInfo *bi);

#endif
