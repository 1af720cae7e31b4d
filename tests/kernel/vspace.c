/* SPDX-License-Identifier: BSD-2-Clause */
/* Address spaces and page tables. */
#include "cases.h"
#include "lib/errors.h"
#include "lib/objects.h"
#include "lib/worker.h"
#include <sel4/sel4.h>

#define NORMAL (seL4_ARM_Default_VMAttributes | seL4_ARM_ExecuteNever)

/* Tables appear one level at a time, and a frame says how far the walk came. */
static void levels(void)
{
    seL4_CPtr vspace = new_vspace(), frame = new_frame(seL4_PageBits);
    static const seL4_Word bits_left[] = {39, 30, 21};
    for (unsigned i = 0; i < 3; i++) {
        CHECK_EQ(seL4_ARM_Page_Map(frame, vspace, WINDOW, seL4_ReadWrite, NORMAL), seL4_FailedLookup);
        CHECK_EQ(seL4_GetMR(2), bits_left[i]);
        REQUIRE_OK(seL4_ARM_PageTable_Map(new_object(seL4_ARM_PageTableObject, 0), vspace, WINDOW, NORMAL));
    }
    CHECK_OK(seL4_ARM_Page_Map(frame, vspace, WINDOW, seL4_ReadWrite, NORMAL));
    CHECK_EQ(seL4_ARM_PageTable_Map(new_object(seL4_ARM_PageTableObject, 0), vspace, WINDOW, NORMAL), seL4_DeleteFirst);
}

static void table_errors(void)
{
    seL4_CPtr vspace = new_vspace(), table = new_object(seL4_ARM_PageTableObject, 0);
    CHECK_INVALID_CAPABILITY(seL4_ARM_PageTable_Map(table, new_endpoint(), WINDOW, NORMAL), 1);
    CHECK_INVALID_CAPABILITY(seL4_ARM_PageTable_Map(table, new_object(seL4_ARM_VSpaceObject, 0), WINDOW, NORMAL), 1);
    CHECK_INVALID_ARGUMENT(seL4_ARM_PageTable_Map(table, vspace, 1ul << 48, NORMAL), 2);
    CHECK_OK(seL4_ARM_PageTable_Unmap(table)); /* nothing to do */
    REQUIRE_OK(seL4_ARM_PageTable_Map(table, vspace, WINDOW, NORMAL));
    CHECK_INVALID_CAPABILITY(seL4_ARM_PageTable_Map(table, vspace, 0, NORMAL), 0);
    seL4_CPtr copy = new_copy(table, seL4_AllRights);
    CHECK_EQ(seL4_ARM_PageTable_Unmap(table), seL4_RevokeFirst);
    CHECK_EQ(seL4_ARM_PageTable_Unmap(copy), seL4_RevokeFirst);
    REQUIRE_OK(cspace_delete(&root_cspace, copy));
    CHECK_OK(seL4_ARM_PageTable_Unmap(table));
    CHECK_OK(seL4_ARM_PageTable_Map(table, vspace, 0, NORMAL));
    /* A large page where a table would go. */
    seL4_CPtr large = new_frame(seL4_LargePageBits);
    REQUIRE_OK(map_with_tables(large, vspace, WINDOW, seL4_ReadWrite, NORMAL));
    CHECK_EQ(seL4_ARM_PageTable_Map(new_object(seL4_ARM_PageTableObject, 0), vspace, WINDOW, NORMAL), seL4_DeleteFirst);
}

static volatile seL4_Word *const window = (volatile seL4_Word *)WINDOW;

static void read_window(struct worker *w)
{
    w->result[0] = *window;
}

static struct worker *run_in(seL4_CPtr vspace, worker_fn fn, seL4_CPtr fault_ep)
{
    struct worker *w = worker_new(fn, MAIN_PRIORITY + 1);
    REQUIRE_OK(map_with_tables(new_copy(w->ipc_buffer_frame, seL4_AllRights), vspace, (seL4_Word)w->ipc_buffer,
                               seL4_ReadWrite, NORMAL));
    REQUIRE_OK(seL4_TCB_SetSpace(w->tcb, fault_ep, ROOT_CNODE, 0, vspace, 0));
    worker_run(w);
    return w;
}

