/* SPDX-License-Identifier: BSD-2-Clause */
/* Deleting containers: nested, in circles, from inside, preempted at every step. */
#include "../../../kernel/src/arch/fake/fake.h"
#include "arch/preempt.h"
#include "lib/unit.h"
#include "object/tcb.h"
#include <stdlib.h>
#include <string.h>

enum { MAX_NODES = 12, RADIX = 2, NODE_SLOTS = 1 << RADIX, THREADS = 3 };

static struct slot node[MAX_NODES][NODE_SLOTS];
static _Alignas(1 << seL4_TCBBits) char thread[THREADS][1 << seL4_TCBBits];
static struct slot top[2]; /* outside of all containers; top[0]: an untyped that all objects come from */

static struct cap node_cap(unsigned i)
{
    return cap_make(CAP_CNODE, virt_to_phys(node[i]), RADIX, 0);
}

static struct tcb *tcb(unsigned i)
{
    return (struct tcb *)thread[i];
}

static void setup(void)
{
    fake_reset();
    memset(node, 0, sizeof node);
    memset(thread, 0, sizeof thread);
    memset(top, 0, sizeof top);
    for (unsigned i = 0; i < THREADS; i++) {
        tcb_init(tcb(i));
    }
    /* Everything there is: the containers come from it. */
    slot_insert_root(cap_untyped_make((paddr_t){0}, seL4_MaxUntypedBits, false, 1ull << seL4_MaxUntypedBits), &top[0]);
}

/* The first capability of an object. */
static void put(struct cap c, struct slot *s)
{
    slot_insert_child(c, &top[0], s);
}

static void put_node(unsigned i, struct slot *s)
{
    put(node_cap(i), s);
}

/* The list from top[0] on is linked both ways; how long it is without it. */
static unsigned list_length(void)
{
    unsigned n = 0;

    for (const struct slot *s = &top[0]; slot_next(s); s = slot_next(s)) {
        CHECK(slot_prev(slot_next(s)) == s);
        CHECK(!slot_is_empty(slot_next(s)));
        n++;
    }
    return n;
}

static bool is_named(const void *container)
{
    for (const struct slot *s = slot_next(&top[0]); s; s = slot_next(s)) {
        if (cap_object(s->cap) == container) {
            return true;
        }
    }
    return false;
}

/* No capability stands in memory that could be used for something else by now. */
static void check_containers(void)
{
    for (unsigned i = 0; i < MAX_NODES; i++) {
        for (unsigned j = 0; j < NODE_SLOTS; j++) {
            CHECK(slot_is_empty(&node[i][j]) || is_named(node[i]));
        }
    }
}

/* Deletes with a preemption after every `steps` steps; how often it was preempted. */
static unsigned delete_in_steps(struct slot *s, long steps)
{
    unsigned preempted = 0;

    fake_preempt_after = steps;
    while (!slot_delete(s)) {
        CHECK(preempted < 100000);
        preempted++;
        check_containers();
        fake_preempt_after = steps;
    }
    fake_preempt_after = -1;
    CHECK(slot_is_empty(s));
    return preempted;
}

static void copy_is_not_the_last(void)
{
    put_node(0, &top[1]);
    slot_insert_derived(top[1].cap, &top[1], &node[1][0]);
    put_node(2, &node[0][3]);
    CHECK(slot_delete(&top[1]));
    CHECK(!slot_is_empty(&node[0][3]));
    CHECK(slot_delete(&node[1][0]));
    CHECK(slot_is_empty(&node[0][3]));
    CHECK_EQ(list_length(), 0);
}

static void nested(void)
{
    /* top -> 0 -> {1 -> 2, thread 0 with CSpace 3 -> 4} */
    put_node(0, &top[1]);
    put_node(1, &node[0][0]);
    put_node(2, &node[1][3]);
    put(cap_make(CAP_TCB, virt_to_phys(tcb(0)), 0, 0), &node[0][3]);
    put_node(3, &tcb(0)->slots[TCB_CSPACE]);
    put_node(4, &node[3][1]);
    put(cap_make(CAP_FRAME, (paddr_t){0x1000}, FRAME_SMALL, 0), &node[4][2]);
    CHECK_EQ(list_length(), 7);
    CHECK(slot_delete(&top[1]));
    CHECK_EQ(list_length(), 0);
    for (unsigned i = 0; i < 5; i++) {
        for (unsigned j = 0; j < NODE_SLOTS; j++) {
            CHECK(slot_is_empty(&node[i][j]));
        }
    }
    CHECK(slot_is_empty(&tcb(0)->slots[TCB_CSPACE]));
}

