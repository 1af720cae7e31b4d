/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory objects: pages of one size. */
#ifndef ROOTTASK_MO_H
#define ROOTTASK_MO_H

#include "object.h"

#include <gpi/frames.h>

/** Flags of mo_new(), beside those of enum gpi_mo_flags: all pages but the first, or but the last, are made later, by mo_make(). */
enum { MO_LATER = 1 << 8, MO_LATER_FROM_END = 1 << 9 };
/** So many at a time, and at most so many. */
enum { MO_LATER_BLOCK = 16, MO_LATER_PAGES = 32 * MO_LATER_BLOCK };

/** Copies of frames' capabilities that no region uses now, side by side. */
struct mo_copies {
    seL4_CPtr first;
    size_t page, count; /**< of which frames */
    struct mo_copies *next;
};

struct mo {
    struct object object;
    size_t pages;
    uint8_t page_bits;
    bool device;    /**< the kernel takes it for a device's */
    bool read_only; /**< a file of the boot archive, or the device tree */
    uint32_t later; /**< blocks of pages that are not made yet: then one region shows it, and nobody has a capability */
    size_t made;    /**< the page that was made at once, if others were not */
    bool lent;      /**< a region uses the frames' own capabilities; others use copies */
    struct mo_copies *copies;
    size_t copies_kept; /**< pages in that list */
    size_t part_count;
    struct gpi_frames *parts; /**< what it was made with, and each time it grew */
};

void mo_init(void);
/** Zeroed memory, or what is at `paddr` (flags: enum gpi_mo_flags). Null if there is none; why goes to `*error`. */
struct mo *mo_new(struct account *account, size_t pages, size_t page_bits, seL4_Word flags, seL4_Word paddr,
                  gpi_error_t *error);
/** Makes the pages of the block that `page` is in, if that has not been done. Which those are: `*from`, `*count`. */
bool mo_make(struct mo *mo, size_t page, size_t *from, size_t *count);
/** Whoever makes memory longer that nobody has a capability for pays for all of it: it is what a process got as its heap. */
gpi_error_t mo_pay(struct mo *mo, struct account *account);
/** A file of the boot archive; the same object whenever it is asked for. `system`: also those that need the right. */
struct mo *mo_open_image(const char *name, size_t length, bool system, size_t *size, gpi_error_t *error);
/** The capability of a page, which is one of it. */
seL4_CPtr mo_frame(const struct mo *mo, size_t page);
/** Copies of the capabilities of `count` pages, side by side; 0 if there is no memory. All are of one part. */
seL4_CPtr mo_take_copies(struct mo *mo, size_t page, size_t count);
/** They are not needed any more. `again`: unmapped, for the next one who wants the same, if they are not there already. */
void mo_give_copies(struct mo *mo, seL4_CPtr first, size_t page, size_t count, bool again);
/** Slots of copies that are kept for that. */
size_t mo_copies_kept(void);
/** More pages at the end. */
gpi_error_t mo_grow(struct mo *mo, size_t more);
/** Takes back what mo_grow added: those behind the first `pages`. */
void mo_shrink(struct mo *mo, size_t pages);

#endif
