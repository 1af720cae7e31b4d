/* SPDX-License-Identifier: BSD-2-Clause */
#include "mm/pgtable.h"

#include "arch/memory.h"

static pte_t stage1_attributes(struct pgtable_access access)
{
    /* The kernel runs in the same regime: what EL0 may have written it must never execute. */
    return PTE_S1_ATTR(access.cacheable ? PGTABLE_MAIR_NORMAL : PGTABLE_MAIR_DEVICE) | PTE_SH_INNER | PTE_S1_EL0 |
           PTE_S1_NG | PTE_S1_PXN | (access.write ? 0 : PTE_S1_READ_ONLY) | (access.execute ? 0 : PTE_S1_UXN);
}

static pte_t stage2_attributes(struct pgtable_access access)
{
    return (access.cacheable ? PTE_S2_MEMATTR_NORMAL : PTE_S2_MEMATTR_DEVICE) | PTE_SH_INNER | PTE_S2_READ |
           (access.write ? PTE_S2_WRITE : 0) | (access.execute ? 0 : PTE_S2_XN);
}

pte_t pgtable_frame_entry(enum pgtable_stage stage, unsigned level, struct pgtable_access access)
{
    pte_t software = access.device ? PTE_SW_DEVICE : 0;

    if (!access.read) {
        return software | PTE_SW_TAKEN;
    }
    return software | PTE_AF | (level == PGTABLE_LAST_LEVEL ? PTE_PAGE : PTE_BLOCK) |
           (stage == PGTABLE_STAGE2 ? stage2_attributes(access) : stage1_attributes(access));
}

pte_t *pgtable_walk(pte_t *root, enum pgtable_stage stage, word_t vaddr, unsigned *level)
{
    unsigned at = pgtable_root_level(stage), shift = pgtable_shift(at), last = *level;
    /* The two tables at the root of a stage-2 space are concatenated: one more bit indexes them. */
    word_t entries = stage == PGTABLE_STAGE2 ? PGTABLE_STAGE2_ROOT_ENTRIES : PGTABLE_ENTRIES;
    pte_t *entry = &root[vaddr >> shift & (entries - 1)];

    for (pte_t value = *entry; at < last && pte_is_table(value, at); value = *entry) {
        pte_t *table = phys_to_virt(pte_paddr(value));
        shift -= PGTABLE_INDEX_BITS;
        at++;
        entry = &table[vaddr >> shift & (PGTABLE_ENTRIES - 1)];
    }
    *level = at;
    return entry;
}

pte_t *pgtable_find_table(pte_t *root, enum pgtable_stage stage, word_t vaddr, paddr_t table)
{
    for (unsigned level = pgtable_root_level(stage); level < PGTABLE_LAST_LEVEL; level++) {
        unsigned reached = level;
        pte_t *entry = pgtable_walk(root, stage, vaddr, &reached);
        if (reached != level || !pte_is_table(*entry, level)) {
            return 0;
        }
        if (pte_paddr(*entry).raw == table.raw) {
            return entry;
        }
    }
    return 0;
}

bool pgtable_needs_break(enum pgtable_stage stage, pte_t old, pte_t new)
{
    pte_t type = PTE_SH_MASK | (stage == PGTABLE_STAGE2 ? PTE_S2_MEMATTR_MASK : PTE_S1_ATTR_MASK);

    return pte_is_valid(old) && pte_is_valid(new) && ((old ^ new) & type) != 0;
}
