/* SPDX-License-Identifier: BSD-2-Clause */
#include "chardev.h"

void byte_queue_init(struct byte_queue *queue, uint8_t *bytes, size_t size)
{
    *queue = (struct byte_queue){.bytes = bytes, .size = size};
}

size_t byte_queue_put(struct byte_queue *queue, const uint8_t *bytes, size_t count)
{
    lock_acquire(&queue->lock);
    size_t done = 0;
    while (done < count && queue->used < queue->size) {
        queue->bytes[(queue->head + queue->used) % queue->size] = bytes[done++];
        queue->used++;
    }
    lock_release(&queue->lock);
    return done;
}

size_t byte_queue_take(struct byte_queue *queue, uint8_t *bytes, size_t count)
{
    lock_acquire(&queue->lock);
    size_t done = 0;
    while (done < count && queue->used > 0) {
        bytes[done++] = queue->bytes[queue->head];
        queue->head = (queue->head + 1) % queue->size;
        queue->used--;
    }
    lock_release(&queue->lock);
    return done;
}

size_t byte_queue_room(struct byte_queue *queue)
{
    lock_acquire(&queue->lock);
    size_t room = queue->size - queue->used;
    lock_release(&queue->lock);
    return room;
}