/* What still is named from elsewhere stays whole. */
static void shared_stays(void)
{
    put_node(0, &top[1]);
    put_node(1, &node[0][1]);
    slot_insert_derived(node[0][1].cap, &node[0][1], &node[5][0]);
    put_node(2, &node[1][0]);
    CHECK(slot_delete(&top[1]));
    CHECK(slot_is_empty(&node[0][1]));
    CHECK_EQ(cap_paddr(node[1][0].cap).raw, virt_to_phys(node[2]).raw);
    CHECK_EQ(list_length(), 2);
}

/* A circle of n CNodes, each holding the last capability of the next; deleted through the one in `first`. */
static void circle(unsigned n, unsigned at, long steps)
{
    setup();
    for (unsigned i = 0; i < n; i++) {
        put_node((i + 1) % n, &node[i][at]);
        put(cap_make(CAP_FRAME, (paddr_t){0x1000ull * (i + 1)}, FRAME_SMALL, 0), &node[i][(at + 1) % NODE_SLOTS]);
        put(cap_make(CAP_FRAME, (paddr_t){0x10000ull * (i + 1)}, FRAME_SMALL, 0), &node[i][(at + 3) % NODE_SLOTS]);
    }
    delete_in_steps(&node[0][at], steps);
    CHECK_EQ(list_length(), 0);
}

static void circles(void)
{
    for (unsigned n = 1; n <= MAX_NODES; n++) {
        for (unsigned at = 0; at < NODE_SLOTS; at++) {
            circle(n, at, -1);
            for (long steps = 0; steps < 8; steps++) {
                circle(n, at, steps);
            }
        }
    }
}

/* Everything from the untyped, with circles that nothing outside names. */
static void revoke_ends_circles(void)
{
    for (long steps = -1; steps < 40; steps++) {
        setup();
        put_node(0, &node[0][2]);
        put_node(1, &node[2][0]);
        put_node(2, &node[1][3]);
        put(cap_make(CAP_TCB, virt_to_phys(tcb(0)), 0, 0), &node[3][1]);
        put_node(3, &tcb(0)->slots[TCB_CSPACE]);
        fake_preempt_after = steps;
        while (!slot_revoke(&top[0])) {
            fake_preempt_after = steps;
        }
        fake_preempt_after = -1;
        CHECK_EQ(list_length(), 0);
    }
}

/* The slot being deleted lies in a container that goes with it. */
static void root_inside(void)
{
    for (unsigned at = 0; at < NODE_SLOTS; at++) {
        for (long steps = -1; steps < 8; steps++) {
            /* Slot 0.at holds 1's last capability, which holds 0's last. */
            setup();
            put_node(1, &node[0][at]);
            put_node(0, &node[1][NODE_SLOTS - 1 - at]);
            put_node(2, &node[1][at ^ 1]);
            put(cap_make(CAP_TCB, virt_to_phys(tcb(0)), 0, 0), &node[2][at]);
            put_node(3, &tcb(0)->slots[TCB_CSPACE]);
            put_node(4, &node[0][at ^ 2]);
            delete_in_steps(&node[0][at], steps);
            CHECK_EQ(list_length(), 0);
        }
    }
    /* A thread's own CSpace slot. */
    setup();
    put_node(0, &tcb(0)->slots[TCB_CSPACE]);
    put(cap_make(CAP_TCB, virt_to_phys(tcb(0)), 0, 0), &node[0][1]);
    CHECK(slot_delete(&tcb(0)->slots[TCB_CSPACE]));
    CHECK_EQ(list_length(), 0);
}

/* A chain of n CNodes with two slots, each in the first slot of the one before. */
static struct slot (*make_chain(unsigned n))[2]
{
    struct slot(*chain)[2] = calloc(n, sizeof *chain);

    CHECK(chain);
    for (unsigned i = 0; i < n; i++) {
        put(cap_make(CAP_CNODE, virt_to_phys(chain[i]), 1, 0), i ? &chain[i - 1][0] : &top[1]);
        if (i % 3 == 0) {
            put(cap_make(CAP_FRAME, (paddr_t){0x1000ull * (i + 1)}, FRAME_SMALL, 0), &chain[i][1]);
        }
    }
    return chain;
}

static long steps_of_delete(struct slot *s)
{
    const long many = 1l << 40;

    fake_preempt_after = many;
    CHECK(slot_delete(s));
    long steps = many - fake_preempt_after;
    fake_preempt_after = -1;
    return steps;
}

static void deep(void)
{
    enum { DEPTH = 1000 };
    struct slot(*chain)[2] = make_chain(DEPTH);

    CHECK(steps_of_delete(&top[1]) <= 6 * DEPTH);
    CHECK_EQ(list_length(), 0);
    free(chain);

    /* No way is so long that an interrupt must wait for its end: it can stop at each container. */
    setup();
    chain = make_chain(DEPTH);
    CHECK(delete_in_steps(&top[1], 0) >= 2 * DEPTH);
    CHECK_EQ(list_length(), 0);
    free(chain);
}

