/* SPDX-License-Identifier: BSD-2-Clause */
/* The boot archive's reader: sound archives, and every way they can be broken. */
#include "boot/archive.h"
#include "lib/unit.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEADER = 110, PAGE = 4096, ROOM = 64 * 1024, MODE_FILE = 0100644, MODE_DIRECTORY = 040755 };

static char built[ROOM] __attribute__((aligned(4096)));
static size_t length;

static void reset(void)
{
    memset(built, 0xa5, sizeof built);
    length = 0;
}

static void add_padded(const char *name, size_t name_size, unsigned mode, const void *data, size_t size)
{
    char header[HEADER + 1];

    snprintf(header, sizeof header, "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X", 1u, mode, 0u, 0u, 1u,
             0u, (unsigned)size, 0u, 0u, 0u, 0u, (unsigned)name_size, 0u);
    memcpy(built + length, header, HEADER);
    memset(built + length + HEADER, 0, name_size);
    memcpy(built + length + HEADER, name, strlen(name));
    length = (length + HEADER + name_size + 3) & ~(size_t)3;
    if (size) {
        memcpy(built + length, data, size);
    }
    length = (length + size + 3) & ~(size_t)3;
}

static void add(const char *name, unsigned mode, const void *data, size_t size)
{
    add_padded(name, strlen(name) + 1, mode, data, size);
}

/* The name filled with NULs so that the data begins on a page. */
static void add_aligned(const char *name, const void *data, size_t size)
{
    size_t name_size = strlen(name) + 1;

    while ((length + HEADER + name_size) % PAGE != 0) {
        name_size++;
    }
    add_padded(name, name_size, MODE_FILE, data, size);
}

static void add_trailer(void)
{
    add("TRAILER!!!", 0, "", 0);
}

static void walks_entries(void)
{
    struct cpio cpio = {built, 0};
    struct cpio_entry e;
    size_t offset = 0;

    add("one", MODE_FILE, "1", 1);
    add("dir", MODE_DIRECTORY, "", 0);
    add("dir/two", MODE_FILE, "22222", 5);
    add_trailer();
    cpio.size = length;
    CHECK_EQ(cpio_next(&cpio, &offset, &e), CPIO_ENTRY);
    CHECK(strcmp(e.name, "one") == 0 && e.size == 1 && memcmp(e.data, "1", 1) == 0);
    CHECK_EQ(cpio_next(&cpio, &offset, &e), CPIO_ENTRY);
    CHECK_EQ(e.mode, MODE_DIRECTORY);
    CHECK_EQ(cpio_next(&cpio, &offset, &e), CPIO_ENTRY);
    CHECK(strcmp(e.name, "dir/two") == 0 && e.size == 5 && memcmp(e.data, "22222", 5) == 0);
    CHECK_EQ(cpio_next(&cpio, &offset, &e), CPIO_END);
    CHECK_EQ(cpio_next(&cpio, &offset, &e), CPIO_END);
    CHECK(cpio_find(&cpio, "dir/two", &e) && e.size == 5);
    CHECK(!cpio_find(&cpio, "dir/tw", &e));
    CHECK(!cpio_find(&cpio, "TRAILER!!!", &e));
}

static void ends_where_memory_ends(void)
{
    struct cpio_entry e;

    add("name", MODE_FILE, "data of a file", 14);
    add_trailer();
    for (size_t size = 0; size < length; size++) {
        /* A block of exactly this size: the sanitizer sees any byte read behind it. */
        char *copy = malloc(size ? size : 1);
        CHECK(copy);
        memcpy(copy, built, size);
        struct cpio cpio = {copy, size};
        size_t offset = 0;
        enum cpio_result result;
        while ((result = cpio_next(&cpio, &offset, &e)) == CPIO_ENTRY) {
            CHECK((const char *)e.data + e.size <= copy + size);
        }
        /* The trailer's padding may be missing. */
        CHECK(result == (size >= length - 3 && size >= offset + HEADER + sizeof "TRAILER!!!" ? CPIO_END : CPIO_BAD));
        free(copy);
    }
}

