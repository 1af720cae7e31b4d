/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A ring of bytes between two PDs: one writes, one reads, neither calls the other. The memory is shared and nothing that
 * the other side can write is believed: a side keeps its own position to itself, and a position of the other side that
 * cannot be makes the ring broken, for this side for ever.
 *
 * Who finds no room (or no data) says so in the ring before it sleeps; the other side sees that and wakes it:
 *
 *     writer                                              reader
 *     gpi_ring_put(...)                                   while (gpi_ring_get(...) == 0)
 *     if (gpi_ring_reader_waits(ring)) wake it                if (gpi_ring_wait_for_data(ring)) sleep
 */
#ifndef GPI_RING_H
#define GPI_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** In shared memory, zeroed at first. Positions count bytes, modulo 2^32. */
struct gpi_ring_shared {
    _Alignas(64) uint32_t written; /**< by the writer */
    uint32_t writer_waits;
    _Alignas(64) uint32_t read; /**< by the reader */
    uint32_t reader_waits;
};

/** One side's view of it. */
struct gpi_ring {
    struct gpi_ring_shared *shared;
    unsigned char *data;
    uint32_t size; /**< a power of two */
    uint32_t own;  /**< this side's position */
    bool broken;   /**< the other side did what it must not; nothing goes through any more */
};

void gpi_ring_init(struct gpi_ring *ring, struct gpi_ring_shared *shared, void *data, uint32_t size);

/** Writer: bytes that can be put now. */
uint32_t gpi_ring_room(struct gpi_ring *ring);
/** Writer: puts as many of `count` bytes as there is room for; how many. */
size_t gpi_ring_put(struct gpi_ring *ring, const void *bytes, size_t count);
/** Writer, after putting: whether the reader sleeps and has to be woken. */
bool gpi_ring_reader_waits(struct gpi_ring *ring);

/** Writer: the same for one byte, in a few steps: how many were put. `*wake`: the reader sleeps, and has to be woken. */
static inline size_t gpi_ring_put_byte(struct gpi_ring *ring, unsigned char byte, bool *wake)
{
    struct gpi_ring_shared *shared = ring->shared;
    uint32_t own = ring->own;
    if (ring->broken || own - __atomic_load_n(&shared->read, __ATOMIC_ACQUIRE) >= ring->size) {
        size_t done = gpi_ring_put(ring, &byte, 1);
        *wake = gpi_ring_reader_waits(ring);
        return done;
    }
    ring->data[own & (ring->size - 1)] = byte;
    ring->own = own + 1;
    __atomic_store_n(&shared->written, own + 1, __ATOMIC_RELEASE);
    __atomic_thread_fence(__ATOMIC_SEQ_CST); /* as gpi_ring_reader_waits() */
    *wake = __atomic_load_n(&shared->reader_waits, __ATOMIC_RELAXED) && gpi_ring_reader_waits(ring);
    return 1;
}

/** Writer, before it sleeps: false if there is room after all. */
bool gpi_ring_wait_for_room(struct gpi_ring *ring);

/** Reader: bytes that can be taken now. */
uint32_t gpi_ring_available(struct gpi_ring *ring);
/**
 * Reader: where bytes lie that have not been taken, without taking them: those behind the first `skip`, as many as lie side
 * by side. How many; where in `*offset`, from the beginning of the data.
 */
uint32_t gpi_ring_span(struct gpi_ring *ring, uint32_t skip, uint32_t *offset);
/** Reader: `count` bytes that were there are taken. */
void gpi_ring_take(struct gpi_ring *ring, uint32_t count);
/** Reader: takes up to `count` bytes; how many. */
size_t gpi_ring_get(struct gpi_ring *ring, void *bytes, size_t count);
/** Reader, after taking: whether the writer sleeps and has to be woken. */
bool gpi_ring_writer_waits(struct gpi_ring *ring);
/** Reader, before it sleeps: false if there is something after all. */
bool gpi_ring_wait_for_data(struct gpi_ring *ring);

#endif
