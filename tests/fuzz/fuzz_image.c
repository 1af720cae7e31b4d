/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest's images: kernel and initrd are the input, and how large the guest is. What the loader takes lies apart inside of RAM, as it was;
 * the device tree tells where.
 */
#include "fixture.h"
#include "lib/fuzz.h"
#include "vmm/loader.h"
#include "vmm/machine.h"
#include <libfdt.h>
#include <string.h>

static void check_layout(const struct vm_config *config, const struct loader_layout *l)
{
    uint64_t ram_end = MACHINE_RAM_BASE + config->ram_size;

    MUST(l->kernel.addr >= MACHINE_RAM_BASE && l->kernel_span >= config->kernel_size);
    MUST(l->kernel_span <= l->dtb.addr - l->kernel.addr && l->dtb.addr > l->kernel.addr);
    MUST(l->dtb.addr + LOADER_DTB_SIZE <= l->initrd.addr && l->dtb.addr + LOADER_DTB_SIZE <= ram_end);
    MUST(l->initrd_size == 0 || (l->initrd.addr < ram_end && l->initrd_size <= ram_end - l->initrd.addr));
    MUST(l->entry.addr == l->kernel.addr && l->initrd_size == config->initrd_size);
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
    MUST(vm_load(vm));
    MUST(memcmp(memory_at(&vm->memory, l->kernel, config->kernel_size), config->kernel, config->kernel_size) == 0);
    if (l->initrd_size) {
        MUST(memcmp(memory_at(&vm->memory, l->initrd, l->initrd_size), config->initrd, l->initrd_size) == 0);
    }
    check_tree(memory_at(&vm->memory, l->dtb, LOADER_DTB_SIZE), l);
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
