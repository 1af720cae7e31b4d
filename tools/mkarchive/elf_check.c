/* SPDX-License-Identifier: BSD-2-Clause */
#include "elf_check.h"

#include <gelf.h>
#include <inttypes.h>
#include <libelf.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_SIZE UINT64_C(4096)
#define PAGE_MASK (PAGE_SIZE - 1)

/* The lower half of a 48-bit address space: what a native PD can map. */
#define USER_TOP (UINT64_C(1) << 48)

__attribute__((format(printf, 2, 3))) static bool refuse(struct fault *fault, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(fault->text, sizeof(fault->text), format, args);
    va_end(args);
    return false;
}

bool elf_claims(const void *data, size_t size)
{
    return size >= SELFMAG && memcmp(data, ELFMAG, SELFMAG) == 0;
}

/* What the identification bytes and the fixed header say, before libelf interprets any of it. */
static bool check_header(const unsigned char *ident, size_t size, struct fault *fault)
{
    if (!elf_claims(ident, size)) {
        return refuse(fault, "not an ELF file");
    }
    if (size < sizeof(Elf64_Ehdr)) {
        return refuse(fault, "the file ends inside the ELF header (%zu bytes)", size);
    }
    if (ident[EI_CLASS] != ELFCLASS64) {
        return refuse(fault, "not a 64-bit ELF file (class %u)", ident[EI_CLASS]);
    }
    if (ident[EI_DATA] != ELFDATA2LSB) {
        return refuse(fault, "not little-endian (data encoding %u)", ident[EI_DATA]);
    }
    if (ident[EI_VERSION] != EV_CURRENT) {
        return refuse(fault, "unknown ELF version %u", ident[EI_VERSION]);
    }
    Elf64_Ehdr header;
    memcpy(&header, ident, sizeof(header));
    if (header.e_machine != EM_AARCH64) {
        return refuse(fault, "not for AArch64 (machine %u)", header.e_machine);
    }
    if (header.e_type != ET_EXEC) {
        return refuse(fault, "not a static executable (type %u, wanted ET_EXEC)", header.e_type);
    }
    if (header.e_phnum == 0) {
        return refuse(fault, "no program headers");
    }
    if (header.e_phentsize != sizeof(Elf64_Phdr)) {
        return refuse(fault, "program headers of %u bytes, wanted %zu", header.e_phentsize, sizeof(Elf64_Phdr));
    }
    if (header.e_phoff > size || (size - header.e_phoff) / sizeof(Elf64_Phdr) < header.e_phnum) {
        return refuse(fault, "program headers outside the file");
    }
    return true;
}

/* A PT_LOAD segment by itself. */
static bool check_load(const GElf_Phdr *seg, unsigned int index, struct fault *fault)
{
    if (seg->p_memsz > USER_TOP || seg->p_vaddr > USER_TOP - seg->p_memsz) {
        return refuse(fault, "segment %u: addresses 0x%" PRIx64 "+0x%" PRIx64 " beyond the address space", index,
                      seg->p_vaddr, seg->p_memsz);
    }
    if ((seg->p_vaddr & PAGE_MASK) != (seg->p_offset & PAGE_MASK)) {
        return refuse(fault, "segment %u: address 0x%" PRIx64 " and file offset 0x%" PRIx64 " differ within a page",
                      index, seg->p_vaddr, seg->p_offset);
    }
    if ((seg->p_flags & PF_W) != 0 && (seg->p_flags & PF_X) != 0) {
        return refuse(fault, "segment %u: writable and executable", index);
    }
    return true;
}

static bool check_segment(const GElf_Phdr *seg, unsigned int index, size_t size, struct fault *fault)
{
    switch (seg->p_type) {
    case PT_INTERP:
        return refuse(fault, "segment %u: wants a program interpreter (PT_INTERP); link statically", index);
    case PT_DYNAMIC:
        return refuse(fault, "segment %u: dynamically linked (PT_DYNAMIC); link statically", index);
    case PT_GNU_STACK:
        return (seg->p_flags & PF_X) == 0 || refuse(fault, "segment %u: asks for an executable stack", index);
    default:
        break;
    }
    if (seg->p_filesz > size || seg->p_offset > size - seg->p_filesz) {
        return refuse(fault,
                      "segment %u: 0x%" PRIx64 " bytes at offset 0x%" PRIx64 " are not inside the file (%zu bytes)",
                      index, seg->p_filesz, seg->p_offset, size);
    }
    if ((seg->p_type == PT_LOAD || seg->p_type == PT_TLS) && seg->p_memsz < seg->p_filesz) {
        return refuse(fault, "segment %u: memory size 0x%" PRIx64 " below file size 0x%" PRIx64, index, seg->p_memsz,
                      seg->p_filesz);
    }
    return seg->p_type != PT_LOAD || check_load(seg, index, fault);
}

