/* SPDX-License-Identifier: BSD-2-Clause */
/* What init gives guests of the machine's devices (machine.dts), and what it does not. */
#include "passthrough.h"

#include "lib/unit.h"

#include <gpi/device_rest.h>
#include <gpi/proto/vm.h>
#include <libfdt.h>
#include <stdio.h>
#include <string.h>

static char machine[16384];
static _Alignas(8) char tree[PASS_TREE_SIZE];
static struct passthrough pass;

static void setup(void)
{
    FILE *file = fopen(MACHINE_DTB, "rb");
    CHECK(file != NULL && fread(machine, 1, sizeof machine, file) > 0);
    fclose(file);
}

/* `names` one after the other, each but the last ended by a 0 that is written here. */
#define PLAN(names, trusted) passthrough_plan(&pass, machine, names, sizeof names, trusted)

static uint32_t cell(const char *path, const char *name, unsigned i)
{
    int length = 0;
    const fdt32_t *cells = fdt_getprop(tree, fdt_path_offset(tree, path), name, &length);
    CHECK(cells != NULL && (int)(i * 4 + 4) <= length);
    return fdt32_ld(&cells[i]);
}

static bool has(const char *path, const char *name)
{
    return fdt_getprop(tree, fdt_path_offset(tree, path), name, NULL) != NULL;
}

static void write_it(void)
{
    struct pass_slots slots = {.ram = 300, .ram_dirty = true};
    for (unsigned i = 0; i < PASS_MEMORY; i++) {
        slots.memory[i] = 100 + i;
        slots.irqs[i] = 200 + i;
    }
    CHECK(passthrough_write(&pass, &slots, tree, sizeof tree));
    CHECK_EQ(fdt_check_full(tree, sizeof tree), 0);
}

/* A device, and one that names it; the clock comes along. */
static void key(void)
{
    CHECK(PLAN("gpio-keys\0pl061@9030000", false));
    CHECK_EQ(pass.memory_count, 1);
    CHECK_EQ(pass.memory[0].base, 0x9030000);
    CHECK_EQ(pass.memory[0].size, 0x1000);
    CHECK_EQ(pass.irq_count, 1);
    CHECK_EQ(pass.irqs[0].intid, 39);
    CHECK(!pass.irqs[0].edge);
    CHECK_EQ(pass.clock_count, 1);
    write_it();
    CHECK_EQ(cell("/", GPI_VM_DEVICES_MEMORY, 0), 100);
    CHECK_EQ(cell("/", GPI_VM_DEVICES_MEMORY, 2), 0x9030000);
    CHECK_EQ(cell("/", GPI_VM_DEVICES_MEMORY, 4), 0x1000);
    CHECK_EQ(cell("/", GPI_VM_DEVICES_IRQS, 0), 200);
    CHECK_EQ(cell("/", GPI_VM_DEVICES_IRQS, 1), 39);
    CHECK_EQ(cell("/", GPI_VM_DEVICES_IRQS, 2), 0);
    uint32_t gpio = cell("/devices/pl061@9030000", "phandle", 0);
    CHECK(gpio != fdt_get_phandle(machine, fdt_path_offset(machine, "/pl061@9030000")));
    CHECK_EQ(cell("/devices/gpio-keys/poweroff", "gpios", 0), gpio);
    CHECK_EQ(cell("/devices/gpio-keys/poweroff", "gpios", 1), 3);
    CHECK_EQ(cell("/devices/gpio-keys/poweroff", "linux,code", 0), 116);
    CHECK(!has("/devices/gpio-keys/poweroff", "phandle"));
    CHECK_EQ(cell("/devices/pl061@9030000", "reg", 1), 0x9030000);
    CHECK_EQ(cell("/devices/pl061@9030000", "interrupts", 1), 7);
    CHECK_EQ(cell("/devices/pl061@9030000", "#gpio-cells", 0), 2);
    CHECK_EQ(fdt_node_check_compatible(tree, fdt_path_offset(tree, "/devices/clock-180"), "fixed-clock"), 0);
    CHECK_EQ(cell("/devices/clock-180", "phandle", 0), cell("/devices/pl061@9030000", "clocks", 0));
    CHECK(!has("/devices/clock-180", "clock-output-names")); /* the guest has one of that name */
}

