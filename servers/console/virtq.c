/* SPDX-License-Identifier: BSD-2-Clause */
#include "virtq.h"

#include "barrier.h"

enum { DESC_WRITE = 2, USED_NO_NOTIFY = 1 };

void virtq_init(struct virtq *queue, struct virtq_memory *memory, uint16_t size)
{
    *queue = (struct virtq){.memory = memory, .size = size < VIRTQ_MAX ? size : VIRTQ_MAX};
}

uint16_t virtq_in_flight(const struct virtq *queue)
{
    return (uint16_t)(queue->added - queue->taken);
}

bool virtq_add(struct virtq *queue, uint64_t address, uint32_t length, bool device_writes)
{
    uint16_t which = queue->added % queue->size;
    struct virtq_memory *memory = queue->memory;
    if (queue->broken || virtq_in_flight(queue) == queue->size) {
        return false;
    }
    memory->desc[which] = (struct virtq_desc){address, length, device_writes ? DESC_WRITE : 0, 0};
    queue->length[which] = length;
    memory->avail.ring[which] = which;
    queue->added++;
    device_barrier(); /* the entry before the index */
    __atomic_store_n(&memory->avail.index, queue->added, __ATOMIC_RELAXED);
    return true;
}

bool virtq_wants_notice(struct virtq *queue)
{
    if (queue->told == queue->added) {
        return false;
    }
    queue->told = queue->added;
    device_barrier(); /* the index before the flag (2.7.13.4.1) */
    return !(__atomic_load_n(&queue->memory->used.flags, __ATOMIC_RELAXED) & USED_NO_NOTIFY);
}

/* Notes what the device says it used. */
static void look(struct virtq *queue)
{
    const struct virtq_used *used = &queue->memory->used;
    uint16_t index = __atomic_load_n(&used->index, __ATOMIC_RELAXED);
    device_barrier();
    while (!queue->broken && queue->seen != index) {
        uint32_t id = used->ring[queue->seen % queue->size].id;
        uint32_t length = used->ring[queue->seen % queue->size].length;
        /* The buffers that the device has begin with number `taken`. */
        uint16_t age = (uint16_t)((id - queue->taken) & (queue->size - 1u));
        if (id >= queue->size || age >= virtq_in_flight(queue) || queue->done[id]) {
            queue->broken = true;
            return;
        }
        queue->done[id] = true;
        if (queue->memory->desc[id].flags & DESC_WRITE) {
            queue->length[id] = length < queue->length[id] ? length : queue->length[id];
        }
        queue->seen++;
    }
}

bool virtq_take(struct virtq *queue, uint16_t *which, uint32_t *length)
{
    look(queue);
    uint16_t oldest = queue->taken % queue->size;
    if (queue->broken || !queue->done[oldest]) {
        return false;
    }
    queue->done[oldest] = false;
    queue->taken++;
    *which = oldest;
    *length = queue->length[oldest];
    return true;
}
