/* SPDX-License-Identifier: BSD-2-Clause */
#include "cpio.h"

#include <assert.h>
#include <string.h>

/*
 * A newc entry: a header of 110 characters, the name, NULs up to a multiple of 4, the data, NULs up to a
 * multiple of 4. To bring the data to a page boundary the name field is made longer with NULs: its length
 * counts them, the name ends at the first. Readers accept name fields below 4096 bytes.
 */
#define HEADER_SIZE    110u
#define NAME_FIELD_MAX 4095u

/* An empty entry put before one whose name field would come out too long; moves it on by this much. */
#define FILLER_NAME ".align"
#define FILLER_SIZE 256u

void cpio_begin(struct cpio *cpio, FILE *out)
{
    *cpio = (struct cpio){.out = out};
}

static bool put(struct cpio *cpio, const void *data, size_t size)
{
    cpio->offset += size;
    return size == 0 || fwrite(data, size, 1, cpio->out) == 1;
}

static bool put_zeros(struct cpio *cpio, size_t size)
{
    static const char zeros[CPIO_DATA_ALIGN];
    while (size > sizeof(zeros)) {
        if (!put(cpio, zeros, sizeof(zeros))) {
            return false;
        }
        size -= sizeof(zeros);
    }
    return put(cpio, zeros, size);
}

/* Bytes from an offset to the next multiple of a power of two. */
static size_t gap(uint64_t offset, size_t align)
{
    return (size_t)((0 - offset) & (align - 1));
}

static bool put_header(struct cpio *cpio, const char *name, size_t name_field, uint32_t mode, size_t size)
{
    char header[HEADER_SIZE + 1];
    unsigned int links = mode == 0 ? 0 : 1;
    int length = snprintf(header, sizeof(header), "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X",
                          mode == 0 ? 0 : ++cpio->inode, mode, 0u, 0u, links, 0u, (uint32_t)size, 0u, 0u, 0u, 0u,
                          (uint32_t)name_field, 0u);
    assert(length == (int)HEADER_SIZE);
    (void)length;
    size_t name_length = strlen(name);
    return put(cpio, header, HEADER_SIZE) && put(cpio, name, name_length) &&
           put_zeros(cpio, name_field - name_length) && put_zeros(cpio, gap(cpio->offset, 4));
}

/* Length of the name field, NULs included, with which the data that follows is page-aligned. */
static size_t aligned_name_field(uint64_t offset, const char *name)
{
    size_t least = strlen(name) + 1;
    return least + gap(offset + HEADER_SIZE + least, CPIO_DATA_ALIGN);
}

bool cpio_add(struct cpio *cpio, const char *name, uint32_t mode, const void *data, size_t size)
{
    assert(strlen(name) <= CPIO_NAME_MAX && size <= UINT32_MAX);
    if (aligned_name_field(cpio->offset, name) > NAME_FIELD_MAX &&
        !put_header(cpio, FILLER_NAME, FILLER_SIZE - HEADER_SIZE, CPIO_MODE_DATA, 0)) {
        return false;
    }
    size_t name_field = aligned_name_field(cpio->offset, name);
    assert(name_field <= NAME_FIELD_MAX);
    return put_header(cpio, name, name_field, mode, size) && put(cpio, data, size) &&
           put_zeros(cpio, gap(cpio->offset, 4));
}

bool cpio_end(struct cpio *cpio)
{
    static const char trailer[] = "TRAILER!!!";
    return put_header(cpio, trailer, sizeof(trailer), 0, 0) && put_zeros(cpio, gap(cpio->offset, CPIO_DATA_ALIGN));
}
