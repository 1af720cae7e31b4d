/* SPDX-License-Identifier: BSD-2-Clause */
#include <gpi/backing.h>

#include <stdlib.h>
#include <string.h>

static void *from_malloc(void *cookie, size_t size)
{
    (void)cookie;
    return malloc(size);
}

static void to_malloc(void *cookie, void *memory, size_t size)
{
    (void)cookie;
    (void)size;
    free(memory);
}

static const struct gpi_backing heap = {from_malloc, to_malloc, NULL};
static struct gpi_backing backing = {from_malloc, to_malloc, NULL};
static unsigned held;

struct gpi_allocation_count gpi_allocation_count;

void gpi_backing_set(const struct gpi_backing *new_backing)
{
    backing = new_backing ? *new_backing : heap;
}

void *gpi_backing_allocate(size_t size)
{
    if (held || gpi_allocation_fails()) {
        return NULL;
    }
    gpi_backing_hold();
    void *memory = backing.allocate(backing.cookie, size);
    gpi_backing_release();
    return memory ? memset(memory, 0, size) : NULL;
}

void gpi_backing_free(void *memory, size_t size)
{
    if (memory) {
        gpi_backing_hold();
        backing.release(backing.cookie, memory, size);
        gpi_backing_release();
    }
}

void gpi_backing_hold(void)
{
    held++;
}

void gpi_backing_release(void)
{
    held--;
}

bool gpi_backing_held(void)
{
    return held != 0;
}

void gpi_fail_allocation(unsigned long n)
{
    gpi_allocation_count = (struct gpi_allocation_count){.failing = n};
}

unsigned long gpi_allocations(void)
{
    return gpi_allocation_count.tried;
}
