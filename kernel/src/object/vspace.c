/* SPDX-License-Identifier: BSD-2-Clause */
#include "object/vspace.h"

#include "arch/tlb.h"
#include <sel4/invocation.h>

int vspace_argument_error(struct invocation *inv)
{
    struct cap c = inv_extra(inv, 0);
    struct lookup_failure failure = {.type = seL4_InvalidRoot};

    if (cap_type(c) != CAP_VSPACE || cap_vspace_asid(c) == 0 || cap_info(c) & VSPACE_RUN_ONLY) {
        return inv_invalid_capability(inv, 1);
    }
    return inv_failed_lookup(inv, false, &failure);
}

int vspace_missing_table(struct invocation *inv, unsigned level)
{
    struct lookup_failure failure = {.type = seL4_MissingCapability, .bits_left = (uint8_t)pgtable_shift(level)};

    return inv_failed_lookup(inv, false, &failure);
}

void vspace_invalidate(const struct space *space, word_t vaddr)
{
    if (space->stage == PGTABLE_STAGE2) {
        tlb_invalidate_ipa(space->asid, vaddr);
    } else {
        tlb_invalidate_page(space->asid, vaddr);
    }
}

void vspace_invalidate_range(const struct space *space, word_t vaddr, unsigned bits, word_t count)
{
    if (space->stage == PGTABLE_STAGE2) {
        tlb_invalidate_vmid(space->asid);
    } else {
        tlb_invalidate_pages(space->asid, vaddr, bits, count);
    }
}

void vspace_invalidate_all(const struct space *space)
{
    if (space->stage == PGTABLE_STAGE2) {
        tlb_invalidate_vmid(space->asid);
    } else {
        tlb_invalidate_asid(space->asid);
    }
}

void vspace_finalise(struct cap c)
{
    struct space space;

    if (vspace_of_cap(c, &space)) {
        asid_release(space.asid);
    }
}

/* What is mapped between start and end, frame by frame; holes and device memory have no cache lines. */
static int cache(struct invocation *inv, enum frame_cache_op op)
{
    word_t start = inv_word(inv, 0), end = inv_word(inv, 1);
    struct space space;

    if (inv->length < 2) {
        return seL4_TruncatedMessage;
    }
    if (!vspace_of_cap(inv->cap, &space)) {
        return inv_invalid_capability(inv, 0);
    }
    if (end <= start || end > pgtable_limit(space.stage)) {
        return inv_invalid_argument(inv, 2);
    }
    while (start < end) {
        unsigned level = PGTABLE_LAST_LEVEL;
        pte_t entry = *pgtable_walk(space.root, space.stage, start, &level);
        word_t offset_mask = (1ull << pgtable_shift(level)) - 1, next = (start | offset_mask) + 1;

        if (pte_is_valid(entry) && !(entry & PTE_SW_DEVICE)) {
            word_t step = (start | (FRAME_CACHE_STEP - 1)) + 1;
            next = step < next ? step : next;
            next = next < end ? next : end;
            frame_cache(op, (paddr_t){pte_paddr(entry).raw + (start & offset_mask)}, next - start);
        }
        start = next;
        if (start < end && frame_cache_preempted(inv, start)) {
            return INVOKE_PREEMPTED;
        }
    }
    return seL4_NoError;
}

int vspace_invoke(struct invocation *inv)
{
    switch (inv->label) {
    case vesicle_VSpaceCleanData:
        return cache(inv, FRAME_CLEAN);
    case vesicle_VSpaceInvalidateData:
        return cache(inv, FRAME_INVALIDATE);
    case vesicle_VSpaceCleanInvalidateData:
        return cache(inv, FRAME_CLEAN_INVALIDATE);
    case vesicle_VSpaceUnifyInstruction:
        return cache(inv, FRAME_UNIFY);
    default:
        return seL4_IllegalOperation;
    }
}
