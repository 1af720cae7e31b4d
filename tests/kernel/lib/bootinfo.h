/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kernel tells the root task beyond the first page. */
#ifndef BOOTINFO_H
#define BOOTINFO_H

#include <sel4/types.h>

/** The chunk of extra boot information with this id, its header first; null if there is none. */
const seL4_BootInfoHeader *bootinfo_chunk(seL4_Word id);

#endif
