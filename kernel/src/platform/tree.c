/* SPDX-License-Identifier: BSD-2-Clause */
#include "platform/tree.h"

#include <libfdt.h>
#include <string.h>

#define REGION_LIMIT (1ull << 63)

enum { CELL_BYTES = 4, CELL_BITS = 32, CELLS_MAX = 2, DEPTH_MAX = 16 };

bool tree_cells(const void *fdt, int node, const char *name, struct tree_cells *cells)
{
    int length;
    const void *p = fdt_getprop(fdt, node, name, &length);

    if (!p || length <= 0 || length % CELL_BYTES != 0) {
        return false;
    }
    *cells = (struct tree_cells){p, (unsigned)length / CELL_BYTES};
    return true;
}

uint32_t tree_cell(const struct tree_cells *cells, unsigned index)
{
    const uint8_t *b = cells->bytes + (size_t)index * CELL_BYTES;
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

/* `count` cells from `index` on as one number; false if they do not exist or the number has more than 64 bits. */
static bool number(const struct tree_cells *cells, unsigned index, unsigned count, uint64_t *value)
{
    if (count > cells->count || index > cells->count - count) {
        return false;
    }
    *value = 0;
    for (unsigned i = 0; i < count; i++) {
        if (*value >> CELL_BITS) {
            return false;
        }
        *value = *value << CELL_BITS | tree_cell(cells, index + i);
    }
    return true;
}

bool tree_u32(const void *fdt, int node, const char *name, uint32_t *value)
{
    struct tree_cells cells;

    if (!tree_cells(fdt, node, name, &cells) || cells.count != 1) {
        return false;
    }
    *value = tree_cell(&cells, 0);
    return true;
}

bool tree_u64(const void *fdt, int node, const char *name, uint64_t *value)
{
    struct tree_cells cells;

    return tree_cells(fdt, node, name, &cells) && cells.count <= CELLS_MAX && number(&cells, 0, cells.count, value);
}

bool tree_string_is(const void *fdt, int node, const char *name, const char *text)
{
    int length;
    const char *p = fdt_getprop(fdt, node, name, &length);

    return p && (size_t)length == strlen(text) + 1 && memcmp(p, text, (size_t)length) == 0;
}

bool tree_is_enabled(const void *fdt, int node)
{
    return !fdt_getprop(fdt, node, "status", NULL) || tree_string_is(fdt, node, "status", "okay") ||
           tree_string_is(fdt, node, "status", "ok");
}

int tree_find_compatible(const void *fdt, const char *compatible)
{
    int node = fdt_node_offset_by_compatible(fdt, -1, compatible);

    while (node >= 0 && !tree_is_enabled(fdt, node)) {
        node = fdt_node_offset_by_compatible(fdt, node, compatible);
    }
    return node;
}

bool tree_region_ok(struct region r)
{
    return r.size != 0 && r.base < REGION_LIMIT && r.size <= REGION_LIMIT - r.base;
}

/* Cells of addresses and sizes in "reg" of a bus's children. */
struct bus {
    unsigned address_cells, size_cells;
};

static bool read_bus(const void *fdt, int node, struct bus *bus)
{
    int address_cells = fdt_address_cells(fdt, node), size_cells = fdt_size_cells(fdt, node);

    if (address_cells < 1 || size_cells < 0) {
        return false;
    }
    *bus = (struct bus){(unsigned)address_cells, (unsigned)size_cells};
    return true;
}

/* From addresses of the bus `node` to those of the bus above it; false if there is no way. */
static bool translate(const void *fdt, int node, struct bus bus, struct bus above, struct region *r)
{
    struct tree_cells ranges;
    unsigned row = bus.address_cells + above.address_cells + bus.size_cells;
    int length;

    if (!fdt_getprop(fdt, node, "ranges", &length)) {
        return false;
    }
    if (length == 0) {
        return true; /* the same addresses */
    }
    if (!tree_cells(fdt, node, "ranges", &ranges)) {
        return false;
    }
    for (unsigned at = 0; at < ranges.count; at += row) {
        uint64_t child, parent, size;
        /* A row that does not fit into numbers (as of PCI, with flags in a third cell) is not ours. */
        if (number(&ranges, at, bus.address_cells, &child) &&
            number(&ranges, at + bus.address_cells, above.address_cells, &parent) &&
            number(&ranges, at + bus.address_cells + above.address_cells, bus.size_cells, &size) && r->base >= child &&
            r->base - child < size && r->size <= size - (r->base - child)) {
            return !__builtin_add_overflow(parent, r->base - child, &r->base);
        }
    }
    return false;
}

unsigned tree_reg_count(const void *fdt, int node)
{
    struct tree_cells reg;
    struct bus bus;
    int parent = fdt_parent_offset(fdt, node);

    if (parent < 0 || !read_bus(fdt, parent, &bus) || !tree_cells(fdt, node, "reg", &reg)) {
        return 0;
    }
    return reg.count / (bus.address_cells + bus.size_cells);
}

bool tree_reg(const void *fdt, int node, unsigned index, struct region *r)
{
    struct tree_cells reg;
    struct bus bus, above;
    struct region found;
    int at = fdt_parent_offset(fdt, node);

    if (at < 0 || !read_bus(fdt, at, &bus) || !tree_cells(fdt, node, "reg", &reg) ||
        index >= reg.count / (bus.address_cells + bus.size_cells)) {
        return false;
    }
    unsigned row = bus.address_cells + bus.size_cells;
    if (!number(&reg, index * row, bus.address_cells, &found.base) ||
        !number(&reg, index * row + bus.address_cells, bus.size_cells, &found.size)) {
        return false;
    }
    for (unsigned depth = 0; at != 0; depth++) {
        int parent = fdt_parent_offset(fdt, at);
        if (depth == DEPTH_MAX || parent < 0 || !read_bus(fdt, parent, &above) ||
            !translate(fdt, at, bus, above, &found)) {
            return false;
        }
        at = parent;
        bus = above;
    }
    if (!tree_region_ok(found)) {
        return false;
    }
    *r = found;
    return true;
}
