/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames: three sizes, rights, mapping and unmapping. */
#include "cases.h"
#include "lib/errors.h"
#include "lib/objects.h"
#include "lib/worker.h"
#include <sel4/sel4.h>

#define VSPACE seL4_CapInitThreadVSpace
#define NORMAL (seL4_ARM_Default_VMAttributes | seL4_ARM_ExecuteNever)

static volatile seL4_Word *at(seL4_Word vaddr)
{
    return (volatile seL4_Word *)vaddr;
}

/* One access: arg 0 = address, arg 1 = what to do. */
enum { READ, WRITE, RUN };

static void access(struct worker *w)
{
    if (w->arg[1] == READ) {
        w->result[0] = *at(w->arg[0]);
    } else if (w->arg[1] == WRITE) {
        *at(w->arg[0]) = 0x77;
    } else {
        ((void (*)(void))w->arg[0])();
    }
}

/* Does the access in a thread of its own; the fault's label, or 0. The fault's words are in the IPC buffer. */
static seL4_Word try(seL4_Word vaddr, seL4_Word kind)
{
    seL4_CPtr ep = new_endpoint(), reply = new_reply();
    struct worker *w = worker_new(access, MAIN_PRIORITY + 1);
    worker_set_fault_ep(w, MAIN_PRIORITY + 1, ep);
    w->arg[0] = vaddr;
    w->arg[1] = kind;
    worker_run(w);
    seL4_MessageInfo_t info = seL4_NBRecv(ep, 0, reply);
    seL4_Word label = w->done ? 0 : seL4_MessageInfo_get_label(info);
    workers_destroy();
    return label;
}

static void small(void)
{
    seL4_CPtr frame = new_frame(seL4_PageBits);
    CHECK_EQ(seL4_ARM_Page_Map(frame, VSPACE, WINDOW, seL4_ReadWrite, NORMAL), seL4_FailedLookup);
    REQUIRE_OK(map_with_tables(frame, VSPACE, WINDOW, seL4_ReadWrite, NORMAL));
    CHECK_EQ(*at(WINDOW), 0);
    *at(WINDOW + 4088) = 0x1234;
    CHECK_EQ(*at(WINDOW + 4088), 0x1234);
    REQUIRE_OK(seL4_ARM_Page_Unmap(frame));
    CHECK_EQ(try(WINDOW, READ), seL4_Fault_VMFault);
    REQUIRE_OK(seL4_ARM_Page_Map(frame, VSPACE, WINDOW, seL4_ReadWrite, NORMAL));
    CHECK_EQ(*at(WINDOW + 4088), 0x1234);
}

static void large(void)
{
    seL4_CPtr frame = new_frame(seL4_LargePageBits);
    REQUIRE_OK(map_with_tables(frame, VSPACE, WINDOW, seL4_ReadWrite, NORMAL));
    for (seL4_Word offset = 0; offset < 1ul << seL4_LargePageBits; offset += 0x1f000) {
        CHECK_EQ(*at(WINDOW + offset), 0);
        *at(WINDOW + offset) = offset + 1;
    }
    for (seL4_Word offset = 0; offset < 1ul << seL4_LargePageBits; offset += 0x1f000) {
        CHECK_EQ(*at(WINDOW + offset), offset + 1);
    }
    REQUIRE_OK(seL4_ARM_Page_Unmap(frame));
    CHECK_EQ(try(WINDOW + 0x100000, READ), seL4_Fault_VMFault);
}

static void huge(void)
{
    ut_t *ut = 0;
    const seL4_BootInfo *bi = seL4_GetBootInfo();
    for (seL4_Word i = 0; i < bi->untyped.end - bi->untyped.start && !ut; i++) {
        if (bi->untypedList[i].sizeBits >= seL4_HugePageBits) {
            ut = ut_alloc_at(bi->untypedList[i].paddr, seL4_HugePageBits);
        }
    }
    if (!ut) {
        test_skip("no untyped memory of a GiB");
    }
    seL4_CPtr frame = new_slot();
    seL4_Error error = cspace_untyped_retype(&root_cspace, ut->cap, frame, seL4_ARM_HugePageObject, 0);
    CHECK_OK(error);
    CHECK_EQ(seL4_ARM_Page_Map(frame, VSPACE, WINDOW + 0x200000, seL4_ReadWrite, NORMAL), seL4_AlignmentError);
    CHECK_OK(map_with_tables(frame, VSPACE, WINDOW, seL4_ReadWrite, seL4_ARM_ExecuteNever));
    CHECK_EQ(seL4_ARM_Page_GetAddress(frame).paddr, ut->paddr);
    CHECK_OK(seL4_ARM_Page_Unmap(frame));
    CHECK_OK(cspace_delete(&root_cspace, frame));
    ut_free(ut, seL4_HugePageBits);
}

