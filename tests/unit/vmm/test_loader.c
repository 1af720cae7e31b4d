/* SPDX-License-Identifier: BSD-2-Clause */
/* Placement of images, and the errors of images that are not what they should be. */
#define _GNU_SOURCE 1 /* memmem */
#include "fixture.h"

#include "vmm/loader.h"
#include "vmm/machine.h"

#include <elf.h>
#include <libfdt.h>
#include <string.h>

static unsigned char image[4096];
static unsigned char initrd[5000];

static void put64(unsigned at, uint64_t value)
{
    for (unsigned i = 0; i < 8; i++) {
        image[at + i] = (unsigned char)(value >> (8 * i));
    }
}

static struct vm_config config(uint64_t text_offset, uint64_t image_size)
{
    memset(image, 0x11, sizeof image);
    memset(initrd, 0x22, sizeof initrd);
    put64(8, text_offset);
    put64(16, image_size);
    put64(24, 0); /* flags */
    memcpy(image + 56, "ARM\x64", 4);
    return (struct vm_config){
        .ram_size = FIXTURE_RAM_SIZE,
        .kernel = image,
        .kernel_size = sizeof image,
        .initrd = initrd,
        .initrd_size = sizeof initrd,
    };
}

static const char *plan(const struct vm_config *c, struct loader_layout *layout)
{
    return loader_plan(c, ipa_of(MACHINE_RAM_BASE), layout);
}

static void placement(void)
{
    struct loader_layout layout;
    struct vm_config c = config(0, 0x210000);
    CHECK(plan(&c, &layout) == NULL);
    CHECK_EQ(layout.kernel.entry.addr, 0x40000000);
    CHECK_EQ(layout.kernel.span, 0x210000);
    CHECK_EQ(layout.dtb.addr, 0x40400000);
    CHECK_EQ(layout.initrd.addr, 0x40410000);
    c = config(0x80000, 0x1000);
    CHECK(plan(&c, &layout) == NULL);
    CHECK_EQ(layout.kernel.entry.addr, 0x40080000);
    /* A file longer than it says needs its length. */
    c = config(0, 16);
    CHECK(plan(&c, &layout) == NULL);
    CHECK_EQ(layout.kernel.span, sizeof image);
    c.initrd_size = 0;
    CHECK(plan(&c, &layout) == NULL);
    CHECK_EQ(layout.initrd_size, 0);
}

static bool says(const struct vm_config *c, const char *what)
{
    struct loader_layout layout;
    const char *error = plan(c, &layout);
    return error != NULL && strstr(error, what) != NULL;
}

static void errors(void)
{
    struct vm_config c = config(0, 0x1000);
    c.kernel_size = 0;
    CHECK(says(&c, "empty"));
    c.kernel_size = 63;
    CHECK(says(&c, "too short"));
    c = config(0, 0x1000);
    image[56] = 'B';
    CHECK(says(&c, "not an arm64 Image"));
    c = config(0, FIXTURE_RAM_SIZE + 1);
    CHECK(says(&c, "kernel: does not fit"));
    c = config(0, ~0ull);
    CHECK(says(&c, "kernel: does not fit"));
    c = config(~3ull, 0x1000);
    CHECK(says(&c, "kernel: does not fit"));
    c = config(0, FIXTURE_RAM_SIZE - 0x1000);
    CHECK(says(&c, "device tree"));
    c = config(0, 0x1000);
    c.initrd_size = FIXTURE_RAM_SIZE;
    CHECK(says(&c, "initrd: does not fit"));
    c.initrd_size = ~(size_t)0;
    CHECK(says(&c, "initrd: does not fit"));
}

static void put16(unsigned at, uint16_t value)
{
    image[at] = (unsigned char)value;
    image[at + 1] = (unsigned char)(value >> 8);
}

