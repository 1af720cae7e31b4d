/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Operations that may take long, each as large as it gets, while a thread of the highest priority wants to run again and again: they
 * are broken off and go on, and nobody can tell from what they leave. How long interrupts were masked is measured from outside
 * (tools/irqoff).
 */
#include "cases.h"
#include "lib/objects.h"
#include "lib/worker.h"
#include <sel4/sel4.h>

#define VSPACE seL4_CapInitThreadVSpace

enum { ALL_OBJECTS = seL4_UntypedRetypeMaxObjects };

/* Interrupts the case for as long as it runs. */
static void tick(struct worker *w)
{
    for (;;) {
        w->result[0]++;
        seL4_Yield();
    }
}

static struct worker *ticker(void)
{
    struct worker *w = worker_new_budget(tick, 254, 50, 200);

    worker_run(w);
    return w;
}

static void retype_many(void)
{
    static const struct {
        seL4_Word type, size_bits;
        unsigned bits;
    } all[] = {
        {seL4_UntypedObject, 12, 12},          {seL4_TCBObject, 0, seL4_TCBBits},
        {seL4_EndpointObject, 0, 4},           {seL4_NotificationObject, 0, seL4_NotificationBits},
        {seL4_CapTableObject, 8, 13},          {seL4_SchedContextObject, 10, 10},
        {seL4_ReplyObject, 0, seL4_ReplyBits}, {seL4_ARM_VSpaceObject, 0, 12},
        {seL4_ARM_SmallPageObject, 0, 12},     {seL4_ARM_PageTableObject, 0, 12},
        {seL4_ARM_VCPUObject, 0, 12},          {vesicle_Stage2VSpaceObject, 0, 13},
    };
    seL4_CPtr untyped = new_untyped(21), slots = new_slots(ALL_OBJECTS);

    for (unsigned i = 0; i < sizeof all / sizeof *all; i++) {
        REQUIRE_OK(seL4_Untyped_Retype(untyped, all[i].type, all[i].size_bits, ROOT_CNODE, 0, 0, slots, ALL_OBJECTS));
        CHECK(!slot_is_empty(slots) && !slot_is_empty(slots + ALL_OBJECTS - 1));
        REQUIRE_OK(seL4_CNode_Revoke(ROOT_CNODE, untyped, DEPTH));
        CHECK(slot_is_empty(slots) && slot_is_empty(slots + ALL_OBJECTS - 1));
    }
}

/* As many pages as a range may have, mapped and unmapped while somebody interrupts: all of them, and all their contents. */
static void ranges(void)
{
    enum { WINDOW_BITS = 22, ROUNDS = 8, ROUNDS_MAX = 2000 };
    const seL4_Word window = 0x2a00000000;
    seL4_CPtr untyped = new_untyped(WINDOW_BITS), frames = new_slots(VESICLE_PAGE_RANGE_MAX);

    for (unsigned i = 0; i < VESICLE_PAGE_RANGE_MAX; i += ALL_OBJECTS) {
        REQUIRE_OK(
            seL4_Untyped_Retype(untyped, seL4_ARM_SmallPageObject, 0, ROOT_CNODE, 0, 0, frames + i, ALL_OBJECTS));
    }
    for (unsigned i = 0; i < VESICLE_PAGE_RANGE_MAX; i += VESICLE_PAGE_RANGE_MAX / 2) {
        REQUIRE_OK(
            map_with_tables(frames + i, VSPACE, window + i * 4096, seL4_ReadWrite, seL4_ARM_Default_VMAttributes));
        REQUIRE_OK(seL4_ARM_Page_Unmap(frames + i));
    }
    struct worker *w = ticker();
    /* Until it has interrupted something, which is when the build machine lets it. */
    for (unsigned round = 0; round < ROUNDS || (w->result[0] == 0 && round < ROUNDS_MAX); round++) {
        vesicle_Page_MapRange_t mapped = vesicle_Page_MapRange(frames, VSPACE, window, seL4_ReadWrite,
                                                               seL4_ARM_Default_VMAttributes, VESICLE_PAGE_RANGE_MAX);
        CHECK_OK(mapped.error);
        REQUIRE(mapped.mapped == VESICLE_PAGE_RANGE_MAX);
        for (seL4_Word i = 0; i < VESICLE_PAGE_RANGE_MAX; i++) {
            volatile seL4_Word *p = (volatile seL4_Word *)(window + i * 4096);
            REQUIRE(*p == (round ? i : 0));
            *p = i;
        }
        vesicle_Page_UnmapRange_t unmapped = vesicle_Page_UnmapRange(frames, VESICLE_PAGE_RANGE_MAX);
        CHECK_OK(unmapped.error);
        CHECK_EQ(unmapped.unmapped, VESICLE_PAGE_RANGE_MAX);
    }
    CHECK(w->result[0] > 0);
}

/* Large frames by small entries: each of them is as much as a range of small ones. */
static void small_entries(void)
{
    enum { COUNT = 16, UNTYPED_BITS = 25 };
    const seL4_ARM_VMAttributes small = seL4_ARM_Default_VMAttributes | vesicle_ARM_SmallEntries;
    const seL4_Word window = 0x2b00000000;
    seL4_CPtr untyped = new_untyped(UNTYPED_BITS), frames = new_slots(COUNT);

    REQUIRE_OK(seL4_Untyped_Retype(untyped, seL4_ARM_LargePageObject, 0, ROOT_CNODE, 0, 0, frames, COUNT));
    for (seL4_Word i = 0; i < COUNT; i++) {
        REQUIRE_OK(map_with_tables(frames + i, VSPACE, window + (i << seL4_LargePageBits), seL4_ReadWrite, small));
        *(volatile seL4_Word *)(window + ((i + 1) << seL4_LargePageBits) - 8) = i;
    }
    vesicle_Page_UnmapRange_t unmapped = vesicle_Page_UnmapRange(frames, COUNT);
    CHECK_OK(unmapped.error);
    CHECK_EQ(unmapped.unmapped, COUNT);
    for (seL4_Word i = 0; i < COUNT; i++) {
        REQUIRE_OK(seL4_ARM_Page_Map(frames + i, VSPACE, window + (i << seL4_LargePageBits), seL4_ReadWrite, small));
        CHECK_EQ(*(volatile seL4_Word *)(window + ((i + 1) << seL4_LargePageBits) - 8), i);
    }
    REQUIRE_OK(seL4_CNode_Revoke(ROOT_CNODE, untyped, DEPTH));
}

const struct test_case latency_cases[] = {
    {"latency_retype_many", retype_many},
    {"latency_ranges", ranges},
    {"latency_small_entries", small_entries},
    {0, 0},
};
