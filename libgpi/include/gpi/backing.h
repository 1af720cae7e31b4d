/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory for the records of capability slots and untyped memory, from malloc or from elsewhere; and failures on
 * purpose, for tests. A heap that is itself made of untyped memory would be entered again while it grows: what it asks
 * of cspace and ut between gpi_backing_hold and gpi_backing_release is served from their reserves, without memory.
 */
#ifndef GPI_BACKING_H
#define GPI_BACKING_H

#include <stdbool.h>
#include <stddef.h>

/** Where records come from. `allocate` may use cspace and ut: it is not called again while it runs. */
struct gpi_backing {
    void *(*allocate)(void *cookie, size_t size); /**< aligned to 16; null if there is none */
    void (*release)(void *cookie, void *memory, size_t size);
    void *cookie;
};

/** Sets it; null: malloc and free, as at first. */
void gpi_backing_set(const struct gpi_backing *backing);
/** Memory with zeros; null if there is none, or while held. */
void *gpi_backing_allocate(size_t size);
/** Gives it back; null is nothing. */
void gpi_backing_free(void *memory, size_t size);

/** From here to the matching release no memory is asked for and no CNode grows. Nests. */
void gpi_backing_hold(void);
void gpi_backing_release(void);
bool gpi_backing_held(void);

/* What is counted for the calls below. */
extern struct gpi_allocation_count {
    unsigned long tried, failing;
} gpi_allocation_count;

/** The n-th allocation from now on fails, be it of slots, of untyped memory or of records; 0: none does. */
void gpi_fail_allocation(unsigned long n);
/** Allocations tried since then. */
unsigned long gpi_allocations(void);
/** For allocators: counts one, and says whether it is to fail. */
static inline bool gpi_allocation_fails(void)
{
    return ++gpi_allocation_count.tried == gpi_allocation_count.failing;
}

#endif
