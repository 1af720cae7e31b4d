/* SPDX-License-Identifier: BSD-2-Clause */
#include "fixture.h"

#include "lib/machine.h"
#include "lib/unit.h"
#include <gpi/cspace.h>
#include <gpi/ut.h>
#include <sel4/sel4.h>

static size_t memory_before, slots_before;
static cspace_t space;

static ut_t *alloc_page(void *cookie)
{
    ut_t *ut = ut_alloc_4k_untyped(NULL);
    *(int *)cookie += ut != NULL;
    return ut;
}

static void free_page(void *cookie, ut_t *ut)
{
    --*(int *)cookie;
    ut_free(ut, seL4_PageBits);
}

static int pages;
static const cspace_alloc_t page_alloc = {alloc_page, free_page, &pages};

static void remember(void)
{
    fixture_setup();
    pages = 0;
    memory_before = ut_size_free();
    slots_before = fixture_slots_used();
}

static void check_all_back(void)
{
    CHECK_EQ(ut_size_free(), memory_before);
    CHECK_EQ(fixture_slots_used(), slots_before);
    CHECK_EQ(pages, 0);
}

static void slots(void)
{
    seL4_CPtr a = cspace_alloc_slot(&own_space), b = cspace_alloc_slot(&own_space);
    CHECK_EQ(a, CPTR_FREE);
    CHECK_EQ(b, CPTR_FREE + 1);
    cspace_free_slot(&own_space, a);
    CHECK_EQ(cspace_alloc_slot(&own_space), a);
    seL4_CPtr run = cspace_alloc_slots(&own_space, 100);
    CHECK_EQ(run, b + 1);
    cspace_free_slot(&own_space, run + 50);
    CHECK_EQ(cspace_alloc_slots(&own_space, 2), run + 100);
    CHECK_EQ(cspace_alloc_slot(&own_space), run + 50);
    size_t n = 0;
    while (cspace_alloc_slot(&own_space) != seL4_CapNull) {
        n++;
    }
    CHECK_EQ(n, (1u << CSPACE_BITS) - CPTR_FREE - 104);
    CHECK_EQ(cspace_alloc_slots(&own_space, 0), seL4_CapNull);
}

static seL4_CPtr new_notification(void)
{
    ut_t *ut = ut_alloc(seL4_NotificationBits, &own_space);
    seL4_CPtr slot = cspace_alloc_slot(&own_space);
    CHECK_EQ(cspace_untyped_retype(&own_space, ut->cap, slot, seL4_NotificationObject, 0), seL4_NoError);
    return slot;
}

static void operations(void)
{
    seL4_CPtr n = new_notification(), slot = cspace_alloc_slot(&own_space), other = cspace_alloc_slot(&own_space);
    CHECK_EQ(cspace_copy(&own_space, slot, &own_space, n, seL4_CanRead), seL4_NoError);
    CHECK_EQ(cap_info(machine_cap(slot)), CAP_RIGHT_READ);
    CHECK_EQ(cspace_delete(&own_space, slot), seL4_NoError);
    CHECK_EQ(cspace_mint(&own_space, slot, &own_space, n, seL4_AllRights, 7), seL4_NoError);
    CHECK_EQ(cap_badge(machine_cap(slot)), 7);
    CHECK_EQ(cspace_move(&own_space, other, &own_space, slot), seL4_NoError);
    CHECK(!fixture_occupied(slot));
    CHECK_EQ(cspace_revoke(&own_space, n), seL4_NoError);
    CHECK(!fixture_occupied(other));
    CHECK(fixture_occupied(n));
    CHECK_EQ(cspace_copy(&own_space, slot, &own_space, n, seL4_AllRights), seL4_NoError);
    CHECK_EQ(cspace_mutate(&own_space, other, &own_space, slot, 3), seL4_NoError);
    CHECK_EQ(cap_badge(machine_cap(other)), 3);
    CHECK_EQ(cspace_save_reply_cap(&own_space, slot), seL4_IllegalOperation);
}

