/* SPDX-License-Identifier: BSD-2-Clause */
/* Access to the boot information; the structures are in sel4/types.h. */
#ifndef SEL4_BOOTINFO_H
#define SEL4_BOOTINFO_H

#include <sel4/types.h>

/** Remembers where the boot information is. Called once, by start-up. */
void seL4_InitBootInfo(seL4_BootInfo *bi);

/** The boot information; null in a program that is not the root task. */
seL4_BootInfo *seL4_GetBootInfo(void);

#endif