static void shared(void)
{
    seL4_CPtr frame = new_page_at(WINDOW), second = new_copy(frame, seL4_AllRights);
    REQUIRE_OK(map_with_tables(second, VSPACE, WINDOW + 0x1000, seL4_ReadWrite, NORMAL));
    *at(WINDOW) = 99;
    CHECK_EQ(*at(WINDOW + 0x1000), 99);
    CHECK_EQ(seL4_ARM_Page_GetAddress(frame).paddr, seL4_ARM_Page_GetAddress(second).paddr);
    /* Deleting one mapping leaves the other. */
    REQUIRE_OK(cspace_delete(&root_cspace, second));
    CHECK_EQ(*at(WINDOW), 99);
    CHECK_EQ(try(WINDOW + 0x1000, READ), seL4_Fault_VMFault);
}

static void read_only(void)
{
    seL4_CPtr frame = new_frame(seL4_PageBits);
    REQUIRE_OK(map_with_tables(frame, VSPACE, WINDOW, seL4_CanRead, NORMAL));
    CHECK_EQ(try(WINDOW, READ), 0);
    CHECK_EQ(try(WINDOW, WRITE), seL4_Fault_VMFault);
    CHECK_EQ(*at(WINDOW), 0);
    /* Mapping it again where it is changes the rights. */
    REQUIRE_OK(seL4_ARM_Page_Map(frame, VSPACE, WINDOW, seL4_ReadWrite, NORMAL));
    CHECK_EQ(try(WINDOW, WRITE), 0);
    CHECK_EQ(*at(WINDOW), 0x77);
    REQUIRE_OK(seL4_ARM_Page_Map(frame, VSPACE, WINDOW, seL4_CanRead, NORMAL));
    CHECK_EQ(try(WINDOW, WRITE), seL4_Fault_VMFault);
}

/* A capability without the right to write maps read-only, whatever is asked. */
static void rights_of_the_capability(void)
{
    seL4_CPtr frame = new_copy(new_frame(seL4_PageBits), seL4_CanRead);
    REQUIRE_OK(map_with_tables(frame, VSPACE, WINDOW, seL4_ReadWrite, NORMAL));
    CHECK_EQ(try(WINDOW, READ), 0);
    CHECK_EQ(try(WINDOW, WRITE), seL4_Fault_VMFault);
}

static void execute_never(void)
{
    seL4_CPtr frame = new_page_at(WINDOW);
    *(volatile seL4_Uint32 *)WINDOW = 0xd65f03c0; /* ret */
    REQUIRE_OK(seL4_ARM_Page_Unify_Instruction(frame, 0, 4096));
    CHECK_EQ(try(WINDOW, RUN), seL4_Fault_VMFault);
    CHECK_EQ(seL4_GetMR(seL4_VMFault_PrefetchFault), 1);
    CHECK_EQ(seL4_GetMR(seL4_VMFault_IP), WINDOW);
    REQUIRE_OK(seL4_ARM_Page_Map(frame, VSPACE, WINDOW, seL4_ReadWrite, seL4_ARM_Default_VMAttributes));
    CHECK_EQ(try(WINDOW, RUN), 0);
}

