/* SPDX-License-Identifier: BSD-2-Clause */
/* Untyped memory: what can be made of it, how much fits, what comes back. */
#include "cases.h"
#include "lib/errors.h"
#include "lib/objects.h"
#include <sel4/sel4.h>

static seL4_Error retype(seL4_CPtr untyped, seL4_Word type, seL4_Word size_bits, seL4_CPtr slot, seL4_Word count)
{
    return seL4_Untyped_Retype(untyped, type, size_bits, ROOT_CNODE, 0, 0, slot, count);
}

static void every_type(void)
{
    static const struct {
        seL4_Word type, size_bits;
    } all[] = {
        {seL4_UntypedObject, 12},        {seL4_TCBObject, 0},
        {seL4_EndpointObject, 0},        {seL4_NotificationObject, 0},
        {seL4_CapTableObject, 5},        {seL4_SchedContextObject, seL4_MinSchedContextBits},
        {seL4_ReplyObject, 0},           {seL4_ARM_VSpaceObject, 0},
        {seL4_ARM_SmallPageObject, 0},   {seL4_ARM_LargePageObject, 0},
        {seL4_ARM_PageTableObject, 0},   {seL4_ARM_VCPUObject, 0},
        {vesicle_Stage2VSpaceObject, 0},
    };
    for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        seL4_CPtr made = new_object(all[i].type, (unsigned)all[i].size_bits);
        CHECK(!slot_is_empty(made));
    }
}

static void exact_fit(void)
{
    seL4_CPtr untyped = new_untyped(12), slots = new_slots(5);
    REQUIRE_OK(retype(untyped, seL4_UntypedObject, 10, slots, 4));
    for (unsigned i = 0; i < 4; i++) {
        CHECK(!slot_is_empty(slots + i));
    }
    CHECK_EQ(retype(untyped, seL4_EndpointObject, 0, slots + 4, 1), seL4_NotEnoughMemory);
    CHECK_EQ(seL4_GetMR(0), 0);
    CHECK(slot_is_empty(slots + 4));
}

static void too_large(void)
{
    seL4_CPtr untyped = new_untyped(12), slots = new_slots(4);
    CHECK_EQ(retype(untyped, seL4_UntypedObject, 13, slots, 1), seL4_NotEnoughMemory);
    CHECK_EQ(seL4_GetMR(0), 4096);
    CHECK_EQ(retype(untyped, seL4_TCBObject, 0, slots, 3), seL4_NotEnoughMemory);
    CHECK(slot_is_empty(slots)); /* all or nothing */
    CHECK_OK(retype(untyped, seL4_TCBObject, 0, slots, 2));
}

/* Objects are aligned to their size: what lies between is lost until the memory is whole again. */
static void alignment(void)
{
    seL4_CPtr untyped = new_untyped(12), slots = new_slots(4);
    REQUIRE_OK(retype(untyped, seL4_EndpointObject, 0, slots, 1));
    REQUIRE_OK(retype(untyped, seL4_TCBObject, 0, slots + 1, 1));
    CHECK_EQ(retype(untyped, seL4_EndpointObject, 0, slots + 2, 1), seL4_NotEnoughMemory);
    REQUIRE_OK(cspace_delete(&root_cspace, slots));
    CHECK_EQ(retype(untyped, seL4_EndpointObject, 0, slots + 2, 1), seL4_NotEnoughMemory);
    REQUIRE_OK(cspace_delete(&root_cspace, slots + 1));
    CHECK_OK(retype(untyped, seL4_EndpointObject, 0, slots + 2, 1));
}

