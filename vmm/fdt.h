/* SPDX-License-Identifier: BSD-2-Clause */
/* Writing a flattened device tree: libfdt's sequential writer, with one error kept for the end. */
#ifndef VMM_FDT_H
#define VMM_FDT_H

#include "types.h"

struct fdt {
    void *buffer;
    size_t size;
    int error; /**< the first, as libfdt has it; 0 is none */
};

/** Interrupt flags of the GIC's binding. */
#define FDT_IRQ_EDGE       1
#define FDT_IRQ_LEVEL_HIGH 4
#define FDT_IRQ_LEVEL_LOW  8

/** Begins a tree, and its root node, in a buffer that is 8-byte aligned. */
void fdt_start(struct fdt *fdt, void *buffer, size_t size);

/** Ends root node and tree. False if anything went wrong: the buffer is too small. */
bool fdt_done(struct fdt *fdt);

void fdt_add_node(struct fdt *fdt, const char *name);
/** A node whose name ends in its address. */
void fdt_add_node_at(struct fdt *fdt, const char *name, ipa_t address);
void fdt_close(struct fdt *fdt);

void fdt_add_empty(struct fdt *fdt, const char *name);
void fdt_add_string(struct fdt *fdt, const char *name, const char *value);
void fdt_add_strings(struct fdt *fdt, const char *name, const char *const *values, unsigned count);
void fdt_add_cell(struct fdt *fdt, const char *name, uint32_t value);
void fdt_add_cells(struct fdt *fdt, const char *name, const uint32_t *values, unsigned count);
void fdt_add_cell64(struct fdt *fdt, const char *name, uint64_t value);
void fdt_add_bytes(struct fdt *fdt, const char *name, const void *bytes, size_t size);

/** "reg" with `count` pairs of address and size, two cells each. */
void fdt_add_reg(struct fdt *fdt, const uint64_t *pairs, unsigned count);

/** "interrupts" of a device with one level-sensitive SPI. */
void fdt_add_spi(struct fdt *fdt, unsigned intid);

#endif
