/* SPDX-License-Identifier: BSD-2-Clause */
#define _DEFAULT_SOURCE /* sbrk */
#include <gpi/heap.h>

#include <errno.h>
#include <unistd.h>

static char *heap_next;
static char *heap_start;
static char *heap_end;

void gpi_heap_set(void *start, size_t size)
{
    heap_start = start;
    heap_next = start;
    heap_end = heap_start + size;
}

void *sbrk(ptrdiff_t increment)
{
    char *old = heap_next;
    if (increment > heap_end - heap_next || increment < heap_start - heap_next) {
        errno = ENOMEM;
        return (void *)-1;
    }
    heap_next += increment;
    return old;
}
