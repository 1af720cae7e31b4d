/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kernel tells the root task beyond struct seL4_BootInfo. */
#ifndef GPI_BOOTINFO_H
#define GPI_BOOTINFO_H

#include <sel4/types.h>

/** A chunk of the extra boot information, its size in `*size`; null if there is none. */
const void *gpi_bootinfo_chunk(const seL4_BootInfo *bi, seL4_Word id, seL4_Word *size);

#endif
