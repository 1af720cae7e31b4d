/* SPDX-License-Identifier: BSD-2-Clause */
/* The root task's CSpace, and another one, grow while threads use them; memory for many pages. */
#include "kernel/lib/objects.h"
#include "kernel/lib/test.h"
#include "kernel/lib/worker.h"
#include <gpi/backing.h>
#include <gpi/frames.h>
#include <sel4/debug.h>
#include <sel4/sel4.h>
#include <string.h>

enum { BADGED = 300 };

/* The thread that runs in the space besides the first one. */
static struct worker *other;
static seL4_CPtr kept[3] = {seL4_CapInitThreadTCB, seL4_CapInitThreadVSpace};

static seL4_Error set_both(void *cookie, cspace_t *c, seL4_CPtr root)
{
    (void)cookie;
    (void)c;
    seL4_Error error = seL4_NoError;
    if (other) {
        error = seL4_TCB_SetSpace(other->tcb, 0, root, 0, seL4_CapInitThreadVSpace, 0);
    }
    return error ? error : seL4_TCB_SetSpace(seL4_CapInitThreadTCB, 0, root, 0, seL4_CapInitThreadVSpace, 0);
}

static void set_growth(void)
{
    kept[2] = other ? other->tcb : seL4_CapNull;
    cspace_growth_t growth = {.set_space = set_both, .kept = kept, .kept_count = other ? 3 : 2};
    cspace_set_growth(&root_cspace, &growth);
}

static seL4_Word slots_now(void)
{
    return root_cspace.map.size;
}

/* The larger CNode stays; of the first one the memory is lost, later ones' comes back. */
static void note_kept(seL4_Word slots_before)
{
    seL4_Word first = 1ul << seL4_GetBootInfo()->initThreadCNodeSizeBits;
    test_memory_kept = slots_now() << seL4_SlotBits;
    test_memory_kept -= slots_before == first ? 0 : slots_before << seL4_SlotBits;
}

/* Answers calls by a signal with the badge that was sent. */
static void answer(struct worker *w)
{
    for (;;) {
        seL4_Word badge = 0;
        seL4_Wait(w->arg[0], &badge);
        w->result[0] = badge;
        seL4_Signal(w->arg[1]);
    }
}

static seL4_Word poll(seL4_CPtr notification)
{
    seL4_Word badge = 0;
    seL4_Poll(notification, &badge);
    return badge;
}

/* Capabilities keep their numbers and meaning, threads go on, pages stay mapped; in a space that becomes large twice. */
static void growth_of_its_own(void)
{
    seL4_Word before = slots_now();
    seL4_CPtr to_other = new_notification(), from_other = new_notification(), n = new_notification();
    seL4_CPtr badged[BADGED];
    for (unsigned i = 0; i < BADGED; i++) {
        badged[i] = new_badged(n, i + 1);
    }
    volatile seL4_Word *page = (seL4_Word *)WINDOW;
    new_page_at(WINDOW);
    *page = 17;
    other = worker_new(answer, MAIN_PRIORITY + 1);
    other->arg[0] = to_other;
    other->arg[1] = from_other;
    worker_run(other); /* up to its Wait */
    set_growth();
    for (unsigned round = 1; round <= 2; round++) {
        seL4_Word slots = slots_now();
        seL4_CPtr first = cspace_alloc_slots(&root_cspace, slots / 2);
        REQUIRE(first != seL4_CapNull);
        seL4_CPtr second = cspace_alloc_slots(&root_cspace, slots / 2);
        REQUIRE(second != seL4_CapNull);
        CHECK_EQ(slots_now(), 2 * slots);
        /* Slots that did not exist before. */
        seL4_CPtr beyond = second + slots / 2 - 1;
        CHECK(beyond > slots);
        CHECK_OK(cspace_mint(&root_cspace, beyond, &root_cspace, to_other, seL4_AllRights, 100 + round));
        seL4_Signal(beyond);
        CHECK_EQ(other->result[0], 100 + round);
        seL4_Poll(from_other, NULL);
        CHECK_OK(cspace_delete(&root_cspace, beyond));
        for (unsigned i = 0; i < BADGED; i++) {
            seL4_Signal(badged[i]);
            CHECK_EQ(poll(n), i + 1);
        }
        CHECK_EQ(*page, 17);
        cspace_free_slots(&root_cspace, first, slots / 2);
        cspace_free_slots(&root_cspace, second, slots / 2);
    }
    /* Derived from the same as before. */
    REQUIRE_OK(cspace_revoke(&root_cspace, n));
    CHECK(slot_is_empty(badged[0]) && slot_is_empty(badged[BADGED - 1]));
    CHECK(!slot_is_empty(n));
    note_kept(before);
    other = NULL;
    set_growth();
}

/* Whatever allocation fails on the way, all is as before. */
static void failed_growth(void)
{
    seL4_Word before = slots_now();
    seL4_CPtr n = new_notification(), five = new_badged(n, 5);
    other = NULL;
    set_growth();
    for (unsigned i = 1;; i++) {
        size_t memory = ut_size_free();
        gpi_fail_allocation(i);
        seL4_CPtr slots = cspace_alloc_slots(&root_cspace, before);
        seL4_Word tried = gpi_allocations();
        gpi_fail_allocation(0);
        seL4_Signal(five);
        CHECK_EQ(poll(n), 5);
        if (slots != seL4_CapNull) {
            CHECK(tried < i);
            CHECK(i > 3);
            cspace_free_slots(&root_cspace, slots, before);
            break;
        }
        CHECK_EQ(slots_now(), before);
        CHECK_EQ(ut_size_free(), memory);
    }
    note_kept(before);
}