static void errors(void)
{
    seL4_CPtr frame = new_page_at(WINDOW), other = new_frame(seL4_PageBits),
              large_frame = new_frame(seL4_LargePageBits), elsewhere = new_vspace();
    CHECK_EQ(seL4_ARM_Page_Map(other, VSPACE, WINDOW, seL4_ReadWrite, NORMAL), seL4_DeleteFirst);
    CHECK_EQ(seL4_ARM_Page_Map(large_frame, VSPACE, WINDOW, seL4_ReadWrite, NORMAL), seL4_DeleteFirst);
    CHECK_INVALID_ARGUMENT(seL4_ARM_Page_Map(frame, VSPACE, WINDOW + 0x1000, seL4_ReadWrite, NORMAL), 2);
    CHECK_INVALID_CAPABILITY(seL4_ARM_Page_Map(frame, elsewhere, WINDOW, seL4_ReadWrite, NORMAL), 1);
    CHECK_EQ(seL4_ARM_Page_Map(other, VSPACE, WINDOW + 8, seL4_ReadWrite, NORMAL), seL4_AlignmentError);
    CHECK_EQ(seL4_ARM_Page_Map(large_frame, VSPACE, WINDOW + 0x1000, seL4_ReadWrite, NORMAL), seL4_AlignmentError);
    CHECK_INVALID_ARGUMENT(seL4_ARM_Page_Map(other, VSPACE, 1ul << 48, seL4_ReadWrite, NORMAL), 2);
    CHECK_INVALID_ARGUMENT(seL4_ARM_Page_Map(other, VSPACE, ~0xffful, seL4_ReadWrite, NORMAL), 2);
    CHECK_INVALID_CAPABILITY(seL4_ARM_Page_Map(other, new_endpoint(), WINDOW, seL4_ReadWrite, NORMAL), 1);
    CHECK_INVALID_CAPABILITY(
        seL4_ARM_Page_Map(other, new_object(seL4_ARM_VSpaceObject, 0), WINDOW, seL4_ReadWrite, NORMAL), 1);
    CHECK_FAILED_LOOKUP(seL4_ARM_Page_Map(other, elsewhere, WINDOW, seL4_ReadWrite, NORMAL), 0, seL4_MissingCapability);
    CHECK_EQ(seL4_GetMR(2), 39);
    CHECK_FAILED_LOOKUP(seL4_ARM_Page_Map(large_frame, elsewhere, WINDOW, seL4_ReadWrite, NORMAL), 0,
                        seL4_MissingCapability);
    CHECK_OK(seL4_ARM_Page_Unmap(other)); /* not mapped: nothing to do */
    CHECK_OK(seL4_ARM_Page_Unmap(other));
}

/* The space loses its ASID: it cannot be mapped into any more, and what was mapped is mapped nowhere. */
static void space_without_pool(void)
{
    seL4_CPtr pool = new_slot(), vspace = new_object(seL4_ARM_VSpaceObject, 0), frame = new_frame(seL4_PageBits);
    REQUIRE_OK(seL4_ARM_ASIDControl_MakePool(seL4_CapASIDControl, new_untyped(12), ROOT_CNODE, pool, DEPTH));
    REQUIRE_OK(seL4_ARM_ASIDPool_Assign(pool, vspace));
    REQUIRE_OK(map_with_tables(frame, vspace, WINDOW, seL4_ReadWrite, NORMAL));
    REQUIRE_OK(cspace_delete(&root_cspace, pool));
    seL4_CPtr other = new_frame(seL4_PageBits);
    CHECK_FAILED_LOOKUP(seL4_ARM_Page_Map(other, vspace, WINDOW, seL4_ReadWrite, NORMAL), 0, seL4_InvalidRoot);
    CHECK_FAILED_LOOKUP(seL4_ARM_PageTable_Map(new_object(seL4_ARM_PageTableObject, 0), vspace, WINDOW, NORMAL), 0,
                        seL4_InvalidRoot);
    CHECK_INVALID_CAPABILITY(seL4_ARM_VSpace_Clean_Data(vspace, WINDOW, WINDOW + 64), 0);
    CHECK_OK(seL4_ARM_Page_Unmap(frame));
    CHECK_OK(map_with_tables(frame, VSPACE, WINDOW, seL4_ReadWrite, NORMAL));
}

/* A copy is not mapped, whatever the original is. */
static void copy_is_unmapped(void)
{
    seL4_CPtr frame = new_page_at(WINDOW), copy = new_copy(frame, seL4_AllRights);
    CHECK_OK(seL4_ARM_Page_Map(copy, VSPACE, WINDOW + 0x2000, seL4_ReadWrite, NORMAL));
}

/* A moved capability takes its mapping along. */
static void moved_stays_mapped(void)
{
    seL4_CPtr frame = new_page_at(WINDOW), slot = new_slot();
    REQUIRE_OK(cspace_move(&root_cspace, slot, &root_cspace, frame));
    *at(WINDOW) = 4;
    REQUIRE_OK(cspace_delete(&root_cspace, slot));
    CHECK_EQ(try(WINDOW, READ), seL4_Fault_VMFault);
}

static void address_is_physical(void)
{
    seL4_Word paddr;
    ut_t *ut = ut_alloc_4k_untyped(&paddr);
    seL4_CPtr frame = new_slot();
    CHECK_OK(cspace_untyped_retype(&root_cspace, ut->cap, frame, seL4_ARM_SmallPageObject, 0));
    seL4_ARM_Page_GetAddress_t result = seL4_ARM_Page_GetAddress(frame);
    CHECK_OK(result.error);
    CHECK_EQ(result.paddr, paddr);
    ut_free(ut, seL4_PageBits);
}

