/* SPDX-License-Identifier: BSD-2-Clause */
/* Devices of the machine in a guest: their interrupts, their nodes, what they take the place of. And RAM elsewhere. */
#include "fixture.h"

#include "vmm/machine.h"

#include <gpi/proto/vm.h>
#include <libfdt.h>
#include <string.h>

#define GICD(offset)  (MACHINE_GICD_BASE + (offset))
#define ISENABLER(n)  (0x100 + 4 * (n))
#define ICENABLER(n)  (0x180 + 4 * (n))
#define ISPENDR(n)    (0x200 + 4 * (n))
#define IPRIORITYR(n) (0x400 + (n))
#define ICFGR(n)      (0xc00 + 4 * (n))
#define GPIO          0x9030000ull
#define LEVEL         39u /* INTID of a device whose line is a level, and of one that makes edges */
#define EDGE          48u

static _Alignas(8) unsigned char devices[4096], tree[LOADER_DTB_SIZE];

static void put_cells(const char *name, const uint32_t *cells, unsigned count)
{
    void *place;
    CHECK_EQ(fdt_property_placeholder(devices, name, (int)(count * sizeof *cells), &place), 0);
    for (unsigned i = 0; i < count; i++) {
        fdt32_st((fdt32_t *)place + i, cells[i]);
    }
}

/* As init writes it: one page, two interrupts. */
static void make_devices(uint32_t base, uint32_t level, uint32_t edge)
{
    fdt_create(devices, sizeof devices);
    fdt_finish_reservemap(devices);
    fdt_begin_node(devices, "");
    put_cells(GPI_VM_DEVICES_MEMORY, (uint32_t[]){7, 0, base, 0, 0x1000}, 5);
    put_cells(GPI_VM_DEVICES_IRQS, (uint32_t[]){8, level, 0, 9, edge, 1}, 6);
    fdt_begin_node(devices, GPI_VM_DEVICES_NODES);
    fdt_begin_node(devices, "thing@1");
    fdt_property_string(devices, "compatible", "some,thing");
    fdt_begin_node(devices, "part");
    fdt_property_u32(devices, "number", 5);
    fdt_end_node(devices);
    fdt_end_node(devices);
    fdt_end_node(devices);
    fdt_end_node(devices);
    CHECK_EQ(fdt_finish(devices), 0);
}

static void start(void)
{
    make_devices(GPIO, LEVEL, EDGE);
    CHECK(fixture_start_with(0, devices));
    fixture_write(0, GICD(0), 4, 3);
    fixture_write(0, GICD(ISENABLER(1)), 4, 1u << (LEVEL % 32) | 1u << (EDGE % 32));
    fixture_write(0, GICD(ICFGR(EDGE / 16)), 4, 2u << EDGE % 16 * 2);
}

/* The machine's interrupt may come again when the guest ended it, not before; and nothing comes by itself. */
static void level(void)
{
    start();
    for (unsigned i = 0; i < 3; i++) {
        passthrough_interrupt(&fixture.vm, 0);
        CHECK_EQ(fixture_ack(0), LEVEL);
        CHECK_EQ(fixture_ack(0), SPURIOUS);
        CHECK_EQ(fixture.ended_irqs[LEVEL], i);
        fixture_eoi(0, LEVEL);
        CHECK_EQ(fixture.ended_irqs[LEVEL], i + 1);
        CHECK_EQ(fixture_ack(0), SPURIOUS);
    }
    fixture_end();
}

/* One that came while nobody wanted it is looked for again when somebody does. */
static void level_while_disabled(void)
{
    start();
    fixture_write(0, GICD(ICENABLER(1)), 4, 1u << LEVEL % 32);
    passthrough_interrupt(&fixture.vm, 0);
    CHECK_EQ(fixture_ack(0), SPURIOUS);
    CHECK_EQ(fixture.ended_irqs[LEVEL], 0);
    CHECK(fixture_read(0, GICD(ISPENDR(1)), 4) & 1u << LEVEL % 32);
    fixture_write(0, GICD(ISENABLER(1)), 4, 1u << LEVEL % 32);
    CHECK_EQ(fixture.ended_irqs[LEVEL], 1);
    CHECK_EQ(fixture_ack(0), SPURIOUS);
    passthrough_interrupt(&fixture.vm, 0);
    CHECK_EQ(fixture_ack(0), LEVEL);
    fixture_eoi(0, LEVEL);
    CHECK_EQ(fixture.ended_irqs[LEVEL], 2);
    fixture_end();
}

