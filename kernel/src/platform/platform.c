/* SPDX-License-Identifier: BSD-2-Clause */
#include "platform/platform.h"

#include "platform/tree.h"
#include <libfdt.h>
#include <string.h>

#define PAGE_SIZE      0x1000ull
#define MPIDR_AFFINITY 0xff00ffffffull

/* Interrupt numbers, arm,gic-v3 binding: kind, number, flags. */
enum {
    IRQ_KIND_SPI = 0,
    IRQ_KIND_PPI = 1,
    PPI_BASE = 16,
    SPI_BASE = 32,
    IRQ_CELLS_MIN = 3,
    PPI_COUNT = 16,
    SPI_COUNT = 988
};

/* arm,armv8-timer: the order of its interrupts. */
enum { TIMER_VIRT = 2, TIMER_HYP = 3 };

/* arm,gic-v3: the order of its registers. */
enum { GIC_REG_DISTRIBUTOR = 0, GIC_REG_REDISTRIBUTORS = 1 };
enum { GICD_MIN_SIZE = 0x10000, GICR_MIN_SIZE = 0x20000 };

static const char *const error_text[PLATFORM_ERRORS] = {
    [PLATFORM_OK] = "no error",
    [PLATFORM_BAD_TREE] = "the device tree is damaged",
    [PLATFORM_NO_MEMORY] = "the device tree names no memory",
    [PLATFORM_BAD_MEMORY] = "the device tree has a memory node that makes no sense",
    [PLATFORM_TOO_MUCH_MEMORY] = "the device tree has more pieces of memory than the kernel has room for",
    [PLATFORM_TOO_MUCH_RESERVED] = "the device tree reserves more pieces of memory than the kernel has room for",
    [PLATFORM_BAD_RESERVED] = "the device tree has a memory reservation that makes no sense",
    [PLATFORM_NO_GICV3] = "the device tree has no GICv3 (QEMU: -M virt,gic-version=3)",
    [PLATFORM_BAD_GIC] = "the device tree has a GICv3 whose registers make no sense",
    [PLATFORM_NO_TIMER] = "the device tree has no usable arm,armv8-timer with hypervisor and virtual interrupts",
    [PLATFORM_NO_PSCI] = "the device tree has no PSCI 0.2 or later with method smc or hvc",
    [PLATFORM_NO_CPU] = "the device tree has no usable CPU",
    [PLATFORM_BAD_INITRD] = "the device tree's linux,initrd-start and -end make no sense",
};

const char *platform_error_text(enum platform_error error)
{
    return (unsigned)error < PLATFORM_ERRORS ? error_text[error] : "unknown error";
}

/* Of the format. Before it nodes had whole paths for names, and libfdt, which knows them, does not check those. */
#define OLDEST_VERSION 16

size_t platform_dtb_size(const void *start)
{
    if (fdt_magic(start) != FDT_MAGIC) {
        return 0;
    }
    size_t size = fdt_totalsize(start);
    return size >= PLATFORM_DTB_HEADER && size <= PLATFORM_DTB_MAX ? size : 0;
}

/* An interrupt of a node whose interrupts go to the GIC; false if it has no such. */
static bool read_intid(const void *fdt, int node, unsigned cells, unsigned index, unsigned *intid)
{
    struct tree_cells irqs;

    if (!tree_cells(fdt, node, "interrupts", &irqs) || cells < IRQ_CELLS_MIN || irqs.count / cells <= index) {
        return false;
    }
    uint32_t kind = tree_cell(&irqs, index * cells), number = tree_cell(&irqs, index * cells + 1);
    if (kind == IRQ_KIND_PPI && number < PPI_COUNT) {
        *intid = PPI_BASE + number;
        return true;
    }
    if (kind == IRQ_KIND_SPI && number < SPI_COUNT) {
        *intid = SPI_BASE + number;
        return true;
    }
    return false;
}

static int find_gic(const void *fdt)
{
    return tree_find_compatible(fdt, "arm,gic-v3");
}

static unsigned gic_cells(const void *fdt)
{
    uint32_t cells;
    int gic = find_gic(fdt);
    return gic >= 0 && tree_u32(fdt, gic, "#interrupt-cells", &cells) ? cells : 0;
}

/* A property that is a path from the root, and ends with a NUL. */
static const char *find_path(const void *fdt, int node, const char *name, int name_length)
{
    int length;
    const char *path = fdt_getprop_namelen(fdt, node, name, name_length, &length);

    return path && length > 1 && path[0] == '/' && path[length - 1] == '\0' ? path : NULL;
}

