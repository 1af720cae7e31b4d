/* SPDX-License-Identifier: BSD-2-Clause */
#include "fixture.h"

#include "lib/machine.h"
#include "lib/unit.h"
#include <gpi/backing.h>
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
    ut_merge();
    CHECK_EQ(fixture_slots_used(), slots);
    CHECK(ut_alloc(MACHINE_MEMORY_BITS, &own_space) != NULL);
}

/* What was split once is not merged and split again for every piece. */
static void few_are_kept(void)
{
    ut_free(ut_alloc(10, &own_space), 10);
    fixture_fail_call(0);
    for (unsigned i = 0; i < 100; i++) {
        ut_t *a = ut_alloc(10, &own_space), *b = ut_alloc(10, &own_space);
        ut_free(a, 10);
        ut_free(b, 10);
    }
    CHECK_EQ(fixture_calls(), 0);
    CHECK_EQ(ut_size_free(), MEMORY);
    /* Where all is wanted, they are merged at once; of many not all are kept in the first place. */
    ut_t *whole_memory = ut_alloc(MACHINE_MEMORY_BITS, &own_space);
    CHECK(whole_memory != NULL);
    ut_free(whole_memory, MACHINE_MEMORY_BITS);
    static ut_t *piece[1024];
    for (unsigned i = 0; i < 1024; i++) {
        piece[i] = ut_alloc(12, &own_space);
    }
    size_t slots = fixture_slots_used();
    for (unsigned i = 0; i < 1024; i++) {
        ut_free(piece[i], 12);
    }
    CHECK(fixture_slots_used() < slots - 1000);
}

/* A piece is an untyped capability of its size: what is made of it fits, and goes when it is revoked. */
static void retype(void)
{
    seL4_Word paddr = 0;
    ut_t *ut = ut_alloc_4k_untyped(&paddr);
    CHECK_EQ(paddr, ut->paddr);
    seL4_CPtr slot = cspace_alloc_slot(&own_space);
    CHECK_EQ(cspace_untyped_retype(&own_space, ut->cap, slot, seL4_ARM_SmallPageObject, seL4_PageBits), seL4_NoError);
    CHECK_EQ(cap_paddr(machine_cap(slot)).raw, paddr);
    ut_free_revoke(ut, seL4_PageBits);
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
    CHECK(ut_alloc(MACHINE_MEMORY_BITS, &own_space) != NULL);
}

static void at_an_address(void)
{
    seL4_Word base = boot_info.untypedList[0].paddr + 0x123000;
    ut_t *ut = ut_alloc_at(base, seL4_PageBits);
    CHECK(ut != NULL);
    CHECK_EQ(ut->paddr, base);
    CHECK(ut_alloc_at(base, seL4_PageBits) == NULL);
    CHECK(ut_alloc_at(base & ~0x1ffful, 13) == NULL);
    CHECK(ut_alloc_at(base + 0x10800, seL4_PageBits) == NULL);
    ut_t *next = ut_alloc_at(base ^ 0x1000, seL4_PageBits);
    CHECK_EQ(next->paddr, base ^ 0x1000);
    ut_free(ut, seL4_PageBits);
    ut_free(next, seL4_PageBits);
    CHECK_EQ(ut_size_free(), MEMORY);
    /* In halves, but free. */
    ut = ut_alloc_at(base & ~0xffffful, 20);
    CHECK(ut != NULL);
    ut_free(ut, 20);
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
    ut = ut_alloc_at(MACHINE_DEVICE, MACHINE_DEVICE_BITS);
    CHECK_EQ(ut->cap, CPTR_DEVICE_UNTYPED);
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

/* Every call on the way fails once, then every allocation: nothing is lost, and the next try works. */
static void failing(void)
{
    for (unsigned n = 1, kinds = 0; kinds < 2; n++) {
        fixture_setup();
        struct state before = fixture_state();
        fixture_fail_call(kinds == 0 ? n : 0);
        gpi_fail_allocation(kinds == 1 ? n : 0);
        ut_t *ut = ut_alloc(10, &own_space);
        unsigned long tried = kinds == 0 ? fixture_calls() : gpi_allocations();
        gpi_fail_allocation(0);
        fixture_fail_call(0);
        if (ut) {
            CHECK_EQ(n, tried + 1);
            kinds++;
            n = 0;
            continue;
        }
        CHECK(tried >= n);
        CHECK_EQ(fixture_slots_used(), before.slots_used);
        fixture_check_state(before);
        CHECK(ut_alloc(10, &own_space) != NULL);
    }
}

static void no_records(void)
{
    fixture_setup_records(6); /* two untypeds, two splits */
    gpi_backing_hold();
    CHECK(ut_alloc(MACHINE_MEMORY_BITS - 3, &own_space) == NULL);
    CHECK_EQ(ut_size_free(), MEMORY);
    CHECK(ut_alloc(MACHINE_MEMORY_BITS - 2, &own_space) != NULL);
    static ut_t more[8];
    ut_add_records(more, sizeof(more));
    CHECK(ut_alloc(MACHINE_MEMORY_BITS - 4, &own_space) != NULL);
    gpi_backing_release();
}

/* Records are asked for in time: who brings them splits memory himself. */
static void more_records(void)
{
    fixture_setup_records(2 + 2 * 20);
    backing_uses_ut = true;
    size_t n = 0;
    while (ut_alloc(10, &own_space)) {
        n++;
    }
    CHECK(n > 2000); /* slots run out */
    CHECK(fixture_blocks() > 5);
}

/* Random sizes, random order: no two pieces overlap, and all comes back. */
static void random_use(void)
{
    enum { PIECES = 200, ROUNDS = 3000 };
    static ut_t *piece[PIECES];
    size_t taken = 0;
    struct state before = fixture_state();
    for (unsigned round = 0; round < ROUNDS; round++) {
        ut_t **p = &piece[unit_random(PIECES)];
        if (*p) {
            taken -= 1ul << (*p)->size_bits;
            ut_free(*p, (*p)->size_bits);
            *p = NULL;
            continue;
        }
        size_t bits = 4 + unit_random(13);
        seL4_Word somewhere = boot_info.untypedList[0].paddr + (unit_random(MEMORY) >> bits << bits);
        *p = round % 8 ? ut_alloc(bits, &own_space) : ut_alloc_at(somewhere, bits);
        if (*p) {
            taken += 1ul << (*p)->size_bits;
            CHECK_EQ((*p)->size_bits, bits);
            CHECK_EQ(cap_paddr(fixture_cap((*p)->cap)).raw, (*p)->paddr);
            CHECK_EQ(cap_untyped_bits(fixture_cap((*p)->cap)), bits);
        }
        CHECK_EQ(ut_size_free(), MEMORY - taken);
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
    fixture_check_state(before);
    CHECK(ut_alloc(MACHINE_MEMORY_BITS, &own_space) != NULL);
}

static const struct unit_case cases[] = {
    {"whole", whole},           {"split_and_merge", split_and_merge}, {"few_are_kept", few_are_kept},
    {"retype", retype},         {"exhaustion", exhaustion},           {"at_an_address", at_an_address},
    {"device", device},         {"wrong_frees", wrong_frees},         {"failing", failing},
    {"no_records", no_records}, {"more_records", more_records},       {"random_use", random_use},
};

int main(void)
{
    return unit_run("libgpi.ut", cases, UNIT_COUNT(cases), fixture_setup);
}
