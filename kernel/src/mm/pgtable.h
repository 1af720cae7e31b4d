/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Translation tables with a 4 KiB granule, in both formats: stage 1 of the EL2&0 regime (48 bits, levels 0..3) and stage 2 of
 * the EL1&0 regime (40 bits, levels 1..3, two concatenated tables at level 1). DDI 0487 D8.3.
 *
 * An entry is one of: empty (zero), a table, a frame, or a *taken* place: a frame that gives no access. It is invalid for
 * the hardware but keeps the frame's address, so that the place is found occupied and the frame can be unmapped.
 */
#ifndef MM_PGTABLE_H
#define MM_PGTABLE_H

#include "types.h"
#include <stdbool.h>

typedef uint64_t pte_t;

enum pgtable_stage { PGTABLE_STAGE1, PGTABLE_STAGE2 };

/* Fields of a descriptor, DDI 0487 D8.3.1 and D8.3.2. */
#define PTE_VALID             (1ull << 0)
#define PTE_TYPE_MASK         3ull
#define PTE_TABLE             3ull /* levels 0..2 */
#define PTE_BLOCK             1ull /* levels 1, 2 */
#define PTE_PAGE              3ull /* level 3 */
#define PTE_ADDRESS_MASK      0x0000fffffffff000ull
#define PTE_SH_INNER          (3ull << 8)
#define PTE_SH_MASK           (3ull << 8)
#define PTE_AF                (1ull << 10)
#define PTE_S1_ATTR(index)    ((pte_t)(index) << 2)
#define PTE_S1_ATTR_MASK      (7ull << 2)
#define PTE_S1_EL0            (1ull << 6) /* AP[1] */
#define PTE_S1_READ_ONLY      (1ull << 7) /* AP[2] */
#define PTE_S1_NG             (1ull << 11)
#define PTE_S1_PXN            (1ull << 53)
#define PTE_S1_UXN            (1ull << 54)
#define PTE_S2_MEMATTR_NORMAL (15ull << 2) /* inner and outer write-back */
#define PTE_S2_MEMATTR_DEVICE (0ull << 2)  /* nGnRnE */
#define PTE_S2_MEMATTR_MASK   (15ull << 2)
#define PTE_S2_READ           (1ull << 6) /* S2AP[0] */
#define PTE_S2_WRITE          (1ull << 7) /* S2AP[1] */
#define PTE_S2_XN             (1ull << 54)
/* Bits 58..55 are left to software. */
#define PTE_SW_DEVICE (1ull << 55) /* frame of a device untyped: the kernel has no address for its contents */
#define PTE_SW_TAKEN  (1ull << 56) /* a frame without access */

/* Indices into MAIR_EL2, which boot sets up: 0 device-nGnRnE, 1 normal write-back. */
enum { PGTABLE_MAIR_DEVICE = 0, PGTABLE_MAIR_NORMAL = 1 };

enum {
    PGTABLE_LAST_LEVEL = 3,
    PGTABLE_INDEX_BITS = 9,
    PGTABLE_ENTRIES = 1 << PGTABLE_INDEX_BITS,
    PGTABLE_PAGE_BITS = 12,
    PGTABLE_STAGE1_BITS = 48,
    PGTABLE_STAGE2_BITS = 40,
    PGTABLE_STAGE2_ROOT_ENTRIES = 2 * PGTABLE_ENTRIES,
};

/** Log2 of what one entry of `level` covers. */
static inline unsigned pgtable_shift(unsigned level)
{
    return PGTABLE_PAGE_BITS + PGTABLE_INDEX_BITS * (PGTABLE_LAST_LEVEL - level);
}
static inline unsigned pgtable_root_level(enum pgtable_stage stage)
{
    return stage == PGTABLE_STAGE2 ? 1 : 0;
}
/** The first address beyond those the format translates. */
static inline word_t pgtable_limit(enum pgtable_stage stage)
{
    return 1ull << (stage == PGTABLE_STAGE2 ? PGTABLE_STAGE2_BITS : PGTABLE_STAGE1_BITS);
}

static inline bool pte_is_empty(pte_t e)
{
    return e == 0;
}
static inline bool pte_is_valid(pte_t e)
{
    return e & PTE_VALID;
}
static inline bool pte_is_table(pte_t e, unsigned level)
{
    return level < PGTABLE_LAST_LEVEL && (e & PTE_TYPE_MASK) == PTE_TABLE;
}
/** A frame, with access or without. */
static inline bool pte_is_frame(pte_t e, unsigned level)
{
    return !pte_is_empty(e) && !pte_is_table(e, level);
}
static inline paddr_t pte_paddr(pte_t e)
{
    return (paddr_t){e & PTE_ADDRESS_MASK};
}
static inline pte_t pte_table(paddr_t table)
{
    return table.raw | PTE_TABLE;
}
/** Table walks of the hardware may see an entry at any time: it is written at once. */
static inline void pte_write(pte_t *entry, pte_t value)
{
    __atomic_store_n(entry, value, __ATOMIC_RELAXED);
}

/** What a mapping is to be. */
struct pgtable_access {
    bool read, write, execute;
    bool cacheable;
    bool device; /* the frame comes from a device untyped */
};

/**
 * The entry of a frame at `level` but for its address, which is or-ed in. There is no write access without read access: such
 * a frame, and one without any, makes a taken place.
 */
static inline pte_t pgtable_frame_entry(enum pgtable_stage stage, unsigned level, struct pgtable_access access)
{
    pte_t entry = access.device ? PTE_SW_DEVICE : 0;

    if (!access.read) {
        return entry | PTE_SW_TAKEN;
    }
    entry |= PTE_AF | PTE_SH_INNER | (level == PGTABLE_LAST_LEVEL ? PTE_PAGE : PTE_BLOCK);
    if (stage == PGTABLE_STAGE2) {
        return entry | (access.cacheable ? PTE_S2_MEMATTR_NORMAL : PTE_S2_MEMATTR_DEVICE) | PTE_S2_READ |
               (access.write ? PTE_S2_WRITE : 0) | (access.execute ? 0 : PTE_S2_XN);
    }
    /* The kernel runs in the same regime: what EL0 may have written it must never execute. */
    return entry | PTE_S1_ATTR(access.cacheable ? PGTABLE_MAIR_NORMAL : PGTABLE_MAIR_DEVICE) | PTE_S1_EL0 | PTE_S1_NG |
           PTE_S1_PXN | (access.write ? 0 : PTE_S1_READ_ONLY) | (access.execute ? 0 : PTE_S1_UXN);
}

/**
 * The entry for `vaddr` (below the limit) at `level`, or the first one on the way that is no table; `*level` becomes the
 * level reached.
 */
pte_t *pgtable_walk(pte_t *root, enum pgtable_stage stage, word_t vaddr, unsigned *level);

/**
 * The entry on the way to `vaddr` that points to the table at `table`; null if none does.
 */
pte_t *pgtable_find_table(pte_t *root, enum pgtable_stage stage, word_t vaddr, paddr_t table);

/**
 * Must the entry be made invalid, and that be seen by all, before it may change from `old` to `new` (the same frame's)? So
 * it is where the memory type or the shareability changes: break-before-make, DDI 0487 D8.14.1.
 */
bool pgtable_needs_break(enum pgtable_stage stage, pte_t old, pte_t new);

#endif
