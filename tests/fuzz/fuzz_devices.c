/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Devices of the machine for a guest: what init makes of the machine's device tree, and the VMM of what init tells it. No page is given
 * twice, what is told can be read, and a guest that can be made has a device tree.
 */
#include "fuzz_devices.h"
#include "lib/fuzz.h"
#include "lib/tree.h"
#include "servers/init/passthrough.h"
#include <gpi/device_rest.h>
#include <libfdt.h>
#include <string.h>

enum { PAGE = 4096, NAMES = 3, FIRST_SPI = 32, RAM_SLOT = 1, MEMORY_SLOT = 100, IRQ_SLOT = 200 };

static const char *const nodes[] = {"gpio", "uart", "disk", "bus", "clock", "chosen", "gic", "memory", NULL};
static const char *const properties[] = {"reg",
                                         "interrupts",
                                         "compatible",
                                         "ranges",
                                         "interrupt-parent",
                                         "clocks",
                                         "status",
                                         "#address-cells",
                                         "#size-cells",
                                         "#clock-cells",
                                         "stdout-path",
                                         "device_type",
                                         "key-gpios",
                                         "#gpio-cells",
                                         "interrupt-map",
                                         "dma-coherent",
                                         "phandle",
                                         "vdd-supply",
                                         "gpio-ranges",
                                         "#interrupt-cells",
                                         "clock-names",
                                         "dmas",
                                         NULL};
static const char *const strings[] = {"arm,pl011", "arm,pl061",  "arm,gic-v3",  "arm,sp804", "virtio,mmio",
                                      "okay",      "simple-bus", "fixed-clock", "disabled",  "/uart",
                                      "some,dma",  "",           NULL};
static const struct fuzz_words words = {nodes, properties, strings};

static struct passthrough pass;
static _Alignas(8) char told[PASS_TREE_SIZE];

static void check_plan(void)
{
    MUST(pass.node_count > 0 && pass.node_count <= PASS_DEVICES && pass.clock_count <= PASS_CLOCKS);
    MUST(pass.memory_count <= PASS_MEMORY && pass.irq_count <= PASS_IRQS && pass.rest_count <= PASS_RESTS);
    for (unsigned i = 0; i < pass.memory_count; i++) {
        const struct pass_memory *m = &pass.memory[i];
        MUST(m->base % PAGE == 0 && m->size % PAGE == 0 && m->size > 0 && m->base + m->size - 1 > m->base);
        for (unsigned k = 0; k < i; k++) {
            MUST(m->base >= pass.memory[k].base + pass.memory[k].size || pass.memory[k].base >= m->base + m->size);
        }
    }
    for (unsigned i = 0; i < pass.irq_count; i++) {
        MUST(pass.irqs[i].intid >= FIRST_SPI);
    }
    for (unsigned i = 0; i < pass.rest_count; i++) {
        size_t size = gpi_device_rest_size(pass.rests[i].kind);
        MUST(pass.rests[i].base % PAGE + size <= PAGE && pass.rests[i].base % 4 == 0);
    }
    MUST(passthrough_meets(&pass, &pass) == (pass.memory_count + pass.irq_count > 0));
}

/* Names of nodes, each as the path that it has. */
static size_t name_nodes(struct input *in, const char *tree, char *names, size_t size)
{
    size_t used = 0;
    unsigned count = 1 + input_byte(in) % NAMES;
    for (unsigned i = 0; i < count; i++) {
        int node = 0;
        for (unsigned skip = input_byte(in) % 32; skip > 0 && node >= 0; skip--) {
            node = fdt_next_node(tree, node, NULL);
        }
        if (node >= 0 && fdt_get_path(tree, node, names + used, (int)(size - used)) == 0) {
            used += strlen(names + used) + 1;
        }
    }
    return used;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    char names[512];
    bool trusted = input_byte(&in) & 1;
    uint8_t which[1 + NAMES];
    for (unsigned i = 0; i < sizeof which; i++) {
        which[i] = input_byte(&in);
    }
    const void *tree = fuzz_tree(&in, &words);
    if (!tree) {
        return 0;
    }
    in = (struct input){which, sizeof which};
    size = name_nodes(&in, tree, names, sizeof names);
    if (size == 0 || !passthrough_plan(&pass, tree, names, size, trusted)) {
        MUST(size == 0 || memchr(pass.why, '\0', sizeof pass.why) > (void *)pass.why);
        return 0;
    }
    check_plan();
    MUST(trusted || !pass.restless);
    struct pass_slots slots = {.ram = trusted ? RAM_SLOT : 0};
    for (unsigned i = 0; i < PASS_MEMORY; i++) {
        slots.memory[i] = MEMORY_SLOT + i;
        slots.irqs[i] = IRQ_SLOT + i;
    }
    if (passthrough_write(&pass, &slots, told, sizeof told)) {
        MUST(fdt_check_full(told, sizeof told) == 0);
        fuzz_told(told, pass.memory_count, pass.irq_count, pass.rest_count);
    }
    return 0;
}
