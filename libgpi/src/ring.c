/* SPDX-License-Identifier: BSD-2-Clause */
#include <gpi/ring.h>

#include <string.h>

void gpi_ring_init(struct gpi_ring *ring, struct gpi_ring_shared *shared, void *data, uint32_t size)
{
    *ring = (struct gpi_ring){.shared = shared, .data = data, .size = size};
}

/* The other side's position is read once, and is only a number until it was compared. */
uint32_t gpi_ring_room(struct gpi_ring *ring)
{
    uint32_t used = ring->own - __atomic_load_n(&ring->shared->read, __ATOMIC_ACQUIRE);
    ring->broken = ring->broken || used > ring->size;
    return ring->broken ? 0 : ring->size - used;
}

uint32_t gpi_ring_available(struct gpi_ring *ring)
{
    uint32_t available = __atomic_load_n(&ring->shared->written, __ATOMIC_ACQUIRE) - ring->own;
    ring->broken = ring->broken || available > ring->size;
    return ring->broken ? 0 : available;
}

size_t gpi_ring_put(struct gpi_ring *ring, const void *bytes, size_t count)
{
    uint32_t room = gpi_ring_room(ring);
    uint32_t now = count < room ? (uint32_t)count : room, at = ring->own & (ring->size - 1);
    uint32_t first = now < ring->size - at ? now : ring->size - at;
    if (now == 1) {
        ring->data[at] = *(const unsigned char *)bytes; /* a UART's */
    } else {
        memcpy(ring->data + at, bytes, first);
        memcpy(ring->data, (const unsigned char *)bytes + first, now - first);
    }
    ring->own += now;
    __atomic_store_n(&ring->shared->written, ring->own, __ATOMIC_RELEASE);
    return now;
}

uint32_t gpi_ring_span(struct gpi_ring *ring, uint32_t skip, uint32_t *offset)
{
    uint32_t available = gpi_ring_available(ring), at = (ring->own + skip) & (ring->size - 1);
    uint32_t left = available > skip ? available - skip : 0;
    *offset = at;
    return left < ring->size - at ? left : ring->size - at;
}

void gpi_ring_take(struct gpi_ring *ring, uint32_t count)
{
    ring->own += count;
    __atomic_store_n(&ring->shared->read, ring->own, __ATOMIC_RELEASE);
}

size_t gpi_ring_get(struct gpi_ring *ring, void *bytes, size_t count)
{
    uint32_t done = 0, offset;
    for (unsigned part = 0; part < 2; part++) {
        uint32_t span = gpi_ring_span(ring, done, &offset);
        span = count - done < span ? (uint32_t)(count - done) : span;
        memcpy((unsigned char *)bytes + done, ring->data + offset, span);
        done += span;
    }
    gpi_ring_take(ring, done);
    return done;
}

/*
 * One side writes its position and then looks whether the other sleeps; the other says that it sleeps and then looks at the
 * position. With a full barrier between the two steps of each, at least one of them sees the other.
 */
static bool wake(uint32_t *waits)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return __atomic_load_n(waits, __ATOMIC_RELAXED) && __atomic_exchange_n(waits, 0, __ATOMIC_RELAXED);
}

static void wait(uint32_t *waits)
{
    __atomic_store_n(waits, 1, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

bool gpi_ring_reader_waits(struct gpi_ring *ring)
{
    return wake(&ring->shared->reader_waits);
}

bool gpi_ring_writer_waits(struct gpi_ring *ring)
{
    return wake(&ring->shared->writer_waits);
}

bool gpi_ring_wait_for_room(struct gpi_ring *ring)
{
    wait(&ring->shared->writer_waits);
    return gpi_ring_room(ring) == 0;
}

bool gpi_ring_wait_for_data(struct gpi_ring *ring)
{
    wait(&ring->shared->reader_waits);
    return gpi_ring_available(ring) == 0;
}
