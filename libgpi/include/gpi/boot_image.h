/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How the linker script describes a native program, at a fixed place of its file, to who starts it without reading ELF:
 * the root task, for the first PD. File offsets are addresses less `base`.
 */
#ifndef GPI_BOOT_IMAGE_H
#define GPI_BOOT_IMAGE_H

#include <sel4/types.h>

#define GPI_BOOT_IMAGE_OFFSET 0x200
#define GPI_BOOT_IMAGE_MAGIC  0x456c636973655600ul

struct gpi_boot_image {
    seL4_Word magic;
    seL4_Word base;     /**< read-only data from here */
    seL4_Word text;     /**< instructions from here */
    seL4_Word data;     /**< writable from here */
    seL4_Word data_end; /**< what is in the file ends here */
    seL4_Word end;      /**< and what is zero here */
    seL4_Word entry;
    seL4_Word phdr, phnum; /**< program headers */
};

#endif
