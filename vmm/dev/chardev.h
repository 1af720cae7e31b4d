/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The back end of a serial device, and the queue that back ends keep input in. A device pulls input when it has room, so
 * nothing is lost on the way; it keeps output that the back end does not take yet. Locks: a device calls its back
 * end with its own lock held, so a back end calls a device with none of its own.
 */
#ifndef VMM_DEV_CHARDEV_H
#define VMM_DEV_CHARDEV_H

#include "../lock.h"

#include <stddef.h>
#include <stdint.h>

struct chardev;

struct chardev_ops {
    /** Takes output; returns how many bytes it took. After less than `count`, it tells the device when it has room. */
    size_t (*write)(struct chardev *chardev, const uint8_t *bytes, size_t count);
    /** Gives input that is there, up to `count` bytes; returns how many. */
    size_t (*read)(struct chardev *chardev, uint8_t *bytes, size_t count);
};

/** To be embedded in a back end. */
struct chardev {
    const struct chardev_ops *ops;
};

/** A ring of bytes between threads. */
struct byte_queue {
    struct lock lock;
    uint8_t *bytes;
    size_t size; /**< of the ring */
    size_t head; /**< next to be taken */
    size_t used;
};

void byte_queue_init(struct byte_queue *queue, uint8_t *bytes, size_t size);

/** Adds what fits; returns how many bytes did. */
size_t byte_queue_put(struct byte_queue *queue, const uint8_t *bytes, size_t count);
size_t byte_queue_take(struct byte_queue *queue, uint8_t *bytes, size_t count);

/** Bytes that can be added now. */
size_t byte_queue_room(struct byte_queue *queue);

#endif
