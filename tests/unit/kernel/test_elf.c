/* SPDX-License-Identifier: BSD-2-Clause */
/* The root task's loader: a sound executable, and every field of it broken. */
#include "boot/elf.h"
#include "lib/unit.h"
#include <elf.h>
#include <stdlib.h>
#include <string.h>

enum { SEGMENTS = 3, FILE_SIZE = 0x3000, TEXT = 0, DATA = 1, NOTE = 2 };

static struct {
    Elf64_Ehdr header;
    Elf64_Phdr segment[SEGMENTS];
    char rest[FILE_SIZE - sizeof(Elf64_Ehdr) - SEGMENTS * sizeof(Elf64_Phdr)];
} file;
_Static_assert(sizeof file == FILE_SIZE, "file");

static void reset(void)
{
    memset(&file, 0x5a, sizeof file);
    file.header = (Elf64_Ehdr){
        .e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
        .e_type = ET_EXEC,
        .e_machine = EM_AARCH64,
        .e_version = EV_CURRENT,
        .e_entry = 0x401010,
        .e_phoff = sizeof(Elf64_Ehdr),
        .e_ehsize = sizeof(Elf64_Ehdr),
        .e_phentsize = sizeof(Elf64_Phdr),
        .e_phnum = SEGMENTS,
    };
    file.segment[TEXT] = (Elf64_Phdr){.p_type = PT_LOAD,
                                      .p_flags = PF_R | PF_X,
                                      .p_offset = 0x1000,
                                      .p_vaddr = 0x401000,
                                      .p_filesz = 0x800,
                                      .p_memsz = 0x800,
                                      .p_align = 0x1000};
    file.segment[DATA] = (Elf64_Phdr){.p_type = PT_LOAD,
                                      .p_flags = PF_R | PF_W,
                                      .p_offset = 0x2010,
                                      .p_vaddr = 0x402010,
                                      .p_filesz = 0x100,
                                      .p_memsz = 0x5000,
                                      .p_align = 0x1000};
    file.segment[NOTE] = (Elf64_Phdr){.p_type = PT_NOTE, .p_offset = ~0ull, .p_filesz = ~0ull};
}

static bool opens(void)
{
    struct elf_image elf;
    const char *why = NULL;
    bool ok = elf_open(&elf, &file, sizeof file, &why);

    CHECK(ok == (why == NULL));
    return ok;
}

static void reads_segments(void)
{
    struct elf_image elf;
    struct elf_segment s;
    const char *why;

    CHECK(elf_open(&elf, &file, sizeof file, &why));
    CHECK_EQ(elf.entry, 0x401010);
    CHECK_EQ(elf.segment_count, 2);
    elf_segment(&elf, 0, &s);
    CHECK_EQ(s.vaddr, 0x401000);
    CHECK_EQ(s.memsz, 0x800);
    CHECK_EQ(s.filesz, 0x800);
    CHECK((const char *)s.data == (const char *)&file + 0x1000);
    CHECK(s.readable && !s.writable && s.executable);
    elf_segment(&elf, 1, &s);
    CHECK_EQ(s.vaddr, 0x402010);
    CHECK_EQ(s.memsz, 0x5000);
    CHECK_EQ(s.filesz, 0x100);
    CHECK(s.readable && s.writable && !s.executable);
}

