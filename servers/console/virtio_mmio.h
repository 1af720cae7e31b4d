/* SPDX-License-Identifier: BSD-2-Clause */
/* Virtio over MMIO (virtio 1.2, 4.2), not the legacy interface. */
#ifndef SERVERS_CONSOLE_VIRTIO_MMIO_H
#define SERVERS_CONSOLE_VIRTIO_MMIO_H

#include <stdbool.h>
#include <stdint.h>

enum { VIRTIO_ID_CONSOLE = 3, VIRTIO_F_VERSION_1 = 32 };
enum { VIRTIO_INT_USED = 1, VIRTIO_INT_CONFIG = 2 };

/** The registers, as they are mapped. */
typedef volatile uint32_t *virtio_mmio_t;

/** What kind of device there is; 0: none, or a legacy one (`*legacy`). */
uint32_t virtio_mmio_identify(virtio_mmio_t regs, bool *legacy);
/** Resets it and agrees on features: VERSION_1 and those of `wanted`. What was agreed on, or 0. */
uint64_t virtio_mmio_begin(virtio_mmio_t regs, uint64_t wanted);
/** Entries that a queue can have; 0: there is no such queue. */
uint32_t virtio_mmio_queue_max(virtio_mmio_t regs, uint32_t queue);
/** Gives the device a queue: physical addresses of its three parts. */
void virtio_mmio_set_queue(virtio_mmio_t regs, uint32_t queue, uint32_t size, uint64_t desc, uint64_t avail,
                           uint64_t used);
/** The driver is ready. */
void virtio_mmio_go(virtio_mmio_t regs);
/** The driver gives up: the device touches no memory any more. */
void virtio_mmio_stop(virtio_mmio_t regs);
/** There is something in a queue. */
void virtio_mmio_notify(virtio_mmio_t regs, uint32_t queue);
/** Why it interrupts (VIRTIO_INT_*), and that this is known. */
uint32_t virtio_mmio_take_interrupt(virtio_mmio_t regs);
/** A word of the device's own configuration. */
uint32_t virtio_mmio_config(virtio_mmio_t regs, unsigned offset);

#endif
