/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reader of "new ASCII" cpio archives (magic 070701) in memory. Nothing in the archive is trusted: no byte outside of it is
 * read. Portable.
 */
#ifndef BOOT_CPIO_H
#define BOOT_CPIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cpio {
    const char *start;
    size_t size;
};

struct cpio_entry {
    const char *name; /* ends with a NUL, inside the archive */
    const void *data;
    size_t size;
    uint32_t mode; /* as of POSIX stat */
};

enum cpio_result {
    CPIO_ENTRY, /* there is an entry */
    CPIO_END,   /* the trailer was reached */
    CPIO_BAD,   /* this is no archive, or it is damaged from here on */
};

/** Reads the entry at `*offset` (0 for the first) and moves `*offset` to the next. `*entry` is set for CPIO_ENTRY only. */
enum cpio_result cpio_next(const struct cpio *cpio, size_t *offset, struct cpio_entry *entry);

/** Finds an entry by its exact name. */
bool cpio_find(const struct cpio *cpio, const char *name, struct cpio_entry *entry);

#endif
