/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest's images: kernel, initrd and overlay are the input, and how large the guest is. What the loader takes lies apart inside of RAM, as it was;
 * the device tree tells where.
 */
#include "fixture.h"
#include "lib/fuzz.h"
#include "vmm/loader.h"
#include "vmm/machine.h"
#include <libfdt.h>
#include <string.h>

static bool apart(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
    return a + a_size <= b || b + b_size <= a;
}

static void check_layout(const struct vm_config *config, const struct loader_layout *l)
{
    const struct {
        uint64_t at, size;
    } pieces[] = {{l->kernel.start.addr, l->kernel.span}, {l->dtb.addr, l->dtb_size}, {l->initrd.addr, l->initrd_size}};
    uint64_t ram_end = MACHINE_RAM_BASE + config->ram_size;

    for (unsigned i = 0; i < 3; i++) {
        unsigned next = (i + 1) % 3;
        MUST(pieces[i].size == 0 || (pieces[i].at >= MACHINE_RAM_BASE && pieces[i].at < ram_end));
        MUST(pieces[i].size <= ram_end - pieces[i].at || pieces[i].size == 0);
        MUST(pieces[next].size == 0 || apart(pieces[i].at, pieces[i].size, pieces[next].at, pieces[next].size));
    }
    MUST(l->kernel.entry.addr - l->kernel.start.addr < l->kernel.span && l->kernel.entry.addr % 4 == 0);
    MUST(l->initrd_size == config->initrd_size && l->dtb_size >= LOADER_DTB_SIZE + config->overlay_size);
    MUST(l->kernel.kind == IMAGE_ELF || l->kernel.span >= config->kernel_size);
}

static void check_tree(const char *tree, const struct loader_layout *l)
{
    int length, chosen;

    MUST(fdt_check_full(tree, LOADER_DTB_SIZE) == 0 && (chosen = fdt_path_offset(tree, "/chosen")) >= 0);
    const void *start = fdt_getprop(tree, chosen, "linux,initrd-start", &length);
    if (l->initrd_size == 0) {
        MUST(!start);
        return;
    }
    MUST(start && length == 8 && fdt64_ld(start) == l->initrd.addr);
}

static void load(const struct vm_config *config, const struct loader_layout *l)
{
    struct vm *vm = &fixture.vm;

    fixture_start(1);
    vm->config.kernel = config->kernel;
    vm->config.kernel_size = config->kernel_size;
    vm->config.initrd = config->initrd;
    vm->config.initrd_size = config->initrd_size;
    vm->config.raw = config->raw;
    vm->config.raw_load = config->raw_load;
    vm->config.raw_entry = config->raw_entry;
    vm->config.overlay = config->overlay;
    vm->config.overlay_size = config->overlay_size;
    if (!vm_load(vm)) {
        MUST(config->overlay_size > 0);
        fixture_end();
        return;
    }
    if (l->kernel.kind != IMAGE_ELF) {
        MUST(memcmp(memory_at(&vm->memory, l->kernel.start, config->kernel_size), config->kernel,
                    config->kernel_size) == 0);
    }
    if (l->initrd_size) {
        MUST(memcmp(memory_at(&vm->memory, l->initrd, l->initrd_size), config->initrd, l->initrd_size) == 0);
    }
    if (config->overlay_size == 0) {
        check_tree(memory_at(&vm->memory, l->dtb, LOADER_DTB_SIZE), l);
    }
    fixture_end();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    struct loader_layout layout;
    uint64_t ram = (input_word(&in) << 21) % (MACHINE_RAM_MAX + MACHINE_RAM_GRANULE); /* vm_create sees to that */
    size_t initrd = input_word(&in);

    initrd = initrd < in.left ? initrd : in.left;
    struct vm_config config = {
        .ram_size = ram,
        .kernel = in.at + initrd,
        .kernel_size = in.left - initrd,
        .initrd = in.at,
        .initrd_size = initrd,
    };
    if (ram & 1ull << 30) { /* bytes without a header */
        config.raw = true;
        config.raw_load = MACHINE_RAM_BASE + (ram & 0xfffffff);
        config.raw_entry = config.raw_load + (ram >> 28 & 0xf);
    } else if (ram & 1ull << 31) { /* the initrd's bytes are an overlay */
        config.overlay = in.at;
        config.overlay_size = initrd;
        config.initrd_size = 0;
    }
    if (!loader_plan(&config, ipa_of(MACHINE_RAM_BASE), &layout)) {
        check_layout(&config, &layout);
    }
    config.ram_size = FIXTURE_RAM_SIZE;
    if (!loader_plan(&config, ipa_of(MACHINE_RAM_BASE), &layout)) {
        check_layout(&config, &layout);
        load(&config, &layout);
    }
    return 0;
}
