/* SPDX-License-Identifier: BSD-2-Clause */
#include "image.h"

#include "vm.h"

/* The header of an arm64 Image (Linux: Documentation/arm64/booting.rst, 4). All fields little-endian. */
struct linux_header {
    uint32_t code0;
    uint32_t code1;
    uint64_t text_offset; /* of the image from a 2 MiB boundary */
    uint64_t image_size;  /* what the kernel uses, from its start */
    uint64_t flags;
    uint64_t reserved[3];
    uint32_t magic;
    uint32_t pe_offset; /* of the PE header, in an Image that is an EFI program as well */
};
_Static_assert(sizeof(struct linux_header) == 64, "header of an arm64 Image");

#define LINUX_MAGIC      0x644d5241u /* "ARM\x64" */
#define LINUX_BIG_ENDIAN (1ull << 0)
#define LINUX_ALIGN      0x200000ull
#define LINUX_OLD_OFFSET 0x80000ull /* of images that do not say their size */
#define LINUX_OLD_MARGIN 0x1000000ull

/* PE (its specification, "COFF file header" and "section table"). */
struct pe_header {
    uint32_t magic;
    uint16_t machine;
    uint16_t sections;
    uint32_t unused[3];
    uint16_t optional_size;
    uint16_t flags;
};
struct pe_section {
    uint8_t name[8];
    uint32_t unused[2];
    uint32_t raw_size;
    uint32_t raw_offset;
    uint32_t more[4];
};
_Static_assert(sizeof(struct pe_header) == 24 && sizeof(struct pe_section) == 40, "PE");

#define MZ_MAGIC 0x5a4du
#define PE_MAGIC 0x4550u
#define PE_ARM64 0xaa64

/* ELF (its specification, 64-bit form). */
struct elf_header {
    uint8_t ident[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, phoff, shoff;
    uint32_t flags;
    uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};
struct elf_segment {
    uint32_t type, flags;
    uint64_t offset, vaddr, paddr, filesz, memsz, align;
};
_Static_assert(sizeof(struct elf_header) == 64 && sizeof(struct elf_segment) == 56, "ELF");

#define ELF_MAGIC   0x464c457fu
#define ELF_CLASS   4 /* bytes of `ident` */
#define ELF_DATA    5
#define ELF_64      2
#define ELF_LITTLE  1
#define ELF_EXEC    2
#define ELF_DYN     3 /* position-independent, to run where it says all the same */
#define ELF_AARCH64 183
#define ELF_LOAD    1

#define INSTRUCTION 4 /* bytes; entries are aligned so */

/* Copies `count` bytes at `at` of the file. False if it is shorter. */
static bool take(const struct vm_config *config, uint64_t at, void *to, size_t count)
{
    if (at > config->kernel_size || count > config->kernel_size - at) {
        return false;
    }
    memory_copy(to, (const uint8_t *)config->kernel + at, count);
    return true;
}

/* Does the file have these bytes there? */
static bool has(const struct vm_config *config, uint64_t at, const char *bytes, size_t count)
{
    uint8_t there[8] = {0};
    bool same = count <= sizeof there && take(config, at, there, count);
    for (size_t i = 0; i < count && same; i++) {
        same = there[i] == (uint8_t)bytes[i];
    }
    return same;
}

/* What people give instead of a kernel. */
static const char *foreign(const struct vm_config *config)
{
    static const struct {
        const char *bytes;
        const char *error;
        uint16_t at;
        uint8_t count;
    } marks[] = {
        {"\x1f\x8b", "kernel: compressed by gzip: give the Image in it", 0, 2},
        {"\x28\xb5\x2f\xfd", "kernel: compressed by zstd: give the Image in it", 0, 4},
        {"\xfd\x37zXZ", "kernel: compressed by xz: give the Image in it", 0, 5},
        {"\x04\x22\x4d\x18", "kernel: compressed by lz4: give the Image in it", 0, 4},
        {"zimg", "kernel: a compressed EFI program: give the Image in it", 4, 4},
        {"HdrS", "kernel: not for this architecture: Linux for x86", 0x202, 4},
        {"\x18\x28\x6f\x01", "kernel: not for this architecture: Linux for 32-bit Arm", 0x24, 4},
        {"RSC\x05", "kernel: not for this architecture: Linux for RISC-V", 56, 4},
        {"\xd0\x0d\xfe\xed", "kernel: a device tree", 0, 4},
        {"070701", "kernel: a cpio archive", 0, 6},
    };
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        if (has(config, marks[i].at, marks[i].bytes, marks[i].count)) {
            return marks[i].error;
        }
    }
    return "kernel: not an arm64 Image (no \"ARM\\x64\" at byte 56), nor an ELF file";
}

