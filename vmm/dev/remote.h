/* SPDX-License-Identifier: BSD-2-Clause */
/* Devices that the VMM does not emulate itself: its host has somebody else serve the registers. */
#ifndef VMM_DEV_REMOTE_H
#define VMM_DEV_REMOTE_H

#include "../mmio.h"

struct fdt;

struct remote_device {
    const char *name, *compatible; /**< in the guest's device tree; `compatible` null: it has no node there */
    ipa_t base;
    uint64_t size;
    unsigned intid; /**< of its interrupts, which are edges; 0: it makes none */
    const struct mmio_ops *ops;
    void *device;
};

/** Adds their registers; the first that there is no room for, or that is where another device is; null: all are there. */
const struct remote_device *remote_add(struct mmio *mmio, const struct remote_device *devices, unsigned count);

/** Writes their nodes. */
void remote_fdt(struct fdt *fdt, const struct remote_device *devices, unsigned count);

#endif