/* Every method on a page and on a space: what is in memory stays. */
static void cache_maintenance(void)
{
    typedef seL4_Error method(seL4_CPtr service, seL4_Word start, seL4_Word end);
    static method *const of_page[] = {seL4_ARM_Page_Clean_Data, seL4_ARM_Page_Invalidate_Data,
                                      seL4_ARM_Page_CleanInvalidate_Data, seL4_ARM_Page_Unify_Instruction};
    static method *const of_space[] = {seL4_ARM_VSpace_Clean_Data, seL4_ARM_VSpace_Invalidate_Data,
                                       seL4_ARM_VSpace_CleanInvalidate_Data, seL4_ARM_VSpace_Unify_Instruction};
    seL4_CPtr frame = new_page_at(WINDOW), device = new_device_page_at(0x9010000, WINDOW + 0x1000);
    seL4_CPtr large_frame = new_frame(seL4_LargePageBits), unassigned = new_object(seL4_ARM_VSpaceObject, 0);
    const seL4_Word large_bytes = 1ul << seL4_LargePageBits;
    for (unsigned i = 0; i < 4; i++) {
        *at(WINDOW) = i;
        *at(WINDOW + 4088) = i;
        CHECK_OK(of_page[i](frame, 0, 4096));
        CHECK_OK(of_page[i](frame, 64, 128));
        CHECK_OK(of_page[i](frame, 4095, 4096));
        CHECK_OK(of_page[i](large_frame, 0, large_bytes)); /* need not be mapped */
        CHECK_INVALID_ARGUMENT(of_page[i](frame, 4096, 4097), 1);
        CHECK_INVALID_ARGUMENT(of_page[i](frame, ~0ul, 4096), 1);
        CHECK_INVALID_ARGUMENT(of_page[i](frame, 0, 4097), 2);
        CHECK_INVALID_ARGUMENT(of_page[i](frame, 8, 8), 2);
        CHECK_INVALID_ARGUMENT(of_page[i](frame, 8, 7), 2);
        CHECK_EQ(of_page[i](device, 0, 64), seL4_IllegalOperation);
        CHECK_OK(of_space[i](VSPACE, WINDOW, WINDOW + 64));
        CHECK_OK(of_space[i](VSPACE, WINDOW - 4096, WINDOW + 0x3000)); /* holes and a device */
        CHECK_INVALID_ARGUMENT(of_space[i](VSPACE, WINDOW, WINDOW), 2);
        CHECK_INVALID_ARGUMENT(of_space[i](VSPACE, WINDOW, (1ul << 48) + 1), 2);
        CHECK_INVALID_CAPABILITY(of_space[i](unassigned, WINDOW, WINDOW + 64), 0);
        CHECK_EQ(*at(WINDOW), i);
        CHECK_EQ(*at(WINDOW + 4088), i);
    }
}

static void range_errors(void)
{
    enum { COUNT = 4 };
    seL4_CPtr untyped = new_untyped(15), frames = new_slots(COUNT + 2);
    new_page_at(WINDOW + 0x100000); /* for its tables */
    REQUIRE_OK(cspace_untyped_retype_many(&root_cspace, untyped, frames, seL4_ARM_SmallPageObject, 0, COUNT));
    REQUIRE_OK(cspace_copy(&root_cspace, frames + COUNT, &root_cspace, new_endpoint(), seL4_AllRights));
#define MAP(first, space, vaddr, count)                                                                                \
    ((seL4_Error)vesicle_Page_MapRange(first, space, vaddr, seL4_ReadWrite, NORMAL, count).error)
    CHECK_RANGE_ERROR(MAP(frames, VSPACE, WINDOW, 0), 1, VESICLE_PAGE_RANGE_MAX);
    CHECK_RANGE_ERROR(MAP(frames, VSPACE, WINDOW, VESICLE_PAGE_RANGE_MAX + 1), 1, VESICLE_PAGE_RANGE_MAX);
    CHECK_INVALID_CAPABILITY(MAP(frames, new_endpoint(), WINDOW, COUNT), 1);
    CHECK_EQ(MAP(frames, VSPACE, WINDOW + 8, COUNT), seL4_AlignmentError);
    CHECK_INVALID_ARGUMENT(MAP(frames, VSPACE, (1ul << 48) - 0x1000, 2), 2);
    CHECK_INVALID_CAPABILITY(MAP(frames, VSPACE, WINDOW, COUNT + 1), 0); /* no frame */
    CHECK_INVALID_CAPABILITY(MAP(frames, VSPACE, WINDOW, COUNT + 2), 0); /* nothing */
    CHECK_FAILED_LOOKUP(MAP(frames, new_vspace(), WINDOW, COUNT), 0, seL4_MissingCapability);
    CHECK_RANGE_ERROR((seL4_Error)vesicle_Page_UnmapRange(frames, 0).error, 1, VESICLE_PAGE_RANGE_MAX);
    CHECK_INVALID_CAPABILITY((seL4_Error)vesicle_Page_UnmapRange(frames, COUNT + 1).error, 0);
    CHECK_EQ(try(WINDOW, READ), seL4_Fault_VMFault);
    CHECK_EQ(vesicle_Page_UnmapRange(frames, COUNT).unmapped, 0);
    CHECK_OK(MAP(frames, VSPACE, WINDOW, COUNT));
    CHECK_INVALID_ARGUMENT(MAP(frames, VSPACE, WINDOW + 0x8000, COUNT), 2); /* mapped */
#undef MAP
}

