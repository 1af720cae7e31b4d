/* SPDX-License-Identifier: BSD-2-Clause */
/* What the machine was started with. */
#ifndef BOOTINFO_H
#define BOOTINFO_H

#include <sel4/types.h>
#include <stdbool.h>

/**
 * What the machine was started with: the boot argument `name`, words separated by spaces. True if it is there; `*value`, if not null,
 * becomes the number of `name=number`.
 */
bool bootinfo_argument(const char *name, seL4_Word *value);

#endif
