/* SPDX-License-Identifier: BSD-2-Clause */
/* Properties of device-tree nodes, checked: what is missing, too short or out of range is not there. */
#ifndef PLATFORM_TREE_H
#define PLATFORM_TREE_H

#include "platform/platform.h"

/** A property as 32-bit cells. */
struct tree_cells {
    const uint8_t *bytes;
    unsigned count;
};

/** False if the node has no such property, or one that is not made of cells. */
bool tree_cells(const void *fdt, int node, const char *name, struct tree_cells *cells);
/** Cell `index`, which must exist. */
uint32_t tree_cell(const struct tree_cells *cells, unsigned index);

/** A number of one cell; of one or two. */
bool tree_u32(const void *fdt, int node, const char *name, uint32_t *value);
bool tree_u64(const void *fdt, int node, const char *name, uint64_t *value);
/** Is the property this string? */
bool tree_string_is(const void *fdt, int node, const char *name, const char *text);
/** Has the node no status, or one that says it may be used? */
bool tree_is_enabled(const void *fdt, int node);
/** The first enabled node with this compatible string; negative if there is none. */
int tree_find_compatible(const void *fdt, const char *compatible);

/** Not empty, and ends below 2^63. */
bool tree_region_ok(struct region r);
/** How many regions "reg" has, sound or not. */
unsigned tree_reg_count(const void *fdt, int node);
/** Region `index` of "reg" as physical addresses: translated by the "ranges" of the buses above. */
bool tree_reg(const void *fdt, int node, unsigned index, struct region *r);

#endif
