/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MKARCHIVE_CPIO_H
#define MKARCHIVE_CPIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/** File data begins at multiples of this many bytes. */
#define CPIO_DATA_ALIGN 4096u

/** Longest name of an entry, without the terminating NUL: longer ones could not always be aligned. */
#define CPIO_NAME_MAX 199u

/** Permission bits and file type of the two kinds of entries. */
#define CPIO_MODE_DATA    0100644u
#define CPIO_MODE_PROGRAM 0100755u

/** A newc archive on its way to a stream. */
struct cpio {
    FILE *out;
    uint64_t offset; /**< bytes written so far */
    uint32_t inode;  /**< of the last entry */
};

/** Starts an archive on a stream that is open for writing and stays the caller's. */
void cpio_begin(struct cpio *cpio, FILE *out);

/**
 * Appends one file, its data page-aligned. Time, owner and inode depend on nothing but the order of calls.
 *
 * @param name  at most CPIO_NAME_MAX characters
 * @param size  bytes at data, below 4 GiB
 * @return false on a write error
 */
bool cpio_add(struct cpio *cpio, const char *name, uint32_t mode, const void *data, size_t size);

/** Writes the trailer and fills the last page; false on a write error. */
bool cpio_end(struct cpio *cpio);

#endif
