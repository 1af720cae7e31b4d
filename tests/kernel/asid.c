/* SPDX-License-Identifier: BSD-2-Clause */
/* ASID pools. */
#include "cases.h"
#include "lib/errors.h"
#include "lib/objects.h"
#include "lib/worker.h"
#include <sel4/sel4.h>

static void make_and_assign(void)
{
    seL4_CPtr pool = new_slot(), vspace = new_object(seL4_ARM_VSpaceObject, 0);
    seL4_CPtr stage2 = new_object(vesicle_Stage2VSpaceObject, 0), frame = new_frame(seL4_PageBits);
    CHECK_EQ(seL4_ARM_Page_Map(frame, vspace, WINDOW, seL4_ReadWrite, 0), seL4_InvalidCapability);
    REQUIRE_OK(seL4_ARM_ASIDControl_MakePool(seL4_CapASIDControl, new_untyped(12), ROOT_CNODE, pool, DEPTH));
    REQUIRE_OK(seL4_ARM_ASIDPool_Assign(pool, vspace));
    REQUIRE_OK(seL4_ARM_ASIDPool_Assign(pool, stage2));
    CHECK_EQ(seL4_ARM_Page_Map(frame, vspace, WINDOW, seL4_ReadWrite, 0), seL4_FailedLookup);
    CHECK_INVALID_CAPABILITY(seL4_ARM_ASIDPool_Assign(pool, vspace), 1); /* has one */
    CHECK_INVALID_CAPABILITY(seL4_ARM_ASIDPool_Assign(pool, new_endpoint()), 1);
}

static seL4_Error make_pool(seL4_CPtr untyped, seL4_CPtr root, seL4_Word index, seL4_Word depth)
{
    return seL4_ARM_ASIDControl_MakePool(seL4_CapASIDControl, untyped, root, index, depth);
}

static void make_errors(void)
{
    seL4_CPtr slot = new_slot(), used = new_untyped(12), n = new_notification();
    CHECK_INVALID_CAPABILITY(make_pool(new_untyped(13), ROOT_CNODE, slot, DEPTH), 1);
    CHECK_INVALID_CAPABILITY(make_pool(new_endpoint(), ROOT_CNODE, slot, DEPTH), 1);
    REQUIRE_OK(cspace_untyped_retype(&root_cspace, used, new_slot(), seL4_EndpointObject, 0));
    CHECK_EQ(make_pool(used, ROOT_CNODE, slot, DEPTH), seL4_RevokeFirst);
    CHECK_EQ(make_pool(new_untyped(12), ROOT_CNODE, seL4_CapInitThreadTCB, DEPTH), seL4_DeleteFirst);
    CHECK_RANGE_ERROR(make_pool(new_untyped(12), ROOT_CNODE, slot, 0), 1, seL4_WordBits);
    CHECK_FAILED_LOOKUP(make_pool(new_untyped(12), n, slot, DEPTH), 0, seL4_InvalidRoot);
    CHECK_FAILED_LOOKUP(make_pool(new_untyped(12), ROOT_CNODE, slot, 5), 0, seL4_GuardMismatch);
    CHECK(slot_is_empty(slot));
}

/* There are so many, then no more; and those that go make room. */
static void all_pools(void)
{
    enum { POOLS = 1 << seL4_NumASIDPoolsBits };
    seL4_CPtr pools = new_slots(POOLS);
    unsigned made = 0;
    seL4_Error error = seL4_NoError;
    while (made < POOLS && error == seL4_NoError) {
        error = make_pool(new_untyped(12), ROOT_CNODE, pools + made, DEPTH);
        made += error == seL4_NoError;
    }
    CHECK_EQ(error, seL4_DeleteFirst);
    CHECK_EQ(made, POOLS - 1); /* one is the root task's */
    REQUIRE_OK(cspace_delete(&root_cspace, pools + 3));
    CHECK_OK(make_pool(new_untyped(12), ROOT_CNODE, pools + 3, DEPTH));
}

/* A pool gives out its ASIDs, all different, and takes them back. */
static void reuse(void)
{
    for (unsigned i = 0; i < 600; i++) {
        seL4_CPtr vspace = new_object(seL4_ARM_VSpaceObject, 0);
        REQUIRE_OK(seL4_ARM_ASIDPool_Assign(seL4_CapInitThreadASIDPool, vspace));
        objects_free();
    }
}

static void pool_is_full(void)
{
    seL4_CPtr pool = new_slot();
    REQUIRE_OK(seL4_ARM_ASIDControl_MakePool(seL4_CapASIDControl, new_untyped(12), ROOT_CNODE, pool, DEPTH));
    seL4_CPtr untyped = new_untyped(22);
    unsigned count = (1u << seL4_ASIDPoolIndexBits) + 1;
    seL4_CPtr spaces = new_slots(count);
    for (unsigned i = 0; i < count; i++) {
        REQUIRE_OK(cspace_untyped_retype(&root_cspace, untyped, spaces + i, seL4_ARM_VSpaceObject, 0));
    }
    unsigned given = 0;
    seL4_Error error = seL4_NoError;
    for (unsigned i = 0; i < count && error == seL4_NoError; i++) {
        error = seL4_ARM_ASIDPool_Assign(pool, spaces + i);
        given += error == seL4_NoError;
    }
    CHECK_EQ(error, seL4_DeleteFirst);
    CHECK_IN(given, (1u << seL4_ASIDPoolIndexBits) - 1, 1u << seL4_ASIDPoolIndexBits);
    REQUIRE_OK(cspace_delete(&root_cspace, spaces));
    CHECK_OK(seL4_ARM_ASIDPool_Assign(pool, spaces + given));
}

static void count_up(struct worker *w)
{
    for (;;) {
        w->result[0]++;
    }
}

/* Without its pool a space is of no use: its thread stops. */
static void delete_pool(void)
{
    seL4_CPtr pool = new_slot(), vspace = new_object(seL4_ARM_VSpaceObject, 0);
    REQUIRE_OK(seL4_ARM_ASIDControl_MakePool(seL4_CapASIDControl, new_untyped(12), ROOT_CNODE, pool, DEPTH));
    REQUIRE_OK(seL4_ARM_ASIDPool_Assign(pool, vspace));
    map_image(vspace);
    struct worker *w = worker_new(count_up, MAIN_PRIORITY - 1);
    REQUIRE_OK(seL4_TCB_SetSpace(w->tcb, 0, ROOT_CNODE, 0, vspace, 0));
    worker_run(w);
    worker_wait(&w->result[0]);
    REQUIRE_OK(cspace_delete(&root_cspace, pool));
    seL4_Word before = w->result[0];
    sleep_us(5000);
    CHECK_EQ(w->result[0], before);
}

const struct test_case asid_cases[] = {
    {"asid_make_and_assign", make_and_assign},
    {"asid_make_errors", make_errors},
    {"asid_all_pools", all_pools},
    {"asid_reuse", reuse},
    {"asid_pool_is_full", pool_is_full},
    {"asid_delete_pool", delete_pool},
    {0, 0},
};
