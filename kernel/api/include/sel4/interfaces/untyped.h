/* SPDX-License-Identifier: BSD-2-Clause */
/* Methods of untyped memory. */
#ifndef SEL4_INTERFACES_UNTYPED_H
#define SEL4_INTERFACES_UNTYPED_H

#include <sel4/invoke.h>

/**
 * Makes `num_objects` objects of `type` from untyped memory. `size_bits` counts for objects of variable size
 * (untyped, CNode slots, scheduling contexts). The capabilities go to slots `node_offset`... of the CNode
 * found at `node_index`, `node_depth` from `root`; with depth 0 that is `root` itself.
 */
static inline seL4_Error seL4_Untyped_Retype(seL4_Untyped service, seL4_Word type, seL4_Word size_bits, seL4_CNode root,
                                             seL4_Word node_index, seL4_Word node_depth, seL4_Word node_offset,
                                             seL4_Word num_objects)
{
    seL4_SetCap(0, root);
    seL4_SetMR(4, node_offset);
    seL4_SetMR(5, num_objects);
    return vesicle_invoke4(service, vesicle_UntypedRetype, 1, 6, type, size_bits, node_index, node_depth);
}

#endif
