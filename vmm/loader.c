/* SPDX-License-Identifier: BSD-2-Clause */
#include "loader.h"

#include "machine.h"
#include "vm.h"

/* The header of an arm64 Image (Linux: Documentation/arm64/booting.rst, 4). All fields little-endian. */
struct image_header {
    uint32_t code0;
    uint32_t code1;
    uint64_t text_offset; /* of the image from a 2 MiB boundary */
    uint64_t image_size;  /* what the kernel uses, from its start */
    uint64_t flags;
    uint64_t reserved[3];
    uint32_t magic;
    uint32_t reserved2;
};
_Static_assert(sizeof(struct image_header) == 64, "header of an arm64 Image");

#define IMAGE_MAGIC      0x644d5241u /* "ARM\x64" */
#define IMAGE_ALIGN      0x200000ull
#define IMAGE_OLD_OFFSET 0x80000ull /* of images that do not say their size */
#define IMAGE_OLD_MARGIN 0x1000000ull
#define INITRD_ALIGN     0x10000ull
/* All of kernel, tree and initrd must be within a window of this size. */
#define BOOT_WINDOW (32ull << 30)

const char *loader_plan(const struct vm_config *config, ipa_t ram, struct loader_layout *layout)
{
    struct image_header header;
    if (config->kernel == NULL || config->kernel_size < sizeof header) {
        return "kernel: too short to be an arm64 Image";
    }
    memory_copy(&header, config->kernel, sizeof header);
    if (header.magic != IMAGE_MAGIC) {
        return "kernel: not an arm64 Image (no \"ARM\\x64\" at byte 56)";
    }
    if (ram.addr % IMAGE_ALIGN != 0) {
        return "RAM does not begin at a multiple of 2 MiB";
    }
    if (header.image_size == 0) {
        header.text_offset = IMAGE_OLD_OFFSET;
        header.image_size = config->kernel_size + IMAGE_OLD_MARGIN;
    }
    if (header.image_size < config->kernel_size) {
        header.image_size = config->kernel_size;
    }
    uint64_t size = config->ram_size < BOOT_WINDOW ? config->ram_size : BOOT_WINDOW;
    if (header.text_offset >= size || header.image_size > size - header.text_offset) {
        return "kernel: does not fit into the RAM";
    }
    uint64_t dtb = align_up(header.text_offset + header.image_size, IMAGE_ALIGN);
    uint64_t initrd = dtb + LOADER_DTB_SIZE;
    if (initrd > size) {
        return "no room for the device tree behind the kernel";
    }
    initrd = align_up(initrd, INITRD_ALIGN);
    if (config->initrd_size > 0 && (initrd > size || config->initrd_size > size - initrd)) {
        return "initrd: does not fit into the RAM behind the kernel";
    }
    *layout = (struct loader_layout){
        .entry = ipa_of(ram.addr + header.text_offset),
        .kernel = ipa_of(ram.addr + header.text_offset),
        .kernel_span = header.image_size,
        .dtb = ipa_of(ram.addr + dtb),
        .initrd = ipa_of(ram.addr + initrd),
        .initrd_size = config->initrd_size,
    };
    return NULL;
}

static bool put(struct vm *vm, ipa_t to, const void *from, uint64_t size, uint64_t span)
{
    void *place = memory_at(&vm->memory, to, span);
    if (place == NULL) {
        return false;
    }
    memory_copy(place, from, size);
    vm->host->clean(vm, place, span);
    return true;
}

bool loader_load(struct vm *vm, const struct loader_layout *layout)
{
    const struct vm_config *config = &vm->config;
    if (!put(vm, layout->kernel, config->kernel, config->kernel_size, layout->kernel_span) ||
        !put(vm, layout->initrd, config->initrd, layout->initrd_size, layout->initrd_size)) {
        vm_log(vm, "an image does not fit into the RAM");
        return false;
    }
    void *dtb = memory_at(&vm->memory, layout->dtb, LOADER_DTB_SIZE);
    if (dtb == NULL || !machine_fdt(vm, layout, dtb, LOADER_DTB_SIZE)) {
        vm_log(vm, "the device tree does not fit into %u KiB", (unsigned)(LOADER_DTB_SIZE >> 10));
        return false;
    }
    vm->host->clean(vm, dtb, LOADER_DTB_SIZE);
    return true;
}
