/* SPDX-License-Identifier: BSD-2-Clause */
/* Methods of page tables. */
#ifndef SEL4_INTERFACES_PAGE_TABLE_H
#define SEL4_INTERFACES_PAGE_TABLE_H

#include <sel4/invoke.h>

/** Puts the table in the highest empty level of the translation of `vaddr`. */
static inline seL4_Error seL4_ARM_PageTable_Map(seL4_ARM_PageTable service, seL4_CPtr vspace, seL4_Word vaddr,
                                                seL4_ARM_VMAttributes attr)
{
    seL4_SetCap(0, vspace);
    return vesicle_invoke2(service, vesicle_PageTableMap, 1, vaddr, (seL4_Word)attr);
}

static inline seL4_Error seL4_ARM_PageTable_Unmap(seL4_ARM_PageTable service)
{
    return vesicle_invoke0(service, vesicle_PageTableUnmap, 0);
}

#endif
