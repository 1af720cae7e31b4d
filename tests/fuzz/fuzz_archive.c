/* SPDX-License-Identifier: BSD-2-Clause */
/* The boot archive's reader. What it accepts lies inside of the archive, and the walk over it ends. */
#define _POSIX_C_SOURCE 200112L /* posix_memalign */
#include "boot/archive.h"
#include "lib/fuzz.h"
#include <stdlib.h>
#include <string.h>

static void check_entries(const struct boot_archive *archive)
{
    const char *start = archive->cpio.start, *end = start + archive->cpio.size;
    struct cpio_entry entry, found;
    size_t offset = 0, last = 0;

    while (cpio_next(&archive->cpio, &offset, &entry) == CPIO_ENTRY) {
        MUST(offset > last);
        last = offset;
        MUST(entry.name > start && entry.name + strlen(entry.name) < end);
        MUST((const char *)entry.data >= start && entry.size <= (size_t)(end - (const char *)entry.data));
        fuzz_touch(entry.data, entry.size);
        MUST(cpio_find(&archive->cpio, entry.name, &found) && strcmp(found.name, entry.name) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct boot_archive archive;
    struct archive_file first;
    /* Not a byte more than it says, but on a page. */
    void *copy;

    MUST(posix_memalign(&copy, ARCHIVE_DATA_ALIGN, size) == 0);
    memcpy(copy, data, size);
    const char *problem = archive_open(&archive, copy, size);
    check_entries(&archive);
    if (!problem) {
        MUST(archive_first(&archive, &first));
        MUST(first.size == 0 || (uintptr_t)first.data % ARCHIVE_DATA_ALIGN == 0);
    }
    free(copy);
    return 0;
}
