/* SPDX-License-Identifier: BSD-2-Clause */
#include "boot/elf.h"

#include <string.h>

/* ELF-64 object file format, version 1.5; ELF for the Arm 64-bit architecture. */
struct elf_header {
    uint8_t ident[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, phoff, shoff;
    uint32_t flags;
    uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};
_Static_assert(sizeof(struct elf_header) == 64, "Elf64_Ehdr");

struct program_header {
    uint32_t type, flags;
    uint64_t offset, vaddr, paddr, filesz, memsz, align;
};
_Static_assert(sizeof(struct program_header) == 56, "Elf64_Phdr");

enum { IDENT_CLASS = 4, IDENT_DATA = 5, IDENT_VERSION = 6 };
enum { CLASS_64 = 2, DATA_LITTLE_ENDIAN = 1, VERSION_CURRENT = 1, TYPE_EXECUTABLE = 2, MACHINE_AARCH64 = 183 };
enum { SEGMENT_LOAD = 1, SEGMENT_DYNAMIC = 2, SEGMENT_INTERPRETER = 3 };
enum { FLAG_X = 1, FLAG_W = 2, FLAG_R = 4 };

#define PAGE_SIZE 0x1000ull

static const uint8_t elf_magic[4] = {0x7f, 'E', 'L', 'F'};

static struct program_header header_at(const struct elf_image *elf, unsigned index)
{
    struct program_header h;
    memcpy(&h, elf->file + elf->headers + index * sizeof h, sizeof h);
    return h;
}

static const char *check_header(const struct elf_header *h, size_t size)
{
    if (memcmp(h->ident, elf_magic, sizeof elf_magic) != 0) {
        return "not an ELF file";
    }
    if (h->ident[IDENT_CLASS] != CLASS_64 || h->ident[IDENT_DATA] != DATA_LITTLE_ENDIAN ||
        h->ident[IDENT_VERSION] != VERSION_CURRENT || h->version != VERSION_CURRENT || h->machine != MACHINE_AARCH64) {
        return "not an ELF file for little-endian AArch64";
    }
    if (h->type != TYPE_EXECUTABLE) {
        return "not a static executable (type ET_EXEC)";
    }
    if (h->phnum == 0 || h->phentsize != sizeof(struct program_header)) {
        return "no usable program headers";
    }
    if (h->phoff > size || (uint64_t)h->phnum * sizeof(struct program_header) > size - h->phoff) {
        return "the program headers are not inside the file";
    }
    return NULL;
}

static const char *check_segment(const struct program_header *h, uint64_t size, uint64_t free_from)
{
    if (h->filesz > h->memsz) {
        return "a segment has more bytes in the file than in memory";
    }
    if (h->offset > size || h->filesz > size - h->offset) {
        return "a segment's bytes are not inside the file";
    }
    if (h->vaddr >= ELF_VADDR_LIMIT || h->memsz > ELF_VADDR_LIMIT - h->vaddr) {
        return "a segment is not inside user addresses";
    }
    if (h->vaddr < free_from) {
        return "segments are out of order or share a page";
    }
    if (h->vaddr % PAGE_SIZE != h->offset % PAGE_SIZE) {
        return "a segment's address and place in the file differ within the page";
    }
    if (h->flags & FLAG_W && h->flags & FLAG_X) {
        return "a segment is writable and executable";
    }
    return NULL;
}

static const char *check_segments(struct elf_image *elf, uint64_t size)
{
    uint64_t free_from = PAGE_SIZE; /* page 0 stays unmapped */
    bool entry_found = false;

    for (unsigned i = 0; i < elf->header_count; i++) {
        struct program_header h = header_at(elf, i);
        if (h.type == SEGMENT_DYNAMIC || h.type == SEGMENT_INTERPRETER) {
            return "dynamically linked";
        }
        if (h.type != SEGMENT_LOAD || h.memsz == 0) {
            continue;
        }
        const char *why = check_segment(&h, size, free_from);
        if (why) {
            return why;
        }
        entry_found |= h.flags & FLAG_X && elf->entry >= h.vaddr && elf->entry - h.vaddr < h.filesz;
        free_from = (h.vaddr + h.memsz + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
        elf->segment_count++;
    }
    if (elf->segment_count == 0) {
        return "nothing to load";
    }
    return entry_found && elf->entry % sizeof(uint32_t) == 0 ? NULL : "the entry point is not in an executable segment";
}

bool elf_open(struct elf_image *elf, const void *file, size_t size, const char **why)
{
    struct elf_header h;

    *elf = (struct elf_image){.file = file};
    if (size < sizeof h) {
        *why = "too short for an ELF file";
        return false;
    }
    memcpy(&h, file, sizeof h);
    *why = check_header(&h, size);
    if (*why) {
        return false;
    }
    elf->entry = h.entry;
    elf->headers = h.phoff;
    elf->header_count = h.phnum;
    *why = check_segments(elf, size);
    return !*why;
}

void elf_segment(const struct elf_image *elf, unsigned index, struct elf_segment *segment)
{
    unsigned found = 0;

    for (unsigned i = 0; i < elf->header_count; i++) {
        struct program_header h = header_at(elf, i);
        if (h.type == SEGMENT_LOAD && h.memsz != 0 && found++ == index) {
            *segment = (struct elf_segment){h.vaddr,
                                            h.memsz,
                                            elf->file + h.offset,
                                            h.filesz,
                                            (h.flags & FLAG_R) != 0,
                                            (h.flags & FLAG_W) != 0,
                                            (h.flags & FLAG_X) != 0};
            return;
        }
    }
}
