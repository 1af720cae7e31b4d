/* SPDX-License-Identifier: BSD-2-Clause */
#define _DEFAULT_SOURCE /* sbrk */
#include <gpi/heap.h>

#include <errno.h>
#include <unistd.h>

static struct {
    char *start, *next, *end;
    size_t chunk;
    gpi_heap_grow_fn grow;
} heap;

void gpi_heap_set(void *start, size_t size)
{
    gpi_heap_set_growing(start, size, 0, NULL);
}

void gpi_heap_set_growing(void *start, size_t size, size_t chunk, gpi_heap_grow_fn grow)
{
    heap.start = start;
    heap.next = start;
    heap.end = heap.start + size;
    heap.chunk = chunk;
    heap.grow = grow;
}

void *sbrk(ptrdiff_t increment)
{
    char *old = heap.next;
    if (increment > heap.end - old && heap.grow) {
        size_t missing = (size_t)(increment - (heap.end - old));
        heap.end += heap.grow(heap.end, missing > heap.chunk ? missing : heap.chunk);
    }
    if (increment > heap.end - old || increment < heap.start - old) {
        errno = ENOMEM;
        return (void *)-1;
    }
    heap.next += increment;
    return old;
}
