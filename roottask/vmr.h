/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtual memory regions. A region shows pages of a memory object, or nothing yet. One that was shared from another
 * space follows it: it gets memory, grows and goes as the original does.
 */
#ifndef ROOTTASK_VMR_H
#define ROOTTASK_VMR_H

#include "ads.h"
#include "call.h"
#include "mo.h"

struct pd;

/** Capabilities of frames, side by side, that are mapped here. */
struct vmr_run {
    seL4_CPtr first;
    size_t pages;
    size_t page; /**< the first one, in the memory object */
};

struct vmr {
    struct object object;
    struct ads *ads;
    seL4_Word vaddr;
    size_t pages;
    uint8_t page_bits, type, rights;
    bool lent;     /**< the runs are the memory object's own capabilities */
    struct mo *mo; /**< null: no memory yet */
    size_t offset; /**< first page in `mo` */
    size_t later;  /**< so many pages were to be made when they are touched */
    struct vmr_run *runs;
    size_t run_count;
    struct vmr *next;   /**< in the space, by address */
    struct vmr *source; /**< what it was shared from, and follows */
    struct vmr *followers, *next_follower;
    struct pd *owner; /**< ends with this PD: a thread's stack in the space of its process */
    struct vmr *next_owned;
};

void vmr_init(void);

/** A region without memory. `vaddr` 0: anywhere. Null, and why in `*error`. The space holds it. */
struct vmr *vmr_new(struct ads *ads, seL4_Word vaddr, size_t pages, seL4_Word attributes, gpi_error_t *error);
/** Gives it memory, and those that follow it, too. */
gpi_error_t vmr_attach(struct vmr *vmr, struct mo *mo, size_t offset);
/** Both at once. */
struct vmr *vmr_map(struct ads *ads, seL4_Word vaddr, size_t pages, seL4_Word attributes, struct mo *mo, size_t offset,
                    gpi_error_t *error);
/** The region that an address is in; null if there is none. */
struct vmr *vmr_at(const struct ads *ads, seL4_Word vaddr);

/** Somebody found no page at an address. True if that is there now, and he can go on. */
bool vmr_touched(struct ads *ads, seL4_Word vaddr);
/** Makes all pages of a region. */
gpi_error_t vmr_make_all(struct vmr *vmr);
/** The same for all of a space, now and ever. */
gpi_error_t vmr_make_all_at_once(struct ads *ads);

/** Methods; see gpi/proto/ads.h. */
gpi_error_t vmr_call_reserve(struct call *call);
gpi_error_t vmr_call_map(struct call *call);
gpi_error_t vmr_call_map_new(struct call *call);
gpi_error_t vmr_call_map_shown(struct call *call);
gpi_error_t vmr_call_unmap(struct call *call);
gpi_error_t vmr_call_find(struct call *call);
gpi_error_t vmr_call_find_at(struct call *call);
gpi_error_t vmr_call_share(struct call *call);
gpi_error_t vmr_call_grow(struct call *call);
gpi_error_t vmr_call_attach(struct call *call);
gpi_error_t vmr_call_delete(struct call *call);

#endif
