/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory objects: pages of one size. */
#ifndef ROOTTASK_MO_H
#define ROOTTASK_MO_H

#include "object.h"

#include <gpi/frames.h>

struct mo {
    struct object object;
    size_t pages;
    uint8_t page_bits;
    bool device;    /**< the kernel takes it for a device's */
    bool read_only; /**< a file of the boot archive, or the device tree */
    bool lent;      /**< a region uses the frames' own capabilities; others use copies */
    size_t part_count;
    struct gpi_frames *parts; /**< what it was made with, and each time it grew */
};

void mo_init(void);
/** Zeroed memory, or what is at `paddr` (flags: enum gpi_mo_flags). Null if there is none; why goes to `*error`. */
struct mo *mo_new(struct account *account, size_t pages, size_t page_bits, seL4_Word flags, seL4_Word paddr,
                  gpi_error_t *error);
/** Whoever makes memory longer that nobody has a capability for pays for all of it: it is what a process got as its heap. */
gpi_error_t mo_pay(struct mo *mo, struct account *account);
/** A file of the boot archive; the same object whenever it is asked for. `system`: also those that need the right. */
struct mo *mo_open_image(const char *name, size_t length, bool system, size_t *size, gpi_error_t *error);
/** The capability of a page, which is one of it. */
seL4_CPtr mo_frame(const struct mo *mo, size_t page);
/** More pages at the end. */
gpi_error_t mo_grow(struct mo *mo, size_t more);
/** Takes back what mo_grow added: those behind the first `pages`. */
void mo_shrink(struct mo *mo, size_t pages);

#endif