static void bad_arguments(void)
{
    seL4_CPtr untyped = new_untyped(12), slot = new_slot();
    CHECK_EQ(retype(untyped, seL4_ObjectTypeCount, 12, slot, 1), seL4_InvalidArgument);
    CHECK_EQ(seL4_GetMR(0), 1);
    CHECK_EQ(retype(untyped, ~0ul, 12, slot, 1), seL4_InvalidArgument);
    CHECK_EQ(retype(untyped, seL4_UntypedObject, seL4_MinUntypedBits - 1, slot, 1), seL4_InvalidArgument);
    CHECK_EQ(seL4_GetMR(0), 2);
    CHECK_EQ(retype(untyped, seL4_UntypedObject, 64, slot, 1), seL4_RangeError);
    CHECK_EQ(seL4_GetMR(0), seL4_MinUntypedBits);
    CHECK_EQ(seL4_GetMR(1), seL4_MaxUntypedBits);
    CHECK_EQ(retype(untyped, seL4_CapTableObject, 0, slot, 1), seL4_InvalidArgument);
    CHECK_EQ(retype(untyped, seL4_SchedContextObject, seL4_MinSchedContextBits - 1, slot, 1), seL4_InvalidArgument);
    CHECK_EQ(retype(untyped, seL4_EndpointObject, 0, slot, 0), seL4_RangeError);
    CHECK_EQ(retype(untyped, seL4_EndpointObject, 0, slot, seL4_UntypedRetypeMaxObjects + 1), seL4_RangeError);
    CHECK_EQ(seL4_GetMR(0), 1);
    CHECK_EQ(seL4_GetMR(1), seL4_UntypedRetypeMaxObjects);
    seL4_Word slots = 1ul << seL4_GetBootInfo()->initThreadCNodeSizeBits;
    CHECK_EQ(retype(untyped, seL4_EndpointObject, 0, slots, 1), seL4_RangeError);
    CHECK_EQ(retype(untyped, seL4_EndpointObject, 0, slots - 1, 2), seL4_RangeError);
    CHECK_EQ(retype(untyped, seL4_EndpointObject, 0, seL4_CapInitThreadTCB, 1), seL4_DeleteFirst);
    CHECK(slot_is_empty(slot));
    CHECK_EQ(seL4_Untyped_Retype(untyped, seL4_EndpointObject, 0, untyped, 0, 0, slot, 1) == seL4_NoError, 0);
}

/* Retype into a CNode found by address and depth. */
static void into_cnode(void)
{
    seL4_CPtr untyped = new_untyped(12), cnode = new_cnode(3), n = new_slot();
    REQUIRE_OK(seL4_Untyped_Retype(untyped, seL4_NotificationObject, 0, ROOT_CNODE, cnode, DEPTH, 6, 2));
    REQUIRE_OK(seL4_CNode_Move(ROOT_CNODE, n, DEPTH, cnode, 7, 3));
    seL4_Signal(n);
    CHECK_EQ(seL4_Untyped_Retype(untyped, seL4_NotificationObject, 0, ROOT_CNODE, cnode, DEPTH, 7, 2), seL4_RangeError);
}

static void memory_is_cleared(void)
{
    seL4_CPtr untyped = new_untyped(12), frame = new_slot();
    volatile seL4_Word *page = (volatile seL4_Word *)WINDOW;
    for (int round = 0; round < 2; round++) {
        REQUIRE_OK(retype(untyped, seL4_ARM_SmallPageObject, 0, frame, 1));
        REQUIRE_OK(
            map_with_tables(frame, seL4_CapInitThreadVSpace, WINDOW, seL4_ReadWrite, seL4_ARM_Default_VMAttributes));
        for (unsigned i = 0; i < 512; i++) {
            CHECK_EQ(page[i], 0);
            page[i] = ~0ul;
        }
        REQUIRE_OK(cspace_delete(&root_cspace, frame));
    }
}

static void revoke_gives_all_back(void)
{
    seL4_CPtr untyped = new_untyped(14), slots = new_slots(32);
    for (int round = 0; round < 3; round++) {
        REQUIRE_OK(retype(untyped, seL4_TCBObject, 0, slots, 8));
        CHECK_EQ(retype(untyped, seL4_TCBObject, 0, slots + 8, 1), seL4_NotEnoughMemory);
        REQUIRE_OK(seL4_CNode_Revoke(ROOT_CNODE, untyped, DEPTH));
        for (unsigned i = 0; i < 8; i++) {
            CHECK(slot_is_empty(slots + i));
        }
    }
}

static void with_children_no_copy(void)
{
    seL4_CPtr untyped = new_untyped(12), slots = new_slots(2);
    REQUIRE_OK(retype(untyped, seL4_EndpointObject, 0, slots, 1));
    CHECK_EQ(seL4_CNode_Copy(ROOT_CNODE, slots + 1, DEPTH, ROOT_CNODE, untyped, DEPTH, seL4_AllRights),
             seL4_RevokeFirst);
}

/* Of device memory only frames and untyped can be made. */
static void device_memory(void)
{
    const seL4_BootInfo *bi = seL4_GetBootInfo();
    seL4_CPtr slot = new_slot();
    for (seL4_Word i = 0; i < bi->untyped.end - bi->untyped.start; i++) {
        if (bi->untypedList[i].isDevice && bi->untypedList[i].sizeBits >= 12) {
            seL4_CPtr untyped = bi->untyped.start + i;
            CHECK_EQ(retype(untyped, seL4_TCBObject, 0, slot, 1), seL4_InvalidArgument);
            CHECK_EQ(retype(untyped, seL4_ARM_PageTableObject, 0, slot, 1), seL4_InvalidArgument);
            CHECK(slot_is_empty(slot));
            return;
        }
    }
    test_fail("no device memory in the boot information");
}

