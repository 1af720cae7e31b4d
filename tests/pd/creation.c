/* SPDX-License-Identifier: BSD-2-Clause */
/* Every kind of PD: what they share and do not share, and that nothing is left of them, whatever happens. */
#include "kinds.h"

#include <sel4/sel4.h>
#include <stdio.h>
#include <stdlib.h>

static volatile int shared, slot_of_later, told;

static int sees_what_comes_later(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    shared = 1;
    if (!test_wait_for(&told, 1)) {
        return -1;
    }
    mo_client_context_t mo = {(seL4_CPtr)slot_of_later, 0};
    struct mo_info info;
    int error = mo_client_get_info(&mo, &info);
    return error ? -error : (int)info.pages;
}

/* A thread uses a capability that its process got when it was running already. */
static void later_capabilities(int (*make)(sel4gpi_runnable_t *, void *, int, seL4_Word *))
{
    sel4gpi_runnable_t r;
    mo_client_context_t mo;
    shared = 0;
    told = 0;
    if (!CHECK_EQ(make(&r, (void *)sees_what_comes_later, 0, NULL), GPI_OK)) {
        return;
    }
    CHECK_EQ(sel4gpi_start_pd(&r), GPI_OK);
    CHECK(test_wait_for(&shared, 1));
    CHECK_EQ(mo_component_client_connect(sel4gpi_get_rde(GPICAP_TYPE_MO), 3, MO_PAGE_BITS, &mo), GPI_OK);
    slot_of_later = (int)mo.ep;
    told = 1;
    CHECK_EQ(test_finish(&r), 3);
    CHECK_EQ(mo_component_client_disconnect(&mo), GPI_OK);
}

static void thread_sees_later_capabilities(void)
{
    later_capabilities(make_thread);
}

static void isolated_sees_later_capabilities(void)
{
    later_capabilities(make_isolated);
}

static void process_runs(void)
{
    CHECK_EQ(run_process(), 42);
}

static void thread_runs(void)
{
    CHECK_EQ(run_thread(), 42);
}

static void isolated_runs(void)
{
    CHECK_EQ(run_isolated(), 42);
}

static void guest_runs(void)
{
    CHECK_EQ(run_guest(), 42);
}

static void highjmp_runs(void)
{
    CHECK_EQ(run_highjmp(), 42);
}

/* The root task does not know in which of its spaces it is: nothing is made later there. */
static void highjmp_touches(void)
{
    enum { PAGES = 40 };
    sel4gpi_runnable_t r;
    ads_client_context_t home = sel4gpi_get_ads_conn();
    cpu_client_context_t cpu = sel4gpi_get_cpu_conn();
    void *before = NULL, *after = NULL;
    seL4_CPtr own = sel4gpi_get_bound_vmr_rde();
    CHECK_EQ(make_highjmp(&r), GPI_OK);
    CHECK_EQ(vmr_client_map_new(own, NULL, PAGES, MO_PAGE_BITS, SEL4UTILS_RES_TYPE_HEAP, &before), GPI_OK);
    CHECK_EQ(cpu_client_change_vspace(&cpu, &r.ads), GPI_OK);
    CHECK_EQ(cpu_client_change_vspace(&cpu, &home), GPI_OK);
    CHECK_EQ(vmr_client_map_new(own, NULL, PAGES, MO_PAGE_BITS, SEL4UTILS_RES_TYPE_HEAP, &after), GPI_OK);
    for (int i = 0; i < PAGES; i++) {
        CHECK_EQ(((volatile char *)before)[i << MO_PAGE_BITS] + ((volatile char *)after)[i << MO_PAGE_BITS], 0);
    }
    CHECK_EQ(vmr_client_delete_by_vaddr(own, before), GPI_OK);
    CHECK_EQ(vmr_client_delete_by_vaddr(own, after), GPI_OK);
    CHECK_EQ(sel4gpi_destroy_runnable(&r), GPI_OK);
}

static void *volatile its_stack;

static int show_stack(int argc, char **argv)
{
    its_stack = __builtin_frame_address(0);
    shared = argc + 1;
    (void)argv;
    return test_wait_for(&told, 1) ? 0 : 1;
}

/* The stack of a thread is in the space of its process; that of an isolated one is not. */
static void isolated_stack_is_its_own(void)
{
    for (int isolated = 0; isolated < 2; isolated++) {
        sel4gpi_runnable_t r;
        struct ads_region region;
        pd_client_context_t self = sel4gpi_get_pd_conn();
        shared = 0;
        told = 0;
        int error = (isolated ? make_isolated : make_thread)(&r, (void *)show_stack, 0, NULL);
        if (!CHECK_EQ(error, GPI_OK)) {
            return;
        }
        CHECK(r.pd.id != self.id);
        CHECK_EQ(r.ads.id != sel4gpi_get_ads_conn().id, isolated);
        CHECK_EQ(sel4gpi_start_pd(&r), GPI_OK);
        CHECK(test_wait_for(&shared, 1));
        error = vmr_client_find(sel4gpi_get_bound_vmr_rde(), its_stack, &region);
        CHECK_EQ(error == GPI_OK && ADS_ATTR_TYPE(region.attributes) == SEL4UTILS_RES_TYPE_STACK, !isolated);
        told = 1;
        CHECK_EQ(test_finish(&r), 0);
    }
}

/* Kinds, prepared only. */

