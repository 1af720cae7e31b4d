/* SPDX-License-Identifier: BSD-2-Clause */
/* Mapping frames, with the page tables that it takes. */
#ifndef GPI_MAPPING_H
#define GPI_MAPPING_H

#include <gpi/cspace.h>
#include <sel4/types.h>

/**
 * Maps a frame at `vaddr`. Page tables that are missing are made of memory from ut_alloc and belong to the space from
 * then on: they stay mapped when the frame goes.
 */
seL4_Error map_frame(cspace_t *cspace, seL4_CPtr frame, seL4_CPtr vspace, seL4_Word vaddr, seL4_CapRights_t rights,
                     seL4_ARM_VMAttributes attr);

#endif
