/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Split virtqueues (virtio 1.2, 2.7) of single buffers: no chains, no indirect descriptors, no event indices. Buffers come
 * back in the order in which they were added, whatever order the device uses them in.
 */
#ifndef SERVERS_CONSOLE_VIRTQ_H
#define SERVERS_CONSOLE_VIRTQ_H

#include <stdbool.h>
#include <stdint.h>

enum { VIRTQ_MAX = 32 };

/** What driver and device share. For a queue of fewer entries the ends of the arrays are not used. */
struct virtq_memory {
    struct virtq_desc {
        uint64_t address; /**< physical */
        uint32_t length;
        uint16_t flags, next;
    } desc[VIRTQ_MAX];
    struct virtq_avail {
        uint16_t flags, index;
        uint16_t ring[VIRTQ_MAX];
    } avail;
    _Alignas(4) struct virtq_used {
        uint16_t flags, index;
        struct {
            uint32_t id, length;
        } ring[VIRTQ_MAX];
    } used;
};

struct virtq {
    struct virtq_memory *memory;
    uint16_t size;        /**< entries, a power of two */
    uint16_t added;       /**< buffers ever, modulo 2^16: the next one's descriptor is added % size */
    uint16_t taken;       /**< buffers that came back ever */
    uint16_t seen;        /**< used entries looked at ever */
    uint16_t told;        /**< buffers that the device was told of ever */
    bool broken;          /**< the device used what it did not have */
    bool done[VIRTQ_MAX]; /**< by descriptor: used, not taken yet */
    uint32_t length[VIRTQ_MAX];
};

/** An empty queue in zeroed memory. */
void virtq_init(struct virtq *queue, struct virtq_memory *memory, uint16_t size);
/** Buffers that the driver waits for. */
uint16_t virtq_in_flight(const struct virtq *queue);
/** Makes a buffer available, for the device to write or to read. False if the queue is full. */
bool virtq_add(struct virtq *queue, uint64_t address, uint32_t length, bool device_writes);
/** Whether something was added that the device wants to be told of. Taken for told from then on. */
bool virtq_wants_notice(struct virtq *queue);
/**
 * Takes the oldest buffer if the device has used it. `*which` of the last `size` ones it was (added % size), and its length:
 * what was written into it, or what it had. False if it has not, or the queue is broken.
 */
bool virtq_take(struct virtq *queue, uint16_t *which, uint32_t *length);

#endif
