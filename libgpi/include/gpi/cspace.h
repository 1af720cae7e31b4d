/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Capability slots: which are free, and the operations on them by slot number.
 *
 * A one-level space is one CNode. A two-level space is a CNode of CNodes that are made as slots are needed. In both,
 * a slot's number is the address (CPtr) a thread uses whose CSpace root is `root_cnode`.
 */
#ifndef GPI_CSPACE_H
#define GPI_CSPACE_H

#include <gpi/ut.h>
#include <sel4/types.h>
#include <stdbool.h>
#include <stddef.h>

/** log2 of the slots of a CNode made here: one page. */
#define CSPACE_RADIX  (seL4_PageBits - seL4_SlotBits)
#define CSPACE_LEAVES (1u << CSPACE_RADIX)
/** Slots that a space can manage. */
#define CSPACE_SLOTS (1u << (2 * CSPACE_RADIX))

/** Where a two-level space gets pages of untyped memory from, and gives them back to. */
typedef struct cspace_alloc {
    ut_t *(*alloc_4k_ut)(void *cookie);
    void (*free_4k_ut)(void *cookie, ut_t *ut);
    void *cookie;
} cspace_alloc_t;

typedef struct cspace {
    seL4_CPtr root_cnode;     /**< its CNode, a slot of `bootstrap` */
    struct cspace *bootstrap; /**< where its CNodes' capabilities are; itself in the first space */
    bool two_level;
    seL4_Word depth; /**< bits of a slot's number */
    seL4_Word next;  /**< where the search for a free slot begins */
    seL4_Word size;  /**< slots managed */
    ut_t *root_ut;   /**< memory of the root CNode */
    cspace_alloc_t alloc;
    struct {
        seL4_CPtr cnode; /**< slot of `bootstrap`, 0: not made yet */
        ut_t *ut;
    } leaf[CSPACE_LEAVES];
    seL4_Word used[CSPACE_SLOTS / seL4_WordBits];
} cspace_t;

/** The root task's own space, as found in the boot information. */
void cspace_init_root(cspace_t *c, const seL4_BootInfo *bi);

/** Makes a space of one CNode, whose memory and capability come from `bootstrap`. 0, or a seL4_Error. */
int cspace_create_one_level(cspace_t *bootstrap, cspace_t *target);
/** Makes a space that grows; `cspace_alloc` gives the pages. 0, or a seL4_Error. */
int cspace_create_two_level(cspace_t *bootstrap, cspace_t *target, cspace_alloc_t cspace_alloc);
/** Deletes the CNodes of a space, and so every capability in it. */
void cspace_destroy(cspace_t *c);

/** A free slot; seL4_CapNull if there is none. Slot 0 is never given. */
seL4_CPtr cspace_alloc_slot(cspace_t *c);
/** `count` free slots side by side, in one CNode; the first, or seL4_CapNull. */
seL4_CPtr cspace_alloc_slots(cspace_t *c, size_t count);
/** Whether the slot was given out. */
bool cspace_is_taken(const cspace_t *c, seL4_CPtr slot);
/** Gives an empty slot back. */
void cspace_free_slot(cspace_t *c, seL4_CPtr slot);

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
