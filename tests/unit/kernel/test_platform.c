/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kernel makes of device trees: a machine like QEMU's virt, variations of it, and damage. */
#include "boot/memory.h"
#include "lib/unit.h"
#include "platform/platform.h"
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM = 16384, MAX_CELLS = 16 };
#define DTB_PADDR 0x48000000ull
#define MIB       0x100000ull

static char tree[ROOM] __attribute__((aligned(8)));
static struct platform p;

static int node(const char *path)
{
    int offset = fdt_path_offset(tree, path);
    CHECK(offset >= 0);
    return offset;
}

static void ok(int result)
{
    CHECK(result >= 0);
}

static void set_cells(const char *path, const char *name, const uint32_t *cells, unsigned count)
{
    fdt32_t value[MAX_CELLS];

    CHECK(count <= MAX_CELLS);
    for (unsigned i = 0; i < count; i++) {
        value[i] = cpu_to_fdt32(cells[i]);
    }
    ok(fdt_setprop(tree, node(path), name, value, (int)(count * sizeof *value)));
}

#define CELLS(path, name, ...)                                                                                         \
    set_cells(path, name, (const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

static void set_text(const char *path, const char *name, const char *text)
{
    ok(fdt_setprop(tree, node(path), name, text, (int)strlen(text) + 1));
}

static void add_node(const char *parent, const char *name)
{
    ok(fdt_add_subnode(tree, node(parent), name));
}

/* Where nodes of reserved memory stand. */
static void add_reserved_memory(void)
{
    add_node("/", "reserved-memory");
    CELLS("/reserved-memory", "#address-cells", 2);
    CELLS("/reserved-memory", "#size-cells", 2);
    ok(fdt_setprop(tree, node("/reserved-memory"), "ranges", NULL, 0));
}

static void build(void)
{
    ok(fdt_create_empty_tree(tree, sizeof tree));
    CELLS("/", "#address-cells", 2);
    CELLS("/", "#size-cells", 2);

    add_node("/", "psci");
    ok(fdt_setprop(tree, node("/psci"), "compatible", "arm,psci-1.0\0arm,psci-0.2", 26));
    set_text("/psci", "method", "smc");

    add_node("/", "memory@40000000");
    set_text("/memory@40000000", "device_type", "memory");
    CELLS("/memory@40000000", "reg", 0, 0x40000000, 0, 0x40000000);

    add_node("/", "cpus");
    CELLS("/cpus", "#address-cells", 1);
    CELLS("/cpus", "#size-cells", 0);
    add_node("/cpus", "cpu@0");
    set_text("/cpus/cpu@0", "device_type", "cpu");
    CELLS("/cpus/cpu@0", "reg", 0);
    add_node("/cpus", "cpu@101");
    set_text("/cpus/cpu@101", "device_type", "cpu");
    CELLS("/cpus/cpu@101", "reg", 0x101);
    add_node("/cpus", "cpu-map");

    add_node("/", "intc@8000000");
    set_text("/intc@8000000", "compatible", "arm,gic-v3");
    CELLS("/intc@8000000", "#interrupt-cells", 3);
    CELLS("/intc@8000000", "reg", 0, 0x8000000, 0, 0x10000, 0, 0x80a0000, 0, 0xf60000);
    CELLS("/intc@8000000", "interrupts", 1, 9, 4);

    add_node("/", "timer");
    set_text("/timer", "compatible", "arm,armv8-timer");
    CELLS("/timer", "interrupts", 1, 13, 4, 1, 14, 4, 1, 11, 4, 1, 10, 4);

    add_node("/", "pl011@9000000");
    set_text("/pl011@9000000", "compatible", "arm,pl011");
    CELLS("/pl011@9000000", "reg", 0, 0x9000000, 0, 0x1000);
    CELLS("/pl011@9000000", "interrupts", 0, 1, 4);

    add_node("/", "chosen");
    CELLS("/chosen", "linux,initrd-start", 0x49000000);
    CELLS("/chosen", "linux,initrd-end", 0x49001234);
}

static enum platform_error parse(void)
{
    return platform_read(&p, tree, sizeof tree, DTB_PADDR);
}

static bool is_reserved(uint64_t base, uint64_t size)
{
    for (unsigned i = 0; i < p.reserved_count; i++) {
        if (p.reserved[i].base == base && p.reserved[i].size == size) {
            return true;
        }
    }
    return false;
}

static void reads_virt(void)
{
    CHECK_EQ(parse(), PLATFORM_OK);
    CHECK_EQ(p.memory_count, 1);
    CHECK_EQ(p.memory[0].base, 0x40000000);
    CHECK_EQ(p.memory[0].size, 1024 * MIB);
    CHECK_EQ(p.gicd.base, 0x8000000);
    CHECK_EQ(p.gicd.size, 0x10000);
    CHECK_EQ(p.gicr_count, 1);
    CHECK_EQ(p.gicr[0].base, 0x80a0000);
    CHECK_EQ(p.gicr[0].size, 0xf60000);
    CHECK_EQ(p.gicr_stride, 0);
    CHECK_EQ(p.gic_maintenance_intid, 25);
    CHECK_EQ(p.timer_hyp_intid, 26);
    CHECK_EQ(p.timer_virt_intid, 27);
    CHECK_EQ(p.uart.base, 0x9000000);
    CHECK_EQ(p.uart.size, 0x1000);
    CHECK_EQ(p.uart_intid, 33);
    CHECK(!p.psci_by_hvc);
    CHECK_EQ(p.cpu_count, 2);
    CHECK_EQ(p.cpu_mpidr[0], 0x101); /* libfdt puts new nodes before their siblings */
    CHECK_EQ(p.initrd.base, 0x49000000);
    CHECK_EQ(p.initrd.size, 0x1234);
    CHECK(is_reserved(DTB_PADDR, ROOM));
    CHECK(is_reserved(0x49000000, 0x2000));
    CHECK_EQ(p.reserved_count, 2);
}

static void sorts_and_joins_memory(void)
{
    /* In no order, overlapping, adjacent, with broken pages at the ends. */
    CELLS("/memory@40000000", "reg", 0, 0x80000800, 0, 0x2000, 0, 0x40000000, 0, 0x10000000, 0, 0x50000000, 0, 0x1000);
    add_node("/", "memory@48000000");
    set_text("/memory@48000000", "device_type", "memory");
    CELLS("/memory@48000000", "reg", 0, 0x48000000, 0, 0x9000000);
    add_node("/", "memory@100");
    set_text("/memory@100", "device_type", "memory");
    CELLS("/memory@100", "reg", 0, 0x100, 0, 0x200);
    add_node("/", "memory@off");
    set_text("/memory@off", "device_type", "memory");
    set_text("/memory@off", "status", "disabled");
    CELLS("/memory@off", "reg", 0, 0xc0000000, 0, 0x1000);
    CHECK_EQ(parse(), PLATFORM_OK);
    CHECK_EQ(p.memory_count, 2);
    CHECK_EQ(p.memory[0].base, 0x40000000);
    CHECK_EQ(p.memory[0].size, 0x11000000);
    CHECK_EQ(p.memory[1].base, 0x80001000);
    CHECK_EQ(p.memory[1].size, 0x1000);
}

static void memory_beyond_the_window(void)
{
    CELLS("/memory@40000000", "reg", 0, 0x40000000, 0, 0x40000000, 0x7fff, 0xfffff000, 0, 0x2000, 0x8000, 0, 0,
          0x10000);
    CHECK_EQ(parse(), PLATFORM_OK);
    CHECK_EQ(p.memory_count, 2);
    CHECK_EQ(p.memory[1].base + p.memory[1].size, PLATFORM_RAM_LIMIT);
}

static void reads_reservations(void)
{
    ok(fdt_add_mem_rsv(tree, 0x40000800, 0x1000));
    add_reserved_memory();
    add_node("/reserved-memory", "firmware");
    CELLS("/reserved-memory/firmware", "reg", 0, 0x60000000, 0, 0x100000);
    add_node("/reserved-memory", "secret");
    CELLS("/reserved-memory/secret", "reg", 0, 0x70000000, 0, 0x100000);
    ok(fdt_setprop(tree, node("/reserved-memory/secret"), "no-map", NULL, 0));
    add_node("/reserved-memory", "anywhere");
    CELLS("/reserved-memory/anywhere", "size", 0, 0x100000);
    CHECK_EQ(parse(), PLATFORM_OK);
    CHECK(is_reserved(0x40000000, 0x2000));
    CHECK(is_reserved(0x60000000, MIB));
    CHECK(is_reserved(0x70000000, MIB));
    CHECK_EQ(p.memory_count, 2);
    CHECK_EQ(p.memory[0].size, 0x30000000);
    CHECK_EQ(p.memory[1].base, 0x70100000);
}

static void finds_the_console(void)
{
    add_node("/", "soc");
    CELLS("/soc", "#address-cells", 1);
    CELLS("/soc", "#size-cells", 1);
    CELLS("/soc", "ranges", 0, 0, 0x20000000, 0x1000000);
    add_node("/soc", "serial@4000");
    set_text("/soc/serial@4000", "compatible", "arm,pl011");
    CELLS("/soc/serial@4000", "reg", 0x4000, 0x1000);
    CELLS("/soc/serial@4000", "interrupts", 0, 7, 4);
    set_text("/chosen", "stdout-path", "/soc/serial@4000:115200n8");
    CHECK_EQ(parse(), PLATFORM_OK);
    CHECK_EQ(p.uart.base, 0x20004000);
    CHECK_EQ(p.uart_intid, 39);

    add_node("/", "aliases");
    set_text("/aliases", "serial7", "/soc/serial@4000");
    set_text("/chosen", "stdout-path", "serial7");
    CHECK_EQ(parse(), PLATFORM_OK);
    CHECK_EQ(p.uart.base, 0x20004000);

    /* Aliases that lead nowhere: the first PL011 it is. */
    static const char *const aliases[] = {"serial7", "pl011", "", "/nobody"};
    for (unsigned i = 0; i < UNIT_COUNT(aliases); i++) {
        set_text("/aliases", "serial7", aliases[i]);
        CHECK_EQ(parse(), PLATFORM_OK);
        CHECK_EQ(p.uart.base, 0x20004000);
    }

    set_text("/pl011@9000000", "status", "disabled");
    ok(fdt_delprop(tree, node("/chosen"), "stdout-path"));
    CHECK_EQ(parse(), PLATFORM_OK);
    CHECK_EQ(p.uart.base, 0x20004000);

    CELLS("/soc/serial@4000", "reg", 0x2000000, 0x1000); /* not in the bus's ranges */
    CHECK_EQ(parse(), PLATFORM_OK);
    CHECK_EQ(p.uart.size, 0);
}

/* The kernel's own image, which no tree names. */
static void keeps_the_initrd(void)
{
    CHECK_EQ(parse(), PLATFORM_OK);
    CHECK_EQ(platform_reserve(&p, (struct region){0x49001fff, 1}), PLATFORM_BAD_INITRD);
    CHECK_EQ(platform_reserve(&p, (struct region){0x49002000, 1}), PLATFORM_OK);
}

static void initrd_of_two_cells(void)
{
    CELLS("/chosen", "linux,initrd-start", 0, 0x49000000);
    CELLS("/chosen", "linux,initrd-end", 0, 0x4a000000);
    CHECK_EQ(parse(), PLATFORM_OK);
    CHECK_EQ(p.initrd.size, 16 * MIB);
    ok(fdt_delprop(tree, node("/chosen"), "linux,initrd-end"));
    CHECK_EQ(parse(), PLATFORM_OK);
    CHECK_EQ(p.initrd.size, 0);
}

/* Each function breaks one thing. */
static void no_memory(void)
{
    set_text("/memory@40000000", "device_type", "forgotten");
}
static void empty_memory(void)
{
    CELLS("/memory@40000000", "reg", 0, 0x40000000, 0, 0);
}
static void wrapping_memory(void)
{
    CELLS("/memory@40000000", "reg", 0xffffffff, 0xfffff000, 0, 0x2000);
}
static void wrong_cells(void)
{
    CELLS("/", "#size-cells", 3);
}
static void gicv2(void)
{
    set_text("/intc@8000000", "compatible", "arm,cortex-a15-gic");
}
static void disabled_gic(void)
{
    set_text("/intc@8000000", "status", "disabled");
}
static void gic_without_redistributor(void)
{
    CELLS("/intc@8000000", "reg", 0, 0x8000000, 0, 0x10000);
}
static void small_distributor(void)
{
    CELLS("/intc@8000000", "reg", 0, 0x8000000, 0, 0x1000, 0, 0x80a0000, 0, 0xf60000);
}
static void no_redistributor_regions(void)
{
    CELLS("/intc@8000000", "#redistributor-regions", 0);
}
static void many_redistributor_regions(void)
{
    CELLS("/intc@8000000", "#redistributor-regions", 1000);
}
static void bad_stride(void)
{
    CELLS("/intc@8000000", "redistributor-stride", 0, 0x1234);
}
static void no_maintenance(void)
{
    ok(fdt_delprop(tree, node("/intc@8000000"), "interrupts"));
}
static void one_interrupt_cell(void)
{
    CELLS("/intc@8000000", "#interrupt-cells", 1);
}
static void short_timer(void)
{
    CELLS("/timer", "interrupts", 1, 13, 4, 1, 14, 4, 1, 11, 4);
}
static void strange_timer(void)
{
    CELLS("/timer", "interrupts", 1, 13, 4, 1, 14, 4, 1, 11, 4, 1, 16, 4);
}
static void no_timer(void)
{
    set_text("/timer", "compatible", "arm,armv7-timer");
}
static void old_psci(void)
{
    set_text("/psci", "compatible", "arm,psci");
}
static void strange_psci(void)
{
    set_text("/psci", "method", "call");
}
static void no_cpus(void)
{
    ok(fdt_del_node(tree, node("/cpus")));
}
static void strange_cpu(void)
{
    CELLS("/cpus/cpu@101", "reg", 0x1000000);
}
static void initrd_backwards(void)
{
    CELLS("/chosen", "linux,initrd-end", 0x48ffffff);
}
static void initrd_empty(void)
{
    CELLS("/chosen", "linux,initrd-end", 0x49000000);
}
static void initrd_outside(void)
{
    CELLS("/chosen", "linux,initrd-end", 0x80000001);
}
static void initrd_in_the_tree(void)
{
    CELLS("/chosen", "linux,initrd-start", DTB_PADDR - 0x1000);
    CELLS("/chosen", "linux,initrd-end", DTB_PADDR + 1);
}
static void no_map_everywhere(void)
{
    add_reserved_memory();
    add_node("/reserved-memory", "all");
    CELLS("/reserved-memory/all", "reg", 0, 0, 1, 0);
    ok(fdt_setprop(tree, node("/reserved-memory/all"), "no-map", NULL, 0));
}
static void distributor_in_memory(void)
{
    CELLS("/intc@8000000", "reg", 0, 0x40000000, 0, 0x10000, 0, 0x80a0000, 0, 0xf60000);
}
static void redistributor_in_memory(void)
{
    CELLS("/intc@8000000", "reg", 0, 0x8000000, 0, 0x10000, 0, 0x3fff0000, 0, 0x20000);
}
static void reserve_wraps(void)
{
    ok(fdt_add_mem_rsv(tree, ~0ull - 0xfff, 0x2000));
}

static void names_what_is_wrong(void)
{
    static const struct {
        void (*run)(void);
        enum platform_error error;
    } broken[] = {
        {no_memory, PLATFORM_NO_MEMORY},
        {empty_memory, PLATFORM_BAD_MEMORY},
        {wrapping_memory, PLATFORM_BAD_MEMORY},
        {wrong_cells, PLATFORM_NO_MEMORY},
        {gicv2, PLATFORM_NO_GICV3},
        {disabled_gic, PLATFORM_NO_GICV3},
        {gic_without_redistributor, PLATFORM_BAD_GIC},
        {small_distributor, PLATFORM_BAD_GIC},
        {no_redistributor_regions, PLATFORM_BAD_GIC},
        {many_redistributor_regions, PLATFORM_BAD_GIC},
        {bad_stride, PLATFORM_BAD_GIC},
        {no_maintenance, PLATFORM_BAD_GIC},
        {one_interrupt_cell, PLATFORM_BAD_GIC},
        {short_timer, PLATFORM_NO_TIMER},
        {strange_timer, PLATFORM_NO_TIMER},
        {no_timer, PLATFORM_NO_TIMER},
        {old_psci, PLATFORM_NO_PSCI},
        {strange_psci, PLATFORM_NO_PSCI},
        {no_cpus, PLATFORM_NO_CPU},
        {strange_cpu, PLATFORM_NO_CPU},
        {initrd_backwards, PLATFORM_BAD_INITRD},
        {initrd_empty, PLATFORM_BAD_INITRD},
        {initrd_outside, PLATFORM_BAD_INITRD},
        {initrd_in_the_tree, PLATFORM_BAD_INITRD},
        {no_map_everywhere, PLATFORM_NO_MEMORY},
        {distributor_in_memory, PLATFORM_BAD_GIC},
        {redistributor_in_memory, PLATFORM_BAD_GIC},
        {reserve_wraps, PLATFORM_BAD_RESERVED},
    };

    for (unsigned i = 0; i < UNIT_COUNT(broken); i++) {
        build();
        broken[i].run();
        CHECK_EQ(parse(), broken[i].error);
        CHECK(strlen(platform_error_text(broken[i].error)) > 10);
        if (broken[i].run != wrong_cells) {
            CHECK_EQ(p.uart.base, 0x9000000); /* there is something to say it through */
        }
    }
}

static void counts_pieces(void)
{
    char name[] = "memory@Xa";

    for (unsigned i = 0; i < PLATFORM_MAX_MEMORY; i++) {
        name[7] = (char)('A' + i);
        char path[] = "/memory@Xa";
        path[8] = name[7];
        add_node("/", name);
        set_text(path, "device_type", "memory");
        CELLS(path, "reg", 1, i * 0x10000, 0, 0x8000);
        CHECK_EQ(parse(), i + 1 < PLATFORM_MAX_MEMORY ? PLATFORM_OK : PLATFORM_TOO_MUCH_MEMORY);
    }
    build();
    for (unsigned i = 0; i < PLATFORM_MAX_RESERVED; i++) {
        ok(fdt_add_mem_rsv(tree, 0x50000000 + i * 0x10000, 0x1000));
    }
    CHECK_EQ(parse(), PLATFORM_TOO_MUCH_RESERVED);
}

static void more_cpus_than_room(void)
{
    char name[] = "cpu@A", path[] = "/cpus/cpu@A";

    for (unsigned i = 0; i < PLATFORM_MAX_CPUS; i++) {
        name[4] = path[10] = (char)('A' + i);
        add_node("/cpus", name);
        set_text(path, "device_type", "cpu");
        CELLS(path, "reg", 2 + i);
    }
    CHECK_EQ(parse(), PLATFORM_OK);
    CHECK_EQ(p.cpu_count, PLATFORM_MAX_CPUS);
}

static void header_only(void)
{
    CHECK_EQ(platform_dtb_size(tree), ROOM);
    fdt_set_totalsize(tree, PLATFORM_DTB_MAX + 1);
    CHECK_EQ(platform_dtb_size(tree), 0);
    fdt_set_totalsize(tree, 4);
    CHECK_EQ(platform_dtb_size(tree), 0);
    build();
    fdt_set_version(tree, 2);
    fdt_set_last_comp_version(tree, 1);
    CHECK_EQ(parse(), PLATFORM_BAD_TREE);
    tree[0] = 0;
    CHECK_EQ(platform_dtb_size(tree), 0);
    CHECK_EQ(parse(), PLATFORM_BAD_TREE);
    CHECK(strcmp(platform_error_text((enum platform_error)1000), "unknown error") == 0);
}

static void survives_noise(void)
{
    ok(fdt_pack(tree));
    size_t size = fdt_totalsize(tree);
    char *copy = aligned_alloc(8, (size + 7) & ~(size_t)7);
    CHECK(copy);
    for (unsigned round = 0; round < 30000; round++) {
        memcpy(copy, tree, size);
        for (unsigned i = 0; i < 3; i++) {
            copy[unit_random(size)] = (char)unit_random(256);
        }
        enum platform_error error = platform_read(&p, copy, size, DTB_PADDR);
        CHECK(error < PLATFORM_ERRORS);
        for (unsigned i = 0; error == PLATFORM_OK && i + 1 < p.memory_count; i++) {
            CHECK(p.memory[i].base + p.memory[i].size < p.memory[i + 1].base);
        }
    }
    free(copy);
}

static void boot_arguments(void)
{
    CHECK_EQ(parse(), PLATFORM_OK);
    CHECK(!p.ram_zeroed && !p.pmu_open);
    set_text("/chosen", "bootargs", "quiet zeroed-ram");
    CHECK_EQ(parse(), PLATFORM_OK);
    CHECK(p.ram_zeroed && !p.pmu_open);
    set_text("/chosen", "bootargs", "zeroed-rams open-pmu x");
    CHECK_EQ(parse(), PLATFORM_OK);
    CHECK(!p.ram_zeroed && p.pmu_open);
}

static void divides_memory(void)
{
    struct regions ram, devices;

    CHECK_EQ(parse(), PLATFORM_OK);
    CHECK_EQ(platform_reserve(&p, (struct region){0x40200000, 0x200000}), PLATFORM_OK);
    CHECK(boot_memory(&p, 1ull << 40, &ram, &devices));
    CHECK_EQ(ram.count, 4);
    CHECK_EQ(ram.r[0].end, 0x40200000);
    CHECK_EQ(ram.r[1].start, 0x40400000);
    CHECK_EQ(ram.r[1].end, DTB_PADDR);
    CHECK_EQ(ram.r[2].start, DTB_PADDR + ROOM);
    CHECK_EQ(ram.r[2].end, 0x49000000);
    CHECK_EQ(ram.r[3].start, 0x49002000);
    CHECK_EQ(ram.r[3].end, 0x80000000);
    CHECK_EQ(boot_loaded_end(&p), 0x49002000);
    /* Below the distributor; between it and the redistributors; up to RAM; the archive; above RAM. */
    CHECK_EQ(devices.count, 5);
    CHECK_EQ(devices.r[1].start, 0x8010000);
    CHECK_EQ(devices.r[2].start, 0x9000000);
    CHECK_EQ(devices.r[2].end, 0x40000000);
    CHECK_EQ(devices.r[3].start, 0x49000000);
    CHECK_EQ(devices.r[3].end, 0x49002000);
    CHECK_EQ(devices.r[4].end, 1ull << 40);
}

int main(void)
{
    static const struct unit_case cases[] = {
        {"reads_virt", reads_virt},
        {"sorts_and_joins_memory", sorts_and_joins_memory},
        {"memory_beyond_the_window", memory_beyond_the_window},
        {"reads_reservations", reads_reservations},
        {"finds_the_console", finds_the_console},
        {"keeps_the_initrd", keeps_the_initrd},
        {"initrd_of_two_cells", initrd_of_two_cells},
        {"names_what_is_wrong", names_what_is_wrong},
        {"counts_pieces", counts_pieces},
        {"more_cpus_than_room", more_cpus_than_room},
        {"header_only", header_only},
        {"survives_noise", survives_noise},
        {"boot_arguments", boot_arguments},
        {"divides_memory", divides_memory},
    };
    return unit_run("platform", cases, UNIT_COUNT(cases), build);
}
