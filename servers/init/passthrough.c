/* SPDX-License-Identifier: BSD-2-Clause */
#include "passthrough.h"

#include <gpi/device_rest.h>
#include <gpi/proto/vm.h>
#include <libfdt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define PAGE       4096ull
#define ADDRESSES  (1ull << 52)
#define SPI_BASE   32
#define SPI        0 /* first cell of the GIC's binding */
#define EDGES      3 /* of its flags */
#define MOST_DEPTH 8
#define ANCESTORS  16

/* Numbers of the nodes in the guest's tree, above those that its VMM uses. */
#define DEVICE_PHANDLE 0x100u
#define CLOCK_PHANDLE  0x180u

/* What reads and writes nothing by itself. All others may do DMA, for all that is known. */
static const char *const without_dma[] = {"arm,pl011",   "arm,pl031",        "arm,pl061",        "arm,sp804",
                                          "arm,sp805",   "arm,sbsa-uart",    "arm,sbsa-gwdt",    "arm,cmsdk-uart",
                                          "ns16550",     "ns16550a",         "snps,dw-apb-uart", "snps,dw-apb-gpio",
                                          "snps,dw-wdt", "snps,dw-apb-timer"};

/* Properties that name other nodes, and the property of the named node that says how many cells follow. */
static const struct reference {
    const char *name; /* with a * before or behind: the rest of it */
    const char *cells;
} references[] = {
    {"clocks", "#clock-cells"},
    {"assigned-clocks", "#clock-cells"},
    {"assigned-clock-parents", "#clock-cells"},
    {"gpios", "#gpio-cells"},
    {"*-gpios", "#gpio-cells"},
    {"*-gpio", "#gpio-cells"},
    {"resets", "#reset-cells"},
    {"power-domains", "#power-domain-cells"},
    {"dmas", "#dma-cells"},
    {"iommus", "#iommu-cells"},
    {"phys", "#phy-cells"},
    {"pwms", "#pwm-cells"},
    {"mboxes", "#mbox-cells"},
    {"io-channels", "#io-channel-cells"},
    {"thermal-sensors", "#thermal-sensor-cells"},
    {"*-supply", NULL},
    {"pinctrl-*", NULL},
    {"nvmem-cells", NULL},
    {"memory-region", NULL},
    {"regmap", NULL},
    {"syscon", NULL},
    {"phy-handle", NULL},
};

/* What cannot be taken along. */
static const char *const impossible[] = {"interrupts-extended", "interrupt-map", "msi-parent", "msi-map",
                                         "iommu-map",           "gpio-ranges",   "dma-ranges"};

static bool refuse(struct passthrough *pass, int node, const char *format, ...)
{
    int length = snprintf(pass->why, sizeof pass->why, "\"%s\": ", fdt_get_name(pass->machine, node, NULL));
    va_list arguments;
    va_start(arguments, format);
    if (length < (int)sizeof pass->why) {
        vsnprintf(pass->why + length, sizeof pass->why - (size_t)length, format, arguments);
    }
    va_end(arguments);
    return false;
}

/* Finding nodes. */

static bool says(struct passthrough *pass, const char *name, const char *why)
{
    snprintf(pass->why, sizeof pass->why, "\"%s\": %s", name, why);
    return false;
}

static bool find_node(struct passthrough *pass, const char *name, int *found)
{
    *found = -1;
    if (*name == '/') {
        *found = fdt_path_offset(pass->machine, name);
        return *found > 0 || says(pass, name, "the machine has no such device");
    }
    for (int node = fdt_next_node(pass->machine, 0, NULL); node >= 0; node = fdt_next_node(pass->machine, node, NULL)) {
        if (strcmp(fdt_get_name(pass->machine, node, NULL), name) == 0) {
            if (*found >= 0) {
                return says(pass, name, "there are several: say which by a path");
            }
            *found = node;
        }
    }
    return *found >= 0 || says(pass, name, "the machine has no such device");
}

static bool has_node(const struct passthrough *pass, int node)
{
    for (unsigned i = 0; i < pass->node_count; i++) {
        if (pass->nodes[i] == node) {
            return true;
        }
    }
    return false;
}

