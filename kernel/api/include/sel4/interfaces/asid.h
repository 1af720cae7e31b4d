/* SPDX-License-Identifier: BSD-2-Clause */
/* Methods of ASID control and ASID pools. */
#ifndef SEL4_INTERFACES_ASID_H
#define SEL4_INTERFACES_ASID_H

#include <sel4/invoke.h>

/** Turns a page of untyped memory into an ASID pool, whose capability goes to the slot given. */
static inline seL4_Error seL4_ARM_ASIDControl_MakePool(seL4_ARM_ASIDControl service, seL4_Untyped untyped,
                                                       seL4_CNode root, seL4_Word index, seL4_Word depth)
{
    seL4_SetCap(0, untyped);
    seL4_SetCap(1, root);
    return vesicle_invoke2(service, vesicle_ASIDControlMakePool, 2, index, depth);
}

/** Gives a VSpace, native or stage-2, an identifier of this pool; only then can it be used. */
static inline seL4_Error seL4_ARM_ASIDPool_Assign(seL4_ARM_ASIDPool service, seL4_CPtr vspace)
{
    seL4_SetCap(0, vspace);
    return vesicle_invoke0(service, vesicle_ASIDPoolAssign, 1);
}

#endif
