/* SPDX-License-Identifier: BSD-2-Clause */
#include "objects.h"

#include "test.h"
#include <gpi/heap.h>
#include <sel4/sel4.h>

enum { MAX_OBJECTS = 2048, RECORD_BYTES = 192 * 1024, HEAP_BYTES = 128 * 1024 };

cspace_t root_cspace;

static char records[RECORD_BYTES] __attribute__((aligned(16)));
static char heap[HEAP_BYTES];
static struct {
    seL4_CPtr slot;
    ut_t *ut;
} objects[MAX_OBJECTS];
static unsigned object_count;

seL4_CPtr sched_control(unsigned core)
{
    return seL4_GetBootInfo()->schedcontrol.start + core;
}

void objects_init(void)
{
    const seL4_BootInfo *bi = seL4_GetBootInfo();
    gpi_heap_set(heap, sizeof(heap));
    cspace_init_root(&root_cspace, bi);
    ut_init(bi, &root_cspace, records, sizeof(records));
    seL4_TCB_SetPriority(seL4_CapInitThreadTCB, seL4_CapInitThreadTCB, MAIN_PRIORITY);
}

static void remember(seL4_CPtr slot, ut_t *ut)
{
    if (object_count == MAX_OBJECTS) {
        test_fail("too many objects in this case");
    }
    objects[object_count].slot = slot;
    objects[object_count].ut = ut;
    object_count++;
}

void objects_free(void)
{
    while (object_count) {
        object_count--;
        cspace_delete(&root_cspace, objects[object_count].slot);
        cspace_free_slot(&root_cspace, objects[object_count].slot);
        if (objects[object_count].ut) {
            ut_free_revoke(objects[object_count].ut, objects[object_count].ut->size_bits);
        }
    }
}

void objects_keep(void)
{
    object_count = 0;
}

seL4_CPtr new_slots(unsigned count)
{
    seL4_CPtr first = cspace_alloc_slots(&root_cspace, count);
    if (first == seL4_CapNull) {
        test_fail("no free slot");
    }
    for (unsigned i = 0; i < count; i++) {
        remember(first + i, NULL);
    }
    return first;
}

seL4_CPtr new_slot(void)
{
    return new_slots(1);
}

static unsigned memory_bits(seL4_Word type, unsigned size_bits)
{
    switch (type) {
    case seL4_TCBObject:
        return seL4_TCBBits;
    case seL4_EndpointObject:
        return seL4_EndpointBits;
    case seL4_NotificationObject:
        return seL4_NotificationBits;
    case seL4_CapTableObject:
        return size_bits + seL4_SlotBits;
    case seL4_ReplyObject:
        return seL4_ReplyBits;
    case seL4_ARM_SmallPageObject:
    case seL4_ARM_PageTableObject:
    case seL4_ARM_VSpaceObject:
    case seL4_ARM_VCPUObject:
        return seL4_PageBits;
    case seL4_ARM_LargePageObject:
        return seL4_LargePageBits;
    case seL4_ARM_HugePageObject:
        return seL4_HugePageBits;
    case vesicle_Stage2VSpaceObject:
        return vesicle_Stage2VSpaceBits;
    default:
        return size_bits;
    }
}

static seL4_CPtr make(ut_t *ut, seL4_Word type, unsigned size_bits)
{
    seL4_CPtr slot = cspace_alloc_slot(&root_cspace);
    if (!ut || slot == seL4_CapNull) {
        test_fail("no memory or slot for an object");
    }
    remember(slot, ut);
    REQUIRE_OK(cspace_untyped_retype(&root_cspace, ut->cap, slot, type, size_bits));
    return slot;
}

seL4_CPtr new_object(seL4_Word type, unsigned size_bits)
{
    return make(ut_alloc(memory_bits(type, size_bits), &root_cspace), type, size_bits);
}

seL4_CPtr new_endpoint(void)
{
    return new_object(seL4_EndpointObject, 0);
}

seL4_CPtr new_notification(void)
{
    return new_object(seL4_NotificationObject, 0);
}

