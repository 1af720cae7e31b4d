/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Capability slots: which are free, and the operations on them by slot number.
 *
 * A one-level space is one CNode, which the kernel's fast paths want. A two-level space is a CNode of CNodes that are
 * made as slots are needed. In both, a slot's number is the address (CPtr) a thread uses whose CSpace root is
 * `root_cnode`. A one-level space may grow: a larger CNode takes the place of its own, and all capabilities keep their
 * numbers. Records come from gpi/backing.h. Nothing here is locked: who has several threads takes care of that.
 */
#ifndef GPI_CSPACE_H
#define GPI_CSPACE_H

#include <gpi/slotmap.h>
#include <gpi/ut.h>
#include <sel4/types.h>
#include <stdbool.h>
#include <stddef.h>

/** log2 of the slots of a CNode of one page. */
#define CSPACE_RADIX  (seL4_PageBits - seL4_SlotBits)
#define CSPACE_LEAVES (1u << CSPACE_RADIX)

/** Where a two-level space gets pages of untyped memory from, and gives them back to. */
typedef struct cspace_alloc {
    ut_t *(*alloc_4k_ut)(void *cookie);
    void (*free_4k_ut)(void *cookie, ut_t *ut);
    void *cookie;
} cspace_alloc_t;

struct cspace;

/** How the threads that use a space follow it into a larger CNode. */
typedef struct cspace_growth {
    /** Stops the threads that use the space: its slots are found empty for a while. May be null, and fail. */
    seL4_Error (*begin)(void *cookie, struct cspace *c);
    /**
     * Makes the CNode `root` (a slot of the bootstrap space) the CSpace root of them all, or, with an error, of none. The
     * guard is that of the capability.
     */
    seL4_Error (*set_space)(void *cookie, struct cspace *c, seL4_CPtr root);
    /** Lets them run, after a failure too. May be null. */
    void (*end)(void *cookie, struct cspace *c);
    void *cookie;
    /** Of a space that manages its own CNode: the slots that `set_space` uses. The array stays the caller's. */
    const seL4_CPtr *kept;
    size_t kept_count;
} cspace_growth_t;

struct cspace_leaf {
    seL4_CPtr cnode; /**< slot of the bootstrap space, 0: not made yet */
    ut_t *ut;
};

typedef struct cspace {
    seL4_CPtr root_cnode;     /**< its CNode, a slot of `bootstrap`; another one after growth, but in its own space */
    struct cspace *bootstrap; /**< where its CNodes' capabilities are; itself in the first space */
    bool two_level;
    bool growing;
    seL4_Uint8 root_bits, leaf_bits; /**< radix of the CNodes */
    seL4_Word depth;                 /**< bits of a slot's number */
    seL4_Word reserve;               /**< slots at the end that only growth may use */
    struct slotmap map;              /**< slots managed now */
    struct cspace_leaf *leaf;
    void *records; /**< memory of map and leaves, of record_bytes */
    size_t record_bytes;
    ut_t *root_ut; /**< memory of the root CNode; null: the kernel's */
    cspace_alloc_t alloc;
    cspace_growth_t growth;
} cspace_t;

/** The root task's own space, as found in the boot information. One at a time. */
void cspace_init_root(cspace_t *c, const seL4_BootInfo *bi);

/** Makes a space of one CNode of a page, whose memory and capability come from `bootstrap`. 0, or a seL4_Error. */
int cspace_create_one_level(cspace_t *bootstrap, cspace_t *target);
/** The same with 2^radix slots. */
int cspace_create_one_level_bits(cspace_t *bootstrap, cspace_t *target, unsigned radix);
/** Makes a space that gets CNodes of a page as it fills; `cspace_alloc` gives the pages. 0, or a seL4_Error. */
int cspace_create_two_level(cspace_t *bootstrap, cspace_t *target, cspace_alloc_t cspace_alloc);
/** The same with up to 2^root_bits CNodes of 2^leaf_bits slots (6 or more), of memory from ut_alloc. */
int cspace_create_two_level_bits(cspace_t *bootstrap, cspace_t *target, unsigned root_bits, unsigned leaf_bits);
/** Deletes the CNodes of a space, and so every capability in it. */
void cspace_destroy(cspace_t *c);

/** From now on a one-level space doubles where slots are missing. If that fails, all is as before. */
void cspace_set_growth(cspace_t *c, const cspace_growth_t *growth);
/** The same for the root task's own space, used by its first thread only. */
void cspace_set_growth_root(cspace_t *c);

/** A free slot; seL4_CapNull if there is none. Slot 0 is never given. */
seL4_CPtr cspace_alloc_slot(cspace_t *c);
/** `count` free slots side by side, in one CNode; the first, or seL4_CapNull. */
seL4_CPtr cspace_alloc_slots(cspace_t *c, size_t count);
/** Whether the slot was given out. */
bool cspace_is_taken(const cspace_t *c, seL4_CPtr slot);
/** How many are. */
size_t cspace_slots_taken(const cspace_t *c);
/** Gives an empty slot back. */
void cspace_free_slot(cspace_t *c, seL4_CPtr slot);
/** Gives `count` empty slots back. */
void cspace_free_slots(cspace_t *c, seL4_CPtr first, size_t count);

seL4_Error cspace_copy(cspace_t *dest, seL4_CPtr dest_cptr, cspace_t *src, seL4_CPtr src_cptr, seL4_CapRights_t rights);
seL4_Error cspace_delete(cspace_t *cspace, seL4_CPtr cptr);
seL4_Error cspace_mint(cspace_t *dest, seL4_CPtr dest_cptr, cspace_t *src, seL4_CPtr src_cptr, seL4_CapRights_t rights,
                       seL4_Word badge);
seL4_Error cspace_move(cspace_t *dest, seL4_CPtr dest_cptr, cspace_t *src, seL4_CPtr src_cptr);
seL4_Error cspace_mutate(cspace_t *dest, seL4_CPtr dest_cptr, cspace_t *src, seL4_CPtr src_cptr, seL4_Word badge);
seL4_Error cspace_revoke(cspace_t *cspace, seL4_CPtr cptr);
/** Replies are objects here and need no saving: seL4_IllegalOperation. */
seL4_Error cspace_save_reply_cap(cspace_t *cspace, seL4_CPtr cptr);
/** A handler for interrupt `irq`; `edge`: 1 edge-triggered, 0 level. */
seL4_Error cspace_irq_control_get(cspace_t *dest, seL4_CPtr cptr, seL4_IRQControl irq_cap, int irq, int edge);
/** Makes one object of untyped memory. `size_bits` as in seL4_Untyped_Retype. */
seL4_Error cspace_untyped_retype(cspace_t *cspace, seL4_CPtr ut, seL4_CPtr target, seL4_Word type, size_t size_bits);
/** Makes `count` objects, whose capabilities go to `target` and the slots after it. */
seL4_Error cspace_untyped_retype_many(cspace_t *cspace, seL4_CPtr ut, seL4_CPtr target, seL4_Word type,
                                      size_t size_bits, size_t count);

#endif
