/* SPDX-License-Identifier: BSD-2-Clause */
#include <gpi/cspace.h>

#include <sel4/sel4.h>
#include <string.h>

static bool is_used(const cspace_t *c, seL4_Word slot)
{
    return c->used[slot / seL4_WordBits] >> (slot % seL4_WordBits) & 1;
}

static void set_used(cspace_t *c, seL4_Word slot, bool used)
{
    seL4_Word bit = 1ul << (slot % seL4_WordBits);
    if (used) {
        c->used[slot / seL4_WordBits] |= bit;
    } else {
        c->used[slot / seL4_WordBits] &= ~bit;
    }
}

void cspace_init_root(cspace_t *c, const seL4_BootInfo *bi)
{
    memset(c, 0, sizeof(*c));
    c->root_cnode = seL4_CapInitThreadCNode;
    c->bootstrap = c;
    c->depth = seL4_WordBits;
    c->size = bi->empty.end < CSPACE_SLOTS ? bi->empty.end : CSPACE_SLOTS;
    for (seL4_Word slot = 0; slot < bi->empty.start && slot < c->size; slot++) {
        set_used(c, slot, true);
    }
    c->next = bi->empty.start;
}

/* A page of memory becomes a CNode, guarded so that `depth` bits lead to a slot's number. */
static seL4_Error make_cnode(cspace_t *bootstrap, ut_t *ut, seL4_Word guard_bits, seL4_CPtr *cnode)
{
    seL4_CPtr raw = cspace_alloc_slot(bootstrap);
    seL4_CPtr slot = cspace_alloc_slot(bootstrap);
    seL4_Error error = seL4_NotEnoughMemory;
    if (raw != seL4_CapNull && slot != seL4_CapNull) {
        error = cspace_untyped_retype(bootstrap, ut->cap, raw, seL4_CapTableObject, CSPACE_RADIX);
        if (error == seL4_NoError) {
            error = cspace_mutate(bootstrap, slot, bootstrap, raw, seL4_CNode_CapData_new(0, guard_bits).words[0]);
        }
        if (error != seL4_NoError) {
            cspace_delete(bootstrap, raw);
        }
    }
    if (raw != seL4_CapNull) {
        cspace_free_slot(bootstrap, raw);
    }
    if (error == seL4_NoError) {
        *cnode = slot;
    } else if (slot != seL4_CapNull) {
        cspace_free_slot(bootstrap, slot);
    }
    return error;
}

static seL4_Error create(cspace_t *bootstrap, cspace_t *target, ut_t *ut, bool two_level)
{
    memset(target, 0, sizeof(*target));
    target->bootstrap = bootstrap;
    target->two_level = two_level;
    target->depth = seL4_WordBits;
    target->size = two_level ? CSPACE_SLOTS : CSPACE_LEAVES;
    target->root_ut = ut;
    target->next = 1;
    set_used(target, 0, true);
    seL4_Word bits = two_level ? 2 * CSPACE_RADIX : CSPACE_RADIX;
    return make_cnode(bootstrap, ut, seL4_WordBits - bits, &target->root_cnode);
}

int cspace_create_one_level(cspace_t *bootstrap, cspace_t *target)
{
    ut_t *ut = ut_alloc(seL4_PageBits, bootstrap);
    if (!ut) {
        return seL4_NotEnoughMemory;
    }
    seL4_Error error = create(bootstrap, target, ut, false);
    if (error != seL4_NoError) {
        ut_free(ut, seL4_PageBits);
    }
    return (int)error;
}

int cspace_create_two_level(cspace_t *bootstrap, cspace_t *target, cspace_alloc_t cspace_alloc)
{
    ut_t *ut = cspace_alloc.alloc_4k_ut(cspace_alloc.cookie);
    if (!ut) {
        return seL4_NotEnoughMemory;
    }
    seL4_Error error = create(bootstrap, target, ut, true);
    target->alloc = cspace_alloc;
    if (error != seL4_NoError) {
        cspace_alloc.free_4k_ut(cspace_alloc.cookie, ut);
    }
    return (int)error;
}

void cspace_destroy(cspace_t *c)
{
    for (size_t i = 0; c->two_level && i < CSPACE_LEAVES; i++) {
        if (c->leaf[i].cnode) {
            cspace_delete(c->bootstrap, c->leaf[i].cnode);
            cspace_free_slot(c->bootstrap, c->leaf[i].cnode);
            /* The copy in the root CNode is the last one; it keeps the memory until it goes. */
            seL4_CNode_Delete(c->root_cnode, i, seL4_WordBits - CSPACE_RADIX);
            c->alloc.free_4k_ut(c->alloc.cookie, c->leaf[i].ut);
        }
    }
    cspace_delete(c->bootstrap, c->root_cnode);
    cspace_free_slot(c->bootstrap, c->root_cnode);
    if (c->two_level) {
        c->alloc.free_4k_ut(c->alloc.cookie, c->root_ut);
    } else if (c->root_ut) {
        ut_free(c->root_ut, seL4_PageBits);
    }
    memset(c, 0, sizeof(*c));
}

