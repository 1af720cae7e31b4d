/* SPDX-License-Identifier: BSD-2-Clause */
#include "loader.h"

#include "machine.h"
#include "overlay.h"
#include "vm.h"

#define DTB_ALIGN    0x200000ull
#define INITRD_ALIGN 0x10000ull
/* All of kernel, tree and initrd must be within a window of this size. */
#define BOOT_WINDOW (32ull << 30)

/* Tree and initrd from offset `at` of the RAM on, below `end`. NULL, or what does not fit. */
static const char *place(uint64_t at, uint64_t end, ipa_t ram, struct loader_layout *layout)
{
    if (at > end || layout->dtb_size > end - at) {
        return "no room for the device tree beside the kernel";
    }
    uint64_t initrd = align_up(at + layout->dtb_size, INITRD_ALIGN);
    if (layout->initrd_size > 0 && (initrd > end || layout->initrd_size > end - initrd)) {
        return "initrd: does not fit into the RAM beside the kernel";
    }
    layout->dtb = ipa_of(ram.addr + at);
    layout->initrd = ipa_of(ram.addr + initrd);
    return NULL;
}

const char *loader_plan(const struct vm_config *config, ipa_t ram, struct loader_layout *layout)
{
    uint64_t size = config->ram_size < BOOT_WINDOW ? config->ram_size : BOOT_WINDOW;
    struct image image;
    const char *error = image_read(config, ram, size, &image);
    if (error != NULL) {
        return error;
    }
    if (config->overlay_size > OVERLAY_MAX) {
        return "overlay: too large";
    }
    *layout = (struct loader_layout){
        .kernel = image,
        .dtb_size = LOADER_DTB_SIZE + overlay_room(config->overlay_size),
        .initrd_size = config->initrd_size,
    };
    /* Behind the kernel, or before it where there is more room. Firmware looks where the RAM begins. */
    uint64_t start = image.start.addr - ram.addr, behind = align_up(start + image.span, DTB_ALIGN);
    if (image.kind == IMAGE_RAW && place(0, start, ram, layout) == NULL) {
        return NULL;
    }
    error = place(behind, size, ram, layout);
    return error == NULL || place(0, start, ram, layout) == NULL ? NULL : error;
}

static bool put(struct vm *vm, ipa_t to, const void *from, uint64_t size, uint64_t span)
{
    void *there = memory_at(&vm->memory, to, span);
    if (there == NULL) {
        return false;
    }
    memory_copy(there, from, size);
    vm->host->clean(vm, there, span);
    return true;
}

static bool put_kernel(struct vm *vm, const struct image *image)
{
    struct image_piece piece;
    for (unsigned n = 0; image_piece(&vm->config, image, n, &piece); n++) {
        if (piece.span > 0 && !put(vm, piece.to, piece.from, piece.size, piece.span)) {
            return false;
        }
    }
    return true;
}

bool loader_load(struct vm *vm, const struct loader_layout *layout)
{
    const struct vm_config *config = &vm->config;
    bool fits = put_kernel(vm, &layout->kernel);
    if (!fits || (layout->initrd_size > 0 &&
                  !put(vm, layout->initrd, config->initrd, layout->initrd_size, layout->initrd_size))) {
        vm_log(vm, "an image does not fit into the RAM");
        return false;
    }
    void *dtb = memory_at(&vm->memory, layout->dtb, layout->dtb_size);
    if (dtb == NULL || !machine_fdt(vm, layout, dtb, LOADER_DTB_SIZE)) {
        vm_log(vm, "the device tree does not fit into %u KiB", (unsigned)(LOADER_DTB_SIZE >> 10));
        return false;
    }
    if (config->overlay_size > 0) {
        const char *error = overlay_apply(dtb, layout->dtb_size, config->overlay, config->overlay_size);
        if (error != NULL) {
            vm_log(vm, "overlay: %s", error);
            return false;
        }
    }
    vm->host->clean(vm, dtb, layout->dtb_size);
    return true;
}
