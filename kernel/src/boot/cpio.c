/* SPDX-License-Identifier: BSD-2-Clause */
#include "boot/cpio.h"

#include <string.h>

/* Header: magic of 6 characters, 13 fields of 8 hexadecimal digits. Name and data follow, each padded to 4 bytes. */
enum { MAGIC_SIZE = 6, FIELD_SIZE = 8, HEADER_SIZE = MAGIC_SIZE + 13 * FIELD_SIZE, PADDING = 4 };
enum field { FIELD_MODE = 1, FIELD_FILESIZE = 6, FIELD_NAMESIZE = 11 };

static const char magic[MAGIC_SIZE + 1] = "070701";
static const char trailer[] = "TRAILER!!!";

static int digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool read_field(const char *header, enum field field, uint32_t *value)
{
    const char *p = header + MAGIC_SIZE + (size_t)field * FIELD_SIZE;

    *value = 0;
    for (unsigned i = 0; i < FIELD_SIZE; i++) {
        int d = digit(p[i]);
        if (d < 0) {
            return false;
        }
        *value = *value << 4 | (uint32_t)d;
    }
    return true;
}

/* Moves `*at` over `size` bytes and the padding behind them, but not past the end; false if the bytes do not fit. */
static bool advance(const struct cpio *cpio, size_t *at, size_t size)
{
    if (size > cpio->size - *at) {
        return false;
    }
    size_t end = *at + size, padding = -end % PADDING;
    *at = padding > cpio->size - end ? cpio->size : end + padding;
    return true;
}

enum cpio_result cpio_next(const struct cpio *cpio, size_t *offset, struct cpio_entry *entry)
{
    size_t at = *offset;
    uint32_t mode, file_size, name_size;

    if (at > cpio->size || cpio->size - at < HEADER_SIZE) {
        return CPIO_BAD;
    }
    const char *header = cpio->start + at;
    if (memcmp(header, magic, MAGIC_SIZE) != 0 || !read_field(header, FIELD_MODE, &mode) ||
        !read_field(header, FIELD_FILESIZE, &file_size) || !read_field(header, FIELD_NAMESIZE, &name_size)) {
        return CPIO_BAD;
    }
    const char *name = header + HEADER_SIZE;
    if (name_size == 0 || !advance(cpio, &at, (size_t)HEADER_SIZE + name_size) ||
        name[name_size - 1] != '\0') { /* more NULs before it are padding that aligns the data */
        return CPIO_BAD;
    }
    if (strcmp(name, trailer) == 0) {
        return CPIO_END;
    }
    const char *data = cpio->start + at;
    if (!advance(cpio, &at, file_size)) {
        return CPIO_BAD;
    }
    *offset = at;
    *entry = (struct cpio_entry){name, data, file_size, mode};
    return CPIO_ENTRY;
}

bool cpio_find(const struct cpio *cpio, const char *name, struct cpio_entry *entry)
{
    struct cpio_entry found;
    size_t offset = 0;

    while (cpio_next(cpio, &offset, &found) == CPIO_ENTRY) {
        if (strcmp(found.name, name) == 0) {
            *entry = found;
            return true;
        }
    }
    return false;
}
