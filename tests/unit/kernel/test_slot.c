/* SPDX-License-Identifier: BSD-2-Clause */
/* The derivation tree: what is whose child, and what revoking takes. */
#include "../../../kernel/src/arch/fake/fake.h"
#include "lib/unit.h"
#include "object/slot.h"

enum { SLOTS = 16 };

static _Alignas(64) char memory[4096]; /* where the objects are */
static struct slot slots[SLOTS];
static struct slot *const original = &slots[0];

static struct cap object(enum cap_type type, unsigned info)
{
    return cap_make(type, virt_to_phys(memory), info, 0);
}

/* slots[0] holds an endpoint's first capability. */
static void setup(void)
{
    for (unsigned i = 0; i < SLOTS; i++) {
        slots[i] = (struct slot){0};
    }
    fake_reset();
    slot_insert_root(object(CAP_ENDPOINT, CAP_RIGHTS_ALL), original);
}

static void copy(unsigned from, unsigned to)
{
    slot_insert_derived(slots[from].cap, &slots[from], &slots[to]);
}

static void mint(unsigned from, unsigned to, word_t badge)
{
    slot_insert_derived(cap_set_data(slots[from].cap, badge), &slots[from], &slots[to]);
}

/* The list from slots[0] on is exactly this, and linked both ways. */
static void check_list(unsigned count, const unsigned *expected)
{
    const struct slot *s = &slots[expected[0]];

    CHECK(slot_prev(s) == &slot_list);
    for (unsigned i = 0; i < count; i++) {
        CHECK(s == &slots[expected[i]]);
        CHECK(!slot_next(s) || slot_prev(slot_next(s)) == s);
        s = slot_next(s);
    }
    CHECK(s == 0);
}
#define CHECK_LIST(...)                                                                                                \
    check_list(sizeof((unsigned[]){__VA_ARGS__}) / sizeof(unsigned), (const unsigned[]){__VA_ARGS__})

static void copies_are_children(void)
{
    CHECK(!slot_has_children(original));
    copy(0, 1);
    copy(1, 2);
    CHECK_LIST(0, 1, 2);
    CHECK(slot_has_children(original));
    CHECK(slot_is_parent(original, &slots[1]));
    /* A copy's copy is its sibling. */
    CHECK(slot_is_parent(original, &slots[2]));
    CHECK(!slot_has_children(&slots[1]));
    CHECK(!slot_has_children(&slots[2]));
}

static void badge_families(void)
{
    mint(0, 1, 5);
    copy(1, 2);
    mint(0, 3, 6);
    copy(3, 4);
    mint(0, 5, 5); /* the same badge again: a family of its own */
    mint(0, 6, 5);
    CHECK_LIST(0, 6, 5, 3, 4, 1, 2);
    CHECK(!slot_has_children(&slots[6]));
    CHECK(slot_revoke(&slots[6]));
    slot_clear(&slots[6]);
    CHECK_LIST(0, 5, 3, 4, 1, 2);
    CHECK(slot_has_children(&slots[1]));
    CHECK(slot_has_children(&slots[3]));
    CHECK(!slot_has_children(&slots[5]));
    CHECK(!slot_has_children(&slots[2]));
    CHECK(!slot_is_parent(&slots[3], &slots[1]));

    CHECK(slot_revoke(&slots[3]));
    CHECK_LIST(0, 5, 3, 1, 2);
    CHECK(slot_revoke(&slots[1]));
    CHECK_LIST(0, 5, 3, 1);
    CHECK(slot_revoke(&slots[5]));
    CHECK_LIST(0, 5, 3, 1);
    CHECK(slot_revoke(original));
    CHECK_LIST(0);
}

static void badge_zero_starts_no_family(void)
{
    mint(0, 1, 0);
    copy(1, 2);
    CHECK(!slot_has_children(&slots[1]));
    CHECK(slot_revoke(&slots[1]));
    CHECK_LIST(0, 1, 2);
}

/* A badged capability made from a copy is nobody's child but the original's. */
static void badge_from_a_copy(void)
{
    copy(0, 1);
    mint(1, 2, 9);
    copy(2, 3);
    CHECK_LIST(0, 1, 2, 3);
    CHECK(slot_revoke(&slots[1]));
    CHECK_LIST(0, 1, 2, 3);
    CHECK(slot_revoke(&slots[2]));
    CHECK_LIST(0, 1, 2);
}