/* One that the guest has not taken when something of it changes is looked for again: the device may not ask any more. */
static void level_not_taken(void)
{
    start();
    passthrough_interrupt(&fixture.vm, 0);
    fixture_write(0, GICD(IPRIORITYR(LEVEL)), 1, 0x20);
    CHECK_EQ(fixture.ended_irqs[LEVEL], 1);
    CHECK_EQ(fixture_ack(0), SPURIOUS);
    passthrough_interrupt(&fixture.vm, 0);
    CHECK_EQ(fixture_ack(0), LEVEL);
    fixture_write(0, GICD(IPRIORITYR(LEVEL)), 1, 0x40); /* nothing to an active one */
    CHECK_EQ(fixture.ended_irqs[LEVEL], 1);
    fixture_eoi(0, LEVEL);
    CHECK_EQ(fixture.ended_irqs[LEVEL], 2);
    fixture_end();
}

/* While it was paused. */
static void held(void)
{
    start();
    passthrough_held_interrupt(&fixture.vm, 0);
    CHECK_EQ(fixture.ended_irqs[LEVEL], 1);
    CHECK_EQ(fixture_ack(0), SPURIOUS);
    passthrough_held_interrupt(&fixture.vm, 1);
    CHECK_EQ(fixture_ack(0), EDGE);
    fixture_end();
}

/* What the guest takes it for does not matter. */
static void level_as_edge(void)
{
    start();
    fixture_write(0, GICD(ICFGR(LEVEL / 16)), 4, 2u << LEVEL % 16 * 2);
    passthrough_interrupt(&fixture.vm, 0);
    CHECK_EQ(fixture_ack(0), LEVEL);
    fixture_eoi(0, LEVEL);
    CHECK_EQ(fixture.ended_irqs[LEVEL], 1);
    CHECK_EQ(fixture_ack(0), SPURIOUS);
    fixture_end();
}

/* Edges may follow each other at once; those that the guest has not seen yet are one. */
static void edge(void)
{
    start();
    passthrough_interrupt(&fixture.vm, 1);
    passthrough_interrupt(&fixture.vm, 1);
    CHECK_EQ(fixture.ended_irqs[EDGE], 2);
    CHECK_EQ(fixture_ack(0), EDGE);
    passthrough_interrupt(&fixture.vm, 1);
    fixture_eoi(0, EDGE);
    CHECK_EQ(fixture_ack(0), EDGE);
    fixture_eoi(0, EDGE);
    CHECK_EQ(fixture_ack(0), SPURIOUS);
    CHECK_EQ(fixture.ended_irqs[EDGE], 3);
    fixture_end();
}

/* A reset takes back what was on the way; the lines are the machine's as before. */
static void reset(void)
{
    start();
    passthrough_interrupt(&fixture.vm, 0);
    machine_reset(&fixture.vm);
    CHECK_EQ(fixture_read(0, GICD(ISPENDR(1)), 4), 0);
    CHECK(fixture.vm.vgic.spis[LEVEL - VGIC_SPI_BASE].passed);
    CHECK(!fixture.vm.vgic.spis[EDGE - VGIC_SPI_BASE].passed);
    fixture_end();
}

static int path(const char *name)
{
    return fdt_path_offset(tree, name);
}

