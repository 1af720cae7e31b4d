/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames: three sizes, rights, mapping and unmapping. */
#include "cases.h"
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
              large_frame = new_frame(seL4_LargePageBits);
    CHECK_EQ(seL4_ARM_Page_Map(other, VSPACE, WINDOW, seL4_ReadWrite, NORMAL), seL4_DeleteFirst);
    CHECK_EQ(seL4_ARM_Page_Map(large_frame, VSPACE, WINDOW, seL4_ReadWrite, NORMAL), seL4_DeleteFirst);
    CHECK_EQ(seL4_ARM_Page_Map(frame, VSPACE, WINDOW + 0x1000, seL4_ReadWrite, NORMAL), seL4_InvalidArgument);
    CHECK_EQ(seL4_ARM_Page_Map(other, VSPACE, WINDOW + 8, seL4_ReadWrite, NORMAL), seL4_AlignmentError);
    CHECK_EQ(seL4_ARM_Page_Map(large_frame, VSPACE, WINDOW + 0x1000, seL4_ReadWrite, NORMAL), seL4_AlignmentError);
    CHECK_EQ(seL4_ARM_Page_Map(other, VSPACE, 1ul << 48, seL4_ReadWrite, NORMAL), seL4_InvalidArgument);
    CHECK_EQ(seL4_ARM_Page_Map(other, VSPACE, ~0xffful, seL4_ReadWrite, NORMAL), seL4_InvalidArgument);
    CHECK_EQ(seL4_ARM_Page_Map(other, new_endpoint(), WINDOW, seL4_ReadWrite, NORMAL), seL4_InvalidCapability);
    CHECK_EQ(seL4_ARM_Page_Map(other, new_object(seL4_ARM_VSpaceObject, 0), WINDOW, seL4_ReadWrite, NORMAL),
             seL4_InvalidCapability);
    CHECK_OK(seL4_ARM_Page_Unmap(other)); /* not mapped: nothing to do */
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

static void cache_maintenance(void)
{
    seL4_CPtr frame = new_page_at(WINDOW);
    *at(WINDOW) = 5;
    CHECK_OK(seL4_ARM_Page_Clean_Data(frame, 0, 4096));
    CHECK_OK(seL4_ARM_Page_CleanInvalidate_Data(frame, 64, 128));
    CHECK_OK(seL4_ARM_Page_Unify_Instruction(frame, 0, 4096));
    CHECK_OK(seL4_ARM_VSpace_Clean_Data(VSPACE, WINDOW, WINDOW + 4096));
    CHECK_OK(seL4_ARM_VSpace_Unify_Instruction(VSPACE, WINDOW, WINDOW + 64));
    CHECK_EQ(seL4_ARM_Page_Clean_Data(frame, 0, 4097), seL4_InvalidArgument);
    CHECK_EQ(seL4_ARM_Page_Clean_Data(frame, 8, 8), seL4_InvalidArgument);
    CHECK_EQ(*at(WINDOW), 5);
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
    {"frame_copy_is_unmapped", copy_is_unmapped},
    {"frame_moved_stays_mapped", moved_stays_mapped},
    {"frame_address_is_physical", address_is_physical},
    {"frame_cache_maintenance", cache_maintenance},
    {"frame_range", range},
    {"frame_range_is_checked_first", range_is_checked_first},
    {0, 0},
};
