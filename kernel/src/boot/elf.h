/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reader of static AArch64 executables (ELF64, ET_EXEC) in memory. Nothing in the file is trusted: what elf_open accepts has sound
 * segments inside the file and inside user addresses. Portable.
 */
#ifndef BOOT_ELF_H
#define BOOT_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct elf_image {
    const char *file;
    uint64_t entry;
    unsigned segment_count; /* of kind PT_LOAD */
    uint64_t headers;       /* offset of the program headers */
    unsigned header_count;
};

struct elf_segment {
    uint64_t vaddr, memsz;
    const void *data; /* filesz bytes; the rest of memsz is zero */
    uint64_t filesz;
    bool readable, writable, executable;
};

/** User addresses end here. */
#define ELF_VADDR_LIMIT (1ull << 47)

/** Checks the file. False if it cannot be loaded, with the reason in `*why`. The file must stay where it is. */
bool elf_open(struct elf_image *elf, const void *file, size_t size, const char **why);

/** Segment `index` of those that are loaded, by ascending address; index < segment_count. */
void elf_segment(const struct elf_image *elf, unsigned index, struct elf_segment *segment);

#endif