/*
 * /chosen stdout-path may be a path or an alias, and may go on with ":" and options. libfdt would follow an alias of an alias, and one
 * of itself without end.
 */
static int find_stdout(const void *fdt)
{
    int chosen = fdt_path_offset(fdt, "/chosen"), length;
    const char *path = chosen >= 0 ? fdt_getprop(fdt, chosen, "stdout-path", &length) : NULL;

    if (!path || length <= 0 || path[length - 1] != '\0') {
        return -FDT_ERR_NOTFOUND;
    }
    const char *options = strchr(path, ':');
    length = (int)(options ? (size_t)(options - path) : strlen(path));
    if (path[0] != '/') {
        int aliases = fdt_path_offset(fdt, "/aliases");
        path = aliases >= 0 ? find_path(fdt, aliases, path, length) : NULL;
        length = path ? (int)strlen(path) : 0;
    }
    return path ? fdt_path_offset_namelen(fdt, path, length) : -FDT_ERR_NOTFOUND;
}

static void read_uart(struct platform *p, const void *fdt)
{
    int node = find_stdout(fdt);

    if (node < 0 || fdt_node_check_compatible(fdt, node, "arm,pl011") != 0) {
        node = tree_find_compatible(fdt, "arm,pl011");
    }
    if (node >= 0 && tree_reg(fdt, node, 0, &p->uart)) {
        read_intid(fdt, node, gic_cells(fdt), 0, &p->uart_intid);
    }
}

/* Whole pages inside a region, below the limit; size 0 if there is none. */
static struct region pages_inside(struct region r)
{
    uint64_t start = (r.base + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1), end = (r.base + r.size) & ~(PAGE_SIZE - 1);

    if (end > PLATFORM_RAM_LIMIT) {
        end = PLATFORM_RAM_LIMIT;
    }
    return (struct region){start, end > start ? end - start : 0};
}

/* Keeps memory[] sorted; regions that touch or overlap become one. */
static bool add_memory(struct platform *p, struct region r)
{
    unsigned i = 0, last;

    while (i < p->memory_count && p->memory[i].base + p->memory[i].size < r.base) {
        i++;
    }
    for (last = i; last < p->memory_count && p->memory[last].base <= r.base + r.size; last++) {
        struct region *m = &p->memory[last];
        uint64_t end = r.base + r.size > m->base + m->size ? r.base + r.size : m->base + m->size;
        r.base = r.base < m->base ? r.base : m->base;
        r.size = end - r.base;
    }
    if (last == i && p->memory_count == PLATFORM_MAX_MEMORY) {
        return false;
    }
    memmove(&p->memory[i + 1], &p->memory[last], (p->memory_count - last) * sizeof *p->memory);
    p->memory_count = p->memory_count - (last - i) + 1;
    p->memory[i] = r;
    return true;
}

/* Takes a region out of memory[]. */
static bool remove_memory(struct platform *p, struct region r)
{
    uint64_t end = r.base + r.size;

    for (unsigned i = 0; i < p->memory_count; i++) {
        struct region m = p->memory[i];
        uint64_t m_end = m.base + m.size;
        if (r.base >= m_end || end <= m.base) {
            continue;
        }
        memmove(&p->memory[i], &p->memory[i + 1], (p->memory_count - i - 1) * sizeof *p->memory);
        p->memory_count--;
        i--;
        if ((r.base > m.base && !add_memory(p, (struct region){m.base, r.base - m.base})) ||
            (end < m_end && !add_memory(p, (struct region){end, m_end - end}))) {
            return false;
        }
        /* What was put back lies outside of r and is passed over when the loop meets it again. */
    }
    return true;
}

static enum platform_error read_memory(struct platform *p, const void *fdt)
{
    for (int node = fdt_next_node(fdt, -1, NULL); node >= 0; node = fdt_next_node(fdt, node, NULL)) {
        if (!tree_string_is(fdt, node, "device_type", "memory") || !tree_is_enabled(fdt, node)) {
            continue;
        }
        struct region r;
        unsigned count = tree_reg_count(fdt, node);
        for (unsigned i = 0; i < count; i++) {
            if (!tree_reg(fdt, node, i, &r)) {
                return PLATFORM_BAD_MEMORY;
            }
            r = pages_inside(r);
            if (r.size && !add_memory(p, r)) {
                return PLATFORM_TOO_MUCH_MEMORY;
            }
        }
    }
    return p->memory_count ? PLATFORM_OK : PLATFORM_NO_MEMORY;
}

