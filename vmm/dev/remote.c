/* SPDX-License-Identifier: BSD-2-Clause */
#include "remote.h"

#include "../fdt.h"
#include "../gic/vgic.h"

const struct remote_device *remote_add(struct mmio *mmio, const struct remote_device *devices, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        const struct remote_device *d = &devices[i];
        if (!mmio_add(mmio, (struct mmio_region){d->base, d->size, d->ops, d->device, d->name})) {
            return d;
        }
    }
    return NULL;
}

void remote_fdt(struct fdt *fdt, const struct remote_device *devices, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        const struct remote_device *d = &devices[i];
        if (d->compatible != NULL) {
            fdt_add_node_at(fdt, d->name, d->base);
            fdt_add_string(fdt, "compatible", d->compatible);
            fdt_add_reg(fdt, (const uint64_t[]){d->base.addr, d->size}, 1);
            if (d->intid != 0) {
                fdt_add_cells(fdt, "interrupts", (const uint32_t[]){0, d->intid - VGIC_SPI_BASE, FDT_IRQ_EDGE}, 3);
            }
            fdt_close(fdt);
        }
    }
}
