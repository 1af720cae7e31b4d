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

enum { ALL_OBJECTS = seL4_UntypedRetypeMaxObjects };

/* Interrupts the case for as long as it runs. */
static void tick(struct worker *w)
{
    for (;;) {
        w->result[0]++;
        seL4_Yield();
    }
}

static __attribute__((unused)) struct worker *ticker(void)
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

const struct test_case latency_cases[] = {
    {"latency_retype_many", retype_many},
    {0, 0},
};