static enum cpio_result first_with(size_t at, const char *bytes)
{
    struct cpio cpio = {built, length};
    struct cpio_entry e;
    size_t offset = 0;

    memcpy(built + at, bytes, strlen(bytes));
    return cpio_next(&cpio, &offset, &e);
}

enum { AT_MODE = 6 + 8, AT_FILESIZE = 6 + 6 * 8, AT_NAMESIZE = 6 + 11 * 8 };

static void rejects_bad_headers(void)
{
    static const struct {
        size_t at;
        const char *bytes;
    } broken[] = {
        {0, "070707"},
        {0, "\x71\xc7"},
        {AT_FILESIZE, "0000000g"},
        {AT_FILESIZE, "ffffffff"},
        {AT_FILESIZE, "fffffff0"},
        {AT_NAMESIZE, "00000000"},
        {AT_NAMESIZE, "ffffffff"},
        {AT_NAMESIZE, "00000003"},
        {AT_NAMESIZE, " 0000005"},
        {AT_MODE, "-0000001"},
    };

    for (unsigned i = 0; i < UNIT_COUNT(broken); i++) {
        reset();
        add("name", MODE_FILE, "data", 4);
        add_trailer();
        CHECK_EQ(first_with(broken[i].at, broken[i].bytes), CPIO_BAD);
    }
    reset();
    add("name", MODE_FILE, "data", 4);
    CHECK_EQ(first_with(HEADER + 4, "x"), CPIO_BAD); /* the name's end */
    reset();
    add("name", MODE_FILE, "data", 4);
    CHECK_EQ(first_with(AT_FILESIZE, "00000004"), CPIO_ENTRY);
}

static void survives_noise(void)
{
    for (unsigned round = 0; round < 20000; round++) {
        struct cpio_entry e;
        size_t offset = 0;

        reset();
        add("name", MODE_FILE, "data", 4);
        add("another", MODE_FILE, "more data", 9);
        add_trailer();
        size_t size = unit_random(length + 1);
        char *copy = malloc(size ? size : 1);
        CHECK(copy);
        memcpy(copy, built, size);
        for (unsigned i = 0; size && i < 4; i++) {
            copy[unit_random(size)] = (char)unit_random(256);
        }
        struct cpio cpio = {copy, size};
        while (cpio_next(&cpio, &offset, &e) == CPIO_ENTRY) {
            CHECK(strlen(e.name) < size && (const char *)e.data >= copy && e.size <= size);
            CHECK((const char *)e.data + e.size <= copy + size);
        }
        free(copy);
    }
}

static void opens_archives(void)
{
    struct boot_archive archive;
    struct archive_file file;

    add_aligned("roottask", "elf", 3);
    add_aligned("other", "x", 1);
    add_trailer();
    CHECK(archive_open(&archive, built, length) == NULL);
    CHECK(archive_first(&archive, &file));
    CHECK(strcmp(file.name, "roottask") == 0 && file.size == 3 && memcmp(file.data, "elf", 3) == 0);
    CHECK(archive_open(&archive, built, length - 40) != NULL);
    CHECK(archive_open(&archive, built, 0) != NULL);
}

static void refuses_unusable_archives(void)
{
    struct boot_archive archive;

    add("unaligned", MODE_FILE, "elf", 3);
    add_trailer();
    CHECK(archive_open(&archive, built, length) != NULL);
    reset();
    add_trailer();
    CHECK(archive_open(&archive, built, length) != NULL);
    reset();
    add("only-a-directory", MODE_DIRECTORY, "", 0);
    add_trailer();
    CHECK(archive_open(&archive, built, length) != NULL);
    reset();
    CHECK(archive_open(&archive, built, sizeof built) != NULL);
}

int main(void)
{
    static const struct unit_case cases[] = {
        {"walks_entries", walks_entries},
        {"ends_where_memory_ends", ends_where_memory_ends},
        {"rejects_bad_headers", rejects_bad_headers},
        {"survives_noise", survives_noise},
        {"opens_archives", opens_archives},
        {"refuses_unusable_archives", refuses_unusable_archives},
    };
    return unit_run("cpio", cases, UNIT_COUNT(cases), reset);
}
