/* SPDX-License-Identifier: BSD-2-Clause */
#include "boot/archive.h"

/* File types, POSIX stat. */
#define MODE_TYPE    0170000u
#define MODE_REGULAR 0100000u

const char *archive_open(struct boot_archive *archive, const void *start, size_t size)
{
    struct cpio_entry entry;
    struct archive_file first;
    enum cpio_result result;
    size_t offset = 0;

    *archive = (struct boot_archive){{start, size}};
    if ((uintptr_t)start % ARCHIVE_DATA_ALIGN != 0) {
        return "it does not begin on a page";
    }
    while ((result = cpio_next(&archive->cpio, &offset, &entry)) == CPIO_ENTRY) {
        if ((entry.mode & MODE_TYPE) == MODE_REGULAR && entry.size && (uintptr_t)entry.data % ARCHIVE_DATA_ALIGN != 0) {
            return "a file's data does not begin on a page (make it with mkarchive)";
        }
    }
    if (result == CPIO_BAD) {
        return offset == 0 ? "it is no cpio archive of the newc format, or damaged in its first file"
                           : "it is damaged or cut off";
    }
    return archive_first(archive, &first) ? NULL : "it is empty";
}

bool archive_first(const struct boot_archive *archive, struct archive_file *file)
{
    struct cpio_entry entry;
    size_t offset = 0;

    while (cpio_next(&archive->cpio, &offset, &entry) == CPIO_ENTRY) {
        if ((entry.mode & MODE_TYPE) == MODE_REGULAR) {
            *file = (struct archive_file){entry.name, entry.data, entry.size};
            return true;
        }
    }
    return false;
}