/* The same address leads to different memory in two spaces. */
static void two_spaces(void)
{
    seL4_CPtr vspace = new_vspace(), frame = new_frame(seL4_PageBits);
    map_image(vspace);
    new_page_at(WINDOW);
    *window = 1;
    REQUIRE_OK(map_with_tables(frame, vspace, WINDOW, seL4_ReadWrite, NORMAL));
    REQUIRE_OK(map_with_tables(new_copy(frame, seL4_AllRights), seL4_CapInitThreadVSpace, WINDOW + 4096, seL4_ReadWrite,
                               NORMAL));
    window[512] = 2;
    CHECK_EQ(run_in(vspace, read_window, 0)->result[0], 2);
    CHECK_EQ(*window, 1);
}

/* A table that goes takes its mappings along. */
static void unmap_table(void)
{
    seL4_CPtr vspace = new_vspace(), ep = new_endpoint(), frame = new_frame(seL4_PageBits), last = 0;
    map_image(vspace);
    while (seL4_ARM_Page_Map(frame, vspace, WINDOW, seL4_ReadWrite, NORMAL) == seL4_FailedLookup) {
        last = new_object(seL4_ARM_PageTableObject, 0);
        REQUIRE_OK(seL4_ARM_PageTable_Map(last, vspace, WINDOW, NORMAL));
    }
    REQUIRE_OK(cspace_delete(&root_cspace, last));
    run_in(vspace, read_window, ep);
    seL4_MessageInfo_t info = seL4_NBRecv(ep, 0, new_reply());
    CHECK_EQ(seL4_MessageInfo_get_label(info), seL4_Fault_VMFault);
    CHECK_EQ(seL4_GetMR(seL4_VMFault_Addr), WINDOW);
    /* The frame's capability notices: it can be mapped anew. */
    CHECK_OK(map_with_tables(frame, vspace, WINDOW, seL4_ReadWrite, NORMAL));
}

static void count_up(struct worker *w)
{
    for (;;) {
        w->result[0]++;
    }
}

/* The space of a running thread goes: it stops, and nobody else does. */
static void delete_in_use(void)
{
    seL4_CPtr vspace = new_vspace(), ep = new_endpoint();
    map_image(vspace);
    struct worker *w = worker_new(count_up, MAIN_PRIORITY - 1);
    REQUIRE_OK(seL4_TCB_SetSpace(w->tcb, ep, ROOT_CNODE, 0, vspace, 0));
    worker_run(w);
    worker_wait(&w->result[0]);
    REQUIRE_OK(cspace_revoke(&root_cspace, vspace)); /* the thread's own capability too */
    REQUIRE_OK(cspace_delete(&root_cspace, vspace));
    seL4_Word before = w->result[0];
    sleep_us(5000);
    CHECK_EQ(w->result[0], before);
}

/* Frames of a space that is gone can be mapped elsewhere. */
static void frames_survive(void)
{
    seL4_CPtr vspace = new_vspace(), frame = new_frame(seL4_PageBits);
    REQUIRE_OK(map_with_tables(frame, vspace, WINDOW, seL4_ReadWrite, NORMAL));
    REQUIRE_OK(cspace_delete(&root_cspace, vspace));
    REQUIRE_OK(seL4_ARM_Page_Unmap(frame));
    CHECK_OK(map_with_tables(frame, seL4_CapInitThreadVSpace, WINDOW, seL4_ReadWrite, NORMAL));
    CHECK_EQ(*window, 0);
}

const struct test_case vspace_cases[] = {
    {"vspace_levels", levels},
    {"vspace_table_errors", table_errors},
    {"vspace_two_spaces", two_spaces},
    {"vspace_unmap_table", unmap_table},
    {"vspace_delete_in_use", delete_in_use},
    {"vspace_frames_survive", frames_survive},
    {0, 0},
};
