/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory is handed out from the bottom of an untyped up to its end, and again from the bottom after a revoke. */
#include <assert.h>
#include <sel4/sel4.h>
#include <stdio.h>

#define ROOT seL4_CapInitThreadCNode
#define BITS 16

static seL4_CPtr slots;

/** The first memory untyped that is large enough. */
static seL4_CPtr find_untyped(seL4_BootInfo *bi, seL4_Word bits)
{
    for (seL4_CPtr slot = bi->untyped.start; slot != bi->untyped.end; slot++) {
        seL4_UntypedDesc *desc = &bi->untypedList[slot - bi->untyped.start];
        if (!desc->isDevice && desc->sizeBits >= bits) {
            return slot;
        }
    }
    return seL4_CapNull;
}

static seL4_Error retype(seL4_CPtr untyped, seL4_Word type, seL4_Word bits, seL4_Word offset, seL4_Word count)
{
    return seL4_Untyped_Retype(untyped, type, bits, ROOT, 0, 0, offset, count);
}

static void watermark(seL4_CPtr untyped)
{
    /* One endpoint, then a page: the page lies at the next page border, so a page less than all fit. */
    seL4_Word pages = 1ul << (BITS - seL4_PageBits);
    assert(retype(untyped, seL4_EndpointObject, 0, slots, 1) == seL4_NoError);
    assert(retype(untyped, seL4_ARM_SmallPageObject, 0, slots + 1, pages) == seL4_NotEnoughMemory);
    printf("not enough memory: %lu bytes are left\n", seL4_GetMR(0));
    assert(seL4_GetMR(0) == (1ul << BITS) - (1ul << seL4_EndpointBits));
    assert(retype(untyped, seL4_ARM_SmallPageObject, 0, slots + 1, pages - 1) == seL4_NoError);
    seL4_Word first = seL4_ARM_Page_GetAddress(slots + 1).paddr;
    for (seL4_Word i = 1; i < pages - 1; i++) {
        assert(seL4_ARM_Page_GetAddress(slots + 1 + i).paddr == first + (i << seL4_PageBits));
    }
    assert(retype(untyped, seL4_ARM_SmallPageObject, 0, slots + pages, 1) == seL4_NotEnoughMemory);

    /* Deleting some does not help, deleting all does. */
    assert(seL4_CNode_Delete(ROOT, slots, seL4_WordBits) == seL4_NoError);
    assert(retype(untyped, seL4_EndpointObject, 0, slots, 1) == seL4_NotEnoughMemory);
    assert(seL4_CNode_Revoke(ROOT, untyped, seL4_WordBits) == seL4_NoError);
    assert(retype(untyped, seL4_ARM_SmallPageObject, 0, slots, pages) == seL4_NoError);
    assert(seL4_ARM_Page_GetAddress(slots).paddr == first - (1ul << seL4_PageBits));
    assert(seL4_CNode_Revoke(ROOT, untyped, seL4_WordBits) == seL4_NoError);
}

static void refusals(seL4_CPtr untyped)
{
    assert(retype(untyped, seL4_EndpointObject, 0, slots, 0) == seL4_RangeError);
    assert(seL4_GetMR(0) == 1 && seL4_GetMR(1) == seL4_UntypedRetypeMaxObjects);
    assert(retype(untyped, seL4_EndpointObject, 0, slots, seL4_UntypedRetypeMaxObjects + 1) == seL4_RangeError);
    assert(retype(untyped, 12345, 0, slots, 1) == seL4_InvalidArgument);
    assert(seL4_GetMR(0) == 1);
    assert(retype(untyped, seL4_CapTableObject, 0, slots, 1) == seL4_InvalidArgument);
    assert(seL4_GetMR(0) == 2);
    assert(retype(untyped, seL4_UntypedObject, seL4_MinUntypedBits - 1, slots, 1) == seL4_InvalidArgument);
    assert(retype(untyped, seL4_SchedContextObject, seL4_MinSchedContextBits - 1, slots, 1) == seL4_InvalidArgument);
    assert(retype(untyped, seL4_UntypedObject, 64, slots, 1) == seL4_RangeError);
    assert(retype(untyped, seL4_EndpointObject, 0, seL4_CapInitThreadTCB, 1) == seL4_DeleteFirst);
    seL4_Word size = 1ul << seL4_GetBootInfo()->initThreadCNodeSizeBits;
    assert(retype(untyped, seL4_EndpointObject, 0, size, 1) == seL4_RangeError);
    assert(retype(untyped, seL4_EndpointObject, 0, size - 1, 2) == seL4_RangeError);
    assert(seL4_Untyped_Retype(untyped, seL4_EndpointObject, 0, seL4_CapInitThreadTCB, 0, 0, slots, 1) ==
           seL4_FailedLookup);
    assert(seL4_Untyped_Retype(seL4_CapInitThreadTCB, seL4_EndpointObject, 0, ROOT, 0, 0, slots, 1) ==
           seL4_IllegalOperation);
}

static void copies(seL4_CPtr untyped)
{
    /* Of a capability and its copy only one hands out the memory. */
    seL4_CPtr copy = slots + 1;
    assert(seL4_CNode_Copy(ROOT, copy, seL4_WordBits, ROOT, untyped, seL4_WordBits, seL4_AllRights) == seL4_NoError);
    assert(retype(copy, seL4_EndpointObject, 0, slots, 1) == seL4_NoError);
    assert(retype(untyped, seL4_EndpointObject, 0, slots + 2, 1) == seL4_NotEnoughMemory);
    assert(seL4_CNode_Revoke(ROOT, untyped, seL4_WordBits) == seL4_NoError);
    assert(seL4_DebugCapIdentify(copy) == 0 && seL4_DebugCapIdentify(slots) == 0);
    /* What has children is not copied. */
    assert(retype(untyped, seL4_EndpointObject, 0, slots, 1) == seL4_NoError);
    assert(seL4_CNode_Copy(ROOT, copy, seL4_WordBits, ROOT, untyped, seL4_WordBits, seL4_AllRights) ==
           seL4_RevokeFirst);
}

int main(void)
{
    seL4_BootInfo *bi = seL4_GetBootInfo();
    seL4_CPtr large = find_untyped(bi, BITS);
    slots = bi->empty.start + 1;
    assert(retype(large, seL4_UntypedObject, BITS, bi->empty.start, 1) == seL4_NoError);
    watermark(bi->empty.start);
    refusals(bi->empty.start);
    copies(bi->empty.start);
    return 0;
}