/* Where the destination is, and how much room is there. */
static void destination_errors(void)
{
    enum { RADIX = 3 };
    seL4_CPtr untyped = new_untyped(12), cnode = new_cnode(RADIX), n = new_notification();
    const seL4_Word type = seL4_EndpointObject, slots = 1ul << RADIX;
    CHECK_FAILED_LOOKUP(seL4_Untyped_Retype(untyped, type, 0, n, 0, 0, 0, 1), 0, seL4_MissingCapability);
    CHECK_FAILED_LOOKUP(seL4_Untyped_Retype(untyped, type, 0, n, 1, 64, 0, 1), 0, seL4_InvalidRoot);
    CHECK_FAILED_LOOKUP(seL4_Untyped_Retype(untyped, type, 0, cnode, 1, RADIX, 0, 1), 0, seL4_MissingCapability);
    CHECK_FAILED_LOOKUP(seL4_Untyped_Retype(untyped, type, 0, cnode, 1, RADIX - 1, 0, 1), 0, seL4_DepthMismatch);
    CHECK_FAILED_LOOKUP(seL4_Untyped_Retype(untyped, type, 0, cnode, 1, 64, 0, 1), 0, seL4_DepthMismatch);
    CHECK_FAILED_LOOKUP(seL4_Untyped_Retype(untyped, type, 0, cnode, 1, 65, 0, 1), 0, seL4_InvalidRoot);
    CHECK_FAILED_LOOKUP(seL4_Untyped_Retype(untyped, type, 0, ROOT_CNODE, n, DEPTH, 0, 1), 0, seL4_MissingCapability);
    CHECK_RANGE_ERROR(seL4_Untyped_Retype(untyped, type, 0, cnode, 0, 0, slots, 1), 0, slots - 1);
    CHECK_RANGE_ERROR(seL4_Untyped_Retype(untyped, type, 0, cnode, 0, 0, ~0ul, 1), 0, slots - 1);
    CHECK_RANGE_ERROR(seL4_Untyped_Retype(untyped, type, 0, cnode, 0, 0, 2, slots - 1), 1, slots - 2);
    CHECK_RANGE_ERROR(seL4_Untyped_Retype(untyped, type, 0, cnode, 0, 0, 0, 0), 1, seL4_UntypedRetypeMaxObjects);
    CHECK_RANGE_ERROR(seL4_Untyped_Retype(untyped, type, 0, cnode, 0, 0, 0, ~0ul), 1, seL4_UntypedRetypeMaxObjects);
    REQUIRE_OK(seL4_Untyped_Retype(untyped, type, 0, cnode, 0, 0, 5, 1));
    CHECK_EQ(seL4_Untyped_Retype(untyped, type, 0, cnode, 0, 0, 3, 3), seL4_DeleteFirst); /* the last of them */
    CHECK_OK(seL4_Untyped_Retype(untyped, type, 0, cnode, 0, 0, 3, 2));
}

static void size_errors(void)
{
    seL4_CPtr untyped = new_untyped(12), slot = new_slot();
    const seL4_Word most = seL4_MaxUntypedBits;
    CHECK_INVALID_ARGUMENT(retype(untyped, seL4_UntypedObject, seL4_MinUntypedBits - 1, slot, 1), 2);
    CHECK_RANGE_ERROR(retype(untyped, seL4_UntypedObject, most + 1, slot, 1), seL4_MinUntypedBits, most);
    CHECK_RANGE_ERROR(retype(untyped, seL4_UntypedObject, ~0ul, slot, 1), seL4_MinUntypedBits, most);
    CHECK_INVALID_ARGUMENT(retype(untyped, seL4_CapTableObject, 0, slot, 1), 2);
    CHECK_RANGE_ERROR(retype(untyped, seL4_CapTableObject, most - seL4_SlotBits + 1, slot, 1), 1, most - seL4_SlotBits);
    CHECK_RANGE_ERROR(retype(untyped, seL4_CapTableObject, ~0ul, slot, 1), 1, most - seL4_SlotBits);
    CHECK_INVALID_ARGUMENT(retype(untyped, seL4_SchedContextObject, seL4_MinSchedContextBits - 1, slot, 1), 2);
    CHECK_RANGE_ERROR(retype(untyped, seL4_SchedContextObject, most + 1, slot, 1), seL4_MinSchedContextBits, most);
    CHECK_INVALID_ARGUMENT(retype(untyped, seL4_ObjectTypeCount, 0, slot, 1), 1);
    /* The size of what has only one does not matter. */
    CHECK_OK(retype(untyped, seL4_EndpointObject, 99, slot, 1));
}