static void revoke_leaves_neighbours(void)
{
    static struct slot other[2];

    other[0] = other[1] = (struct slot){0};
    copy(0, 1);
    slot_insert_child(cap_make(CAP_NOTIFICATION, virt_to_phys(memory + 64), 3, 0), original, &other[0]);
    slot_insert_derived(other[0].cap, &other[0], &other[1]);
    /* 0, other 0, other 1, 1 */
    CHECK(slot_revoke(&other[0]));
    CHECK(slot_is_empty(&other[1]));
    CHECK(!slot_is_empty(&slots[1]));
    CHECK(slot_next(original) == &other[0] && slot_next(&other[0]) == &slots[1]);
}

/* Deleting an original leaves its copies, which are then the children of what it was made from. */
static void orphans(void)
{
    static struct slot untyped;

    untyped = (struct slot){0};
    slot_insert_root(cap_untyped_make(virt_to_phys(memory), 12, false, 16), &untyped);
    slot_move(original->cap, original, &slots[9]);
    slot_clear(&slots[9]);
    slot_insert_child(object(CAP_ENDPOINT, CAP_RIGHTS_ALL), &untyped, original);
    copy(0, 1);
    mint(0, 2, 3);
    copy(2, 3);
    CHECK(slot_delete(original));
    CHECK(!slot_is_empty(&slots[1]) && !slot_is_empty(&slots[2]) && !slot_is_empty(&slots[3]));
    CHECK(!slot_has_children(&slots[1]));
    CHECK(slot_has_children(&slots[2]));
    CHECK(slot_revoke(&untyped));
    for (unsigned i = 0; i < SLOTS; i++) {
        CHECK(slot_is_empty(&slots[i]));
    }
    CHECK(!slot_has_children(&untyped));
}

static void finality(void)
{
    CHECK(slot_is_final(original));
    mint(0, 1, 5);
    copy(1, 2);
    CHECK(!slot_is_final(original) && !slot_is_final(&slots[1]) && !slot_is_final(&slots[2]));
    slot_clear(&slots[1]);
    CHECK(!slot_is_final(original) && !slot_is_final(&slots[2]));
    slot_clear(original);
    CHECK(slot_is_final(&slots[2]));
    CHECK_LIST(2);
}

static void move_keeps_the_place(void)
{
    mint(0, 1, 5);
    copy(1, 2);
    slot_move(slots[1].cap, &slots[1], &slots[7]);
    CHECK_LIST(0, 7, 2);
    CHECK(slot_is_empty(&slots[1]) && slots[1].next == 0 && slots[1].prev == 0);
    CHECK(slot_has_children(&slots[7]));
    slot_move(original->cap, original, &slots[8]);
    CHECK_LIST(8, 7, 2);
    slot_move(slots[2].cap, &slots[2], &slots[9]);
    CHECK_LIST(8, 7, 9);
    CHECK(slot_revoke(&slots[8]));
    CHECK_LIST(8);
}

static void swap(void)
{
    /* 0, 3, 2, 1 */
    copy(0, 1);
    mint(0, 2, 5);
    mint(0, 3, 6);
    struct cap two = slots[2].cap, three = slots[3].cap;

    slot_swap(&slots[2], &slots[3]); /* neighbours */
    CHECK_LIST(0, 2, 3, 1);
    CHECK_EQ(slots[2].cap.w1, three.w1);
    CHECK_EQ(slots[3].cap.w1, two.w1);
    slot_swap(&slots[2], &slots[3]);
    CHECK_LIST(0, 3, 2, 1);
    slot_swap(&slots[3], &slots[2]); /* the other way round */
    CHECK_LIST(0, 2, 3, 1);
    slot_swap(&slots[0], &slots[1]); /* the ends */
    CHECK_LIST(1, 2, 3, 0);
    slot_swap(&slots[0], &slots[0]);
    CHECK_LIST(1, 2, 3, 0);
    slot_swap(&slots[0], &slots[9]); /* with an empty one */
    CHECK_LIST(1, 2, 3, 9);
    CHECK(slot_is_empty(&slots[0]));
    slot_swap(&slots[0], &slots[9]);
    CHECK_LIST(1, 2, 3, 0);
    /* Who could revoke still can. */
    CHECK(slot_revoke(&slots[1]));
    CHECK_LIST(1);
}