/* [start, start + span) within the RAM? */
static bool in_ram(uint64_t start, uint64_t span, ipa_t ram, uint64_t ram_size)
{
    uint64_t offset = start - ram.addr;
    return start >= ram.addr && offset < ram_size && span <= ram_size - offset;
}

/* An Image that is an EFI program too says how long its file is. */
static const char *check_pe(const struct vm_config *config, uint32_t at)
{
    struct pe_header pe;
    if (!take(config, at, &pe, sizeof pe)) {
        return "kernel: truncated";
    }
    if (pe.magic != PE_MAGIC) {
        return NULL;
    }
    if (pe.machine != PE_ARM64) {
        return "kernel: not for this architecture: an EFI program for another";
    }
    for (unsigned i = 0; i < pe.sections; i++) {
        struct pe_section section;
        if (!take(config, at + sizeof pe + pe.optional_size + (uint64_t)i * sizeof section, &section, sizeof section) ||
            (uint64_t)section.raw_offset + section.raw_size > config->kernel_size) {
            return "kernel: truncated";
        }
    }
    return NULL;
}

static const char *read_linux(const struct vm_config *config, ipa_t ram, uint64_t ram_size, struct image *image)
{
    struct linux_header header;
    if (!take(config, 0, &header, sizeof header)) {
        return "kernel: too short to be an arm64 Image";
    }
    if (header.magic != LINUX_MAGIC) {
        return foreign(config);
    }
    const char *error = (header.code0 & 0xffff) == MZ_MAGIC ? check_pe(config, header.pe_offset) : NULL;
    if (error != NULL) {
        return error;
    }
    if (header.flags & LINUX_BIG_ENDIAN) {
        return "kernel: big-endian: guests are little-endian";
    }
    if (ram.addr % LINUX_ALIGN != 0) {
        return "RAM does not begin at a multiple of 2 MiB";
    }
    if (header.image_size == 0) {
        header.text_offset = LINUX_OLD_OFFSET;
        header.image_size = config->kernel_size + LINUX_OLD_MARGIN;
    }
    if (header.image_size < config->kernel_size) {
        header.image_size = config->kernel_size;
    }
    if (header.text_offset % INSTRUCTION != 0) {
        return "kernel: the Image is damaged: its offset is odd";
    }
    if (header.text_offset >= ram_size || header.image_size > ram_size - header.text_offset) {
        return "kernel: does not fit into the RAM";
    }
    ipa_t start = ipa_of(ram.addr + header.text_offset);
    *image = (struct image){IMAGE_LINUX, start, header.image_size, start};
    return NULL;
}

static bool read_segment(const struct vm_config *config, const struct elf_header *elf, unsigned n,
                         struct elf_segment *segment)
{
    return n < elf->phnum && take(config, elf->phoff + (uint64_t)n * sizeof *segment, segment, sizeof *segment);
}

static const char *check_elf(const struct vm_config *config, const struct elf_header *elf)
{
    if (elf->ident[ELF_CLASS] != ELF_64 || elf->ident[ELF_DATA] != ELF_LITTLE || elf->machine != ELF_AARCH64) {
        return "kernel: not for this architecture: an ELF file for another";
    }
    if (elf->type != ELF_EXEC && elf->type != ELF_DYN) {
        return "kernel: an ELF file, but no program";
    }
    if (elf->phnum == 0 || elf->phentsize != sizeof(struct elf_segment) || elf->phoff > config->kernel_size) {
        return "kernel: an ELF file without segments";
    }
    return NULL;
}