/* Whether two ranges of bytes touch a common page. */
static bool share_page(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
    uint64_t a_end = (a + a_size + PAGE_MASK) & ~PAGE_MASK;
    uint64_t b_end = (b + b_size + PAGE_MASK) & ~PAGE_MASK;
    return a_size != 0 && b_size != 0 && (a & ~PAGE_MASK) < b_end && (b & ~PAGE_MASK) < a_end;
}

/* Two PT_LOAD segments share no page, of memory or of the file: they are mapped with different rights. */
static bool check_apart(const GElf_Phdr *segs, size_t j, size_t i, struct fault *fault)
{
    const GElf_Phdr *a = &segs[j];
    const GElf_Phdr *b = &segs[i];
    if (share_page(a->p_vaddr, a->p_memsz, b->p_vaddr, b->p_memsz)) {
        return refuse(fault, "segments %zu and %zu overlap or share a page", j, i);
    }
    if (share_page(a->p_offset, a->p_filesz, b->p_offset, b->p_filesz)) {
        return refuse(fault, "segments %zu and %zu share a page of the file", j, i);
    }
    return true;
}

/* The segments against each other and against the entry point. */
static bool check_layout(const GElf_Phdr *segs, size_t count, uint64_t entry, struct fault *fault)
{
    bool loads = false;
    bool entry_ok = false;
    for (size_t i = 0; i < count; i++) {
        if (segs[i].p_type != PT_LOAD) {
            continue;
        }
        loads = true;
        entry_ok = entry_ok || ((segs[i].p_flags & PF_X) != 0 && entry >= segs[i].p_vaddr &&
                                entry - segs[i].p_vaddr < segs[i].p_filesz);
        for (size_t j = 0; j < i; j++) {
            if (segs[j].p_type == PT_LOAD && !check_apart(segs, j, i, fault)) {
                return false;
            }
        }
    }
    if (!loads) {
        return refuse(fault, "nothing to load (no PT_LOAD segment)");
    }
    if (!entry_ok || entry % 4 != 0) {
        return refuse(fault, "entry point 0x%" PRIx64 " is not in an executable segment", entry);
    }
    return true;
}

static bool check_segments(Elf *elf, size_t size, struct fault *fault)
{
    GElf_Ehdr header;
    size_t count;
    if (gelf_getehdr(elf, &header) == NULL || elf_getphdrnum(elf, &count) != 0) {
        return refuse(fault, "%s", elf_errmsg(-1));
    }
    GElf_Phdr *segs = calloc(count + 1, sizeof(*segs));
    if (segs == NULL) {
        return refuse(fault, "out of memory");
    }
    bool good = true;
    for (size_t i = 0; i < count && good; i++) {
        good = gelf_getphdr(elf, (int)i, &segs[i]) != NULL ? check_segment(&segs[i], (unsigned int)i, size, fault)
                                                           : refuse(fault, "%s", elf_errmsg(-1));
    }
    good = good && check_layout(segs, count, header.e_entry, fault);
    free(segs);
    return good;
}

bool elf_check(const void *data, size_t size, struct fault *fault)
{
    if (!check_header(data, size, fault)) {
        return false;
    }
    if (elf_version(EV_CURRENT) == EV_NONE) {
        return refuse(fault, "libelf is too old");
    }
    /* libelf's interface is not const, but a memory image opened like this is only read. */
    Elf *elf = elf_memory((char *)(uintptr_t)data, size);
    if (elf == NULL) {
        return refuse(fault, "%s", elf_errmsg(-1));
    }
    bool good =
        elf_kind(elf) == ELF_K_ELF ? check_segments(elf, size, fault) : refuse(fault, "not an ELF file for libelf");
    elf_end(elf);
    return good;
}