static void derive(void)
{
    struct cap out;

    /* Untypeds with children are not copied. */
    slot_insert_root(cap_untyped_make((paddr_t){0x10000}, 16, false, 0), &slots[1]);
    CHECK_EQ(slot_derive(&slots[1], slots[1].cap, &out), seL4_NoError);
    slot_insert_child(cap_make(CAP_REPLY, (paddr_t){0x10000}, 0, 0), &slots[1], &slots[2]);
    CHECK_EQ(slot_derive(&slots[1], slots[1].cap, &out), seL4_RevokeFirst);
    /* A copy of a mapped frame is not mapped, and a copy of a held one is free. */
    struct cap frame = cap_with_mapping(cap_make(CAP_FRAME, (paddr_t){0x20000}, FRAME_READ | FRAME_EXIT, 0), 3, 0x1000);
    CHECK_EQ(slot_derive(original, frame, &out), seL4_NoError);
    CHECK_EQ(out.w1, 0);
    CHECK_EQ(cap_info(out), FRAME_READ);
    /* Tables and spaces need a place first. */
    struct cap table = cap_make(CAP_PAGE_TABLE, (paddr_t){0x20000}, 0, 0);
    CHECK_EQ(slot_derive(original, table, &out), seL4_IllegalOperation);
    CHECK_EQ(slot_derive(original, cap_with_mapping(table, 1, 0), &out), seL4_NoError);
    struct cap space = cap_make(CAP_VSPACE, (paddr_t){0x20000}, VSPACE_STAGE2 | VSPACE_IN_TCB, 0);
    CHECK_EQ(slot_derive(original, space, &out), seL4_IllegalOperation);
    space.w1 = 4;
    CHECK_EQ(slot_derive(original, space, &out), seL4_NoError);
    CHECK_EQ(cap_info(out), VSPACE_STAGE2);
    /* One control of interrupts. */
    CHECK_EQ(slot_derive(original, cap_make(CAP_IRQ_CONTROL, (paddr_t){0}, 0, 0), &out), seL4_NoError);
    CHECK_EQ(cap_type(out), CAP_NULL);
}

static void interrupt_handlers(void)
{
    slot_insert_root(cap_make(CAP_IRQ_CONTROL, (paddr_t){0}, 0, 0), &slots[1]);
    slot_insert_child(cap_make(CAP_IRQ_HANDLER, (paddr_t){0}, 0, 40), &slots[1], &slots[2]);
    slot_insert_child(cap_make(CAP_IRQ_HANDLER, (paddr_t){0}, 0, 41), &slots[1], &slots[3]);
    copy(2, 4);
    CHECK(slot_has_children(&slots[1]));
    CHECK(slot_has_children(&slots[2]));
    CHECK(!slot_has_children(&slots[3]));
    CHECK(!slot_is_final(&slots[2]) && slot_is_final(&slots[3]));
    CHECK(slot_revoke(&slots[2]));
    CHECK(slot_is_empty(&slots[4]) && !slot_is_empty(&slots[2]) && !slot_is_empty(&slots[3]));
    CHECK(slot_revoke(&slots[1]));
    CHECK(slot_is_empty(&slots[2]) && slot_is_empty(&slots[3]));
}

int main(void)
{
    static const struct unit_case cases[] = {
        {"copies_are_children", copies_are_children},
        {"badge_families", badge_families},
        {"badge_zero_starts_no_family", badge_zero_starts_no_family},
        {"badge_from_a_copy", badge_from_a_copy},
        {"revoke_leaves_neighbours", revoke_leaves_neighbours},
        {"orphans", orphans},
        {"finality", finality},
        {"move_keeps_the_place", move_keeps_the_place},
        {"swap", swap},
        {"derive", derive},
        {"interrupt_handlers", interrupt_handlers},
    };

    return unit_run("slot", cases, UNIT_COUNT(cases), setup);
}