static struct region pages_around(struct region r)
{
    uint64_t start = r.base & ~(PAGE_SIZE - 1), end = (r.base + r.size + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
    return (struct region){start, end - start};
}

static bool overlap(struct region a, struct region b)
{
    return a.size && b.size && a.base < b.base + b.size && b.base < a.base + a.size;
}

enum platform_error platform_reserve(struct platform *p, struct region r)
{
    if (!tree_region_ok(r)) {
        return PLATFORM_BAD_RESERVED;
    }
    if (overlap(pages_around(r), pages_around(p->initrd))) {
        return PLATFORM_BAD_INITRD; /* whose pages the root task gets */
    }
    if (p->reserved_count == PLATFORM_MAX_RESERVED) {
        return PLATFORM_TOO_MUCH_RESERVED;
    }
    p->reserved[p->reserved_count++] = pages_around(r);
    return PLATFORM_OK;
}

static enum platform_error read_reserve_map(struct platform *p, const void *fdt)
{
    int count = fdt_num_mem_rsv(fdt);

    for (int i = 0; i < count; i++) {
        struct region r;
        if (fdt_get_mem_rsv(fdt, i, &r.base, &r.size) != 0) {
            return PLATFORM_BAD_TREE;
        }
        enum platform_error error = r.size ? platform_reserve(p, r) : PLATFORM_OK;
        if (error) {
            return error;
        }
    }
    return count < 0 ? PLATFORM_BAD_TREE : PLATFORM_OK;
}

/* Children without "reg" ask for memory wherever it may be; the kernel has no use for such. */
static enum platform_error read_reserved_nodes(struct platform *p, const void *fdt)
{
    int parent = fdt_path_offset(fdt, "/reserved-memory"), node;

    if (parent < 0) {
        return PLATFORM_OK;
    }
    fdt_for_each_subnode(node, fdt, parent)
    {
        unsigned count = tree_is_enabled(fdt, node) ? tree_reg_count(fdt, node) : 0;
        for (unsigned i = 0; i < count; i++) {
            struct region r;
            enum platform_error error = tree_reg(fdt, node, i, &r) ? platform_reserve(p, r) : PLATFORM_BAD_RESERVED;
            if (error) {
                return error;
            }
            /* no-map: not even speculative accesses, so not RAM for us. */
            if (fdt_getprop(fdt, node, "no-map", NULL) && !remove_memory(p, pages_around(r))) {
                return PLATFORM_TOO_MUCH_MEMORY;
            }
        }
    }
    return p->memory_count ? PLATFORM_OK : PLATFORM_NO_MEMORY;
}

static bool is_ram(const struct platform *p, struct region r)
{
    for (unsigned i = 0; i < p->memory_count; i++) {
        const struct region *m = &p->memory[i];
        if (r.base >= m->base && r.size <= m->size && r.base - m->base <= m->size - r.size) {
            return true;
        }
    }
    return false;
}

#define PMU_OPEN   "open-pmu"
#define RAM_ZEROED "zeroed-ram"

/* Is the word one of the boot arguments? */
static bool has_argument(const void *fdt, const char *word)
{
    int chosen = fdt_path_offset(fdt, "/chosen"), length = 0;
    const char *at = chosen >= 0 ? fdt_getprop(fdt, chosen, "bootargs", &length) : NULL;
    size_t size = strlen(word);

    if (!at || length <= 0 || at[length - 1] != '\0') {
        return false;
    }
    for (const char *end; at; at = end ? end + 1 : NULL) {
        end = strchr(at, ' ');
        if ((end ? (size_t)(end - at) : strlen(at)) == size && memcmp(at, word, size) == 0) {
            return true;
        }
    }
    return false;
}

static enum platform_error read_initrd(struct platform *p, const void *fdt)
{
    uint64_t start, end;
    int chosen = fdt_path_offset(fdt, "/chosen");

    if (chosen < 0 || !tree_u64(fdt, chosen, "linux,initrd-start", &start) ||
        !tree_u64(fdt, chosen, "linux,initrd-end", &end)) {
        return PLATFORM_OK;
    }
    struct region r = {start, end - start};
    /* Loaders may have put it into the reservations; but it is not where the tree is. */
    if (end <= start || !is_ram(p, r) || overlap(pages_around(r), pages_around(p->dtb))) {
        return PLATFORM_BAD_INITRD;
    }
    enum platform_error error = platform_reserve(p, r);
    p->initrd = r;
    return error;
}

static bool touches_ram(const struct platform *p, struct region r)
{
    for (unsigned i = 0; i < p->memory_count; i++) {
        if (overlap(p->memory[i], r)) {
            return true;
        }
    }
    return false;
}

static enum platform_error read_gic(struct platform *p, const void *fdt)
{
    int node = find_gic(fdt);
    uint32_t regions = 1;

