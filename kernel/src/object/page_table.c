/* SPDX-License-Identifier: BSD-2-Clause */
/* Page tables: one object type for all levels below the root. */
#include "object/vspace.h"

#include "arch/memory.h"
#include "arch/tlb.h"
#include <sel4/invocation.h>

/* The place for one more table on the way to `vaddr`: an empty entry above the last level. Null if nothing is missing. */
static pte_t *find_place(const struct space *space, word_t vaddr, unsigned *level)
{
    *level = PGTABLE_LAST_LEVEL;
    pte_t *entry = pgtable_walk(space->root, space->stage, vaddr, level);

    return *level < PGTABLE_LAST_LEVEL && pte_is_empty(*entry) ? entry : 0;
}

static void attach(struct slot *table, const struct space *space, word_t vaddr, unsigned level, pte_t *entry)
{
    word_t covered = (1ull << pgtable_shift(level)) - 1;

    table->cap = cap_with_mapping(table->cap, space->asid, vaddr & ~covered);
    pte_write(entry, pte_table(cap_paddr(table->cap)));
    tlb_publish();
}

static int map(struct invocation *inv)
{
    word_t vaddr = inv_word(inv, 0);
    struct space space;
    unsigned level;

    if (inv->length < 2 || inv->extra_count < 1) {
        return seL4_TruncatedMessage;
    }
    if (cap_mapped_asid(inv->cap) != 0) {
        return inv_invalid_capability(inv, 0);
    }
    if (!vspace_to_map(inv_extra(inv, 0), &space)) {
        return vspace_argument_error(inv);
    }
    if (vaddr >= pgtable_limit(space.stage)) {
        return inv_invalid_argument(inv, 2);
    }
    pte_t *entry = find_place(&space, vaddr, &level);
    if (!entry) {
        return seL4_DeleteFirst;
    }
    attach(inv->slot, &space, vaddr, level, entry);
    return seL4_NoError;
}

void page_table_unmap(struct cap c)
{
    struct space space;

    if (!vspace_find(cap_mapped_asid(c), &space)) {
        return;
    }
    pte_t *entry = pgtable_find_table(space.root, space.stage, vspace_mapped_at(c), cap_paddr(c));
    if (entry) {
        pte_write(entry, 0);
        vspace_invalidate_all(&space);
    }
}

static int unmap(struct invocation *inv)
{
    /* Other capabilities would go on saying where the table was. */
    if (!slot_is_final(inv->slot)) {
        return seL4_RevokeFirst;
    }
    if (cap_mapped_asid(inv->cap) != 0) {
        page_table_unmap(inv->cap);
        /* Frames mapped by it cannot find it any more: it must not bring them back when it is mapped again. */
        zero_memory(cap_object(inv->cap), 1ul << seL4_PageTableBits);
        inv->slot->cap = cap_with_mapping(inv->cap, 0, 0);
    }
    return seL4_NoError;
}

int page_table_invoke(struct invocation *inv)
{
    switch (inv->label) {
    case vesicle_PageTableMap:
        return map(inv);
    case vesicle_PageTableUnmap:
        return unmap(inv);
    default:
        return seL4_IllegalOperation;
    }
}

bool vspace_boot_map_table(struct slot *table, struct slot *vspace, word_t vaddr)
{
    struct space space;
    unsigned level;

    if (!vspace_of_cap(vspace->cap, &space)) {
        return false;
    }
    pte_t *entry = find_place(&space, vaddr, &level);
    if (!entry) {
        return false;
    }
    attach(table, &space, vaddr, level, entry);
    return true;
}