/* A CNode full of CNodes: the work grows with the number of slots, not with its square. */
static void wide(void)
{
    enum { WIDE_RADIX = 12, WIDE = 1 << WIDE_RADIX };
    struct slot *outer = calloc(WIDE, sizeof *outer);
    struct slot(*inner)[2] = calloc(WIDE, sizeof *inner);

    CHECK(outer && inner);
    for (unsigned preempt = 0; preempt < 2; preempt++) {
        setup();
        put(cap_make(CAP_CNODE, virt_to_phys(outer), WIDE_RADIX, 0), &top[1]);
        for (unsigned i = 0; i < WIDE; i++) {
            put(cap_make(CAP_CNODE, virt_to_phys(inner[i]), 1, 0), &outer[i]);
            put(cap_make(CAP_FRAME, (paddr_t){0x1000ull * (i + 1)}, FRAME_SMALL, 0), &inner[i][0]);
        }
        if (preempt) {
            CHECK(delete_in_steps(&top[1], 0) <= 8 * WIDE);
        } else {
            CHECK(steps_of_delete(&top[1]) <= 8 * WIDE);
        }
        CHECK_EQ(list_length(), 0);
    }
    free(outer);
    free(inner);
}

/* The same with a way up in the middle: what was passed is not looked at again. */
static void wide_and_deep(void)
{
    enum { DEPTH = 40, WIDE_RADIX = 6, WIDE = 1 << WIDE_RADIX };
    struct slot(*level)[WIDE] = calloc(DEPTH, sizeof *level);

    CHECK(level);
    for (unsigned i = 0; i < DEPTH; i++) {
        put(cap_make(CAP_CNODE, virt_to_phys(level[i]), WIDE_RADIX, 0), i ? &level[i - 1][WIDE / 2] : &top[1]);
        for (unsigned j = 0; j < WIDE; j++) {
            if (j != WIDE / 2) {
                put(cap_make(CAP_FRAME, (paddr_t){0x1000ull * (i * WIDE + j + 1)}, FRAME_SMALL, 0), &level[i][j]);
            }
        }
    }
    CHECK(delete_in_steps(&top[1], 0) <= 4 * DEPTH * WIDE);
    CHECK_EQ(list_length(), 0);
    free(level);
}

/* A revocation meets what a preempted deletion left, in every state of it, and both end. */
static void revoke_meets_zombies(void)
{
    for (long steps = 0; steps < 40; steps++) {
        setup();
        put_node(0, &top[1]);
        put_node(1, &node[0][1]);
        put_node(2, &node[1][0]);
        put(cap_make(CAP_TCB, virt_to_phys(tcb(0)), 0, 0), &node[2][3]);
        put_node(3, &tcb(0)->slots[TCB_CSPACE]);
        put_node(4, &node[3][2]);
        put_node(5, &node[0][3]);
        fake_preempt_after = steps;
        slot_delete(&top[1]);
        list_length();
        fake_preempt_after = steps / 2;
        while (!slot_revoke(&top[0])) {
            list_length();
            fake_preempt_after = steps / 2;
        }
        CHECK_EQ(list_length(), 0);
        fake_preempt_after = -1;
        CHECK(slot_delete(&top[1])); /* the first one is tried again */
        CHECK_EQ(list_length(), 0);
    }
}

/* Two deletions, in turns: the second one's slot lies in what the first one clears. */
static void two_deletions(void)
{
    for (long first = 0; first < 12; first++) {
        for (long second = 0; second < 12; second++) {
            setup();
            put_node(0, &top[1]);
            for (unsigned i = 0; i < 5; i++) {
                put_node(i + 1, &node[i][i % NODE_SLOTS]);
            }
            bool done = false;
            for (unsigned turn = 0; !done; turn++) {
                fake_preempt_after = first;
                done = slot_delete(&top[1]);
                for (unsigned i = 0; i < 6 && !done; i++) {
                    fake_preempt_after = second;
                    slot_delete(&node[i][turn % NODE_SLOTS]);
                }
                list_length();
                CHECK(turn < 1000);
            }
            CHECK_EQ(list_length(), 0);
        }
    }
}

int main(void)
{
    static const struct unit_case cases[] = {
        {"copy_is_not_the_last", copy_is_not_the_last},
        {"nested", nested},
        {"shared_stays", shared_stays},
        {"circles", circles},
        {"revoke_ends_circles", revoke_ends_circles},
        {"root_inside", root_inside},
        {"deep", deep},
        {"wide", wide},
        {"wide_and_deep", wide_and_deep},
        {"revoke_meets_zombies", revoke_meets_zombies},
        {"two_deletions", two_deletions},
    };

    return unit_run("delete", cases, UNIT_COUNT(cases), setup);
}
