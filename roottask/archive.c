/* SPDX-License-Identifier: BSD-2-Clause */
#include "archive.h"

#include "memory.h"

#include <gpi/bootinfo.h>
#include <gpi/mapping.h>
#include <sel4/sel4.h>
#include <stdio.h>
#include <string.h>

/* Header of a newc entry: 13 numbers of 8 hexadecimal digits behind a magic of 6 characters. */
enum { HEADER_SIZE = 110, DIGITS = 8, FILESIZE_AT = 54, NAMESIZE_AT = 94, NAME_MAX = 4096 };
#define MAGIC         "070701"
#define NEWC_ALIGN(n) (((n) + 3) & ~(size_t)3)
#define PAGE          (1ul << seL4_PageBits)
/* Where the two pages that can hold a header and its name are looked at. */
#define WINDOW 0x3ff0000000ul

static struct archive_file *files;
static size_t count, places;
static const struct vesicle_bootinfo_archive *archive;

static struct {
    struct kobject page[2];
    seL4_Word first; /* page number in the archive; they follow each other */
    bool valid;
} window;

static void window_close(void)
{
    for (unsigned i = 0; i < 2; i++) {
        kobject_free(&window.page[i], NULL);
    }
    window.valid = false;
}

static bool window_open(seL4_Word first)
{
    window_close();
    seL4_Word pages = (archive->size + PAGE - 1) >> seL4_PageBits;
    for (unsigned i = 0; i < 2 && first + i < pages; i++) {
        ut_t *ut = ut_alloc_at(archive->paddr + ((first + i) << seL4_PageBits), seL4_PageBits);
        seL4_CPtr frame = ut ? cspace_alloc_slot(&root_cspace) : 0;
        window.page[i] = (struct kobject){ut, frame};
        if (!frame || cspace_untyped_retype(&root_cspace, ut->cap, frame, seL4_ARM_SmallPageObject, seL4_PageBits) ||
            map_frame(&root_cspace, frame, seL4_CapInitThreadVSpace, WINDOW + i * PAGE, seL4_CanRead,
                      seL4_ARM_Default_VMAttributes | seL4_ARM_ExecuteNever)) {
            return false;
        }
    }
    window.first = first;
    window.valid = true;
    return true;
}

/* `size` bytes of the archive at `at`, at most a page; null if they are not there. */
static const char *look(size_t at, size_t size)
{
    if (at > archive->size || size > archive->size - at) {
        return NULL;
    }
    seL4_Word page = at >> seL4_PageBits, last = (at + size - 1) >> seL4_PageBits;
    if ((!window.valid || page < window.first || last > window.first + 1) && !window_open(page)) {
        return NULL;
    }
    return (const char *)WINDOW + (at - (window.first << seL4_PageBits));
}

static bool number(const char *digits, size_t *value)
{
    *value = 0;
    for (unsigned i = 0; i < DIGITS; i++) {
        const char *all = "0123456789abcdef0123456789ABCDEF";
        const char *digit = digits[i] == 0 ? NULL : strchr(all, digits[i]);
        if (!digit) {
            return false;
        }
        *value = *value * 16 + (size_t)(digit - all) % 16;
    }
    return true;
}

static bool add(const char *name, size_t length, const struct archive_file *file)
{
    struct archive_file *room = memory_make_room(files, &places, count + 1, sizeof *room);
    if (!room) {
        return false;
    }
    files = room;
    char *copy = memory_new(length + 1);
    if (!copy) {
        return false;
    }
    memcpy(copy, name, length);
    files[count] = *file;
    files[count++].name = copy;
    return true;
}

/* The entry at `*at`; moves on. False at the end. */
static bool read_entry(size_t *at)
{
    size_t name_size, file_size;
    const char *header = look(*at, HEADER_SIZE);
    if (!header || memcmp(header, MAGIC, sizeof MAGIC - 1) != 0 || !number(header + NAMESIZE_AT, &name_size) ||
        !number(header + FILESIZE_AT, &file_size) || name_size == 0 || name_size > NAME_MAX) {
        return false;
    }
    size_t data = NEWC_ALIGN(*at + HEADER_SIZE + name_size);
    const char *name = look(*at + HEADER_SIZE, name_size);
    if (!name || data > archive->size || file_size > archive->size - data) {
        return false;
    }
    size_t length = strnlen(name, name_size);
    *at = NEWC_ALIGN(data + file_size);
    /* What is not page-aligned is filling. */
    struct archive_file file = {.paddr = archive->paddr + data, .size = file_size};
    return file.paddr % PAGE != 0 || add(name, length, &file);
}

bool archive_init(const seL4_BootInfo *bi)
{
    seL4_Word size;
    archive = gpi_bootinfo_chunk(bi, VESICLE_BOOTINFO_HEADER_ARCHIVE, &size);
    if (!archive) {
        puts("roottask: the kernel does not say where the boot archive is");
        return false;
    }
    for (size_t at = 0; read_entry(&at);) {
    }
    window_close();
    return true;
}

void archive_add_mo(const char *name, struct mo *mo, size_t size)
{
    struct archive_file file = {.size = size, .mo = mo, .system = true};
    add(name, strlen(name), &file);
}

struct archive_file *archive_find(const char *name, size_t length)
{
    for (size_t i = 0; i < count; i++) {
        if (strlen(files[i].name) == length && memcmp(files[i].name, name, length) == 0) {
            return &files[i];
        }
    }
    return NULL;
}
