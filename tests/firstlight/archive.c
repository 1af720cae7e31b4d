/* SPDX-License-Identifier: BSD-2-Clause */
#include "archive.h"

#include <string.h>

/* Header of a newc entry: 13 numbers of 8 hexadecimal digits behind a magic of 6 characters. */
#define HEADER_SIZE   110
#define MAGIC         "070701"
#define DIGITS        8
#define FILESIZE_AT   54
#define NAMESIZE_AT   94
#define NEWC_ALIGN(n) (((n) + 3) & ~(size_t)3)

static bool number(const unsigned char *digits, size_t *value)
{
    *value = 0;
    for (unsigned i = 0; i < DIGITS; i++) {
        const char *all = "0123456789abcdef0123456789ABCDEF";
        const char *digit = digits[i] == 0 ? NULL : strchr(all, digits[i]);
        if (digit == NULL) {
            return false;
        }
        *value = *value * 16 + (size_t)(digit - all) % 16;
    }
    return true;
}

bool archive_find(const struct archive *archive, const char *name, struct archive_entry *entry)
{
    size_t length = strlen(name) + 1;
    for (size_t at = 0; at <= archive->size && archive->size - at >= HEADER_SIZE;) {
        const unsigned char *header = archive->start + at;
        size_t name_size;
        size_t file_size;
        if (memcmp(header, MAGIC, sizeof MAGIC - 1) != 0 || !number(header + NAMESIZE_AT, &name_size) ||
            !number(header + FILESIZE_AT, &file_size)) {
            return false;
        }
        size_t data = NEWC_ALIGN(at + HEADER_SIZE + name_size);
        if (data > archive->size || file_size > archive->size - data) {
            return false;
        }
        if (name_size >= length && memcmp(header + HEADER_SIZE, name, length) == 0) {
            *entry = (struct archive_entry){archive->start + data, file_size};
            return true;
        }
        at = NEWC_ALIGN(data + file_size);
    }
    return false;
}