static void one_level(void)
{
    CHECK_EQ(cspace_create_one_level(&own_space, &space), 0);
    seL4_CPtr n = new_notification();
    size_t count = 0;
    seL4_CPtr last = 0;
    for (seL4_CPtr slot; (slot = cspace_alloc_slot(&space)) != seL4_CapNull; count++) {
        last = slot;
    }
    CHECK_EQ(count, CSPACE_LEAVES - 1);
    CHECK_EQ(cspace_mint(&space, last, &own_space, n, seL4_AllRights, 5), seL4_NoError);
    seL4_CPtr back = cspace_alloc_slot(&own_space);
    CHECK_EQ(cspace_copy(&own_space, back, &space, last, seL4_AllRights), seL4_NoError);
    CHECK_EQ(cap_badge(machine_cap(back)), 5);
    cspace_destroy(&space);
    CHECK(fixture_occupied(back));
}

static void two_level(void)
{
    CHECK_EQ(cspace_create_two_level(&own_space, &space, page_alloc), 0);
    CHECK_EQ(pages, 1);
    seL4_CPtr n = new_notification(), slot = 0;
    for (unsigned i = 0; i < 3 * CSPACE_LEAVES; i++) {
        slot = cspace_alloc_slot(&space);
        CHECK_EQ(slot, i + 1);
        CHECK_EQ(cspace_mint(&space, slot, &own_space, n, seL4_AllRights, i + 1), seL4_NoError);
    }
    CHECK_EQ(pages, 5);
    /* Objects can be made right in it. */
    ut_t *ut = ut_alloc(seL4_EndpointBits, &own_space);
    slot = cspace_alloc_slot(&space);
    CHECK_EQ(cspace_untyped_retype(&space, ut->cap, slot, seL4_EndpointObject, 0), seL4_NoError);
    seL4_CPtr back = cspace_alloc_slot(&own_space);
    CHECK_EQ(cspace_move(&own_space, back, &space, slot), seL4_NoError);
    CHECK_EQ(cap_type(machine_cap(back)), CAP_ENDPOINT);
    /* A run never crosses from one CNode into the next. */
    seL4_CPtr run = cspace_alloc_slots(&space, 100);
    CHECK_EQ(run / CSPACE_LEAVES, (run + 99) / CSPACE_LEAVES);
    cspace_destroy(&space);
    CHECK_EQ(pages, 0);
}

static void destroy_gives_back(void)
{
    CHECK_EQ(cspace_create_one_level(&own_space, &space), 0);
    cspace_destroy(&space);
    check_all_back();
    CHECK_EQ(cspace_create_two_level(&own_space, &space, page_alloc), 0);
    for (unsigned i = 0; i < 300; i++) {
        cspace_alloc_slot(&space);
    }
    cspace_destroy(&space);
    check_all_back();
}

/* Every call on the way fails once. */
static void failing_calls(void)
{
    for (int two = 0; two < 2; two++) {
        for (unsigned n = 1;; n++) {
            remember();
            fixture_fail_call(n);
            int error = two ? cspace_create_two_level(&own_space, &space, page_alloc)
                            : cspace_create_one_level(&own_space, &space);
            unsigned calls = fixture_calls();
            fixture_fail_call(0);
            if (error == 0) {
                cspace_destroy(&space);
                check_all_back();
                if (calls < n) {
                    break;
                }
                continue;
            }
            check_all_back();
        }
    }
}

static void failing_leaf(void)
{
    CHECK_EQ(cspace_create_two_level(&own_space, &space, page_alloc), 0);
    CHECK(cspace_alloc_slots(&space, CSPACE_LEAVES - 1) != seL4_CapNull);
    size_t memory = ut_size_free(), used = fixture_slots_used();
    for (unsigned n = 1;; n++) {
        fixture_fail_call(n);
        seL4_CPtr slot = cspace_alloc_slot(&space);
        unsigned calls = fixture_calls();
        fixture_fail_call(0);
        if (slot != seL4_CapNull) {
            CHECK(calls < n);
            CHECK_EQ(slot, CSPACE_LEAVES);
            break;
        }
        CHECK_EQ(ut_size_free(), memory);
        CHECK_EQ(fixture_slots_used(), used);
        CHECK_EQ(pages, 2);
    }
    cspace_destroy(&space);
    check_all_back();
}

static const struct unit_case cases[] = {
    {"slots", slots},
    {"operations", operations},
    {"one_level", one_level},
    {"two_level", two_level},
    {"destroy_gives_back", destroy_gives_back},
    {"failing_calls", failing_calls},
    {"failing_leaf", failing_leaf},
};

int main(void)
{
    return unit_run("libgpi.cspace", cases, UNIT_COUNT(cases), remember);
}
