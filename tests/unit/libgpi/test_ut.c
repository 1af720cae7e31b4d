/* SPDX-License-Identifier: BSD-2-Clause */
#include "fixture.h"

#include "lib/machine.h"
#include "lib/unit.h"
#include <gpi/ut.h>

#define MEMORY (1ul << MACHINE_MEMORY_BITS)

static void whole(void)
{
    CHECK_EQ(ut_size_free(), MEMORY);
    ut_t *ut = ut_alloc(MACHINE_MEMORY_BITS, &own_space);
    CHECK(ut != NULL);
    CHECK_EQ(ut->cap, CPTR_UNTYPED);
    CHECK_EQ(ut_size_free(), 0);
    CHECK(ut_alloc(4, &own_space) == NULL);
    ut_free(ut, MACHINE_MEMORY_BITS);
    CHECK_EQ(ut_size_free(), MEMORY);
}

/* A small piece splits its way down; given back, all halves become one again. */
static void split_and_merge(void)
{
    size_t slots = fixture_slots_used();
    ut_t *a = ut_alloc(4, &own_space), *b = ut_alloc(4, &own_space);
    CHECK(a && b && a != b);
    CHECK_EQ(a->size_bits, 4);
    CHECK_EQ(a->paddr ^ b->paddr, 16); /* buddies */
    CHECK_EQ(ut_size_free(), MEMORY - 32);
    ut_free(a, 4);
    CHECK_EQ(ut_size_free(), MEMORY - 16);
    ut_free(b, 4);
    CHECK_EQ(ut_size_free(), MEMORY);
    CHECK_EQ(fixture_slots_used(), slots);
    CHECK(ut_alloc(MACHINE_MEMORY_BITS, &own_space) != NULL);
}

/* A piece is an untyped capability of its size: what is made of it fits, and goes when it is freed. */
static void retype(void)
{
    seL4_Word paddr = 0;
    ut_t *ut = ut_alloc_4k_untyped(&paddr);
    CHECK_EQ(paddr, ut->paddr);
    seL4_CPtr slot = cspace_alloc_slot(&own_space);
    CHECK_EQ(cspace_untyped_retype(&own_space, ut->cap, slot, seL4_ARM_SmallPageObject, seL4_PageBits), seL4_NoError);
    CHECK_EQ(cap_paddr(machine_cap(slot)).raw, paddr);
    ut_free(ut, seL4_PageBits);
    CHECK(!fixture_occupied(slot));
    CHECK_EQ(ut_size_free(), MEMORY);
}

static void exhaustion(void)
{
    ut_t *first = NULL;
    size_t n = 0;
    for (ut_t *ut; (ut = ut_alloc(14, &own_space)) != NULL; n++) {
        ut->next = first;
        first = ut;
    }
    CHECK_EQ(n, MEMORY >> 14);
    while (first) {
        ut_t *next = first->next;
        ut_free(first, 14);
        first = next;
    }
    CHECK_EQ(ut_size_free(), MEMORY);
}

static void at_an_address(void)
{
    seL4_Word base = boot_info.untypedList[0].paddr + 0x123000;
    ut_t *ut = ut_alloc_at(base, seL4_PageBits);
    CHECK(ut != NULL);
    CHECK_EQ(ut->paddr, base);
    CHECK(ut_alloc_at(base, seL4_PageBits) == NULL);
    CHECK(ut_alloc_at(base & ~0x1ffful, 13) == NULL);
    ut_t *next = ut_alloc_at(base ^ 0x1000, seL4_PageBits);
    CHECK_EQ(next->paddr, base ^ 0x1000);
    ut_free(ut, seL4_PageBits);
    ut_free(next, seL4_PageBits);
    CHECK_EQ(ut_size_free(), MEMORY);
}