static bool find_all(struct passthrough *pass, const char *names, size_t size)
{
    for (const char *name = names; name < names + size; name += strlen(name) + 1) {
        int node;
        if (!find_node(pass, name, &node)) {
            return false;
        }
        if (has_node(pass, node) || pass->node_count == PASS_DEVICES) {
            return refuse(pass, node, has_node(pass, node) ? "named twice" : "there are too many devices");
        }
        pass->nodes[pass->node_count++] = node;
    }
    return true;
}

/* What they are. */

static bool is_compatible(const struct passthrough *pass, int node, const char *const *with, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (fdt_node_check_compatible(pass->machine, node, with[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool has_registers(const struct passthrough *pass, int node)
{
    return fdt_getprop(pass->machine, node, "reg", NULL) != NULL;
}

/* Where the kernel prints. */
static bool is_kernels(const struct passthrough *pass, int node)
{
    int length = 0, chosen = fdt_path_offset(pass->machine, "/chosen");
    const char *path = chosen < 0 ? NULL : fdt_getprop(pass->machine, chosen, "stdout-path", &length);
    int used = 0;
    while (used < length && path[used] != '\0' && path[used] != ':') {
        used++;
    }
    return path && fdt_path_offset_namelen(pass->machine, path, used) == node;
}

static bool may_do_dma(const struct passthrough *pass, int node)
{
    return !is_compatible(pass, node, without_dma, sizeof without_dma / sizeof without_dma[0]);
}

static bool check_kind(struct passthrough *pass, int node)
{
    const char *status = fdt_getprop(pass->machine, node, "status", NULL);
    const char *compatible = fdt_getprop(pass->machine, node, "compatible", NULL);
    if (!compatible || fdt_getprop(pass->machine, node, "device_type", NULL)) {
        if (!compatible || !pass->trusted) {
            return refuse(pass, node, "is no device that can be passed through");
        }
    }
    if (status && strcmp(status, "okay") != 0 && strcmp(status, "ok") != 0) {
        return refuse(pass, node, "its status is \"%s\"", status);
    }
    if (is_kernels(pass, node)) {
        return refuse(pass, node, "is the kernel's console");
    }
    if (has_registers(pass, node) && !pass->trusted && may_do_dma(pass, node)) {
        return refuse(pass, node, "(%s) may do DMA, which nothing here confines: it needs trusted-dma", compatible);
    }
    return true;
}

/* Registers. */

static uint64_t read_cells(const fdt32_t *cells, int count)
{
    uint64_t value = 0;
    for (int i = 0; i < count; i++) {
        value = value << 32 | fdt32_ld(&cells[i]);
    }
    return value;
}

/* Are its addresses the machine's? On a bus they are if its "ranges" is there and empty. */
static bool is_mapped_as_it_is(const struct passthrough *pass, int node)
{
    int length;
    for (int parent = fdt_parent_offset(pass->machine, node); parent > 0;
         parent = fdt_parent_offset(pass->machine, parent)) {
        if (!fdt_getprop(pass->machine, parent, "ranges", &length) || length != 0) {
            return false;
        }
    }
    return true;
}

/* The n-th place of a node's registers. False if there are no more, or it makes no sense. */
static bool read_register(const struct passthrough *pass, int node, unsigned n, uint64_t *base, uint64_t *size)
{
    int length, parent = fdt_parent_offset(pass->machine, node);
    int address_cells = fdt_address_cells(pass->machine, parent), size_cells = fdt_size_cells(pass->machine, parent);
    const fdt32_t *reg = fdt_getprop(pass->machine, node, "reg", &length);
    if (!reg || address_cells < 1 || address_cells > 2 || size_cells < 1 || size_cells > 2) {
        return false;
    }
    int each = address_cells + size_cells;
    if ((int)(n + 1) * each * (int)sizeof *reg > length) {
        return false;
    }
    *base = read_cells(reg + (int)n * each, address_cells);
    *size = read_cells(reg + (int)n * each + address_cells, size_cells);
    return true;
}

static bool overlap(uint64_t base, uint64_t size, uint64_t other, uint64_t other_size)
{
    return base < other + other_size && other < base + size;
}

static bool add_memory(struct passthrough *pass, int node, uint64_t base, uint64_t size)
{
    uint64_t first = base & ~(PAGE - 1), end = (base + size + PAGE - 1) & ~(PAGE - 1);
    for (unsigned i = 0; i < pass->memory_count;) {
        const struct pass_memory *other = &pass->memory[i];
        if (!overlap(first, end - first, other->base, other->size)) {
            i++;
            continue;
        }
        /* One piece of both, which may meet those that were passed over. */
        end = end > other->base + other->size ? end : other->base + other->size;
        first = first < other->base ? first : other->base;
        pass->memory[i] = pass->memory[--pass->memory_count];
        i = 0;
    }
    if (pass->memory_count == PASS_MEMORY) {
        return refuse(pass, node, "too many registers");
    }
    pass->memory[pass->memory_count++] = (struct pass_memory){first, end - first};
    return true;
}

static bool add_registers(struct passthrough *pass, int node)
{
    uint64_t base, size;
    if (!has_registers(pass, node)) {
        return true;
    }
    if (!is_mapped_as_it_is(pass, node) || !read_register(pass, node, 0, &base, &size)) {
        return refuse(pass, node, "its registers are not in the machine's address space");
    }
    for (unsigned n = 0; read_register(pass, node, n, &base, &size); n++) {
        if (size == 0 || base >= ADDRESSES || size > ADDRESSES - base) {
            return refuse(pass, node, "its registers make no sense");
        }
        if (!add_memory(pass, node, base, size)) {
            return false;
        }
    }
    return true;
}

/* Whoever gets a page gets all that is in it. */
static bool check_neighbours(struct passthrough *pass)
{
    uint64_t base, size;
    for (int node = fdt_next_node(pass->machine, 0, NULL); node >= 0 && !pass->trusted;
         node = fdt_next_node(pass->machine, node, NULL)) {
        bool other = !has_node(pass, node) && is_mapped_as_it_is(pass, node);
        for (unsigned n = 0; other && read_register(pass, node, n, &base, &size); n++) {
            for (unsigned i = 0; i < pass->memory_count; i++) {
                if (overlap(base, size, pass->memory[i].base, pass->memory[i].size)) {
                    return refuse(pass, node,
                                  "is in one page with a device that is to be passed through, and would go along");
                }
            }
        }
    }
    return true;
}

/* Coming to rest. */

static bool has_memory(const struct passthrough *pass, uint64_t base, uint64_t size)
{
    for (unsigned i = 0; i < pass->memory_count; i++) {
        if (overlap(base, size, pass->memory[i].base, pass->memory[i].size)) {
            return true;
        }
    }
    return false;
}

static bool add_rest(struct passthrough *pass, int node, uint64_t base, uint64_t size)
{
    const char *compatible;
    for (unsigned kind = 0; (compatible = gpi_device_rest_compatible(kind)) != NULL; kind++) {
        if (fdt_node_check_compatible(pass->machine, node, compatible) == 0 && size >= gpi_device_rest_size(kind) &&
            base % sizeof(uint32_t) == 0 && base % PAGE + gpi_device_rest_size(kind) <= PAGE &&
            pass->rest_count < PASS_RESTS) {
            pass->rests[pass->rest_count++] = (struct pass_rest){base, kind};
            return true;
        }
    }
    return false;
}

/* Whatever is in the pages that the guest sees, it can have begun. */
static void plan_rest(struct passthrough *pass)
{
    uint64_t base, size;
    for (int node = fdt_next_node(pass->machine, 0, NULL); node >= 0; node = fdt_next_node(pass->machine, node, NULL)) {
        bool here = has_node(pass, node), rests = false;
        for (unsigned n = 0; is_mapped_as_it_is(pass, node) && read_register(pass, node, n, &base, &size); n++) {
            here = here || has_memory(pass, base, size);
            rests = (n == 0 && has_memory(pass, base, 1) && add_rest(pass, node, base, size)) || rests;
        }
        if (here && !rests && has_registers(pass, node) && may_do_dma(pass, node)) {
            pass->restless = true;
        }
    }
}

/* Interrupts. */

static bool goes_to_gic(const struct passthrough *pass, int node)
{
    for (; node >= 0; node = fdt_parent_offset(pass->machine, node)) {
        int length;
        const fdt32_t *parent = fdt_getprop(pass->machine, node, "interrupt-parent", &length);
        if (parent && length == sizeof *parent) {
            int gic = fdt_node_offset_by_phandle(pass->machine, fdt32_ld(parent));
            return gic >= 0 && fdt_node_check_compatible(pass->machine, gic, "arm,gic-v3") == 0;
        }
    }
    return false;
}

static bool add_interrupts(struct passthrough *pass, int node)
{
    enum { CELLS = 3 };
    int length;
    const fdt32_t *cells = fdt_getprop(pass->machine, node, "interrupts", &length);
    if (!cells) {
        return true;
    }
    if (!goes_to_gic(pass, node) || length % (CELLS * (int)sizeof *cells) != 0) {
        return refuse(pass, node, "interrupts: they do not go to the machine's GIC");
    }
    for (int i = 0; i < length / (int)sizeof *cells; i += CELLS) {
        if (fdt32_ld(&cells[i]) != SPI) {
            return refuse(pass, node, "interrupts: private to a core (PPI)");
        }
        if (pass->irq_count == PASS_IRQS) {
            return refuse(pass, node, "interrupts: too many");
        }
        pass->irqs[pass->irq_count++] =
            (struct pass_irq){SPI_BASE + fdt32_ld(&cells[i + 1]), (fdt32_ld(&cells[i + 2]) & EDGES) != 0};
    }
    return true;
}

/* References. */

static bool matches(const char *pattern, const char *name)
{
    size_t length = strlen(pattern), named = strlen(name);
    if (*pattern == '*') {
        return named >= length - 1 && strcmp(name + named - (length - 1), pattern + 1) == 0;
    }
    return pattern[length - 1] == '*' ? strncmp(name, pattern, length - 1) == 0 : strcmp(name, pattern) == 0;
}

static const struct reference *find_reference(const char *name)
{
    for (size_t i = 0; i < sizeof references / sizeof references[0]; i++) {
        if (matches(references[i].name, name)) {
            return &references[i];
        }
    }
    return NULL;
}

/* The number that a node has in the guest's tree; 0: it is not there. */
static uint32_t new_phandle(const struct passthrough *pass, int node)
{
    for (unsigned i = 0; i < pass->node_count; i++) {
        if (pass->nodes[i] == node) {
            return DEVICE_PHANDLE + i;
        }
    }
    for (unsigned i = 0; i < pass->clock_count; i++) {
        if (pass->clocks[i] == node) {
            return CLOCK_PHANDLE + i;
        }
    }
    return 0;
}

/* A property's next reference at cell `*at`; what it names in `*target`, negative: nothing. False: it makes no sense. */
static bool next_reference(const struct passthrough *pass, const struct reference *kind, const fdt32_t *cells,
                           int count, int *at, int *target)
{
    uint32_t phandle = fdt32_ld(&cells[*at]);
    int length, arguments = 0;
    *target = phandle ? fdt_node_offset_by_phandle(pass->machine, phandle) : -1;
    if (phandle && *target < 0) {
        return false;
    }
    const fdt32_t *said = phandle && kind->cells ? fdt_getprop(pass->machine, *target, kind->cells, &length) : NULL;
    if (phandle && kind->cells && (!said || length != sizeof *said)) {
        return false;
    }
    arguments = said ? (int)(fdt32_ld(said) & 0xff) : 0;
    *at += 1 + arguments;
    return *at <= count;
}

static bool take_reference(struct passthrough *pass, int node, const char *name, int target)
{
    char path[64] = "?";
    if (target < 0 || new_phandle(pass, target)) {
        return true;
    }
    if (fdt_node_check_compatible(pass->machine, target, "fixed-clock") == 0 && pass->clock_count < PASS_CLOCKS) {
        pass->clocks[pass->clock_count++] = target;
        return true;
    }
    if (fdt_get_path(pass->machine, target, path, sizeof path) != 0) {
        snprintf(path, sizeof path, "%s", fdt_get_name(pass->machine, target, NULL)); /* longer than that */
    }
    return refuse(pass, node, "%s: names %s, which is not passed through", name, path);
}

static bool take_property(struct passthrough *pass, int node, const char *name, const fdt32_t *cells, int length)
{
    for (size_t i = 0; i < sizeof impossible / sizeof impossible[0]; i++) {
        if (strcmp(name, impossible[i]) == 0) {
            return refuse(pass, node, "%s: cannot be passed through", name);
        }
    }
    const struct reference *kind = find_reference(name);
    for (int at = 0, count = length / (int)sizeof *cells, target; kind && at < count;) {
        if (!next_reference(pass, kind, cells, count, &at, &target)) {
            return refuse(pass, node, "%s: makes no sense", name);
        }
        if (!take_reference(pass, node, name, target)) {
            return false;
        }
    }
    return true;
}

static bool take_properties(struct passthrough *pass, int node, unsigned depth)
{
    int property, child;
    fdt_for_each_property_offset(property, pass->machine, node)
    {
        const char *name;
        int length;
        const void *value = fdt_getprop_by_offset(pass->machine, property, &name, &length);
        if (depth > 0 && strcmp(name, "interrupts") == 0) {
            return refuse(pass, node, "interrupts: only those of the device itself can be passed through");
        }
        if (value && !take_property(pass, node, name, value, length)) {
            return false;
        }
    }
    fdt_for_each_subnode(child, pass->machine, node)
    {
        if (depth == MOST_DEPTH || !take_properties(pass, child, depth + 1)) {
            return depth < MOST_DEPTH ? false : refuse(pass, node, "too many nodes in nodes");
        }
    }
    return true;
}

bool passthrough_plan(struct passthrough *pass, const void *machine, const char *names, size_t size, bool trusted)
{
    *pass = (struct passthrough){.machine = machine, .trusted = trusted};
    if (!machine) {
        return says(pass, names, "the machine has no device tree");
    }
    if (!find_all(pass, names, size)) {
        return false;
    }
    for (unsigned i = 0; i < pass->node_count; i++) {
        int node = pass->nodes[i];
        if (!check_kind(pass, node) || !add_registers(pass, node) || !add_interrupts(pass, node) ||
            !take_properties(pass, node, 0)) {
            return false;
        }
    }
    if (!check_neighbours(pass)) {
        return false;
    }
    plan_rest(pass);
    return true;
}

bool passthrough_meets(const struct passthrough *pass, const struct passthrough *other)
{
    for (unsigned i = 0; i < pass->memory_count; i++) {
        for (unsigned k = 0; k < other->memory_count; k++) {
            if (overlap(pass->memory[i].base, pass->memory[i].size, other->memory[k].base, other->memory[k].size)) {
                return true;
            }
        }
    }
    for (unsigned i = 0; i < pass->irq_count; i++) {
        for (unsigned k = 0; k < other->irq_count; k++) {
            if (pass->irqs[i].intid == other->irqs[k].intid) {
                return true;
            }
        }
    }
    return false;
}

/* Writing. Errors are kept: all later calls fail, too. */

static void put_cells(void *tree, const char *name, const uint64_t *values, const uint8_t *widths, unsigned each,
                      unsigned count)
{
    void *place;
    unsigned total = 0;
    for (unsigned i = 0; i < each; i++) {
        total += widths[i];
    }
    if (fdt_property_placeholder(tree, name, (int)(count * total * sizeof(fdt32_t)), &place) != 0) {
        return;
    }
    fdt32_t *cell = place;
    for (unsigned i = 0; i < count * each; i++) {
        if (widths[i % each] == 2) {
            fdt32_st(cell++, (uint32_t)(values[i] >> 32));
        }
        fdt32_st(cell++, (uint32_t)values[i]);
    }
}

static bool is_left_out(const char *name, bool device)
{
    static const char *const names[] = {"phandle", "linux,phandle", "interrupt-parent", "status"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(name, names[i]) == 0) {
            return true;
        }
    }
    /* A clock goes by its node's name: the guest may have another one of the machine's name. */
    return device && (strcmp(name, "reg") == 0 || strcmp(name, "clock-output-names") == 0);
}

static void copy_property(const struct passthrough *pass, void *tree, const char *name, const void *value, int length)
{
    void *place;
    if (fdt_property_placeholder(tree, name, length, &place) != 0) {
        return;
    }
    memcpy(place, value, (size_t)length);
    const struct reference *kind = find_reference(name);
    for (int at = 0, count = length / (int)sizeof(fdt32_t), target; kind && at < count;) {
        fdt32_t *cell = (fdt32_t *)place + at;
        if (!next_reference(pass, kind, value, count, &at, &target)) {
            break;
        }
        fdt32_st(cell, target < 0 ? 0 : new_phandle(pass, target));
    }
}

static void copy_registers(const struct passthrough *pass, void *tree, int node)
{
    static const uint8_t widths[] = {2, 2};
    uint64_t values[2 * PASS_MEMORY];
    unsigned n = 0;
    while (n < PASS_MEMORY && read_register(pass, node, n, &values[2 * n], &values[2 * n + 1])) {
        n++;
    }
    if (n > 0) {
        put_cells(tree, "reg", values, widths, 2, n);
    }
}

static void copy_node(const struct passthrough *pass, void *tree, int node, const char *name)
{
    int property, child;
    uint32_t phandle = new_phandle(pass, node);
    fdt_begin_node(tree, name);
    fdt_for_each_property_offset(property, pass->machine, node)
    {
        int length;
        const void *value = fdt_getprop_by_offset(pass->machine, property, &name, &length);
        if (value && !is_left_out(name, phandle != 0)) {
            copy_property(pass, tree, name, value, length);
        }
    }
    if (phandle) {
        copy_registers(pass, tree, node);
        fdt_property_u32(tree, "phandle", phandle);
    }
    fdt_for_each_subnode(child, pass->machine, node)
    {
        copy_node(pass, tree, child, fdt_get_name(pass->machine, child, NULL));
    }
    fdt_end_node(tree);
}

static void copy_devices(const struct passthrough *pass, void *tree)
{
    fdt_begin_node(tree, GPI_VM_DEVICES_NODES);
    for (unsigned i = 0; i < pass->clock_count; i++) {
        char name[24];
        snprintf(name, sizeof name, "clock-%x", CLOCK_PHANDLE + i);
        copy_node(pass, tree, pass->clocks[i], name);
    }
    for (unsigned i = 0; i < pass->node_count; i++) {
        copy_node(pass, tree, pass->nodes[i], fdt_get_name(pass->machine, pass->nodes[i], NULL));
    }
    fdt_end_node(tree);
}

static void put_memory(const struct passthrough *pass, const struct pass_slots *slots, void *tree)
{
    static const uint8_t widths[] = {1, 2, 2};
    uint64_t values[3 * PASS_MEMORY];
    for (unsigned i = 0; i < pass->memory_count; i++) {
        memcpy(&values[3 * i], (uint64_t[]){slots->memory[i], pass->memory[i].base, pass->memory[i].size},
               3 * sizeof *values);
    }
    put_cells(tree, GPI_VM_DEVICES_MEMORY, values, widths, 3, pass->memory_count);
    if (slots->ram) {
        put_cells(tree, GPI_VM_DEVICES_RAM, (uint64_t[]){slots->ram, slots->ram_dirty}, (const uint8_t[]){1, 1}, 2, 1);
    }
}

static void put_irqs(const struct passthrough *pass, const struct pass_slots *slots, void *tree)
{
    static const uint8_t widths[] = {1, 1, 1};
    uint64_t values[3 * PASS_IRQS];
    for (unsigned i = 0; i < pass->irq_count; i++) {
        memcpy(&values[3 * i], (uint64_t[]){slots->irqs[i], pass->irqs[i].intid, pass->irqs[i].edge},
               3 * sizeof *values);
    }
    put_cells(tree, GPI_VM_DEVICES_IRQS, values, widths, 3, pass->irq_count);
}

static void put_rests(const struct passthrough *pass, void *tree)
{
    static const uint8_t widths[] = {1, 2};
    uint64_t values[2 * PASS_RESTS];
    for (unsigned i = 0; i < pass->rest_count; i++) {
        memcpy(&values[2 * i], (uint64_t[]){pass->rests[i].kind, pass->rests[i].base}, 2 * sizeof *values);
    }
    put_cells(tree, GPI_VM_DEVICES_RESTS, values, widths, 2, pass->rest_count);
}

bool passthrough_write(const struct passthrough *pass, const struct pass_slots *slots, void *tree, size_t size)
{
    fdt_create(tree, (int)size);
    fdt_finish_reservemap(tree);
    fdt_begin_node(tree, "");
    put_memory(pass, slots, tree);
    put_irqs(pass, slots, tree);
    put_rests(pass, tree);
    copy_devices(pass, tree);
    fdt_end_node(tree);
    return fdt_finish(tree) == 0;
}
