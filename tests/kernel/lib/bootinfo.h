/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kernel tells the root task beyond the first page. */
#ifndef BOOTINFO_H
#define BOOTINFO_H

#include <sel4/types.h>
#include <stdbool.h>

/** The chunk of extra boot information with this id, its header first; null if there is none. */
const seL4_BootInfoHeader *bootinfo_chunk(seL4_Word id);

/**
 * What the machine was started with: the boot argument `name`, words separated by spaces. True if it is there; `*value`, if not null,
 * becomes the number of `name=number`.
 */
bool bootinfo_argument(const char *name, seL4_Word *value);

#endif
