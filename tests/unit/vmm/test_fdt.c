/* SPDX-License-Identifier: BSD-2-Clause */
/* The guest's device tree, read back. */
#include "fixture.h"

#include "vmm/machine.h"

#include <libfdt.h>
#include <string.h>

static _Alignas(8) unsigned char tree[LOADER_DTB_SIZE];

static const struct loader_layout layout = {
    .initrd = {0x44000000},
    .initrd_size = 0x123456,
};

static uint32_t cell(const char *path, const char *name, unsigned i)
{
    int length = 0;
    const fdt32_t *cells = fdt_getprop(tree, fdt_path_offset(tree, path), name, &length);
    CHECK(cells != NULL && (int)(i * 4 + 4) <= length);
    return cells == NULL ? 0 : fdt32_ld(&cells[i]);
}

static const char *string(const char *path, const char *name)
{
    const char *value = fdt_getprop(tree, fdt_path_offset(tree, path), name, NULL);
    return value == NULL ? "" : value;
}

static void contents(void)
{
    fixture_start(3);
    CHECK(machine_fdt(&fixture.vm, &layout, tree, sizeof tree));
    CHECK_EQ(fdt_check_full(tree, sizeof tree), 0);
    CHECK_EQ(strcmp(string("/chosen", "bootargs"), "console=ttyAMA0"), 0);
    CHECK(fdt_path_offset(tree, string("/chosen", "stdout-path")) > 0);
    CHECK_EQ(cell("/chosen", "linux,initrd-start", 1), 0x44000000);
    CHECK_EQ(cell("/chosen", "linux,initrd-end", 1), 0x44123456);
    CHECK_EQ(cell("/chosen", "kaslr-seed", 0), 0xa5a5a5a5);
    CHECK_EQ(cell("/chosen", "rng-seed", 7), 0xa5a5a5a5);
    CHECK_EQ(cell("/memory@40000000", "reg", 1), 0x40000000);
    CHECK_EQ(cell("/memory@40000000", "reg", 3), FIXTURE_RAM_SIZE);
    CHECK_EQ(cell("/cpus/cpu@2", "reg", 0), 2);
    CHECK_EQ(strcmp(string("/cpus/cpu@2", "enable-method"), "psci"), 0);
    CHECK(fdt_path_offset(tree, "/cpus/cpu@3") < 0);
    CHECK_EQ(strcmp(string("/psci", "method"), "hvc"), 0);
    CHECK_EQ(cell("/timer", "interrupts", 7), 11);
    CHECK_EQ(cell("/intc@8000000", "reg", 5), 0x080a0000);
    CHECK_EQ(cell("/intc@8000000", "reg", 7), 3 * 0x20000);
    CHECK_EQ(cell("/", "interrupt-parent", 0), cell("/intc@8000000", "phandle", 0));
    CHECK_EQ(fdt_node_check_compatible(tree, fdt_path_offset(tree, "/pl011@9000000"), "arm,pl011"), 0);
    CHECK_EQ(fdt_node_check_compatible(tree, fdt_path_offset(tree, "/pl011@9000000"), "arm,primecell"), 0);
    CHECK_EQ(cell("/pl011@9000000", "interrupts", 1), 1);
    CHECK_EQ(cell("/pl031@9010000", "interrupts", 1), 2);
    CHECK_EQ(cell("/apb-pclk", "clock-frequency", 0), 24000000);
    CHECK_EQ(cell("/pl011@9000000", "clocks", 0), cell("/apb-pclk", "phandle", 0));
    fixture_end();
}

static void devices_of_others(void)
{
    static const struct mmio_ops ops;
    const struct remote_device remote[] = {{"mailbox", "vesicle,mailbox", {0x0b000000}, 0x1000, 52, &ops, NULL},
                                           {"hidden", NULL, {0x0c000000}, 0x1000, 0, &ops, NULL},
                                           {"third", NULL, {0x0c000800}, 0x1000, 0, &ops, NULL}};
    fixture_start(1);
    CHECK(remote_add(&fixture.vm.mmio, remote, 2) == NULL);
    CHECK(remote_add(&fixture.vm.mmio, &remote[2], 1) == &remote[2]);
    CHECK(mmio_find(&fixture.vm.mmio, ipa_of(0x0c000ff8), 8) != NULL);
    fixture.vm.config.remote = remote;
    fixture.vm.config.remote_count = 2;
    CHECK(machine_fdt(&fixture.vm, &layout, tree, sizeof tree));
    CHECK_EQ(fdt_check_full(tree, sizeof tree), 0);
    CHECK_EQ(strcmp(string("/mailbox@b000000", "compatible"), "vesicle,mailbox"), 0);
    CHECK_EQ(cell("/mailbox@b000000", "reg", 1), 0x0b000000);
    CHECK_EQ(cell("/mailbox@b000000", "reg", 3), 0x1000);
    CHECK_EQ(cell("/mailbox@b000000", "interrupts", 1), 20);
    CHECK_EQ(cell("/mailbox@b000000", "interrupts", 2), 1);
    CHECK(fdt_path_offset(tree, "/hidden@c000000") < 0);
    fixture_end();
}

static void without_initrd_and_seed(void)
{
    fixture_start(1);
    fixture.no_random = true;
    struct loader_layout bare = layout;
    bare.initrd_size = 0;
    CHECK(machine_fdt(&fixture.vm, &bare, tree, sizeof tree));
    int chosen = fdt_path_offset(tree, "/chosen");
    CHECK(fdt_getprop(tree, chosen, "linux,initrd-start", NULL) == NULL);
    CHECK(fdt_getprop(tree, chosen, "kaslr-seed", NULL) == NULL);
    fixture_end();
}

static void too_small_a_buffer_is_an_error(void)
{
    fixture_start(1);
    for (size_t size = 0; size < 2048; size += 8) {
        if (machine_fdt(&fixture.vm, &layout, tree, size)) {
            CHECK(fdt_totalsize(tree) <= size);
        }
    }
    CHECK(!machine_fdt(&fixture.vm, &layout, tree, 512));
    fixture_end();
}

int main(void)
{
    static const struct test_case cases[] = {
        {"contents", contents},
        {"devices_of_others", devices_of_others},
        {"without_initrd_and_seed", without_initrd_and_seed},
        {"too_small_a_buffer_is_an_error", too_small_a_buffer_is_an_error},
    };
    return test_main("vmm-fdt", cases, sizeof cases / sizeof cases[0]);
}