static void foreign_images(void)
{
    static const struct {
        unsigned at;
        const char *bytes;
        const char *says;
    } cases[] = {
        {0, "\x1f\x8b\x08", "gzip"},      {0, "\x28\xb5\x2f\xfd", "zstd"}, {0, "MZ\x01\x01zimg", "compressed EFI"},
        {0x202, "HdrS", "Linux for x86"}, {56, "RSC\x05", "RISC-V"},       {0x24, "\x18\x28\x6f\x01", "32-bit Arm"},
        {0, "\xfd\x37zXZ", "xz"},         {0, "\x04\x22\x4d\x18", "lz4"},  {0, "070701", "cpio"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct vm_config c = config(0, 0x1000);
        memset(image + 56, 0, 4);
        memcpy(image + cases[i].at, cases[i].bytes, strlen(cases[i].bytes));
        CHECK(says(&c, cases[i].says));
    }
    struct vm_config c = config(0, 0x1000);
    put64(24, 1);
    CHECK(says(&c, "big-endian"));
}

/* An EFI program, as Debian's kernel is: its section table says how long it has to be. */
static void efi_program(void)
{
    struct vm_config c = config(0, 0x10000);
    memcpy(image, "MZ", 2);
    put64(60, 0x40);
    memcpy(image + 0x40, "PE\0\0\x64\xaa", 6);
    put16(0x46, 2);
    put16(0x54, 0);
    for (unsigned i = 0; i < 2; i++) {
        put64(0x58 + 40 * i + 16, (uint64_t)(0x800 * i) << 32 | 0x800);
    }
    struct loader_layout layout;
    CHECK(plan(&c, &layout) == NULL);
    c.kernel_size--;
    CHECK(says(&c, "truncated"));
    c.kernel_size = 0x58 + 50;
    CHECK(says(&c, "truncated"));
    c.kernel_size = 0x50;
    CHECK(says(&c, "truncated"));
    c.kernel_size = sizeof image;
    memcpy(image + 0x44, "\x64\x86", 2);
    CHECK(says(&c, "another"));
    put64(60, 0xffffffff);
    CHECK(says(&c, "truncated"));
}

/* Two segments of 64 and 16 bytes of file, linked high and loaded low. */
static struct vm_config elf_config(void)
{
    struct vm_config c = config(0, 0);
    Elf64_Ehdr head = {.e_ident = ELFMAG,
                       .e_type = ET_EXEC,
                       .e_machine = EM_AARCH64,
                       .e_entry = 0xffff000000080010,
                       .e_phoff = 64,
                       .e_phentsize = sizeof(Elf64_Phdr),
                       .e_phnum = 3};
    head.e_ident[EI_CLASS] = ELFCLASS64;
    head.e_ident[EI_DATA] = ELFDATA2LSB;
    Elf64_Phdr segments[3] = {{.p_type = PT_NOTE, .p_offset = ~0ull, .p_filesz = 9, .p_memsz = 9},
                              {.p_type = PT_LOAD,
                               .p_offset = 0x200,
                               .p_vaddr = 0xffff000000080000,
                               .p_paddr = MACHINE_RAM_BASE + 0x80000,
                               .p_filesz = 64,
                               .p_memsz = 64},
                              {.p_type = PT_LOAD,
                               .p_offset = 0x300,
                               .p_vaddr = 0xffff000000090000,
                               .p_paddr = MACHINE_RAM_BASE + 0x90000,
                               .p_filesz = 16,
                               .p_memsz = 0x1000}};
    memcpy(image, &head, sizeof head);
    memcpy(image + 64, segments, sizeof segments);
    memset(image + 0x200, 0x66, 64);
    memset(image + 0x300, 0x77, 16);
    c.kernel_size = 0x310;
    return c;
}

static void start_with(const struct vm_config *c)
{
    struct vm_config *own = &fixture.vm.config;
    fixture_start(1);
    own->kernel = c->kernel;
    own->kernel_size = c->kernel_size;
    own->initrd = c->initrd;
    own->initrd_size = c->initrd_size;
    own->raw = c->raw;
    own->raw_load = c->raw_load;
    own->raw_entry = c->raw_entry;
    own->overlay = c->overlay;
    own->overlay_size = c->overlay_size;
}

static const unsigned char *ram_at(uint64_t offset)
{
    return memory_at(&fixture.vm.memory, ipa_of(MACHINE_RAM_BASE + offset), 1);
}

static void elf(void)
{
    struct loader_layout layout;
    struct vm_config c = elf_config();
    CHECK(plan(&c, &layout) == NULL);
    CHECK_EQ(layout.kernel.start.addr, MACHINE_RAM_BASE + 0x80000);
    CHECK_EQ(layout.kernel.span, 0x11000);
    CHECK_EQ(layout.dtb.addr, MACHINE_RAM_BASE + 0x200000);
    start_with(&c);
    CHECK(vm_load(&fixture.vm));
    CHECK_EQ(fixture.fake[0].frame.pc, MACHINE_RAM_BASE + 0x80010);
    CHECK_EQ(fixture.fake[0].frame.x[0], MACHINE_RAM_BASE + 0x200000);
    CHECK_EQ(ram_at(0x80000)[63], 0x66);
    CHECK_EQ(ram_at(0x80000)[64], 0);
    CHECK_EQ(ram_at(0x90000)[15], 0x77);
    CHECK_EQ(ram_at(0x90000)[16], 0);
    fixture_end();
    /* Linked to the end of RAM: tree and initrd come before it. */
    put64(64 + 2 * 56 + 24, MACHINE_RAM_BASE + FIXTURE_RAM_SIZE - 0x1000);
    put64(64 + 56 + 24, MACHINE_RAM_BASE + FIXTURE_RAM_SIZE - 0x100000);
    CHECK(plan(&c, &layout) == NULL);
    CHECK_EQ(layout.dtb.addr, MACHINE_RAM_BASE);
    CHECK(layout.initrd.addr + layout.initrd_size <= layout.kernel.start.addr);
}

static void wrong_elf(void)
{
    struct vm_config c = elf_config();
    c.kernel_size--;
    CHECK(says(&c, "truncated"));
    c.kernel_size = 64 + 2 * 56 + 55;
    CHECK(says(&c, "truncated"));
    c.kernel_size = 63;
    CHECK(says(&c, "truncated"));
    c = elf_config();
    put16(18, EM_X86_64);
    CHECK(says(&c, "another"));
    c = elf_config();
    image[EI_CLASS] = ELFCLASS32;
    CHECK(says(&c, "another"));
    c = elf_config();
    image[EI_DATA] = ELFDATA2MSB;
    CHECK(says(&c, "another"));
    c = elf_config();
    put16(16, ET_REL);
    CHECK(says(&c, "no program"));
    c = elf_config();
    put16(56, 0);
    CHECK(says(&c, "without segments"));
    c = elf_config();
    put64(32, ~0ull - 8);
    CHECK(says(&c, "without segments"));
    c = elf_config();
    put64(24, 0xffff000000080040);
    CHECK(says(&c, "entry point"));
    c = elf_config();
    put64(24, 0xffff000000080012);
    CHECK(says(&c, "entry point"));
    static const uint64_t paddrs[] = {0, MACHINE_RAM_BASE - 1, MACHINE_RAM_BASE + FIXTURE_RAM_SIZE - 63, ~0ull - 8};
    for (unsigned i = 0; i < 4; i++) {
        c = elf_config();
        put64(64 + 56 + 24, paddrs[i]);
        CHECK(says(&c, "does not fit"));
    }
    c = elf_config();
    put64(64 + 56 + 40, ~0ull); /* in memory */
    CHECK(says(&c, "does not fit"));
    c = elf_config();
    put64(64 + 56 + 32, 65);
    CHECK(says(&c, "larger"));
    c = elf_config();
    put64(64 + 56 + 8, ~0ull);
    CHECK(says(&c, "truncated"));
}

static void raw(void)
{
    struct vm_config c = config(0, 0);
    memset(image, 0x33, sizeof image);
    c.raw = true;
    c.raw_load = MACHINE_RAM_BASE + 0x10004;
    c.raw_entry = c.raw_load + 0x100;
    start_with(&c);
    CHECK(vm_load(&fixture.vm));
    CHECK_EQ(fixture.fake[0].frame.pc, c.raw_entry);
    CHECK_EQ(ram_at(0x10003)[0], 0);
    CHECK_EQ(ram_at(0x10004)[sizeof image - 1], 0x33);
    fixture_end();
    c.raw_entry = c.raw_load + sizeof image;
    CHECK(says(&c, "entry point"));
    c.raw_entry = c.raw_load - 4;
    CHECK(says(&c, "entry point"));
    c.raw_entry = c.raw_load + 2;
    CHECK(says(&c, "entry point"));
    c.raw_load = MACHINE_RAM_BASE + FIXTURE_RAM_SIZE - sizeof image + 4;
    CHECK(says(&c, "does not fit"));
    c.raw_load = 0;
    CHECK(says(&c, "does not fit"));
}

/* A fragment for the UART by its label, and one for the root by its path. */
static size_t make_overlay(unsigned char *to, size_t room)
{
    CHECK_EQ(fdt_create(to, (int)room), 0);
    CHECK_EQ(fdt_finish_reservemap(to), 0);
    CHECK_EQ(fdt_begin_node(to, ""), 0);
    CHECK_EQ(fdt_begin_node(to, "fragment@0"), 0);
    CHECK_EQ(fdt_property_u32(to, "target", ~0u), 0);
    CHECK_EQ(fdt_begin_node(to, "__overlay__"), 0);
    CHECK_EQ(fdt_property_string(to, "status", "disabled"), 0);
    fdt_end_node(to);
    fdt_end_node(to);
    CHECK_EQ(fdt_begin_node(to, "fragment@1"), 0);
    CHECK_EQ(fdt_property_string(to, "target-path", "/"), 0);
    CHECK_EQ(fdt_begin_node(to, "__overlay__"), 0);
    CHECK_EQ(fdt_begin_node(to, "added"), 0);
    CHECK_EQ(fdt_property_string(to, "what", "a node"), 0);
    fdt_end_node(to);
    fdt_end_node(to);
    fdt_end_node(to);
    CHECK_EQ(fdt_begin_node(to, "__fixups__"), 0);
    CHECK_EQ(fdt_property_string(to, "uart0", "/fragment@0:target:0"), 0);
    fdt_end_node(to);
    fdt_end_node(to);
    CHECK_EQ(fdt_finish(to), 0);
    return fdt_totalsize(to);
}

static void overlay(void)
{
    static _Alignas(8) unsigned char bytes[1024], before[1024];
    struct vm_config c = config(0, 0x2000);
    c.overlay = bytes;
    c.overlay_size = make_overlay(bytes, sizeof bytes);
    memcpy(before, bytes, sizeof bytes);
    start_with(&c);
    for (unsigned i = 0; i < 2; i++) {
        CHECK(vm_load(&fixture.vm));
        const unsigned char *tree = ram_at(0x200000);
        CHECK_EQ(fdt_check_full(tree, LOADER_DTB_SIZE), 0);
        int uart = fdt_path_offset(tree, "/pl011@9000000");
        CHECK_EQ(strcmp(fdt_getprop(tree, uart, "status", NULL), "disabled"), 0);
        CHECK_EQ(strcmp(fdt_getprop(tree, fdt_path_offset(tree, "/added"), "what", NULL), "a node"), 0);
        CHECK_EQ(memcmp(bytes, before, sizeof bytes), 0);
        CHECK_EQ(memcmp(ram_at(0x230000), initrd, sizeof initrd), 0);
        CHECK_EQ(ram_at(0x220000)[0], 0);
    }
    unsigned char *label = memmem(bytes, c.overlay_size, "uart0", 5);
    CHECK(label != NULL);
    memcpy(label, "nobod", 5);
    CHECK(!vm_load(&fixture.vm));
    CHECK(strstr(fixture.log, "overlay: FDT_ERR") != NULL);
    memcpy(bytes, before, sizeof bytes);
    fixture.vm.config.overlay_size = 40;
    fixture.log_used = 0;
    CHECK(!vm_load(&fixture.vm));
    CHECK(strstr(fixture.log, "overlay: FDT_ERR") != NULL);
    fixture_end();
    c.overlay_size = 1u << 20;
    CHECK(says(&c, "overlay: too large"));
}

static void loading_and_loading_again(void)
{
    fixture_start(2);
    struct vm_config c = config(0, 0x2000);
    fixture.vm.config.kernel = c.kernel;
    fixture.vm.config.kernel_size = c.kernel_size;
    fixture.vm.config.initrd = c.initrd;
    fixture.vm.config.initrd_size = c.initrd_size;
    for (unsigned i = 0; i < 2; i++) {
        CHECK(vm_load(&fixture.vm));
        const unsigned char *ram = memory_at(&fixture.vm.memory, ipa_of(MACHINE_RAM_BASE), FIXTURE_RAM_SIZE);
        CHECK_EQ(memcmp(ram, image, sizeof image), 0);
        CHECK_EQ(ram[sizeof image], 0);
        CHECK_EQ(memcmp(ram + 0x210000, initrd, sizeof initrd), 0);
        CHECK_EQ(fixture.fake[0].frame.pc, MACHINE_RAM_BASE);
        CHECK_EQ(fixture.fake[0].frame.x[0], MACHINE_RAM_BASE + 0x200000);
        vm_start(&fixture.vm);
        CHECK_EQ(fixture.fake[0].starts, i + 1);
        /* The guest leaves its traces. */
        *(unsigned char *)memory_at(&fixture.vm.memory, ipa_of(MACHINE_RAM_BASE + sizeof image), 1) = 0x55;
        fixture.fake[0].irqs[33].active = true;
        fixture_write(0, MACHINE_GICD_BASE, 4, 3);
        vm_end(&fixture.vm, fixture_vcpu(0), VM_RESET);
        CHECK_EQ(fixture.ends, i + 1);
    }
    CHECK(vm_load(&fixture.vm));
    CHECK(!fixture.fake[0].irqs[33].active);
    CHECK_EQ(fixture.vm.vgic.ctlr, 0);
    fixture_end();
}

int main(void)
{
    static const struct test_case cases[] = {
        {"placement", placement},
        {"errors", errors},
        {"foreign_images", foreign_images},
        {"efi_program", efi_program},
        {"elf", elf},
        {"wrong_elf", wrong_elf},
        {"raw", raw},
        {"overlay", overlay},
        {"loading_and_loading_again", loading_and_loading_again},
    };
    return test_main("vmm-loader", cases, sizeof cases / sizeof cases[0]);
}
