/* SPDX-License-Identifier: BSD-2-Clause */
/* Finds the console device of the machine in its device tree, and takes it. */
#ifndef SERVERS_CONSOLE_DEVICE_H
#define SERVERS_CONSOLE_DEVICE_H

#include "virtio_mmio.h"

struct device {
    virtio_mmio_t regs;
    unsigned irq; /**< INTID */
    bool edge;
};

/** Maps its registers. 0, or a gpi_error_t: GPI_ERR_NOT_FOUND if there is none. */
int device_find(struct device *device);

#endif
