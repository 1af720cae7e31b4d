/* SPDX-License-Identifier: BSD-2-Clause */
#include "node.h"

#include "vmm/machine.h"
#include "vmm/mmio.h"

#include <libfdt.h>
#include <stddef.h>
#include <string.h>

/* Where reading stands: the first mistake ends it. */
struct reader {
    const void *tree;
    int node;
    node_error_fn error;
    void *cookie;
    bool good;
};

static void refuse(struct reader *reader, const char *property, const char *why)
{
    reader->good = false;
    reader->error(reader->cookie, property, why);
}

static void read_string(struct reader *reader, const char *property, const char **value)
{
    int length;
    const char *text = fdt_getprop(reader->tree, reader->node, property, &length);
    if (text == NULL) {
        return;
    }
    if (length < 1 || strnlen(text, (size_t)length) != (size_t)length - 1) {
        refuse(reader, property, "not one string");
        return;
    }
    *value = text;
}

static void read_cells(struct reader *reader, const char *property, uint32_t *cells, unsigned most, unsigned *count)
{
    int length;
    const fdt32_t *value = fdt_getprop(reader->tree, reader->node, property, &length);
    if (value == NULL) {
        return;
    }
    if (length == 0 || length % 4 != 0 || (unsigned)length / 4 > most) {
        refuse(reader, property, most == 1 ? "not one cell" : "not so many cells");
        return;
    }
    for (int i = 0; i < length / 4; i++) {
        cells[i] = fdt32_ld(&value[i]);
    }
    *count = (unsigned)length / 4;
}

static void read_cell(struct reader *reader, const char *property, uint32_t *value)
{
    unsigned count;
    read_cells(reader, property, value, 1, &count);
}

static void read_flag(struct reader *reader, const char *property, bool *value)
{
    int length;
    *value = fdt_getprop(reader->tree, reader->node, property, &length) != NULL;
    if (*value && length != 0) {
        refuse(reader, property, "takes no value");
    }
}

/* One or two cells. */
static void read_bytes(struct reader *reader, const char *property, uint64_t *value)
{
    uint32_t cells[2];
    unsigned count = 0;
    read_cells(reader, property, cells, 2, &count);
    if (count > 0) {
        *value = count == 1 ? cells[0] : (uint64_t)cells[0] << 32 | cells[1];
    }
}

/* Groups of base and size, two cells each. */
static void read_more_memory(struct reader *reader, struct guest_node *node)
{
    uint32_t cells[4 * NODE_MORE_RAM];
    unsigned count = 0;
    read_cells(reader, "more-memory", cells, 4 * NODE_MORE_RAM, &count);
    if (count % 4 != 0) {
        refuse(reader, "more-memory", "not groups of base and size, two cells each");
        return;
    }
    for (unsigned i = 0; i < count; i += 4) {
        uint64_t base = (uint64_t)cells[i] << 32 | cells[i + 1], size = (uint64_t)cells[i + 2] << 32 | cells[i + 3];
        if (base == 0 || size == 0 || (base | size) % 4096 != 0 || base + size < base) {
            refuse(reader, "more-memory", "a base or size that is 0, or not of whole pages");
        }
        node->more[i / 4].base = base;
        node->more[i / 4].size = size;
    }
    node->more_count = count / 4;
}

static void check(struct reader *reader, const struct guest_node *node)
{
    if (node->kernel == NULL) {
        refuse(reader, "kernel", "missing");
    }
    if (node->memory == 0) {
        refuse(reader, "memory", "missing, or 0");
    }
    if (node->trusted_dma && (node->memory_base != MACHINE_RAM_BASE || node->more_count > 0)) {
        refuse(reader, "trusted-dma", "its RAM is where the machine has room: no memory-base, no more-memory");
    }
    if (!node->budget != !node->period || node->budget > node->period) {
        refuse(reader, "budget-us", "has to come with a period-us that is not less");
    }
}

bool node_read(const void *tree, const char *name, struct guest_node *node, node_error_fn error, void *cookie)
{
    struct reader reader = {tree, fdt_subnode_offset(tree, 0, name), error, cookie, true};
    *node = (struct guest_node){
        .name = name, .bootargs = "console=ttyAMA0", .cpus = 1, .priority = 100, .memory_base = MACHINE_RAM_BASE};
    if (reader.node < 0) {
        refuse(&reader, "compatible", "the system tree has no such guest");
        return false;
    }
    read_string(&reader, "kernel", &node->kernel);
    read_string(&reader, "initrd", &node->initrd);
    read_string(&reader, "overlay", &node->overlay);
    node->raw = fdt_getprop(tree, reader.node, "load-address", NULL) != NULL;
    read_bytes(&reader, "load-address", &node->load);
    node->entry = node->load;
    read_bytes(&reader, "entry", &node->entry);
    read_string(&reader, "bootargs", &node->bootargs);
    read_flag(&reader, "trusted-dma", &node->trusted_dma);
    read_flag(&reader, "small-pages", &node->small_pages);
    read_bytes(&reader, "memory", &node->memory);
    read_bytes(&reader, "memory-base", &node->memory_base);
    read_more_memory(&reader, node);
    read_cell(&reader, "cpus", &node->cpus);
    read_cells(&reader, "cores", node->cores, NODE_CORES, &node->core_count);
    read_cell(&reader, "priority", &node->priority);
    read_cell(&reader, "budget-us", &node->budget);
    read_cell(&reader, "period-us", &node->period);
    read_cell(&reader, "watchdog", &node->watchdog);
    if (reader.good) {
        check(&reader, node);
    }
    return reader.good;
}

bool node_read_reg(const void *tree, int node, uint64_t *base, uint64_t *size)
{
    int length;
    uint64_t pair[2] = {0, 0};
    const fdt32_t *cell = fdt_getprop(tree, node, "reg", &length);
    if (cell == NULL || (length != 8 && length != 16)) {
        return false;
    }
    for (int i = 0; i < length / 4; i++) {
        uint64_t *word = &pair[i / (length / 8)];
        *word = *word << 32 | fdt32_ld(&cell[i]);
    }
    *base = pair[0];
    *size = pair[1];
    return pair[1] >= MMIO_MIN_SIZE && pair[0] + pair[1] > pair[0];
}
