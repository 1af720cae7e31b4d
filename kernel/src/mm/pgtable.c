/* SPDX-License-Identifier: BSD-2-Clause */
#include "mm/pgtable.h"

#include "arch/memory.h"
#include <sel4/constants.h>

pte_t *pgtable_walk(pte_t *root, enum pgtable_stage stage, word_t vaddr, unsigned *level)
{
    unsigned at = pgtable_root_level(stage), last = *level;
    /* The two tables at the root of a stage-2 space are concatenated: one more bit indexes them. */
    unsigned root_bits = stage == PGTABLE_STAGE2 ? PGTABLE_INDEX_BITS + 1 : PGTABLE_INDEX_BITS;
    /* What is left of the address, at the top of the word. */
    word_t rest = vaddr << (seL4_WordBits - (stage == PGTABLE_STAGE2 ? PGTABLE_STAGE2_BITS : PGTABLE_STAGE1_BITS));
    pte_t *entry = &root[rest >> (seL4_WordBits - root_bits)];

    rest <<= root_bits;
    /* Above the last level, that is what the type says. */
    while (at < last && (*entry & PTE_TYPE_MASK) == PTE_TABLE) {
        pte_t *table = phys_to_virt(pte_paddr(*entry));
        entry = &table[rest >> (seL4_WordBits - PGTABLE_INDEX_BITS)];
        rest <<= PGTABLE_INDEX_BITS;
        at++;
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
