/* SPDX-License-Identifier: BSD-2-Clause */
#include <gpi/mapping.h>

#include <gpi/ut.h>
#include <sel4/sel4.h>

/* Levels below the root table. */
#define MAX_TABLES 3

static seL4_Error add_table(cspace_t *cspace, seL4_CPtr vspace, seL4_Word vaddr)
{
    ut_t *ut = ut_alloc(seL4_PageTableBits, cspace);
    if (!ut) {
        return seL4_NotEnoughMemory;
    }
    seL4_CPtr table = cspace_alloc_slot(cspace);
    if (table == seL4_CapNull) {
        ut_free(ut, seL4_PageTableBits);
        return seL4_NotEnoughMemory;
    }
    seL4_Error error = cspace_untyped_retype(cspace, ut->cap, table, seL4_ARM_PageTableObject, seL4_PageTableBits);
    if (error == seL4_NoError) {
        error = seL4_ARM_PageTable_Map(table, vspace, vaddr, seL4_ARM_Default_VMAttributes);
    }
    if (error != seL4_NoError) {
        ut_free_revoke(ut, seL4_PageTableBits);
        cspace_free_slot(cspace, table);
    }
    return error;
}

seL4_Error map_frame(cspace_t *cspace, seL4_CPtr frame, seL4_CPtr vspace, seL4_Word vaddr, seL4_CapRights_t rights,
                     seL4_ARM_VMAttributes attr)
{
    seL4_Error error = seL4_ARM_Page_Map(frame, vspace, vaddr, rights, attr);
    for (int tables = 0; error == seL4_FailedLookup && tables < MAX_TABLES; tables++) {
        seL4_Error table_error = add_table(cspace, vspace, vaddr);
        if (table_error != seL4_NoError) {
            return table_error;
        }
        error = seL4_ARM_Page_Map(frame, vspace, vaddr, rights, attr);
    }
    return error;
}