/* Makes sure that the CNode of this slot exists. */
static bool have_leaf(cspace_t *c, seL4_Word slot)
{
    seL4_Word i = slot >> CSPACE_RADIX;
    if (!c->two_level || c->leaf[i].cnode) {
        return true;
    }
    ut_t *ut = c->alloc.alloc_4k_ut(c->alloc.cookie);
    if (!ut) {
        return false;
    }
    seL4_CPtr cnode;
    if (make_cnode(c->bootstrap, ut, 0, &cnode) == seL4_NoError) {
        if (seL4_CNode_Copy(c->root_cnode, i, seL4_WordBits - CSPACE_RADIX, c->bootstrap->root_cnode, cnode,
                            c->bootstrap->depth, seL4_AllRights) == seL4_NoError) {
            c->leaf[i].cnode = cnode;
            c->leaf[i].ut = ut;
            return true;
        }
        cspace_delete(c->bootstrap, cnode);
        cspace_free_slot(c->bootstrap, cnode);
    }
    c->alloc.free_4k_ut(c->alloc.cookie, ut);
    return false;
}

/* First of `count` free slots in [from, to), within one CNode; `to` if there are none. */
static seL4_Word find_free(const cspace_t *c, seL4_Word from, seL4_Word to, size_t count)
{
    seL4_Word run = 0;
    for (seL4_Word slot = from; slot < to; slot++) {
        if (c->two_level && (slot & (CSPACE_LEAVES - 1)) == 0) {
            run = 0;
        }
        run = is_used(c, slot) ? 0 : run + 1;
        if (run == count) {
            return slot + 1 - count;
        }
    }
    return to;
}

seL4_CPtr cspace_alloc_slots(cspace_t *c, size_t count)
{
    seL4_Word first = find_free(c, c->next, c->size, count);
    if (count == 0 || first == c->size || !have_leaf(c, first)) {
        return seL4_CapNull;
    }
    for (seL4_Word slot = first; slot < first + count; slot++) {
        set_used(c, slot, true);
    }
    if (first == c->next) {
        c->next = first + count;
    }
    return first;
}

seL4_CPtr cspace_alloc_slot(cspace_t *c)
{
    return cspace_alloc_slots(c, 1);
}

bool cspace_is_taken(const cspace_t *c, seL4_CPtr slot)
{
    return slot != seL4_CapNull && slot < c->size && is_used(c, slot);
}

void cspace_free_slot(cspace_t *c, seL4_CPtr slot)
{
    if (slot == seL4_CapNull || slot >= c->size) {
        return;
    }
    set_used(c, slot, false);
    if (slot < c->next) {
        c->next = slot;
    }
}

seL4_Error cspace_copy(cspace_t *dest, seL4_CPtr dest_cptr, cspace_t *src, seL4_CPtr src_cptr, seL4_CapRights_t rights)
{
    return seL4_CNode_Copy(dest->root_cnode, dest_cptr, dest->depth, src->root_cnode, src_cptr, src->depth, rights);
}

seL4_Error cspace_delete(cspace_t *cspace, seL4_CPtr cptr)
{
    return seL4_CNode_Delete(cspace->root_cnode, cptr, cspace->depth);
}

seL4_Error cspace_mint(cspace_t *dest, seL4_CPtr dest_cptr, cspace_t *src, seL4_CPtr src_cptr, seL4_CapRights_t rights,
                       seL4_Word badge)
{
    return seL4_CNode_Mint(dest->root_cnode, dest_cptr, dest->depth, src->root_cnode, src_cptr, src->depth, rights,
                           badge);
}

seL4_Error cspace_move(cspace_t *dest, seL4_CPtr dest_cptr, cspace_t *src, seL4_CPtr src_cptr)
{
    return seL4_CNode_Move(dest->root_cnode, dest_cptr, dest->depth, src->root_cnode, src_cptr, src->depth);
}

seL4_Error cspace_mutate(cspace_t *dest, seL4_CPtr dest_cptr, cspace_t *src, seL4_CPtr src_cptr, seL4_Word badge)
{
    return seL4_CNode_Mutate(dest->root_cnode, dest_cptr, dest->depth, src->root_cnode, src_cptr, src->depth, badge);
}

seL4_Error cspace_revoke(cspace_t *cspace, seL4_CPtr cptr)
{
    return seL4_CNode_Revoke(cspace->root_cnode, cptr, cspace->depth);
}

seL4_Error cspace_save_reply_cap(cspace_t *cspace, seL4_CPtr cptr)
{
    (void)cspace;
    (void)cptr;
    return seL4_IllegalOperation;
}

seL4_Error cspace_irq_control_get(cspace_t *dest, seL4_CPtr cptr, seL4_IRQControl irq_cap, int irq, int edge)
{
    return seL4_IRQControl_GetTrigger(irq_cap, (seL4_Word)irq, edge ? 1 : 0, dest->root_cnode, cptr, dest->depth);
}

seL4_Error cspace_untyped_retype(cspace_t *cspace, seL4_CPtr ut, seL4_CPtr target, seL4_Word type, size_t size_bits)
{
    return cspace_untyped_retype_many(cspace, ut, target, type, size_bits, 1);
}

seL4_Error cspace_untyped_retype_many(cspace_t *cspace, seL4_CPtr ut, seL4_CPtr target, seL4_Word type,
                                      size_t size_bits, size_t count)
{
    if (!cspace->two_level) {
        return seL4_Untyped_Retype(ut, type, size_bits, cspace->root_cnode, 0, 0, target, count);
    }
    return seL4_Untyped_Retype(ut, type, size_bits, cspace->root_cnode, target >> CSPACE_RADIX,
                               cspace->depth - CSPACE_RADIX, target & (CSPACE_LEAVES - 1), count);
}
