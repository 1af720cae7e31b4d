/* SPDX-License-Identifier: BSD-2-Clause */
#include "fixture.h"

#include "lib/machine.h"
#include "lib/unit.h"
#include <gpi/backing.h>
#include <gpi/cspace.h>
#include <gpi/ut.h>
#include <sel4/sel4.h>

static struct state before;
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
    before = fixture_state();
}

static void check_all_back(void)
{
    fixture_check_state(before);
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
    CHECK_EQ(cap_info(fixture_cap(slot)), CAP_RIGHT_READ);
    CHECK_EQ(cspace_delete(&own_space, slot), seL4_NoError);
    CHECK_EQ(cspace_mint(&own_space, slot, &own_space, n, seL4_AllRights, 7), seL4_NoError);
    CHECK_EQ(cap_badge(fixture_cap(slot)), 7);
    CHECK_EQ(cspace_move(&own_space, other, &own_space, slot), seL4_NoError);
    CHECK(!fixture_occupied(slot));
    CHECK_EQ(cspace_revoke(&own_space, n), seL4_NoError);
    CHECK(!fixture_occupied(other));
    CHECK(fixture_occupied(n));
    CHECK_EQ(cspace_copy(&own_space, slot, &own_space, n, seL4_AllRights), seL4_NoError);
    CHECK_EQ(cspace_mutate(&own_space, other, &own_space, slot, 3), seL4_NoError);
    CHECK_EQ(cap_badge(fixture_cap(other)), 3);
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
    CHECK_EQ(cap_badge(fixture_cap(back)), 5);
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
    CHECK_EQ(cap_type(fixture_cap(back)), CAP_ENDPOINT);
    /* A run never crosses from one CNode into the next. */
    seL4_CPtr run = cspace_alloc_slots(&space, 100);
    CHECK_EQ(run / CSPACE_LEAVES, (run + 99) / CSPACE_LEAVES);
    cspace_destroy(&space);
    CHECK_EQ(pages, 0);
}

/* Larger CNodes, at both levels. */
static void chosen_sizes(void)
{
    CHECK_EQ(cspace_create_one_level_bits(&own_space, &space, 3), 0);
    CHECK_EQ(cspace_alloc_slots(&space, 7), 1);
    CHECK_EQ(cspace_alloc_slot(&space), seL4_CapNull);
    cspace_destroy(&space);
    CHECK_EQ(cspace_create_one_level_bits(&own_space, &space, 12), 0);
    CHECK_EQ(cspace_alloc_slots(&space, 4095), 1);
    CHECK_EQ(cspace_alloc_slot(&space), seL4_CapNull);
    cspace_destroy(&space);
    check_all_back();
    CHECK_EQ(cspace_create_two_level_bits(&own_space, &space, 4, 10), 0);
    seL4_CPtr n = new_notification(), slot = 0;
    CHECK_EQ(cspace_alloc_slots(&space, 1025), seL4_CapNull);
    for (unsigned i = 0; i < 16; i++) {
        CHECK_EQ(cspace_alloc_slots(&space, 1000), i << 10 | (i == 0));
        slot = (i << 10) + 700;
        CHECK_EQ(cspace_mint(&space, slot, &own_space, n, seL4_AllRights, i), seL4_NoError);
    }
    CHECK_EQ(cspace_alloc_slots(&space, 25), seL4_CapNull);
    CHECK_EQ(cspace_alloc_slots(&space, 24), 1000 + 1024);
    CHECK_EQ(cspace_move(&own_space, cspace_alloc_slot(&own_space), &space, slot), seL4_NoError);
    cspace_destroy(&space);
    CHECK_EQ(cspace_create_one_level_bits(&own_space, &space, 0), seL4_RangeError);
    CHECK_EQ(cspace_create_one_level_bits(&own_space, &space, 50), seL4_RangeError);
    CHECK_EQ(cspace_create_two_level_bits(&own_space, &space, 4, 3), seL4_RangeError);
    CHECK_EQ(cspace_create_two_level_bits(&own_space, &space, 30, 30), seL4_RangeError);
}

static void destroy_gives_back(void)
{
    CHECK_EQ(cspace_create_one_level(&own_space, &space), 0);
    cspace_destroy(&space);
    check_all_back();
    CHECK_EQ(cspace_create_two_level(&own_space, &space, page_alloc), 0);
    for (unsigned i = 0; i < 1000; i++) {
        cspace_alloc_slot(&space);
    }
    cspace_destroy(&space);
    check_all_back();
}

/* A copy of its root that somebody else has does not keep a space alive. */
static void destroy_with_copies(void)
{
    CHECK_EQ(cspace_create_one_level(&own_space, &space), 0);
    seL4_CPtr copy = cspace_alloc_slot(&own_space);
    CHECK_EQ(cspace_copy(&own_space, copy, &own_space, space.root_cnode, seL4_AllRights), seL4_NoError);
    cspace_destroy(&space);
    CHECK(!fixture_occupied(copy));
    cspace_free_slot(&own_space, copy);
    check_all_back();
}

