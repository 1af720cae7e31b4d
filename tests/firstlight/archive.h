/* SPDX-License-Identifier: BSD-2-Clause */
/* The boot archive: a newc cpio with page-aligned data, mapped as it lies. */
#ifndef FIRSTLIGHT_ARCHIVE_H
#define FIRSTLIGHT_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>

struct archive {
    const unsigned char *start;
    size_t size;
};

struct archive_entry {
    const void *data;
    size_t size;
};

/** Finds a file. False if there is none of that name, or the archive is damaged before it. */
bool archive_find(const struct archive *archive, const char *name, struct archive_entry *entry);

#endif