/* Each function breaks one thing. */
static void bad_magic(void)
{
    file.header.e_ident[0] = 'x';
}
static void bad_class(void)
{
    file.header.e_ident[EI_CLASS] = ELFCLASS32;
}
static void bad_order(void)
{
    file.header.e_ident[EI_DATA] = ELFDATA2MSB;
}
static void bad_version(void)
{
    file.header.e_version = 2;
}
static void bad_machine(void)
{
    file.header.e_machine = EM_X86_64;
}
static void bad_type(void)
{
    file.header.e_type = ET_DYN;
}
static void no_headers(void)
{
    file.header.e_phnum = 0;
}
static void bad_header_size(void)
{
    file.header.e_phentsize = 32;
}
static void headers_outside(void)
{
    file.header.e_phoff = sizeof file - 8;
}
static void headers_far_outside(void)
{
    file.header.e_phoff = ~0ull - 8;
}
static void too_many_headers(void)
{
    file.header.e_phnum = 0xffff;
}
static void more_file_than_memory(void)
{
    file.segment[TEXT].p_memsz = 0x7ff;
}
static void bytes_outside(void)
{
    file.segment[DATA].p_offset = 0x3010;
}
static void bytes_reach_outside(void)
{
    file.segment[DATA].p_filesz = 0xff1;
}
static void bytes_wrap(void)
{
    file.segment[DATA].p_offset = ~0ull - 0xfef;
}
static void address_wraps(void)
{
    file.segment[DATA].p_memsz = ~0ull;
}
static void kernel_address(void)
{
    file.segment[DATA].p_vaddr = 0xffff000000002010;
}
static void crosses_user_end(void)
{
    file.segment[DATA].p_vaddr = ELF_VADDR_LIMIT - 0x1000 + 0x10;
}
static void page_zero(void)
{
    file.segment[TEXT].p_vaddr = 0;
}
static void overlap(void)
{
    file.segment[DATA].p_vaddr = 0x401010;
}
static void wrong_order(void)
{
    file.segment[DATA].p_vaddr = 0x201010;
}
static void not_congruent(void)
{
    file.segment[DATA].p_vaddr = 0x402020;
}
static void writable_text(void)
{
    file.segment[TEXT].p_flags |= PF_W;
}
static void dynamic(void)
{
    file.segment[NOTE].p_type = PT_DYNAMIC;
}
static void interpreter(void)
{
    file.segment[NOTE].p_type = PT_INTERP;
}
static void nothing_loaded(void)
{
    file.segment[TEXT].p_type = file.segment[DATA].p_type = PT_NULL;
}
static void entry_outside(void)
{
    file.header.e_entry = 0x401800;
}
static void entry_in_data(void)
{
    file.header.e_entry = 0x402010;
}
static void entry_unaligned(void)
{
    file.header.e_entry = 0x401012;
}

static void rejects_broken_files(void)
{
    static void (*const breakers[])(void) = {
        bad_magic,        bad_class,
        bad_order,        bad_version,
        bad_machine,      bad_type,
        no_headers,       bad_header_size,
        headers_outside,  headers_far_outside,
        too_many_headers, more_file_than_memory,
        bytes_outside,    bytes_reach_outside,
        bytes_wrap,       address_wraps,
        kernel_address,   crosses_user_end,
        page_zero,        overlap,
        wrong_order,      not_congruent,
        writable_text,    dynamic,
        interpreter,      nothing_loaded,
        entry_outside,    entry_in_data,
        entry_unaligned,
    };

    for (unsigned i = 0; i < UNIT_COUNT(breakers); i++) {
        reset();
        CHECK(opens());
        breakers[i]();
        CHECK(!opens());
    }
}

static void accepts_what_is_unusual(void)
{
    struct elf_image elf;
    const char *why;

    file.segment[TEXT].p_memsz = 0x1000; /* up to the next segment's page */
    CHECK(opens());
    file.segment[DATA].p_filesz = 0;
    CHECK(opens());
    file.segment[DATA].p_memsz = 0;
    CHECK(elf_open(&elf, &file, sizeof file, &why));
    CHECK_EQ(elf.segment_count, 1);
}

static void short_files(void)
{
    for (size_t size = 0; size < 0x2110; size += size < 0x200 ? 1 : 0x37) {
        char *copy = malloc(size ? size : 1);
        struct elf_image elf;
        const char *why;
        CHECK(copy);
        memcpy(copy, &file, size);
        CHECK(!elf_open(&elf, copy, size, &why));
        free(copy);
    }
}

static void survives_noise(void)
{
    char *copy = malloc(sizeof file);
    CHECK(copy);
    for (unsigned round = 0; round < 50000; round++) {
        struct elf_image elf;
        const char *why;
        memcpy(copy, &file, sizeof file);
        for (unsigned i = 0; i < 3; i++) {
            copy[unit_random(sizeof file.header + sizeof file.segment)] = (char)unit_random(256);
        }
        if (elf_open(&elf, copy, sizeof file, &why)) {
            for (unsigned i = 0; i < elf.segment_count; i++) {
                struct elf_segment s = {0};
                elf_segment(&elf, i, &s);
                CHECK((const char *)s.data >= copy && (const char *)s.data + s.filesz <= copy + sizeof file);
                CHECK(s.memsz >= s.filesz && s.vaddr + s.memsz <= ELF_VADDR_LIMIT);
            }
        }
    }
    free(copy);
}

int main(void)
{
    static const struct unit_case cases[] = {
        {"reads_segments", reads_segments},
        {"rejects_broken_files", rejects_broken_files},
        {"accepts_what_is_unusual", accepts_what_is_unusual},
        {"short_files", short_files},
        {"survives_noise", survives_noise},
    };
    return unit_run("elf", cases, UNIT_COUNT(cases), reset);
}