/* The `n`-th call fails, or the n-th allocation: true until there are no more. */
static bool fail_next(unsigned *kind, unsigned *n, unsigned long tried)
{
    gpi_fail_allocation(0);
    fixture_fail_call(0);
    if (*n && tried < *n) {
        ++*kind;
        *n = 0;
    }
    ++*n;
    return *kind < 2;
}

static void fail_now(unsigned kind, unsigned n)
{
    fixture_fail_call(kind == 0 ? n : 0);
    gpi_fail_allocation(kind == 1 ? n : 0);
}

static unsigned long tried_now(unsigned kind)
{
    return kind == 0 ? fixture_calls() : gpi_allocations();
}

static int create_kind(unsigned kind)
{
    switch (kind) {
    case 0:
        return cspace_create_one_level(&own_space, &space);
    case 1:
        return cspace_create_two_level(&own_space, &space, page_alloc);
    case 2:
        return cspace_create_one_level_bits(&own_space, &space, 9);
    default:
        return cspace_create_two_level_bits(&own_space, &space, 5, 8);
    }
}

/* Every call and every allocation on the way fails once. */
static void failing_creation(void)
{
    for (unsigned how = 0; how < 4; how++) {
        unsigned kind = 0, n = 0;
        for (unsigned long tried = 0; fail_next(&kind, &n, tried);) {
            remember();
            fail_now(kind, n);
            int error = create_kind(how);
            tried = tried_now(kind);
            fail_now(0, 0);
            CHECK_EQ(error != 0, tried >= n);
            if (!error) {
                cspace_destroy(&space);
            }
            check_all_back();
        }
    }
}

static void failing_leaf(void)
{
    CHECK_EQ(cspace_create_two_level(&own_space, &space, page_alloc), 0);
    CHECK(cspace_alloc_slots(&space, CSPACE_LEAVES - 1) != seL4_CapNull);
    for (unsigned i = 1; i < 4; i++) {
        CHECK(cspace_alloc_slots(&space, CSPACE_LEAVES) != seL4_CapNull);
    }
    struct state now = fixture_state();
    unsigned kind = 0, n = 0;
    seL4_CPtr slot = seL4_CapNull;
    for (unsigned long tried = 0; fail_next(&kind, &n, tried);) {
        fail_now(kind, n);
        slot = cspace_alloc_slot(&space);
        tried = tried_now(kind);
        fail_now(0, 0);
        CHECK_EQ(slot == seL4_CapNull, tried >= n);
        if (slot != seL4_CapNull) {
            CHECK_EQ(slot, 4 * CSPACE_LEAVES);
            cspace_destroy(&space);
            remember();
            CHECK_EQ(cspace_create_two_level(&own_space, &space, page_alloc), 0);
            CHECK(cspace_alloc_slots(&space, CSPACE_LEAVES - 1) != seL4_CapNull);
            for (unsigned i = 1; i < 4; i++) {
                CHECK(cspace_alloc_slots(&space, CSPACE_LEAVES) != seL4_CapNull);
            }
            now = fixture_state();
            continue;
        }
        /* Records for more leaves may be there already. */
        now.blocks = fixture_blocks();
        fixture_check_state(now);
        CHECK_EQ(pages, 5);
    }
    cspace_destroy(&space);
    check_all_back();
}

/* A space that grows with a thread in it, which is stopped meanwhile. */
static seL4_CPtr used_root;
static unsigned begun, ended;
static bool refuse_begin, refuse_set;

static seL4_Error begin(void *cookie, cspace_t *c)
{
    CHECK(cookie == &used_root && c == &space);
    begun++;
    return refuse_begin ? seL4_IllegalOperation : seL4_NoError;
}

static seL4_Error set_space(void *cookie, cspace_t *c, seL4_CPtr root)
{
    CHECK(cookie == &used_root && c == &space && begun == ended + 1);
    used_root = refuse_set ? used_root : root;
    return refuse_set ? seL4_IllegalOperation : seL4_NoError;
}

static void end(void *cookie, cspace_t *c)
{
    CHECK(cookie == &used_root && c == &space);
    ended++;
}

static const cspace_growth_t growth = {.begin = begin, .set_space = set_space, .end = end, .cookie = &used_root};

static seL4_CPtr badged_from; /* what the capabilities in `space` are copies of */

