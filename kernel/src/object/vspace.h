/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Address spaces: the root table of a native (stage-1) or a guest's (stage-2) space, the page tables below it, and the ASIDs
 * by which capabilities find their space again. Stage 1: 48 bits, four levels. Stage 2: 40 bits, three
 * levels, two concatenated root tables.
 */
#ifndef OBJECT_VSPACE_H
#define OBJECT_VSPACE_H

#include "syscall.h"

/** A root table. Its entries are the object; everything else about it is in its capability and in the ASID table. */
struct vspace {
    uint64_t entry[512]; /* stage 2: 1024 */
};

enum { ASID_POOL_ENTRIES = 1 << seL4_ASIDPoolIndexBits, ASID_POOLS = 1 << seL4_NumASIDPoolsBits };

struct asid_pool {
    uint64_t entry[ASID_POOL_ENTRIES]; /* address of the root table, bit 0: stage 2; 0 = free */
};
/** Pools by the high bits of the ASID. ASID 0 is never given. */
extern struct asid_pool *asid_table[ASID_POOLS];

/** The space an ASID belongs to; null if none (any more). */
struct vspace *asid_find(word_t asid, bool *stage2);
/** Takes a free ASID of `pool` (whose first is `base`) for `vspace`; 0 if there is none. */
word_t asid_assign(struct asid_pool *pool, word_t base, struct vspace *vspace, bool stage2);

/** Map an existing frame or table at boot; false if a table is missing. Attributes as in the methods. */
bool vspace_boot_map_frame(struct slot *frame, struct slot *vspace, word_t vaddr, word_t rights, word_t attributes);
bool vspace_boot_map_table(struct slot *table, struct slot *vspace, word_t vaddr);

/* The last capability of the object goes. */
void vspace_finalise(struct cap c);
void asid_pool_finalise(struct cap c);
/* A capability goes: what it mapped goes too. */
void frame_unmap(struct cap c);
void page_table_unmap(struct cap c);

/* Methods. */
int page_table_invoke(struct invocation *inv);
int page_invoke(struct invocation *inv);
int vspace_invoke(struct invocation *inv);
int asid_control_invoke(struct invocation *inv);
int asid_pool_invoke(struct invocation *inv);

#endif
