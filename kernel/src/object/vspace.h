/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Address spaces: the root table of a native (stage-1) or a guest's (stage-2) space, the page tables below it, and the ASIDs
 * by which capabilities find their space again. Stage 1: 48 bits, four levels. Stage 2: 40 bits, three
 * levels, two concatenated root tables.
 */
#ifndef OBJECT_VSPACE_H
#define OBJECT_VSPACE_H

#include "mm/pgtable.h"
#include "syscall.h"

/** A root table. Its entries are the object; everything else about it is in its capability and in the ASID table. */
struct vspace {
    uint64_t entry[512]; /* stage 2: 1024 */
};

enum { ASID_POOL_ENTRIES = 1 << seL4_ASIDPoolIndexBits, ASID_POOLS = 1 << seL4_NumASIDPoolsBits };

struct asid_pool {
    uint64_t entry[ASID_POOL_ENTRIES]; /* address of the root table, which is aligned to pages; ASID_STAGE2; 0 = free */
};
#define ASID_STAGE2     1ull

#define ASID_BITS       (seL4_NumASIDPoolsBits + seL4_ASIDPoolIndexBits)
#define ASID_MASK       ((1ull << ASID_BITS) - 1)
#define ASID_INDEX_MASK ((1ull << seL4_ASIDPoolIndexBits) - 1)

/** Pools by the high bits of the ASID. ASID 0 is never given. */
extern struct asid_pool *asid_table[ASID_POOLS];

/** A space in use: assigned, and found by its ASID (stage 2: VMID). */
struct space {
    pte_t *root;
    word_t asid;
    enum pgtable_stage stage;
};

/** Where a frame or table is mapped: user addresses have 48 bits and no sign. */
static inline word_t vspace_mapped_at(struct cap c)
{
    return cap_mapped_vaddr(c) & (pgtable_limit(PGTABLE_STAGE1) - 1);
}

/** Bits of a VMID in the hardware, 8 or 16; set at boot. Stage-2 spaces get no ASID beyond. */
extern unsigned vmid_bits;

/** What stands for the ASID in its pool; null if there is no such pool. */
static inline uint64_t *asid_entry(word_t asid)
{
    struct asid_pool *pool = asid_table[(asid & ASID_MASK) >> seL4_ASIDPoolIndexBits];

    return pool ? &pool->entry[asid & ASID_INDEX_MASK] : 0;
}
/** The space an ASID belongs to; null if none (any more). */
static inline struct vspace *asid_find(word_t asid, bool *stage2)
{
    const uint64_t *place = asid_entry(asid);
    uint64_t entry = place ? *place : 0;

    *stage2 = entry & ASID_STAGE2;
    return (struct vspace *)(entry & ~ASID_STAGE2);
}
/** Takes a free ASID of `pool` (whose first is `base`) for `vspace`; 0 if there is none. */
word_t asid_assign(struct asid_pool *pool, word_t base, struct vspace *vspace, bool stage2);
/** Takes the ASID away from its space: nobody runs in it afterwards, no TLB holds anything of it. */
void asid_release(word_t asid);

/** The space of an ASID; false if there is none (any more). */
static inline bool vspace_find(word_t asid, struct space *out)
{
    bool stage2;
    struct vspace *v = asid_find(asid, &stage2);

    if (!v) {
        return false;
    }
    *out = (struct space){v->entry, asid, stage2 ? PGTABLE_STAGE2 : PGTABLE_STAGE1};
    return true;
}
/** What a capability names; false if it is no VSpace, was never assigned, or has lost its ASID. */
static inline bool vspace_of_cap(struct cap c, struct space *out)
{
    /* A space whose pool was deleted stays without ASID for good: its number may have a new owner. */
    return cap_type(c) == CAP_VSPACE && vspace_find(cap_vspace_asid(c), out) && out->root == cap_object(c);
}
/** The same for a method that changes what is mapped, which the capability must allow. */
static inline bool vspace_to_map(struct cap c, struct space *out)
{
    return !(cap_info(c) & VSPACE_RUN_ONLY) && vspace_of_cap(c, out);
}
/** Error of a method whose extra capability 0, its argument 1, is no VSpace in use. */
int vspace_argument_error(struct invocation *inv);
/** Error of a walk that ended at `level` for want of a table. */
int vspace_missing_table(struct invocation *inv, unsigned level);
/** After changes of one entry, of `count` entries each covering 2^bits bytes, of a table: no TLB holds the old. */
void vspace_invalidate(const struct space *space, word_t vaddr);
void vspace_invalidate_range(const struct space *space, word_t vaddr, unsigned bits, word_t count);
void vspace_invalidate_all(const struct space *space);
/** `space` lost its ASID: cores that have it in TTBR0 or VTTBR leave it. */
void vspace_evict(struct vspace *space);

/** Cache methods of pages and spaces, in the order of their labels. */
enum frame_cache_op { FRAME_CLEAN, FRAME_INVALIDATE, FRAME_CLEAN_INVALIDATE, FRAME_UNIFY };
/** Bytes maintained between two looks for interrupts. */
#define FRAME_CACHE_STEP 0x4000ull
void frame_cache(enum frame_cache_op op, paddr_t start, word_t size);
/**
 * Stops a cache method half-way if an interrupt is pending: it is called again and goes on from `start`, which
 * the caller's message word 0 remembers. False if it is to go on now.
 */
bool frame_cache_preempted(struct invocation *inv, word_t start);

/** Map an existing frame or table at boot; false if a table is missing or the place is taken. Attributes as in the methods. */
bool vspace_boot_map_frame(struct slot *frame, struct slot *vspace, word_t vaddr, word_t rights, word_t attributes);
bool vspace_boot_map_table(struct slot *table, struct slot *vspace, word_t vaddr);

/**
 * The entries by which a frame's capability maps it, and its space; null if it does not. One, or for vesicle_ARM_SmallEntries a whole
 * table of `*count`.
 */
pte_t *frame_entries(struct cap frame, struct space *space, word_t *count);

/* The last capability of the object goes. False if preempted. */
void vspace_finalise(struct cap c);
bool asid_pool_finalise(struct cap c);
/* A frame's capability goes, or the last one of a page table: what it mapped goes too. */
void frame_unmap(struct cap c);
void page_table_unmap(struct cap c);

/* Methods. */
int page_table_invoke(struct invocation *inv);
int page_invoke(struct invocation *inv);
int vspace_invoke(struct invocation *inv);
int asid_control_invoke(struct invocation *inv);
int asid_pool_invoke(struct invocation *inv);

#endif