/* Sixteen slots, of which some hold capabilities, badged with their numbers. */
static void make_small(void)
{
    CHECK_EQ(cspace_create_one_level_bits(&own_space, &space, 4), 0);
    badged_from = new_notification();
    used_root = space.root_cnode;
    begun = ended = 0;
    refuse_begin = refuse_set = false;
    cspace_set_growth(&space, &growth);
    CHECK_EQ(cspace_alloc_slots(&space, 10), 1);
    for (seL4_CPtr slot = 3; slot < 9; slot++) {
        CHECK_EQ(cspace_mint(&space, slot, &own_space, badged_from, seL4_AllRights, slot), seL4_NoError);
    }
}

static void check_small(void)
{
    seL4_CPtr seen = cspace_alloc_slot(&own_space);
    CHECK_EQ(used_root, space.root_cnode);
    CHECK_EQ(begun, ended);
    for (seL4_CPtr slot = 1; slot < 11; slot++) {
        seL4_Error error = cspace_copy(&own_space, seen, &space, slot, seL4_AllRights);
        CHECK_EQ(error == seL4_NoError, slot >= 3 && slot < 9);
        if (error == seL4_NoError) {
            CHECK_EQ(cap_badge(fixture_cap(seen)), slot);
            cspace_delete(&own_space, seen);
        }
    }
    cspace_free_slot(&own_space, seen);
}

static void growth_of_another(void)
{
    make_small();
    seL4_CPtr root = space.root_cnode;
    CHECK_EQ(cspace_alloc_slots(&space, 5), 11);
    CHECK_EQ(begun, 0);
    CHECK_EQ(cspace_alloc_slots(&space, 3), 16);
    CHECK_EQ(begun, 1);
    CHECK(used_root != root);
    CHECK(!fixture_occupied(root));
    check_small();
    size_t memory = ut_size_free();
    CHECK_EQ(cspace_alloc_slots(&space, 1000), 19);
    CHECK_EQ(ut_size_free(), memory - (2048 - 32) * 32);
    check_small();
    /* They are still copies of what they were copies of. */
    CHECK_EQ(cspace_revoke(&own_space, badged_from), seL4_NoError);
    CHECK_EQ(cspace_copy(&own_space, cspace_alloc_slot(&own_space), &space, 5, seL4_AllRights), seL4_FailedLookup);
    cspace_destroy(&space);
}

static void no_growth(void)
{
    make_small();
    struct state now = fixture_state();
    refuse_begin = true;
    CHECK_EQ(cspace_alloc_slots(&space, 6), seL4_CapNull);
    refuse_begin = false;
    refuse_set = true;
    CHECK_EQ(cspace_alloc_slots(&space, 6), seL4_CapNull);
    CHECK_EQ(ended, 2);
    refuse_set = false;
    gpi_backing_hold();
    CHECK_EQ(cspace_alloc_slots(&space, 6), seL4_CapNull);
    CHECK_EQ(begun, 2);
    gpi_backing_release();
    CHECK_EQ(cspace_alloc_slots(&space, 1ul << 40), seL4_CapNull);
    CHECK_EQ(cspace_alloc_slots(&space, ~0ul), seL4_CapNull);
    fixture_check_state(now);
    check_small();
    CHECK_EQ(cspace_alloc_slots(&space, 6), 11);
}

static void failing_growth(void)
{
    unsigned kind = 0, n = 0;
    for (unsigned long tried = 0; fail_next(&kind, &n, tried);) {
        remember();
        make_small();
        struct state now = fixture_state();
        fail_now(kind, n);
        seL4_CPtr slots = cspace_alloc_slots(&space, 6);
        tried = tried_now(kind);
        fail_now(0, 0);
        CHECK_EQ(slots, tried >= n ? seL4_CapNull : 11);
        if (slots == seL4_CapNull) {
            fixture_check_state(now);
        }
        check_small();
    }
}

/* The root task's own space, in which it runs. */
static seL4_CPtr own_kept[2];

static seL4_Error set_own_space(void *cookie, cspace_t *c, seL4_CPtr root)
{
    (void)cookie;
    (void)c;
    return seL4_TCB_SetSpace(CPTR_TCB, 0, root, 0, own_kept[1], 0);
}

static seL4_CPtr first_badged;
enum { BADGED = 20 };

static void make_own(void)
{
    static const cspace_growth_t own_growth = {.set_space = set_own_space, .kept = own_kept, .kept_count = 2};
    ut_t *ut = ut_alloc(seL4_VSpaceBits, &own_space);
    own_kept[0] = CPTR_TCB;
    own_kept[1] = cspace_alloc_slot(&own_space);
    CHECK_EQ(cspace_untyped_retype(&own_space, ut->cap, own_kept[1], seL4_ARM_VSpaceObject, 0), seL4_NoError);
    CHECK_EQ(seL4_ARM_ASIDPool_Assign(CPTR_ASID_POOL, own_kept[1]), seL4_NoError);
    cspace_set_growth(&own_space, &own_growth);
    badged_from = new_notification();
    first_badged = cspace_alloc_slots(&own_space, BADGED + 5);
    for (unsigned i = 0; i < BADGED; i++) {
        CHECK_EQ(cspace_mint(&own_space, first_badged + i, &own_space, badged_from, seL4_AllRights, i + 1),
                 seL4_NoError);
    }
}

