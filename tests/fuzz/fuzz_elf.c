/* SPDX-License-Identifier: BSD-2-Clause */
/* The root task's loader. What it accepts has segments inside the file and inside user addresses, on pages of their own. */
#include "boot/elf.h"
#include "lib/fuzz.h"
#include <stdlib.h>
#include <string.h>

#define PAGE_SIZE 0x1000ull

static void check_segments(const struct elf_image *elf, const char *file, size_t size)
{
    uint64_t free_from = PAGE_SIZE;
    bool entry = false;

    MUST(elf->segment_count > 0);
    for (unsigned i = 0; i < elf->segment_count; i++) {
        struct elf_segment s = {0};
        elf_segment(elf, i, &s);
        MUST(s.vaddr >= free_from && s.memsz > 0 && s.vaddr + s.memsz <= ELF_VADDR_LIMIT);
        free_from = (s.vaddr + s.memsz + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
        MUST(s.filesz <= s.memsz && !(s.writable && s.executable));
        if (s.filesz > 0) {
            MUST((const char *)s.data >= file && s.filesz <= (size_t)(file + size - (const char *)s.data));
            fuzz_touch(s.data, s.filesz);
        }
        entry |= s.executable && elf->entry >= s.vaddr && elf->entry < s.vaddr + s.memsz;
    }
    MUST(entry);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct elf_image elf;
    const char *why = NULL;
    char *copy = malloc(size ? size : 1);

    memcpy(copy, data, size);
    if (elf_open(&elf, copy, size, &why)) {
        check_segments(&elf, copy, size);
    } else {
        MUST(why);
    }
    free(copy);
    return 0;
}
