/* SPDX-License-Identifier: BSD-2-Clause */
/* Methods of frames, of all three sizes. */
#ifndef SEL4_INTERFACES_PAGE_H
#define SEL4_INTERFACES_PAGE_H

#include <sel4/invoke.h>

/**
 * Maps the frame at `vaddr`; mapping it again at the same place changes rights and attributes.
 *
 * Extension: with vesicle_ARM_SmallEntries a frame of 2 MiB is mapped by all the entries of a page table of the last level, each for
 * 4 KiB of it, instead of one entry in the table above. They must be empty, even of this frame: it is unmapped before it is
 * mapped otherwise. Frames of 4 KiB are mapped so anyway; for those of 1 GiB, and for ranges of larger frames than 4 KiB, it
 * is an invalid argument.
 */
static inline seL4_Error seL4_ARM_Page_Map(seL4_ARM_Page service, seL4_CPtr vspace, seL4_Word vaddr,
                                           seL4_CapRights_t rights, seL4_ARM_VMAttributes attr)
{
    seL4_SetCap(0, vspace);
    return vesicle_invoke3(service, vesicle_PageMap, 1, vaddr, rights.words[0], (seL4_Word)attr);
}

static inline seL4_Error seL4_ARM_Page_Unmap(seL4_ARM_Page service)
{
    return vesicle_invoke0(service, vesicle_PageUnmap, 0);
}

/* Cache maintenance; the range is in bytes from the frame's start. */

static inline seL4_Error seL4_ARM_Page_Clean_Data(seL4_ARM_Page service, seL4_Word start_offset, seL4_Word end_offset)
{
    return vesicle_invoke2(service, vesicle_PageCleanData, 0, start_offset, end_offset);
}

static inline seL4_Error seL4_ARM_Page_Invalidate_Data(seL4_ARM_Page service, seL4_Word start_offset,
                                                       seL4_Word end_offset)
{
    return vesicle_invoke2(service, vesicle_PageInvalidateData, 0, start_offset, end_offset);
}

static inline seL4_Error seL4_ARM_Page_CleanInvalidate_Data(seL4_ARM_Page service, seL4_Word start_offset,
                                                            seL4_Word end_offset)
{
    return vesicle_invoke2(service, vesicle_PageCleanInvalidateData, 0, start_offset, end_offset);
}

static inline seL4_Error seL4_ARM_Page_Unify_Instruction(seL4_ARM_Page service, seL4_Word start_offset,
                                                         seL4_Word end_offset)
{
    return vesicle_invoke2(service, vesicle_PageUnifyInstruction, 0, start_offset, end_offset);
}

typedef struct seL4_ARM_Page_GetAddress {
    int error;
    seL4_Word paddr;
} seL4_ARM_Page_GetAddress_t;

/** The frame's physical address. */
static inline seL4_ARM_Page_GetAddress_t seL4_ARM_Page_GetAddress(seL4_ARM_Page service)
{
    seL4_Word mr[4] = {vesicle_any(), vesicle_any(), vesicle_any(), vesicle_any()};
    seL4_Error error = vesicle_invoke(service, vesicle_PageGetAddress, 0, 0, mr);
    seL4_ARM_Page_GetAddress_t result = {(int)error, mr[0]};
    return result;
}

typedef struct vesicle_Page_MapRange {
    int error;
    seL4_Word mapped;
} vesicle_Page_MapRange_t;

/**
 * Extension: maps `count` frames of one size, whose capabilities lie in `service` and the slots after it, at
 * adjacent addresses from `vaddr` on. All is checked first: on an error nothing is mapped, `mapped` is 0, and the
 * message words have the error's details. `mapped` is less than `count` where two capability addresses lead to one slot, or
 * another thread took something away meanwhile; a call for the rest says what is wrong.
 */
static inline vesicle_Page_MapRange_t vesicle_Page_MapRange(seL4_ARM_Page service, seL4_CPtr vspace, seL4_Word vaddr,
                                                            seL4_CapRights_t rights, seL4_ARM_VMAttributes attr,
                                                            seL4_Word count)
{
    seL4_Word mr[4] = {vaddr, rights.words[0], (seL4_Word)attr, count};
    seL4_SetCap(0, vspace);
    seL4_Error error = vesicle_invoke(service, vesicle_PageMapRange, 1, 4, mr);
    vesicle_Page_MapRange_t result = {(int)error, error == seL4_NoError ? mr[0] : 0};
    return result;
}

typedef struct vesicle_Page_UnmapRange {
    int error;
    seL4_Word unmapped;
} vesicle_Page_UnmapRange_t;

/**
 * Extension: unmaps the frames of `service` and the `count` - 1 slots after it, which are of one size. `unmapped` of
 * them were mapped; on an error nothing is changed and `unmapped` is 0. What another thread unmaps or takes away
 * meanwhile is not counted.
 */
static inline vesicle_Page_UnmapRange_t vesicle_Page_UnmapRange(seL4_ARM_Page service, seL4_Word count)
{
    seL4_Word mr[4] = {count, vesicle_any(), vesicle_any(), vesicle_any()};
    seL4_Error error = vesicle_invoke(service, vesicle_PageUnmapRange, 0, 1, mr);
    vesicle_Page_UnmapRange_t result = {(int)error, error == seL4_NoError ? mr[0] : 0};
    return result;
}

#endif
