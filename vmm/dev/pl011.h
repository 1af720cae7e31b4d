/* SPDX-License-Identifier: BSD-2-Clause */
/* The PL011 UART (DDI 0183), r1p5. Characters pass at once: there is no baud rate. */
#ifndef VMM_DEV_PL011_H
#define VMM_DEV_PL011_H

#include "../lock.h"
#include "../mmio.h"
#include "chardev.h"
#include "irq_line.h"

#include <stdatomic.h>

struct fdt;

#define PL011_SIZE       0x1000ull
#define PL011_FIFO_DEPTH 16

struct pl011_fifo {
    uint8_t bytes[PL011_FIFO_DEPTH];
    uint8_t head;
    uint8_t used;
};

struct pl011 {
    struct lock lock; /**< of all below */
    ipa_t base;
    struct irq_line irq;
    struct chardev *chardev;
    struct pl011_fifo rx, tx;
    uint16_t ilpr, ibrd, fbrd, lcr_h, cr, ifls, imsc, ris, dmacr, rsr;
    bool raised;            /**< level of `irq` */
    _Atomic uint16_t flags; /**< UARTFR; read without the lock */
};

extern const struct mmio_ops pl011_ops; /**< device: struct pl011 */

/** Reset state. */
void pl011_init(struct pl011 *uart, ipa_t base, struct irq_line irq, struct chardev *chardev);

/** The back end has input. Any thread. */
void pl011_input_ready(struct pl011 *uart);

/** The back end takes output again. Any thread. */
void pl011_output_ready(struct pl011 *uart);

/** Writes the device's node; `clock` is the phandle of its 24 MHz clock. */
void pl011_fdt(const struct pl011 *uart, struct fdt *fdt, uint32_t phandle, uint32_t clock);

#endif