/* Segments go to their physical addresses; the entry may be a virtual one. */
static const char *read_elf(const struct vm_config *config, ipa_t ram, uint64_t ram_size, struct image *image)
{
    struct elf_header elf;
    struct elf_segment segment;
    uint64_t low = UINT64_MAX, high = 0, entry = UINT64_MAX;
    if (!take(config, 0, &elf, sizeof elf)) {
        return "kernel: truncated";
    }
    const char *error = check_elf(config, &elf);
    if (error != NULL) {
        return error;
    }
    for (unsigned i = 0; i < elf.phnum; i++) {
        if (!read_segment(config, &elf, i, &segment)) {
            return "kernel: truncated";
        }
        if (segment.type != ELF_LOAD || segment.memsz == 0) {
            continue;
        }
        if (segment.offset > config->kernel_size || segment.filesz > config->kernel_size - segment.offset) {
            return "kernel: truncated";
        }
        if (segment.filesz > segment.memsz) {
            return "kernel: a segment of the ELF file is larger there than in memory";
        }
        if (!in_ram(segment.paddr, segment.memsz, ram, ram_size)) {
            return "kernel: does not fit into the RAM: a segment of the ELF file is outside";
        }
        if (elf.entry - segment.vaddr < segment.memsz && elf.entry >= segment.vaddr) {
            entry = segment.paddr + (elf.entry - segment.vaddr);
        }
        low = segment.paddr < low ? segment.paddr : low;
        high = segment.paddr + segment.memsz > high ? segment.paddr + segment.memsz : high;
    }
    if (entry == UINT64_MAX || entry % INSTRUCTION != 0) {
        return "kernel: the entry point of the ELF file is in none of its segments";
    }
    *image = (struct image){IMAGE_ELF, ipa_of(low), high - low, ipa_of(entry)};
    return NULL;
}

static const char *read_raw(const struct vm_config *config, ipa_t ram, uint64_t ram_size, struct image *image)
{
    uint64_t entry = config->raw_entry;
    if (!in_ram(config->raw_load, config->kernel_size, ram, ram_size)) {
        return "kernel: does not fit into the RAM where it is to be loaded";
    }
    if (entry % INSTRUCTION != 0 || entry < config->raw_load || entry - config->raw_load >= config->kernel_size) {
        return "kernel: the entry point is not in it";
    }
    *image = (struct image){IMAGE_RAW, ipa_of(config->raw_load), config->kernel_size, ipa_of(entry)};
    return NULL;
}

const char *image_read(const struct vm_config *config, ipa_t ram, uint64_t ram_size, struct image *image)
{
    uint32_t magic = 0;
    if (config->kernel == NULL || config->kernel_size == 0) {
        return "kernel: the file is empty";
    }
    if (config->raw) {
        return read_raw(config, ram, ram_size, image);
    }
    if (take(config, 0, &magic, sizeof magic) && magic == ELF_MAGIC) {
        return read_elf(config, ram, ram_size, image);
    }
    return read_linux(config, ram, ram_size, image);
}

bool image_piece(const struct vm_config *config, const struct image *image, unsigned n, struct image_piece *piece)
{
    struct elf_header elf;
    struct elf_segment segment;
    if (image->kind != IMAGE_ELF) {
        *piece = (struct image_piece){image->start, config->kernel, config->kernel_size, image->span};
        return n == 0;
    }
    if (!take(config, 0, &elf, sizeof elf) || !read_segment(config, &elf, n, &segment)) {
        return false;
    }
    *piece = (struct image_piece){image->start, config->kernel, 0, 0};
    if (segment.type == ELF_LOAD && segment.memsz > 0) {
        *piece = (struct image_piece){ipa_of(segment.paddr), (const uint8_t *)config->kernel + segment.offset,
                                      segment.filesz, segment.memsz};
    }
    return true;
}