    if (node < 0) {
        return PLATFORM_NO_GICV3;
    }
    tree_u32(fdt, node, "#redistributor-regions", &regions);
    if (regions == 0 || regions > PLATFORM_MAX_REDIST) {
        return PLATFORM_BAD_GIC;
    }
    if (!tree_reg(fdt, node, GIC_REG_DISTRIBUTOR, &p->gicd) || p->gicd.size < GICD_MIN_SIZE ||
        touches_ram(p, p->gicd)) {
        return PLATFORM_BAD_GIC;
    }
    for (unsigned i = 0; i < regions; i++) {
        if (!tree_reg(fdt, node, GIC_REG_REDISTRIBUTORS + i, &p->gicr[i]) || p->gicr[i].size < GICR_MIN_SIZE ||
            touches_ram(p, p->gicr[i])) {
            return PLATFORM_BAD_GIC;
        }
    }
    p->gicr_count = regions;
    tree_u64(fdt, node, "redistributor-stride", &p->gicr_stride);
    if (p->gicr_stride % GICR_MIN_SIZE != 0 || !read_intid(fdt, node, gic_cells(fdt), 0, &p->gic_maintenance_intid)) {
        return PLATFORM_BAD_GIC;
    }
    return PLATFORM_OK;
}

static enum platform_error read_timer(struct platform *p, const void *fdt)
{
    int node = tree_find_compatible(fdt, "arm,armv8-timer");
    unsigned cells = gic_cells(fdt);

    if (node < 0 || !read_intid(fdt, node, cells, TIMER_VIRT, &p->timer_virt_intid) ||
        !read_intid(fdt, node, cells, TIMER_HYP, &p->timer_hyp_intid)) {
        return PLATFORM_NO_TIMER;
    }
    return PLATFORM_OK;
}

static enum platform_error read_psci(struct platform *p, const void *fdt)
{
    int node = tree_find_compatible(fdt, "arm,psci-0.2");

    if (node < 0) {
        node = tree_find_compatible(fdt, "arm,psci-1.0");
    }
    if (node < 0) {
        return PLATFORM_NO_PSCI;
    }
    p->psci_by_hvc = tree_string_is(fdt, node, "method", "hvc");
    return p->psci_by_hvc || tree_string_is(fdt, node, "method", "smc") ? PLATFORM_OK : PLATFORM_NO_PSCI;
}

static enum platform_error read_cpus(struct platform *p, const void *fdt)
{
    int parent = fdt_path_offset(fdt, "/cpus"), node;

    if (parent < 0) {
        return PLATFORM_NO_CPU;
    }
    fdt_for_each_subnode(node, fdt, parent)
    {
        uint64_t mpidr;
        if (p->cpu_count == PLATFORM_MAX_CPUS || !tree_string_is(fdt, node, "device_type", "cpu") ||
            !tree_is_enabled(fdt, node)) {
            continue;
        }
        if (!tree_u64(fdt, node, "reg", &mpidr) || mpidr & ~MPIDR_AFFINITY) {
            return PLATFORM_NO_CPU;
        }
        p->cpu_mpidr[p->cpu_count++] = mpidr;
    }
    return p->cpu_count ? PLATFORM_OK : PLATFORM_NO_CPU;
}

enum platform_error platform_read(struct platform *p, const void *fdt, size_t size, uint64_t paddr)
{
    /* The UART comes before what can fail, so that failures can be told. PSCI next, so that the machine can be switched off. */
    static enum platform_error (*const readers[])(struct platform *, const void *) = {
        read_psci, read_memory, read_reserve_map, read_reserved_nodes, read_initrd, read_gic, read_timer, read_cpus,
    };

    *p = (struct platform){0};
    if (size < PLATFORM_DTB_HEADER || fdt_version(fdt) < OLDEST_VERSION || fdt_check_full(fdt, size) != 0) {
        return PLATFORM_BAD_TREE;
    }
    read_uart(p, fdt);
    p->pmu_open = has_argument(fdt, PMU_OPEN);
    p->ram_zeroed = has_argument(fdt, RAM_ZEROED);
    p->dtb = (struct region){paddr, fdt_totalsize(fdt)};
    enum platform_error error = platform_reserve(p, p->dtb);
    for (size_t i = 0; !error && i < sizeof readers / sizeof *readers; i++) {
        error = readers[i](p, fdt);
    }
    return error;
}