static seL4_Error set_worker(void *cookie, cspace_t *c, seL4_CPtr root)
{
    struct worker *w = cookie;
    (void)c;
    return seL4_TCB_SetSpace(w->tcb, 0, root, 0, seL4_CapInitThreadVSpace, 0);
}

/* Waits, is counted, for ever: in a space of its own, by its own numbers. */
static void growth_of_another(void)
{
    static cspace_t space;
    seL4_CPtr to_other = new_notification(), from_other = new_notification();
    REQUIRE_EQ(cspace_create_one_level_bits(&root_cspace, &space, 3), 0);
    struct worker *w = worker_new(answer, MAIN_PRIORITY + 1);
    w->arg[0] = cspace_alloc_slot(&space);
    w->arg[1] = cspace_alloc_slot(&space);
    REQUIRE_OK(cspace_copy(&space, w->arg[0], &root_cspace, to_other, seL4_AllRights));
    REQUIRE_OK(cspace_mint(&space, w->arg[1], &root_cspace, from_other, seL4_AllRights, 3));
    REQUIRE_OK(set_worker(w, &space, space.root_cnode));
    cspace_growth_t growth = {.set_space = set_worker, .cookie = w};
    cspace_set_growth(&space, &growth);
    worker_run(w);
    for (unsigned i = 0; i < 1000; i++) {
        CHECK(cspace_alloc_slot(&space) != seL4_CapNull);
        seL4_Signal(to_other);
        CHECK_EQ(poll(from_other), 3);
    }
    CHECK_EQ(space.map.size, 1024);
    cspace_destroy(&space);
}

/* Memory of the size of a guest, in small pages: slots and records grow with it. */
static void many_frames(void)
{
    enum { COUNT = 40000 };
    seL4_Word before = slots_now();
    struct gpi_frames frames;
    REQUIRE_OK(seL4_ARM_Page_Unmap(new_page_at(WINDOW))); /* for the tables */
    size_t memory = ut_size_free();
    REQUIRE_OK(gpi_frames_create(&frames, &root_cspace, COUNT, seL4_PageBits, GPI_FRAMES_ANYWHERE, 0));
    note_kept(before);
    CHECK_EQ(ut_size_free(), memory - ((seL4_Word)COUNT << seL4_PageBits) - test_memory_kept);
    REQUIRE_OK(seL4_ARM_Page_Map(frames.first + COUNT - 1, seL4_CapInitThreadVSpace, WINDOW, seL4_ReadWrite,
                                 seL4_ARM_Default_VMAttributes | seL4_ARM_ExecuteNever));
    *(volatile seL4_Word *)WINDOW = 1;
    gpi_frames_destroy(&frames);
    ut_merge();
    REQUIRE_OK(gpi_frames_create(&frames, &root_cspace, COUNT / 512, seL4_LargePageBits, GPI_FRAMES_CONTIGUOUS, 0));
    gpi_frames_destroy(&frames);
    CHECK_EQ(ut_size_free(), memory - test_memory_kept);
}

/* As a server makes and unmakes its clients' objects, thousands of times. */
static void many_lives(void)
{
    enum { CLIENTS = 100, ROUNDS = 100 };
    static ut_t *ut[CLIENTS];
    seL4_CPtr slots = new_slots(CLIENTS);
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < CLIENTS; i++) {
            ut[i] = ut_alloc(seL4_TCBBits, &root_cspace);
            REQUIRE(ut[i] != NULL);
            REQUIRE_OK(cspace_untyped_retype(&root_cspace, ut[i]->cap, slots + i, seL4_TCBObject, 0));
        }
        for (unsigned i = 0; i < CLIENTS; i++) {
            unsigned any = (i * 37 + round) % CLIENTS;
            REQUIRE_OK(cspace_delete(&root_cspace, slots + any));
            ut_free(ut[any], seL4_TCBBits);
        }
    }
}

static void take_fp(struct worker *w)
{
    (void)w;
    __asm__ volatile("fmov d8, #1.0");
}

/* What all programs call leaves the floating-point registers to whoever has something in them. */
static void memory_in_general_registers(void)
{
    static char from[300], to[300];
    volatile size_t size = sizeof from - 1; /* the compiler shall not know */
    worker_run(worker_new(take_fp, MAIN_PRIORITY + 1));
    seL4_Word before = vesicle_DebugFPSwitches();
    memset(from, 'a', size);
    from[size] = 'z';
    memcpy(to, from, size + 1);
    CHECK_EQ(memcmp(to, from, size + 1), 0);
    memmove(to + 1, to, size);
    CHECK_EQ(memchr(to, 'z', size + 1) == NULL, true);
    to[size] = '\0';
    to[size - 1] = 'y';
    CHECK_EQ(strlen(to), size);
    CHECK_EQ((const char *)memchr(to, 'y', size) - to, size - 1);
    CHECK_EQ(strchr(to, 'y') - to, size - 1);
    CHECK_EQ(strchr(to, '\0') - to, size);
    CHECK(strchr(to, 'z') == NULL);
    CHECK_EQ(vesicle_DebugFPSwitches() - before, 0);
}

int main(void)
{
    static const struct test_case cases[] = {
        {"cspace_growth_of_its_own", growth_of_its_own},
        {"cspace_failed_growth", failed_growth},
        {"cspace_growth_of_another", growth_of_another},
        {"frames_many", many_frames},
        {"ut_many_lives", many_lives},
        {"memory_in_general_registers", memory_in_general_registers},
        {0, 0},
    };
    static const struct test_case *const lists[] = {cases, 0};
    test_main("libtest", lists, 0);
}
