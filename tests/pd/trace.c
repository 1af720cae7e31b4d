/* SPDX-License-Identifier: BSD-2-Clause */
/* What cores do, for those with GPI_RIGHT_SYSTEM (that others get nothing: device.c). */
#include "lib/test.h"

#include <sel4gpi/mo_clientapi.h>
#include <sel4gpi/pd_utils.h>
#include <sel4gpi/trace_clientapi.h>
#include <sel4gpi/vmr_clientapi.h>
#include <string.h>

enum { CORE = 0 /* all test PDs run there */, FAR_CORE = 1000, EVENTS = 1 << vesicle_Trace_Trap, TRIES = 100000 };

static seL4_CPtr pds(void)
{
    return sel4gpi_get_rde(GPICAP_TYPE_PD);
}

/* The number of this PD's thread. */
static seL4_Word own_number(void)
{
    struct pd_trace_thread thread = {0};
    gpi_obj_id_t cpu = sel4gpi_get_cpu_conn().id;
    CHECK_EQ(trace_client_thread(pds(), cpu - 1, &thread), GPI_OK);
    CHECK_EQ(thread.cpu, cpu);
    return thread.thread;
}

static void threads(void)
{
    struct pd_trace_thread thread;
    pd_client_context_t self = sel4gpi_get_pd_conn();
    seL4_Word last = 0;
    bool found = false;
    CHECK_EQ(trace_client_thread(pds(), PD_TRACE_ROOT, &thread), GPI_OK);
    CHECK(strcmp(thread.name.text, "roottask") == 0 && thread.thread == 1 && thread.pd == BADGE_OBJ_ID_NULL);
    for (gpi_obj_id_t at = thread.cpu; trace_client_thread(pds(), at, &thread) == GPI_OK; at = thread.cpu) {
        CHECK(thread.thread > last && thread.cpu > at && !thread.guest);
        last = thread.thread;
        found = found || thread.pd == self.id;
    }
    CHECK(found);
}

/* Records of this PD's system calls come, as long as the memory is there. */
static void ring(void)
{
    mo_client_context_t mo;
    void *at = NULL;
    struct vesicle_trace_record record = {0};
    seL4_Word next = 0, lost = 0, self = own_number();
    bool seen = false;
    CHECK_EQ(trace_client_set_events(pds(), CORE, EVENTS), GPI_ERR_STATE);
    CHECK_EQ(mo_component_client_connect(sel4gpi_get_rde(GPICAP_TYPE_MO), 1, MO_PAGE_BITS, &mo), GPI_OK);
    CHECK_EQ(vmr_client_attach_no_reserve(sel4gpi_get_bound_vmr_rde(), NULL, &mo, SEL4UTILS_RES_TYPE_GENERIC, &at),
             GPI_OK);
    CHECK_EQ(trace_client_set_buffer(pds(), CORE, &mo), GPI_OK);
    CHECK_EQ(trace_client_set_events(pds(), CORE, EVENTS), GPI_OK);
    for (int i = 0; i < TRIES && !seen; i++) {
        seL4_Yield();
        while (at && vesicle_trace_read(at, &next, &lost, &record)) {
            seen = seen || (record.kind == vesicle_Trace_Trap && record.thread == self &&
                            record.reason == vesicle_Exit_SystemCall);
        }
    }
    CHECK(seen);
    CHECK_EQ(vmr_client_delete_by_vaddr(sel4gpi_get_bound_vmr_rde(), at), GPI_OK);
    CHECK_EQ(mo_component_client_disconnect(&mo), GPI_OK);
    /* It has ended with the memory: without a ring nothing can be recorded. */
    CHECK_EQ(trace_client_set_events(pds(), CORE, EVENTS), GPI_ERR_STATE);
}

static void mistakes(void)
{
    mo_client_context_t image;
    struct pd_trace_counters counters;
    size_t size;
    seL4_CPtr memory = sel4gpi_get_rde(GPICAP_TYPE_MO);
    mo_client_context_t none = {memory, 0};
    CHECK_EQ(trace_client_set_events(pds(), FAR_CORE, 0), GPI_ERR_BAD_ARGUMENT);
    CHECK_EQ(trace_client_set_events(pds(), CORE, VESICLE_TRACE_ALL + 1), GPI_ERR_BAD_ARGUMENT);
    CHECK_EQ(trace_client_set_buffer(pds(), FAR_CORE, NULL), GPI_ERR_BAD_ARGUMENT);
    CHECK_EQ(trace_client_set_buffer(pds(), CORE, &none), GPI_ERR_BAD_CAP);
    CHECK_EQ(trace_client_set_buffer(pds(), CORE, NULL), GPI_OK);
    CHECK_EQ(mo_client_open_image(memory, "trace", &image, &size), GPI_OK);
    CHECK(trace_client_set_buffer(pds(), CORE, &image) != GPI_OK); /* others read it, too */
    CHECK_EQ(mo_component_client_disconnect(&image), GPI_OK);
    CHECK_EQ(trace_client_counters(pds(), sel4gpi_get_cpu_conn().id, &counters), GPI_ERR_STATE);
    CHECK_EQ(trace_client_counters(pds(), ~0ul, &counters), GPI_ERR_NOT_FOUND);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        {"trace_threads", threads},
        {"trace_ring", ring},
        {"trace_mistakes", mistakes},
    };
    return TEST_MAIN(cases);
}