static void check_own(void)
{
    fixture_check_kernel();
    for (unsigned i = 0; i < BADGED; i++) {
        CHECK_EQ(cap_badge(fixture_cap(first_badged + i)), i + 1);
    }
    CHECK_EQ(cap_type(fixture_cap(own_kept[1])), CAP_VSPACE);
    CHECK_EQ(cap_type(fixture_cap(CPTR_TCB)), CAP_TCB);
    /* The CNode's capability leads to it. */
    struct cap root = fixture_cap(CPTR_CNODE);
    CHECK_EQ(cap_type(root), CAP_CNODE);
    CHECK(cap_object(root) == machine_thread.fast_slots);
    CHECK_EQ(machine_thread.fast_limit, (1ul << own_space.root_bits) - 1);
}

static void growth_of_its_own(void)
{
    make_own();
    ut_merge();
    seL4_CPtr lowest = slotmap_first(&own_space.map), run = cspace_alloc_slots(&own_space, 3050);
    CHECK(run != seL4_CapNull);
    CHECK_EQ(own_space.map.size, 8192);
    cspace_free_slots(&own_space, run, 3050);
    ut_merge();
    CHECK_EQ(slotmap_run(&own_space.map, 500, own_space.map.size, 0), lowest);
    check_own();
    /* One by one, up to the reserve. */
    unsigned long slots = 0;
    size_t memory = ut_size_free();
    while (own_space.map.size == 8192) {
        CHECK(cspace_alloc_slot(&own_space) != seL4_CapNull);
        slots++;
    }
    CHECK(slots > 2000);
    check_own();
    CHECK_EQ(ut_size_free(), memory - (16384 - 8192) * 32);
    CHECK_EQ(cspace_revoke(&own_space, badged_from), seL4_NoError);
    CHECK(!fixture_occupied(first_badged));
    ut_t *ut = ut_alloc(20, &own_space);
    CHECK(ut != NULL);
    ut_free(ut, 20);
    ut_merge();
    /* Nothing of the first CNodes is left: all of the rest is still of use. */
    CHECK(cspace_alloc_slots(&own_space, 100000) != seL4_CapNull);
    CHECK_EQ(own_space.map.size, 131072);
}

/* The memory for records is made of untyped memory, whose capabilities want slots. */
static void growth_with_heap(void)
{
    make_own();
    backing_uses_ut = true;
    unsigned long pieces = 0;
    for (; own_space.map.size < 32768; pieces++) {
        CHECK(ut_alloc(seL4_MinUntypedBits, &own_space) != NULL);
    }
    CHECK(pieces > 7000);
    check_own();
    gpi_backing_hold();
    slotmap_use_run(&own_space.map, 0, own_space.map.size - own_space.reserve);
    CHECK(cspace_alloc_slots(&own_space, own_space.reserve) != seL4_CapNull);
    CHECK_EQ(cspace_alloc_slot(&own_space), seL4_CapNull);
    CHECK_EQ(own_space.map.size, 32768);
    gpi_backing_release();
}

static void failing_growth_of_its_own(void)
{
    unsigned kind = 0, n = 0;
    for (unsigned long tried = 0; fail_next(&kind, &n, tried);) {
        remember();
        make_own();
        struct state now = fixture_state();
        fail_now(kind, n);
        seL4_CPtr slots = cspace_alloc_slots(&own_space, 5000);
        tried = tried_now(kind);
        fail_now(0, 0);
        if (slots == seL4_CapNull) {
            CHECK(tried >= n);
            CHECK_EQ(own_space.map.size, 1u << CSPACE_BITS);
            fixture_check_state(now);
        }
        check_own();
        CHECK(cspace_alloc_slots(&own_space, 5000) != seL4_CapNull);
    }
}

static const struct unit_case cases[] = {
    {"slots", slots},
    {"operations", operations},
    {"one_level", one_level},
    {"two_level", two_level},
    {"destroy_gives_back", destroy_gives_back},
    {"chosen_sizes", chosen_sizes},
    {"destroy_with_copies", destroy_with_copies},
    {"failing_creation", failing_creation},
    {"failing_leaf", failing_leaf},
    {"growth_of_another", growth_of_another},
    {"no_growth", no_growth},
    {"failing_growth", failing_growth},
    {"growth_of_its_own", growth_of_its_own},
    {"growth_with_heap", growth_with_heap},
    {"failing_growth_of_its_own", failing_growth_of_its_own},
};

int main(void)
{
    return unit_run("libgpi.cspace", cases, UNIT_COUNT(cases), remember);
}