static void device(void)
{
    ut_t *ut = ut_alloc_4k_device(MACHINE_DEVICE + 0x9010000);
    CHECK(ut != NULL);
    CHECK_EQ(ut->paddr, MACHINE_DEVICE + 0x9010000);
    CHECK(ut->device);
    CHECK_EQ(ut_size_free(), MEMORY);
    CHECK(ut_alloc_4k_device(MACHINE_DEVICE - 0x1000) == NULL);
    CHECK(ut_alloc_4k_device(boot_info.untypedList[0].paddr) == NULL); /* memory is no device */
    CHECK_EQ(ut_size_free(), MEMORY);
    ut_free(ut, seL4_PageBits);
    CHECK(ut_alloc_at(MACHINE_DEVICE, MACHINE_DEVICE_BITS) != NULL);
}

static void wrong_frees(void)
{
    ut_free(NULL, 12);
    ut_t *ut = ut_alloc(12, &own_space);
    ut_free(ut, 13); /* not its size */
    CHECK_EQ(ut_size_free(), MEMORY - 4096);
    ut_free(ut, 12);
    CHECK_EQ(ut_size_free(), MEMORY);
}

/* Every call on the way fails once: nothing is lost, and the next try works. */
static void failing_calls(void)
{
    for (unsigned n = 1;; n++) {
        fixture_setup();
        size_t slots = fixture_slots_used();
        fixture_fail_call(n);
        ut_t *ut = ut_alloc(10, &own_space);
        if (ut) {
            CHECK_EQ(n, fixture_calls() + 1);
            break;
        }
        CHECK_EQ(fixture_calls() >= n, 1);
        fixture_fail_call(0);
        CHECK_EQ(ut_size_free(), MEMORY);
        CHECK_EQ(fixture_slots_used(), slots);
        CHECK(ut_alloc(10, &own_space) != NULL);
    }
}

static void no_records(void)
{
    fixture_setup_records(6); /* two untypeds, two splits */
    CHECK(ut_alloc(MACHINE_MEMORY_BITS - 3, &own_space) == NULL);
    CHECK_EQ(ut_size_free(), MEMORY);
    CHECK(ut_alloc(MACHINE_MEMORY_BITS - 2, &own_space) != NULL);
    static ut_t more[8];
    ut_add_records(more, sizeof(more));
    CHECK(ut_alloc(MACHINE_MEMORY_BITS - 4, &own_space) != NULL);
}

/* Random sizes, random order: no two pieces overlap, and all comes back. */
static void random_use(void)
{
    enum { PIECES = 200, ROUNDS = 3000 };
    static ut_t *piece[PIECES];
    for (unsigned round = 0; round < ROUNDS; round++) {
        ut_t **p = &piece[unit_random(PIECES)];
        if (*p) {
            ut_free(*p, (*p)->size_bits);
            *p = NULL;
            continue;
        }
        *p = ut_alloc(4 + unit_random(13), &own_space);
        for (unsigned i = 0; *p && i < PIECES; i++) {
            if (piece[i] && piece[i] != *p) {
                bool below = (*p)->paddr + (1ul << (*p)->size_bits) <= piece[i]->paddr;
                bool above = piece[i]->paddr + (1ul << piece[i]->size_bits) <= (*p)->paddr;
                CHECK(below || above);
            }
        }
    }
    for (unsigned i = 0; i < PIECES; i++) {
        if (piece[i]) {
            ut_free(piece[i], piece[i]->size_bits);
            piece[i] = NULL;
        }
    }
    CHECK_EQ(ut_size_free(), MEMORY);
}

static const struct unit_case cases[] = {
    {"whole", whole},
    {"split_and_merge", split_and_merge},
    {"retype", retype},
    {"exhaustion", exhaustion},
    {"at_an_address", at_an_address},
    {"device", device},
    {"wrong_frees", wrong_frees},
    {"failing_calls", failing_calls},
    {"no_records", no_records},
    {"random_use", random_use},
};

int main(void)
{
    return unit_run("libgpi.ut", cases, UNIT_COUNT(cases), fixture_setup);
}