seL4_CPtr new_reply(void)
{
    return new_object(seL4_ReplyObject, 0);
}

seL4_CPtr new_untyped(unsigned size_bits)
{
    return new_object(seL4_UntypedObject, size_bits);
}

seL4_CPtr new_cnode(unsigned radix)
{
    return new_object(seL4_CapTableObject, radix);
}

seL4_CPtr new_frame(unsigned size_bits)
{
    return new_object(size_bits == seL4_HugePageBits    ? seL4_ARM_HugePageObject
                      : size_bits == seL4_LargePageBits ? seL4_ARM_LargePageObject
                                                        : seL4_ARM_SmallPageObject,
                      0);
}

seL4_CPtr new_vspace(void)
{
    seL4_CPtr vspace = new_object(seL4_ARM_VSpaceObject, 0);
    REQUIRE_OK(seL4_ARM_ASIDPool_Assign(seL4_CapInitThreadASIDPool, vspace));
    return vspace;
}

seL4_CPtr new_copy(seL4_CPtr from, seL4_CapRights_t rights)
{
    seL4_CPtr slot = new_slot();
    REQUIRE_OK(cspace_copy(&root_cspace, slot, &root_cspace, from, rights));
    return slot;
}

seL4_CPtr new_badged(seL4_CPtr from, seL4_Word badge)
{
    seL4_CPtr slot = new_slot();
    REQUIRE_OK(cspace_mint(&root_cspace, slot, &root_cspace, from, seL4_AllRights, badge));
    return slot;
}

seL4_Error map_with_tables(seL4_CPtr frame, seL4_CPtr vspace, seL4_Word vaddr, seL4_CapRights_t rights,
                           seL4_ARM_VMAttributes attr)
{
    seL4_Error error = seL4_ARM_Page_Map(frame, vspace, vaddr, rights, attr);
    for (int tables = 0; error == seL4_FailedLookup && tables < 3; tables++) {
        seL4_CPtr table = new_object(seL4_ARM_PageTableObject, 0);
        REQUIRE_OK(seL4_ARM_PageTable_Map(table, vspace, vaddr, seL4_ARM_Default_VMAttributes));
        error = seL4_ARM_Page_Map(frame, vspace, vaddr, rights, attr);
    }
    return error;
}

seL4_CPtr new_page_at(seL4_Word vaddr)
{
    seL4_CPtr frame = new_frame(seL4_PageBits);
    REQUIRE_OK(map_with_tables(frame, seL4_CapInitThreadVSpace, vaddr, seL4_ReadWrite,
                               seL4_ARM_Default_VMAttributes | seL4_ARM_ExecuteNever));
    return frame;
}

seL4_CPtr new_device_page_at(seL4_Word paddr, seL4_Word vaddr)
{
    seL4_CPtr frame = make(ut_alloc_4k_device(paddr), seL4_ARM_SmallPageObject, 0);
    REQUIRE_OK(map_with_tables(frame, seL4_CapInitThreadVSpace, vaddr, seL4_ReadWrite, seL4_ARM_ExecuteNever));
    return frame;
}

bool slot_is_empty(seL4_CPtr slot)
{
    return seL4_DebugCapIdentify(slot) == 0;
}

extern char __executable_start[], etext[], _end[];

void map_image(seL4_CPtr vspace)
{
    const seL4_BootInfo *bi = seL4_GetBootInfo();
    seL4_Word vaddr = (seL4_Word)__executable_start;
    for (seL4_CPtr frame = bi->userImageFrames.start; vaddr < (seL4_Word)_end; frame++, vaddr += 1ul << seL4_PageBits) {
        bool text = vaddr < (seL4_Word)etext;
        REQUIRE_OK(map_with_tables(new_copy(frame, seL4_AllRights), vspace, vaddr, text ? seL4_CanRead : seL4_ReadWrite,
                                   text ? seL4_ARM_Default_VMAttributes
                                        : seL4_ARM_Default_VMAttributes | seL4_ARM_ExecuteNever));
    }
}
