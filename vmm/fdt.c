/* SPDX-License-Identifier: BSD-2-Clause */
#include "fdt.h"

#include "text.h"

#include <libfdt.h>

#define MAX_STRINGS 128 /* bytes of a list of strings */
#define NAME_SIZE   32
#define SPI_BASE    32
#define IRQ_SPI     0 /* first cell of the GIC's binding */

static void note(struct fdt *fdt, int result)
{
    if (fdt->error == 0 && result < 0) {
        fdt->error = result;
    }
}

void fdt_start(struct fdt *fdt, void *buffer, size_t size)
{
    *fdt = (struct fdt){buffer, size, 0};
    note(fdt, fdt_create(buffer, (int)size));
    note(fdt, fdt_finish_reservemap(buffer));
    note(fdt, fdt_begin_node(buffer, ""));
}

bool fdt_done(struct fdt *fdt)
{
    note(fdt, fdt_end_node(fdt->buffer));
    note(fdt, fdt_finish(fdt->buffer));
    return fdt->error == 0;
}

void fdt_add_node(struct fdt *fdt, const char *name)
{
    note(fdt, fdt_begin_node(fdt->buffer, name));
}

void fdt_add_node_at(struct fdt *fdt, const char *name, ipa_t address)
{
    char full[NAME_SIZE];
    text_format(full, sizeof full, "%s@%lx", name, (unsigned long)address.addr);
    fdt_add_node(fdt, full);
}

void fdt_close(struct fdt *fdt)
{
    note(fdt, fdt_end_node(fdt->buffer));
}

void fdt_add_bytes(struct fdt *fdt, const char *name, const void *bytes, size_t size)
{
    note(fdt, fdt_property(fdt->buffer, name, bytes, (int)size));
}

void fdt_add_empty(struct fdt *fdt, const char *name)
{
    fdt_add_bytes(fdt, name, "", 0);
}

void fdt_add_string(struct fdt *fdt, const char *name, const char *value)
{
    size_t length = 0;
    while (value[length] != '\0') {
        length++;
    }
    fdt_add_bytes(fdt, name, value, length + 1);
}

void fdt_add_strings(struct fdt *fdt, const char *name, const char *const *values, unsigned count)
{
    char list[MAX_STRINGS];
    size_t used = 0;
    for (unsigned i = 0; i < count; i++) {
        used += text_format(list + used, sizeof list - used, "%s", values[i]) + 1;
        if (used >= sizeof list) {
            note(fdt, -FDT_ERR_NOSPACE);
            return;
        }
    }
    fdt_add_bytes(fdt, name, list, used);
}

void fdt_add_cell(struct fdt *fdt, const char *name, uint32_t value)
{
    fdt_add_cells(fdt, name, &value, 1);
}

void fdt_add_cells(struct fdt *fdt, const char *name, const uint32_t *values, unsigned count)
{
    void *place;
    note(fdt, fdt_property_placeholder(fdt->buffer, name, (int)(count * sizeof *values), &place));
    for (unsigned i = 0; i < count && fdt->error == 0; i++) {
        fdt32_st((uint8_t *)place + i * sizeof *values, values[i]);
    }
}

void fdt_add_cell64(struct fdt *fdt, const char *name, uint64_t value)
{
    fdt_add_cells(fdt, name, (const uint32_t[]){(uint32_t)(value >> 32), (uint32_t)value}, 2);
}

void fdt_add_reg(struct fdt *fdt, const uint64_t *pairs, unsigned count)
{
    void *place;
    note(fdt, fdt_property_placeholder(fdt->buffer, "reg", (int)(2 * count * sizeof *pairs), &place));
    for (unsigned i = 0; i < 2 * count && fdt->error == 0; i++) {
        fdt64_st((uint8_t *)place + i * sizeof *pairs, pairs[i]);
    }
}

void fdt_add_spi(struct fdt *fdt, unsigned intid)
{
    fdt_add_cells(fdt, "interrupts", (const uint32_t[]){IRQ_SPI, intid - SPI_BASE, FDT_IRQ_LEVEL_HIGH}, 3);
}