static void nodes(void)
{
    static const struct loader_layout layout;
    start();
    CHECK(machine_fdt(&fixture.vm, &layout, tree, sizeof tree));
    CHECK_EQ(fdt_node_check_compatible(tree, path("/thing@1"), "some,thing"), 0);
    const fdt32_t *number = fdt_getprop(tree, path("/thing@1/part"), "number", NULL);
    CHECK(number != NULL && fdt32_ld(number) == 5);
    CHECK(path("/pl031@9010000") >= 0);
    fixture_end();

    /* The machine's own clock takes the place of the emulated one, its interrupt too. */
    make_devices(MACHINE_PL031_BASE, MACHINE_PL031_INTID, EDGE);
    CHECK(fixture_start_with(0, devices));
    CHECK(machine_fdt(&fixture.vm, &layout, tree, sizeof tree));
    CHECK(path("/pl031@9010000") < 0);
    CHECK(fdt_getprop(tree, path("/__symbols__"), "rtc", NULL) == NULL);
    fixture_write(0, GICD(0), 4, 3);
    fixture_write(0, GICD(ISENABLER(1)), 4, 1u << MACHINE_PL031_INTID % 32);
    passthrough_interrupt(&fixture.vm, 0);
    pl031_update(&fixture.vm.rtc);
    CHECK_EQ(fixture_ack(0), MACHINE_PL031_INTID);
    fixture_end();
}

static bool refused(uint32_t base, uint32_t irq, uint64_t ram_base, const char *why)
{
    make_devices(base, irq, EDGE);
    bool made = fixture_start_with(ram_base, devices);
    bool good = !made && strstr(fixture.log, why) != NULL;
    if (!good) {
        printf("  log: %s\n", fixture.log);
    }
    fixture_end();
    return good;
}

static void refusals(void)
{
    CHECK(refused(GPIO, MACHINE_PL011_INTID, 0, "SPI 1 is another device's here"));
    CHECK(refused(GPIO, MACHINE_PL031_INTID, 0, "SPI 2 is another device's here"));
    CHECK(refused(GPIO, VGIC_SPI_BASE + VGIC_SPIS, 0, "SPI 64: guests have no more than 64"));
    CHECK(refused(GPIO, 3, 0, "guests have no more than 64"));
    CHECK(refused(MACHINE_GICD_BASE, LEVEL, 0, "another device is at 0x8000000 here"));
    CHECK(refused(0x50000000, LEVEL, 0x4fe00000, "RAM at 0x4fe00000 is where the passed-through device is"));
}

static void ram_elsewhere(void)
{
    static const struct loader_layout layout;
    static const uint64_t places[] = {0x200000, 0x80000000, 0x100000000, MACHINE_SPACE_END - FIXTURE_RAM_SIZE};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        CHECK(fixture_start_with(places[i], NULL));
        CHECK(memory_at(&fixture.vm.memory, ipa_of(places[i]), FIXTURE_RAM_SIZE) != NULL);
        CHECK(machine_fdt(&fixture.vm, &layout, tree, sizeof tree));
        CHECK_EQ(fdt_check_full(tree, sizeof tree), 0);
        char name[32];
        snprintf(name, sizeof name, "/memory@%lx", (unsigned long)places[i]);
        const fdt64_t *reg = fdt_getprop(tree, path(name), "reg", NULL);
        CHECK(reg != NULL && fdt64_ld(reg) == places[i]);
        fixture_end();
    }
    CHECK(machine_ram_error(MACHINE_RAM_BASE, FIXTURE_RAM_SIZE) == NULL);
    CHECK(machine_ram_error(0, FIXTURE_RAM_SIZE) != NULL);
    CHECK(machine_ram_error(0x1000, FIXTURE_RAM_SIZE) != NULL);
    CHECK(machine_ram_error(MACHINE_RAM_BASE, 0) != NULL);
    CHECK(machine_ram_error(MACHINE_RAM_BASE, 0x1000) != NULL);
    CHECK(machine_ram_error(MACHINE_SPACE_END - 0x200000, 0x400000) != NULL);
    CHECK(machine_ram_error(MACHINE_SPACE_END, 0x200000) != NULL);
    CHECK(machine_ram_error(MACHINE_RAM_BASE, MACHINE_RAM_MAX + 0x200000) != NULL);
}

int main(void)
{
    static const struct test_case cases[] = {
        {"level", level},       {"level_while_disabled", level_while_disabled},
        {"edge", edge},         {"level_as_edge", level_as_edge},
        {"reset", reset},       {"nodes", nodes},
        {"refusals", refusals}, {"ram_elsewhere", ram_elsewhere},
        {"held", held},         {"level_not_taken", level_not_taken},
    };
    return test_main("vmm-passthrough", cases, sizeof cases / sizeof cases[0]);
}
