/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory for many pages: frames of one size whose capabilities stand side by side, and the pieces of untyped memory they
 * are made of, as few as possible.
 */
#ifndef GPI_FRAMES_H
#define GPI_FRAMES_H

#include <gpi/cspace.h>
#include <gpi/ut.h>
#include <sel4/types.h>
#include <stddef.h>

enum gpi_frames_where {
    GPI_FRAMES_ANYWHERE,
    GPI_FRAMES_CONTIGUOUS, /**< physical addresses in one run, aligned to a page */
    GPI_FRAMES_AT,         /**< at `paddr`, memory or device */
};

struct gpi_frames {
    cspace_t *cspace;
    seL4_CPtr first; /**< slot of the first frame */
    size_t count;
    size_t size_bits; /**< of a frame: 12, 21 or 30 */
    ut_t *pieces;     /**< in the order of the frames, by `next` */
};

/** Makes `count` frames of 2^size_bits bytes. `paddr` counts for GPI_FRAMES_AT only. On an error nothing is left. */
seL4_Error gpi_frames_create(struct gpi_frames *frames, cspace_t *cspace, size_t count, size_t size_bits,
                             enum gpi_frames_where where, seL4_Word paddr);
/** The same without the frames: memory and slots are there for them, and gpi_frames_make() makes some, each once, in any order. */
seL4_Error gpi_frames_reserve(struct gpi_frames *frames, cspace_t *cspace, size_t count, size_t size_bits,
                              enum gpi_frames_where where, seL4_Word paddr);
seL4_Error gpi_frames_make(const struct gpi_frames *frames, size_t from, size_t count);
/** Deletes the frames with all copies, so that they are mapped nowhere, and gives memory and slots back. */
void gpi_frames_destroy(struct gpi_frames *frames);

#endif
