/* SPDX-License-Identifier: BSD-2-Clause */
/* Methods of CNodes. "index" is resolved to "depth" bits from the invoked CNode. */
#ifndef SEL4_INTERFACES_CNODE_H
#define SEL4_INTERFACES_CNODE_H

#include <sel4/invoke.h>

/** Deletes everything derived from the capability, not the capability itself. */
static inline seL4_Error seL4_CNode_Revoke(seL4_CNode service, seL4_Word index, seL4_Word depth)
{
    return vesicle_invoke2(service, vesicle_CNodeRevoke, 0, index, depth);
}

static inline seL4_Error seL4_CNode_Delete(seL4_CNode service, seL4_Word index, seL4_Word depth)
{
    return vesicle_invoke2(service, vesicle_CNodeDelete, 0, index, depth);
}

/** Ends the sends that wait on the endpoint with the badge of this capability. */
static inline seL4_Error seL4_CNode_CancelBadgedSends(seL4_CNode service, seL4_Word index, seL4_Word depth)
{
    return vesicle_invoke2(service, vesicle_CNodeCancelBadgedSends, 0, index, depth);
}

static inline seL4_Error seL4_CNode_Copy(seL4_CNode service, seL4_Word dest_index, seL4_Word dest_depth,
                                         seL4_CNode src_root, seL4_Word src_index, seL4_Word src_depth,
                                         seL4_CapRights_t rights)
{
    seL4_SetCap(0, src_root);
    seL4_SetMR(4, rights.words[0]);
    return vesicle_invoke4(service, vesicle_CNodeCopy, 1, 5, dest_index, dest_depth, src_index, src_depth);
}

/** Copy with a badge (endpoint, notification) or with guard data (CNode). */
static inline seL4_Error seL4_CNode_Mint(seL4_CNode service, seL4_Word dest_index, seL4_Word dest_depth,
                                         seL4_CNode src_root, seL4_Word src_index, seL4_Word src_depth,
                                         seL4_CapRights_t rights, seL4_Word badge)
{
    seL4_SetCap(0, src_root);
    seL4_SetMR(4, rights.words[0]);
    seL4_SetMR(5, badge);
    return vesicle_invoke4(service, vesicle_CNodeMint, 1, 6, dest_index, dest_depth, src_index, src_depth);
}

static inline seL4_Error seL4_CNode_Move(seL4_CNode service, seL4_Word dest_index, seL4_Word dest_depth,
                                         seL4_CNode src_root, seL4_Word src_index, seL4_Word src_depth)
{
    seL4_SetCap(0, src_root);
    return vesicle_invoke4(service, vesicle_CNodeMove, 1, 4, dest_index, dest_depth, src_index, src_depth);
}

/** Move with a new badge or new guard data. */
static inline seL4_Error seL4_CNode_Mutate(seL4_CNode service, seL4_Word dest_index, seL4_Word dest_depth,
                                           seL4_CNode src_root, seL4_Word src_index, seL4_Word src_depth,
                                           seL4_Word badge)
{
    seL4_SetCap(0, src_root);
    seL4_SetMR(4, badge);
    return vesicle_invoke4(service, vesicle_CNodeMutate, 1, 5, dest_index, dest_depth, src_index, src_depth);
}

/** Moves pivot to dest and src to pivot; dest may be src. */
static inline seL4_Error seL4_CNode_Rotate(seL4_CNode service, seL4_Word dest_index, seL4_Word dest_depth,
                                           seL4_Word dest_badge, seL4_CNode pivot_root, seL4_Word pivot_index,
                                           seL4_Word pivot_depth, seL4_Word pivot_badge, seL4_CNode src_root,
                                           seL4_Word src_index, seL4_Word src_depth)
{
    seL4_SetCap(0, pivot_root);
    seL4_SetCap(1, src_root);
    seL4_SetMR(4, pivot_depth);
    seL4_SetMR(5, pivot_badge);
    seL4_SetMR(6, src_index);
    seL4_SetMR(7, src_depth);
    return vesicle_invoke4(service, vesicle_CNodeRotate, 2, 8, dest_index, dest_depth, dest_badge, pivot_index);
}

#endif