static void range(void)
{
    enum { COUNT = 16 };
    seL4_CPtr untyped = new_untyped(16), frames = new_slots(COUNT);
    REQUIRE_OK(cspace_untyped_retype_many(&root_cspace, untyped, frames, seL4_ARM_SmallPageObject, 0, COUNT));
    new_page_at(WINDOW + 0x100000); /* for its tables */
    vesicle_Page_MapRange_t mapped = vesicle_Page_MapRange(frames, VSPACE, WINDOW, seL4_ReadWrite, NORMAL, COUNT);
    CHECK_OK(mapped.error);
    CHECK_EQ(mapped.mapped, COUNT);
    for (seL4_Word i = 0; i < COUNT; i++) {
        *at(WINDOW + i * 4096) = i;
    }
    REQUIRE_OK(seL4_ARM_Page_Unmap(frames + 3));
    REQUIRE_OK(seL4_ARM_Page_Map(frames + 3, VSPACE, WINDOW + 0x80000, seL4_ReadWrite, NORMAL));
    CHECK_EQ(*at(WINDOW + 0x80000), 3);
    vesicle_Page_UnmapRange_t unmapped = vesicle_Page_UnmapRange(frames, COUNT);
    CHECK_OK(unmapped.error);
    CHECK_EQ(unmapped.unmapped, COUNT);
    CHECK_EQ(try(WINDOW, READ), seL4_Fault_VMFault);
    CHECK_EQ(try(WINDOW + 0xf000, READ), seL4_Fault_VMFault);
}

/* With something in the way nothing of a range is mapped. */
static void range_is_checked_first(void)
{
    enum { COUNT = 8 };
    seL4_CPtr untyped = new_untyped(15), frames = new_slots(COUNT);
    REQUIRE_OK(cspace_untyped_retype_many(&root_cspace, untyped, frames, seL4_ARM_SmallPageObject, 0, COUNT));
    new_page_at(WINDOW + 5 * 4096);
    vesicle_Page_MapRange_t mapped = vesicle_Page_MapRange(frames, VSPACE, WINDOW, seL4_ReadWrite, NORMAL, COUNT);
    CHECK_EQ(mapped.error, seL4_DeleteFirst);
    CHECK_EQ(try(WINDOW, READ), seL4_Fault_VMFault);
    CHECK_EQ(try(WINDOW + 4 * 4096, READ), seL4_Fault_VMFault);
}

const struct test_case frame_cases[] = {
    {"frame_small", small},
    {"frame_large", large},
    {"frame_huge", huge},
    {"frame_shared", shared},
    {"frame_read_only", read_only},
    {"frame_rights_of_the_capability", rights_of_the_capability},
    {"frame_execute_never", execute_never},
    {"frame_errors", errors},
    {"frame_space_without_pool", space_without_pool},
    {"frame_copy_is_unmapped", copy_is_unmapped},
    {"frame_moved_stays_mapped", moved_stays_mapped},
    {"frame_address_is_physical", address_is_physical},
    {"frame_cache_maintenance", cache_maintenance},
    {"frame_range_errors", range_errors},
    {"frame_range", range},
    {"frame_range_is_checked_first", range_is_checked_first},
    {0, 0},
};
