/* SPDX-License-Identifier: BSD-2-Clause */
/* The boot archive: a cpio whose first file is the root task, every file's data on a page of its own. Portable. */
#ifndef BOOT_ARCHIVE_H
#define BOOT_ARCHIVE_H

#include "boot/cpio.h"

enum { ARCHIVE_DATA_ALIGN = 4096 };

struct boot_archive {
    struct cpio cpio;
};

struct archive_file {
    const char *name;
    const void *data;
    size_t size;
};

/** Takes the archive at `start`, checked to its end. Returns null, or what is wrong with it. */
const char *archive_open(struct boot_archive *archive, const void *start, size_t size);

/** The root task; false if the archive is empty. */
bool archive_first(const struct boot_archive *archive, struct archive_file *file);

#endif