/* Memory is given out from its start; what is told to be left is what no object was made of. */
static void watermark(void)
{
    seL4_CPtr untyped = new_untyped(12), slots = new_slots(4);
    REQUIRE_OK(retype(untyped, seL4_EndpointObject, 0, slots, 1));
    CHECK_NOT_ENOUGH_MEMORY(retype(untyped, seL4_UntypedObject, 12, slots + 1, 1), 4096 - 16);
    REQUIRE_OK(retype(untyped, seL4_UntypedObject, 11, slots + 1, 1)); /* the upper half */
    CHECK_NOT_ENOUGH_MEMORY(retype(untyped, seL4_EndpointObject, 0, slots + 2, 1), 0);
    REQUIRE_OK(cspace_delete(&root_cspace, slots + 1));
    CHECK_NOT_ENOUGH_MEMORY(retype(untyped, seL4_EndpointObject, 0, slots + 2, 1), 0);
    REQUIRE_OK(cspace_delete(&root_cspace, slots));
    CHECK_OK(retype(untyped, seL4_UntypedObject, 12, slots + 2, 1));
}

/* Device memory keeps a watermark too; frames of it lie one behind the other, and their contents are left alone. */
static void device_watermark(void)
{
    seL4_CPtr untyped = 0, slots = new_slots(3);
    const seL4_BootInfo *bi = seL4_GetBootInfo();
    for (seL4_Word i = 0; i < bi->untyped.end - bi->untyped.start; i++) {
        if (bi->untypedList[i].isDevice && bi->untypedList[i].sizeBits >= 14 &&
            retype(bi->untyped.start + i, seL4_UntypedObject, 14, slots, 1) == seL4_NoError) {
            untyped = slots;
            break;
        }
    }
    if (!untyped) {
        test_skip("no free device memory");
    }
    CHECK_INVALID_ARGUMENT(retype(untyped, seL4_EndpointObject, 0, slots + 1, 1), 1);
    CHECK_INVALID_ARGUMENT(retype(untyped, seL4_CapTableObject, 2, slots + 1, 1), 1);
    CHECK_INVALID_ARGUMENT(retype(untyped, seL4_ARM_VSpaceObject, 0, slots + 1, 1), 1);
    REQUIRE_OK(retype(untyped, seL4_ARM_SmallPageObject, 0, slots + 1, 1));
    CHECK_NOT_ENOUGH_MEMORY(retype(untyped, seL4_UntypedObject, 14, slots + 2, 1), 0x3000);
    REQUIRE_OK(retype(untyped, seL4_ARM_SmallPageObject, 0, slots + 2, 1));
    seL4_Word first = seL4_ARM_Page_GetAddress(slots + 1).paddr;
    CHECK_EQ(seL4_ARM_Page_GetAddress(slots + 2).paddr, first + 0x1000);
    REQUIRE_OK(seL4_CNode_Revoke(ROOT_CNODE, untyped, DEPTH));
    REQUIRE_OK(retype(untyped, seL4_ARM_SmallPageObject, 0, slots + 2, 1));
    CHECK_EQ(seL4_ARM_Page_GetAddress(slots + 2).paddr, first);
}

static void many_objects(void)
{
    seL4_CPtr untyped = new_untyped(12), slots = new_slots(seL4_UntypedRetypeMaxObjects);
    REQUIRE_OK(retype(untyped, seL4_EndpointObject, 0, slots, seL4_UntypedRetypeMaxObjects));
    CHECK(!slot_is_empty(slots + seL4_UntypedRetypeMaxObjects - 1));
}

const struct test_case untyped_cases[] = {
    {"untyped_every_type", every_type},
    {"untyped_exact_fit", exact_fit},
    {"untyped_too_large", too_large},
    {"untyped_alignment", alignment},
    {"untyped_bad_arguments", bad_arguments},
    {"untyped_into_cnode", into_cnode},
    {"untyped_memory_is_cleared", memory_is_cleared},
    {"untyped_revoke_gives_all_back", revoke_gives_all_back},
    {"untyped_with_children_no_copy", with_children_no_copy},
    {"untyped_device_memory", device_memory},
    {"untyped_destination_errors", destination_errors},
    {"untyped_size_errors", size_errors},
    {"untyped_watermark", watermark},
    {"untyped_device_watermark", device_watermark},
    {"untyped_many_objects", many_objects},
    {0, 0},
};
