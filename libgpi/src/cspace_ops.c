/* SPDX-License-Identifier: BSD-2-Clause */
/* Operations on capabilities by slot number. */
#include <gpi/cspace.h>

#include <sel4/sel4.h>

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
    return seL4_Untyped_Retype(ut, type, size_bits, cspace->root_cnode, target >> cspace->leaf_bits,
                               cspace->depth - cspace->leaf_bits, target & ((1ul << cspace->leaf_bits) - 1), count);
}
