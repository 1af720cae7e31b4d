/* SPDX-License-Identifier: BSD-2-Clause */
/* The boot archive's directory. Files stay where the loader put them. */
#ifndef ROOTTASK_ARCHIVE_H
#define ROOTTASK_ARCHIVE_H

#include <sel4/types.h>
#include <stdbool.h>
#include <stddef.h>

struct mo;

struct archive_file {
    char *name;
    seL4_Word paddr; /**< page-aligned */
    size_t size;
    struct mo *mo; /**< its memory object, once somebody asked */
    bool system;   /**< only for those with GPI_RIGHT_SYSTEM */
};

/** Reads the directory. False, with words on the console, if there is none. */
bool archive_init(const seL4_BootInfo *bi);
/** A file that is not in the archive, for GPI_RIGHT_SYSTEM only. It goes before one of the archive; keeps `mo` for ever. */
void archive_add_mo(const char *name, struct mo *mo, size_t size);
/** The file of this name; null if there is none. */
struct archive_file *archive_find(const char *name, size_t length);

#endif