/* On a bus whose addresses are the machine's, with one cell each; several places and interrupts. */
static void on_a_bus(void)
{
    CHECK(PLAN("wdt@c000000", false));
    CHECK_EQ(pass.memory_count, 2);
    CHECK_EQ(pass.memory[1].base, 0xc010000);
    CHECK_EQ(pass.memory[1].size, 0x2000);
    CHECK_EQ(pass.irq_count, 2);
    CHECK(pass.irqs[1].intid == 53 && pass.irqs[1].edge);
    write_it();
    CHECK_EQ(cell("/devices/wdt@c000000", "reg", 1), 0xc000000);
    CHECK_EQ(cell("/devices/wdt@c000000", "reg", 7), 0x2000);
    CHECK_EQ(cell("/devices/wdt@c000000", "clocks", 1), cell("/devices/clock-180", "phandle", 0));
    CHECK_EQ(cell("/devices/wdt@c000000", "assigned-clocks", 0), 0);
    CHECK_EQ(cell("/", GPI_VM_DEVICES_MEMORY, 5), 101);
    CHECK_EQ(cell("/", GPI_VM_DEVICES_IRQS, 5), 1);
    CHECK(PLAN("/soc/wdt@c000000", false));
}

/* What shares a page is given as a whole, if it is trusted or all of it is named. */
static void one_page(void)
{
    CHECK(PLAN("virtio@a000000", true));
    CHECK_EQ(pass.memory_count, 1);
    CHECK_EQ(pass.memory[0].base, 0xa000000);
    CHECK_EQ(pass.memory[0].size, 0x1000);
    write_it();
    CHECK(has("/devices/virtio@a000000", "dma-coherent"));
    CHECK_EQ(cell("/devices/virtio@a000000", "reg", 3), 0x200);
    CHECK(PLAN("virtio@a000000\0virtio@a000200", true));
    CHECK_EQ(pass.memory_count, 1);
    CHECK_EQ(pass.irq_count, 2);
}

static void meeting(void)
{
    struct passthrough other;
    CHECK(PLAN("virtio@a000200", true));
    other = pass;
    CHECK(PLAN("virtio@a000000", true));
    CHECK(passthrough_meets(&pass, &other) && passthrough_meets(&other, &pass));
    CHECK(PLAN("pl031@9010000", false));
    CHECK(!passthrough_meets(&pass, &other) && !passthrough_meets(&other, &pass));
    CHECK(passthrough_meets(&pass, &pass));
}

/* Which devices can be brought to rest: all that are in the pages. */
static void rest(void)
{
    CHECK(PLAN("gpio-keys\0pl061@9030000", false));
    CHECK(pass.rest_count == 1 && pass.rests[0].base == 0x9030000 && !pass.restless);
    CHECK(strcmp(gpi_device_rest_compatible(pass.rests[0].kind), "arm,pl061") == 0);
    write_it();
    CHECK_EQ(cell("/", GPI_VM_DEVICES_RESTS, 0), pass.rests[0].kind);
    CHECK_EQ(cell("/", GPI_VM_DEVICES_RESTS, 2), 0x9030000);
    CHECK(cell("/", GPI_VM_DEVICES_RAM, 0) == 300 && cell("/", GPI_VM_DEVICES_RAM, 1) == 1);
    CHECK(PLAN("virtio@a000000", true));
    CHECK(pass.rest_count == 2 && pass.rests[1].base == 0xa000200 && !pass.restless);
    CHECK(PLAN("wdt@c000000", false));
    CHECK(pass.rest_count == 1 && !pass.restless);
    CHECK(PLAN("engine@f060000", true));
    CHECK(pass.rest_count == 1 && pass.restless);
    CHECK(PLAN("beside@f060800", true));
    CHECK(pass.rest_count == 1 && pass.restless);
    CHECK(PLAN("short@f070000", true));
    CHECK(pass.rest_count == 0 && pass.restless);
}

static uint32_t registers[1024];

