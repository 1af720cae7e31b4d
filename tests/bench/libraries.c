/* SPDX-License-Identifier: BSD-2-Clause */
/* libgpi's allocators: slots, untyped memory, and the life of an object made with them. */
#include "bench.h"

#include "kernel/lib/objects.h"
#include "kernel/lib/test.h"
#include <gpi/frames.h>
#include <sel4/sel4.h>

enum { MANY = 256 };

/* One statement, on average. */
#define MEASURE(name, statement)                                                                                       \
    do {                                                                                                               \
        struct counters start_ = {0, 0};                                                                               \
        for (unsigned i_ = 0; i_ < WARM + ROUNDS; i_++) {                                                              \
            if (i_ == WARM) {                                                                                          \
                start_ = counters_now();                                                                               \
            }                                                                                                          \
            statement;                                                                                                 \
        }                                                                                                              \
        report(name, counters_between(start_, counters_now()), ROUNDS);                                                \
    } while (0)

static void many_slots(void)
{
    seL4_CPtr first = cspace_alloc_slots(&root_cspace, MANY);
    cspace_free_slots(&root_cspace, first, MANY);
}

/* As a server makes and unmakes its clients' threads. */
static void tcb_cycle(void)
{
    ut_t *ut = ut_alloc(seL4_TCBBits, &root_cspace);
    seL4_CPtr slot = cspace_alloc_slot(&root_cspace);
    REQUIRE_OK(cspace_untyped_retype(&root_cspace, ut->cap, slot, seL4_TCBObject, 0));
    cspace_delete(&root_cspace, slot);
    cspace_free_slot(&root_cspace, slot);
    ut_free(ut, seL4_TCBBits);
}

/* A CNode full of capabilities moves into a larger one: a slot. */
static void space_growth(void)
{
    seL4_CPtr notification = new_notification();
    cspace_set_growth_root(&root_cspace);
    seL4_Word slots = root_cspace.map.size, copies = slots - slots / 4;
    seL4_CPtr first = cspace_alloc_slots(&root_cspace, copies);
    for (seL4_Word i = 0; i < copies; i++) {
        REQUIRE_OK(cspace_copy(&root_cspace, first + i, &root_cspace, notification, seL4_AllRights));
    }
    struct counters start = counters_now();
    seL4_CPtr more = cspace_alloc_slots(&root_cspace, slots / 2);
    struct counters total = counters_between(start, counters_now());
    REQUIRE(root_cspace.map.size == 2 * slots);
    report("cspace_growth", total, copies);
    REQUIRE_OK(cspace_revoke(&root_cspace, notification));
    cspace_free_slots(&root_cspace, first, copies);
    cspace_free_slots(&root_cspace, more, slots / 2);
}

/* Frames of 4 KiB made and unmade, a page. */
static void frames_cycle(void)
{
    struct gpi_frames frames;
    struct counters start = counters_now();
    REQUIRE_OK(gpi_frames_create(&frames, &root_cspace, MANY * 8, seL4_PageBits, GPI_FRAMES_ANYWHERE, 0));
    gpi_frames_destroy(&frames);
    report("frames_cycle", counters_between(start, counters_now()), MANY * 8);
}

void bench_libraries(void)
{
    MEASURE("slot_cycle", cspace_free_slot(&root_cspace, cspace_alloc_slot(&root_cspace)));
    MEASURE("slots_cycle", many_slots());
    MEASURE("ut_cycle", ut_free(ut_alloc(seL4_TCBBits, &root_cspace), seL4_TCBBits));
    MEASURE("tcb_cycle", tcb_cycle());
    frames_cycle();
    space_growth();
    row_end();
}
