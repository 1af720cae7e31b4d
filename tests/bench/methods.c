/* SPDX-License-Identifier: BSD-2-Clause */
/* Methods of objects, called by the first thread: the cheapest one, mapping, making and deleting. */
#include "bench.h"

#include "kernel/lib/objects.h"
#include "kernel/lib/test.h"
#include <sel4/sel4.h>

#define NORMAL (seL4_ARM_Default_VMAttributes | seL4_ARM_ExecuteNever)
enum { RANGE = 257 }; /* pages, of one table */

static void invoke_min(void)
{
    seL4_CPtr frame = new_frame(seL4_PageBits);
    struct counters start = {0, 0};
    for (unsigned i = 0; i < WARM + ROUNDS; i++) {
        if (i == WARM) {
            start = counters_now();
        }
        seL4_ARM_Page_GetAddress(frame);
    }
    report("invoke_min", counters_between(start, counters_now()), ROUNDS);
    row_end();
}

/* Two methods in turn, each measured by itself. */
#define MEASURE_PAIR(first, second, total)                                                                             \
    do {                                                                                                               \
        for (unsigned i_ = 0; i_ < WARM + ROUNDS; i_++) {                                                              \
            struct counters t0_ = counters_now();                                                                      \
            seL4_Error error_ = (first);                                                                               \
            struct counters t1_ = counters_now();                                                                      \
            REQUIRE_OK(error_);                                                                                        \
            struct counters t2_ = counters_now();                                                                      \
            error_ = (second);                                                                                         \
            struct counters t3_ = counters_now();                                                                      \
            REQUIRE_OK(error_);                                                                                        \
            if (i_ >= WARM) {                                                                                          \
                counters_add(&(total)[0], counters_between(t0_, t1_));                                                 \
                counters_add(&(total)[1], counters_between(t2_, t3_));                                                 \
            }                                                                                                          \
        }                                                                                                              \
    } while (0)

static void page_map(void)
{
    seL4_CPtr frame = new_page_at(WINDOW), vspace = seL4_CapInitThreadVSpace;
    struct counters total[2] = {{0, 0}, {0, 0}};
    REQUIRE_OK(seL4_ARM_Page_Unmap(frame));
    MEASURE_PAIR(seL4_ARM_Page_Map(frame, vspace, WINDOW, seL4_ReadWrite, NORMAL), seL4_ARM_Page_Unmap(frame), total);
    report("page_map", total[0], ROUNDS);
    report("page_unmap", total[1], ROUNDS);
    row_end();
}

static void map_range(seL4_CPtr first, seL4_Word count, struct counters total[2])
{
    MEASURE_PAIR(
        (seL4_Error)vesicle_Page_MapRange(first, seL4_CapInitThreadVSpace, WINDOW, seL4_ReadWrite, NORMAL, count).error,
        (seL4_Error)vesicle_Page_UnmapRange(first, count).error, total);
}

/* What many pages cost more than one does, a page. */
static void page_map_range(void)
{
    struct counters one[2] = {{0, 0}, {0, 0}}, many[2] = {{0, 0}, {0, 0}};
    seL4_CPtr untyped = new_untyped(seL4_PageBits + 9), first = new_slots(RANGE);
    REQUIRE_OK(seL4_ARM_Page_Unmap(new_page_at(WINDOW))); /* for the tables */
    REQUIRE_OK(seL4_Untyped_Retype(untyped, seL4_ARM_SmallPageObject, 0, ROOT_CNODE, 0, 0, first, 256));
    REQUIRE_OK(seL4_Untyped_Retype(untyped, seL4_ARM_SmallPageObject, 0, ROOT_CNODE, 0, 0, first + 256, RANGE - 256));
    map_range(first, 1, one);
    map_range(first, RANGE, many);
    report_above("page_map_range", many[0], one[0], (RANGE - 1) * ROUNDS);
    report_above("page_unmap_range", many[1], one[1], (RANGE - 1) * ROUNDS);
    row_end();
}

static void retype_tcb(void)
{
    seL4_CPtr untyped = new_untyped(seL4_TCBBits), slot = new_slot();
    struct counters total[2] = {{0, 0}, {0, 0}};
    MEASURE_PAIR(seL4_Untyped_Retype(untyped, seL4_TCBObject, 0, ROOT_CNODE, 0, 0, slot, 1),
                 seL4_CNode_Delete(ROOT_CNODE, slot, DEPTH), total);
    report("retype_tcb", total[0], ROUNDS);
    report("delete_tcb", total[1], ROUNDS);
    row_end();
}

void bench_methods(void)
{
    invoke_min();
    page_map();
    page_map_range();
    retype_tcb();
}