static int process(sel4gpi_runnable_t *r)
{
    return make_process(r, NULL, 1, (seL4_Word[]){1});
}

static int thread(sel4gpi_runnable_t *r)
{
    return make_thread(r, (void *)show_stack, 1, (seL4_Word[]){1});
}

static int isolated(sel4gpi_runnable_t *r)
{
    return make_isolated(r, (void *)show_stack, 1, (seL4_Word[]){1});
}

static ep_client_context_t exits;

static int guest(sel4gpi_runnable_t *r)
{
    return make_guest(r, &exits);
}

/* The n-th allocation fails, for every n: each time nothing is left. */
static void undo(int (*make)(sel4gpi_runnable_t *))
{
    enum { MOST = 2000 };
    sel4gpi_runnable_t r;
    for (int i = 0; i < 2; i++) {
        CHECK_EQ(make(&r), GPI_OK); /* what is kept for the next time is there from now on */
        CHECK_EQ(sel4gpi_destroy_runnable(&r), GPI_OK);
    }
    unsigned n = 0;
    test_memory_mark();
    for (unsigned long left = 0; left == 0 && n < MOST;) {
        test_fail_after(++n);
        int error = make(&r);
        left = test_fail_after(0);
        if (error == GPI_OK) {
            CHECK_EQ(sel4gpi_destroy_runnable(&r), GPI_OK);
        }
        if (!test_memory_check("after a failure")) {
            printf("  it was allocation %u: %s\n", n, gpi_strerror(error));
            break;
        }
    }
    CHECK(n > 10 && n < MOST);
    printf("  %u places where memory could run out\n", n - 1);
}

static void process_is_undone(void)
{
    undo(process);
}

static void thread_is_undone(void)
{
    undo(thread);
}

static void isolated_is_undone(void)
{
    undo(isolated);
}

static void guest_is_undone(void)
{
    CHECK_EQ(sel4gpi_alloc_endpoint(&exits), GPI_OK);
    undo(guest);
    CHECK_EQ(ep_component_client_disconnect(&exits), GPI_OK);
}

static void highjmp_is_undone(void)
{
    undo(make_highjmp);
}

/* Many, one after the other, with constant use. */
static void cycle(long (*run)(void), const char *what)
{
    unsigned count = test_is_long() ? 10000 : 200;
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(run(), 42);
    }
    test_memory_mark();
    for (unsigned i = 0; i < count; i++) {
        if (run() != 42) {
            printf("  %s %u did not run\n", what, i);
            CHECK(false);
            break;
        }
    }
    test_memory_check(what);
}

static void process_cycles(void)
{
    cycle(run_process, "process");
}

static void thread_cycles(void)
{
    cycle(run_thread, "thread");
}

static void isolated_cycles(void)
{
    cycle(run_isolated, "isolated thread");
}

static void guest_cycles(void)
{
    cycle(run_guest, "guest");
}

static void highjmp_cycles(void)
{
    cycle(run_highjmp, "HighJMP");
}

/* Makes PDs of all native kinds, beside another thread that does the same. */
static int create_many(int argc, char **argv)
{
    (void)argc;
    for (int i = 0; i < 10; i++) {
        if (run_process() != 42 || run_thread() != 42 || run_isolated() != 42) {
            return atoi(argv[0]) + 1;
        }
    }
    return 0;
}

static void run_creators(void)
{
    enum { CREATORS = 2 };
    sel4gpi_runnable_t r[CREATORS];
    int made = 0;
    while (made < CREATORS &&
           CHECK_EQ(make_thread(&r[made], (void *)create_many, 1, (seL4_Word[]){(seL4_Word)made}), GPI_OK)) {
        cpu_client_set_time(&r[made].cpu, (unsigned)made + 1, 5000, 5000); /* if there are more cores */
        CHECK_EQ(sel4gpi_start_pd(&r[made]), GPI_OK);
        made++;
    }
    while (made > 0) {
        CHECK_EQ(test_finish(&r[--made]), 0);
    }
}

static void two_creators(void)
{
    run_creators();
    test_memory_mark();
    run_creators();
    test_memory_check("two creators");
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        {"creation_process_runs", process_runs},
        {"creation_thread_runs", thread_runs},
        {"creation_isolated_runs", isolated_runs},
        {"creation_guest_runs", guest_runs},
        {"creation_highjmp_runs", highjmp_runs},
        {"creation_highjmp_touches", highjmp_touches},
        {"creation_thread_sees_later_capabilities", thread_sees_later_capabilities},
        {"creation_isolated_sees_later_capabilities", isolated_sees_later_capabilities},
        {"creation_isolated_stack_is_its_own", isolated_stack_is_its_own},
        {"creation_process_is_undone", process_is_undone},
        {"creation_thread_is_undone", thread_is_undone},
        {"creation_isolated_is_undone", isolated_is_undone},
        {"creation_guest_is_undone", guest_is_undone},
        {"creation_highjmp_is_undone", highjmp_is_undone},
        {"creation_two_creators", two_creators},
        {"creation_process_cycles", process_cycles},
        {"creation_thread_cycles", thread_cycles},
        {"creation_isolated_cycles", isolated_cycles},
        {"creation_guest_cycles", guest_cycles},
        {"creation_highjmp_cycles", highjmp_cycles},
    };
    return TEST_MAIN(cases);
}
