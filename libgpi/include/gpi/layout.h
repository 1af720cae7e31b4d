/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where things are in a native PD, unless its creator wants it otherwise:
 *
 *     image                    as linked
 *     (one page free)
 *     IPC buffer, OSM page     a page each, with a page between
 *     stack                    above a guard page
 *     ...
 *     GPI_LAYOUT_HEAP          heap, and room for it to grow
 *     64 GiB                   regions whose place does not matter
 *
 * All but the last share few page tables.
 */
#ifndef GPI_LAYOUT_H
#define GPI_LAYOUT_H

#include <sel4/types.h>

#define GPI_LAYOUT_HEAP 0x10000000ul

static inline seL4_Word gpi_layout_ipc_buffer(seL4_Word image_end)
{
    seL4_Word page = 1ul << seL4_PageBits;
    return ((image_end + page - 1) & ~(page - 1)) + page;
}

static inline seL4_Word gpi_layout_osm(seL4_Word image_end)
{
    return gpi_layout_ipc_buffer(image_end) + (2ul << seL4_PageBits);
}

/** The lowest page of the stack; the one below is the guard. */
static inline seL4_Word gpi_layout_stack(seL4_Word image_end)
{
    return gpi_layout_osm(image_end) + (2ul << seL4_PageBits);
}

#endif