static void coming_to_rest(void)
{
    const char *compatible;
    for (unsigned kind = 0; (compatible = gpi_device_rest_compatible(kind)) != NULL; kind++) {
        memset(registers, 0xff, sizeof registers);
        CHECK(gpi_device_rest_size(kind) >= 4 && gpi_device_rest_size(kind) <= sizeof registers);
        CHECK(gpi_device_rest(kind, registers));
        CHECK_EQ(registers[gpi_device_rest_size(kind) / 4], UINT32_MAX);
        if (strcmp(compatible, "virtio,mmio") == 0) {
            CHECK_EQ(registers[0x70 / 4], 0);
        } else if (strcmp(compatible, "arm,pl011") == 0) {
            CHECK(registers[0x38 / 4] == 0 && registers[0x44 / 4] == 0x7ff && registers[0x30 / 4] == UINT32_MAX);
        }
    }
}

static bool refused(const char *why)
{
    bool said = strstr(pass.why, why) != NULL;
    if (!said) {
        printf("  %s\n", pass.why);
    }
    return said;
}

static void refusals(void)
{
    CHECK(!PLAN("pl061@1", false) && refused("\"pl061@1\": the machine has no such device"));
    CHECK(!PLAN("/soc/pl061@9030000", false) && refused("the machine has no such device"));
    CHECK(!PLAN("/", false) && refused("the machine has no such device"));
    CHECK(!PLAN("", false) && refused("the machine has no such device"));
    CHECK(!PLAN("x", false) && refused("\"x\": there are several"));
    CHECK(!PLAN("pl031@9010000\0/pl031@9010000", false) && refused("named twice"));
    CHECK(!PLAN("pl011@9000000", true) && refused("\"pl011@9000000\": is the kernel's console"));
    CHECK(!PLAN("memory@40000000", true) && refused("no device that can be passed through"));
    CHECK(!PLAN("off@c100000", false) && refused("its status is \"disabled\""));
    CHECK(!PLAN("virtio@a000000", false) && refused("\"virtio@a000000\": (virtio,mmio) may do DMA"));
    CHECK(!PLAN("intc@8000000", false) && refused("may do DMA"));
    CHECK(!PLAN("timer@0", false) && refused("its registers are not in the machine's address space"));
    CHECK(!PLAN("first@e000000", false) && refused("\"second@e000100\": is in one page"));
    CHECK(!PLAN("first@e000000\0second@e000100", false) && refused("interrupts: private to a core"));
    CHECK(!PLAN("gpio-keys", false) &&
          refused("\"poweroff\": gpios: names /pl061@9030000, which is not passed through"));
    CHECK(!PLAN("needs-supply@f000000", false) && refused("vdd-supply: names /pl011@9000000"));
    CHECK(!PLAN("needs-nobody@f010000", false) && refused("clocks: makes no sense"));
    CHECK(!PLAN("extended@f020000", false) && refused("interrupts-extended: cannot"));
    CHECK(!PLAN("behind-gpio@f030000", false) && refused("interrupts: they do not go to the machine's GIC"));
    CHECK(!PLAN("with-part@f040000", false) && refused("\"part\": interrupts: only those of the device itself"));
    CHECK(!PLAN("empty@f050000", false) && refused("its registers make no sense"));
    CHECK(!PLAN("names-deep@f080000", false) && refused("clocks: names the-last-node-with-a-long-name, which is not"));
    CHECK(!PLAN("last@ffffffff", false) && refused("its registers make no sense"));
    CHECK(!passthrough_plan(&pass, NULL, "a", 2, false) && refused("the machine has no device tree"));
}

/* A tree without room for it is no tree. */
static void no_room(void)
{
    static const struct pass_slots slots;
    CHECK(PLAN("gpio-keys\0pl061@9030000", false));
    for (size_t size = 0; size < 600; size += 4) {
        CHECK(!passthrough_write(&pass, &slots, tree, size));
    }
    CHECK(passthrough_write(&pass, &slots, tree, sizeof tree));
}

int main(void)
{
    static const struct unit_case cases[] = {
        {"key", key},           {"on_a_bus", on_a_bus}, {"one_page", one_page}, {"meeting", meeting},
        {"refusals", refusals}, {"no_room", no_room},   {"rest", rest},         {"coming_to_rest", coming_to_rest},
    };
    return unit_run("passthrough", cases, UNIT_COUNT(cases), setup);
}
