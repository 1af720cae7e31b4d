/* SPDX-License-Identifier: BSD-2-Clause */
/* ASIDs: the names by which capabilities find their space. The same numbers serve as VMIDs of stage-2 spaces. */
#include "object/vspace.h"

#include "arch/memory.h"
#include "arch/preempt.h"
#include "cpu.h"
#include "object/cnode.h"
#include <sel4/invocation.h>

_Static_assert(sizeof(struct asid_pool) == 1u << seL4_ASIDPoolBits, "ASID pool size");
_Static_assert(ASID_BITS == 16, "capabilities and TTBR0_EL2 hold 16 bits of ASID");

struct asid_pool *asid_table[ASID_POOLS];
unsigned vmid_bits;

word_t asid_assign(struct asid_pool *pool, word_t base, struct vspace *vspace, bool stage2)
{
    word_t limit = stage2 ? 1ull << vmid_bits : 1ull << ASID_BITS;

    /* Asid 0 says "not mapped" in capabilities. */
    for (word_t i = base == 0 ? 1 : 0; i < ASID_POOL_ENTRIES && base + i < limit; i++) {
        if (pool->entry[i] == 0) {
            pool->entry[i] = (uint64_t)vspace | (stage2 ? ASID_STAGE2 : 0);
            return base + i;
        }
    }
    return 0;
}

void asid_release(word_t asid)
{
    uint64_t *entry = asid_entry(asid);
    struct space space;

    if (!vspace_find(asid, &space)) {
        return;
    }
    /* First nobody can find it, then nobody is in it, then nothing is left of it in any TLB. */
    *entry = 0;
    for (unsigned i = 0; i < cpu_count; i++) {
        cpus[i].asid_epoch += MAX_CPUS;
    }
    vspace_evict((struct vspace *)space.root);
    vspace_invalidate_all(&space);
}

bool asid_pool_finalise(struct cap c)
{
    word_t base = c.w1 & ASID_MASK;
    struct asid_pool **pool = &asid_table[base >> seL4_ASIDPoolIndexBits];

    if (*pool != cap_object(c)) {
        return true;
    }
    for (word_t i = 0; i < ASID_POOL_ENTRIES; i++) {
        if ((*pool)->entry[i] != 0) {
            asid_release(base + i);
            if (preempt_point()) {
                return false;
            }
        }
    }
    *pool = 0;
    return true;
}

static int assign(struct invocation *inv)
{
    struct asid_pool *pool = cap_object(inv->cap);
    struct cap c = inv_extra(inv, 0);
    word_t base = inv->cap.w1 & ASID_MASK;

    if (inv->extra_count < 1) {
        return seL4_TruncatedMessage;
    }
    if (cap_type(c) != CAP_VSPACE || cap_vspace_asid(c) != 0) {
        return inv_invalid_capability(inv, 1);
    }
    if (asid_table[base >> seL4_ASIDPoolIndexBits] != pool) {
        struct lookup_failure failure = {.type = seL4_InvalidRoot};
        return inv_failed_lookup(inv, false, &failure);
    }
    word_t asid = asid_assign(pool, base, cap_object(c), cap_vspace_is_stage2(c));
    if (asid == 0) {
        return seL4_DeleteFirst;
    }
    inv->extra[0]->cap.w1 = asid;
    return seL4_NoError;
}

int asid_pool_invoke(struct invocation *inv)
{
    return inv->label == vesicle_ASIDPoolAssign ? assign(inv) : (int)seL4_IllegalOperation;
}

static int make_pool(struct invocation *inv)
{
    struct cap untyped = inv_extra(inv, 0);
    word_t index = 0;
    struct slot *dest;

    if (inv->length < 2 || inv->extra_count < 2) {
        return seL4_TruncatedMessage;
    }
    while (index < ASID_POOLS && asid_table[index]) {
        index++;
    }
    if (index == ASID_POOLS) {
        return seL4_DeleteFirst;
    }
    if (cap_type(untyped) != CAP_UNTYPED || cap_untyped_bits(untyped) != seL4_ASIDPoolBits ||
        cap_untyped_device(untyped)) {
        return inv_invalid_capability(inv, 1);
    }
    if (slot_has_children(inv->extra[0])) {
        return seL4_RevokeFirst;
    }
    int error = cnode_lookup_empty(inv, inv_extra(inv, 1), inv_word(inv, 0), inv_word(inv, 1), &dest);
    if (error) {
        return error;
    }

    paddr_t base = cap_paddr(untyped);
    struct asid_pool *pool = phys_to_virt(base);
    zero_memory(pool, sizeof *pool);
    inv->extra[0]->cap = cap_untyped_make(base, seL4_ASIDPoolBits, false, sizeof *pool);
    slot_insert_child(cap_make(CAP_ASID_POOL, base, 0, index << seL4_ASIDPoolIndexBits), inv->extra[0], dest);
    asid_table[index] = pool;
    return seL4_NoError;
}

int asid_control_invoke(struct invocation *inv)
{
    return inv->label == vesicle_ASIDControlMakePool ? make_pool(inv) : (int)seL4_IllegalOperation;
}
