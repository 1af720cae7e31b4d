/* SPDX-License-Identifier: BSD-2-Clause */
/* What a new PD finds when it begins. */
#define _POSIX_C_SOURCE 200809L /* setenv */
#include "lib/test.h"

#include <gpi/layout.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JOB(...) test_run_probe((int)(sizeof((char *[]){__VA_ARGS__}) / sizeof(char *)), (char *[]){__VA_ARGS__})

static void strings(void)
{
    CHECK_EQ(JOB("strings", "", "two words", "\xc3\xa4", "last"), 0);
}

static void words(void)
{
    sel4gpi_runnable_t r;
    pd_config_t *cfg = sel4gpi_configure_process("pdwords", 4, 4, &r);
    CHECK_EQ(test_run(cfg, &r, 3, (seL4_Word[]){0, 18446744073709551615ul, 1234567890123ul}), 0);
    cfg = sel4gpi_configure_process("pdwords", 4, 4, &r);
    CHECK_EQ(test_run(cfg, &r, 0, NULL), 3); /* no arguments at all */
}

static int thread_sum(int argc, char **argv)
{
    int sum = 0;
    for (int i = 0; i < argc; i++) {
        sum += atoi(argv[i]);
    }
    return sum;
}

static int thread_strings(int argc, char **argv)
{
    return argc == 2 && strcmp(argv[0], "one") == 0 && strcmp(argv[1], "") == 0 && argv[2] == NULL &&
                   (uintptr_t)__builtin_frame_address(0) % 16 == 0
               ? 0
               : 1;
}

static void threads_have_arguments(void)
{
    sel4gpi_runnable_t r;
    pd_config_t *cfg = sel4gpi_configure_thread((void *)thread_strings, NULL, &r);
    CHECK_EQ(test_run_strings(cfg, &r, 2, (char *[]){"one", ""}), 0);
}

static void many_arguments(void)
{
    enum { COUNT = 500 };
    seL4_Word args[COUNT];
    seL4_Word sum = 0;
    for (seL4_Word i = 0; i < COUNT; i++) {
        args[i] = i;
        sum += i;
    }
    CHECK_EQ(test_run_program("pdchild", COUNT, args), (long)sum);
}

static void environment(void)
{
    CHECK_EQ(setenv("VESICLE_TEST", "a value", 1), 0);
    CHECK_EQ(JOB("environment", "VESICLE_TEST", "a value"), 0);
    CHECK_EQ(unsetenv("VESICLE_TEST"), 0);
    CHECK_EQ(JOB("environment", "VESICLE_TEST", "a value"), 1);
}

static void auxiliary_vector(void)
{
    CHECK_EQ(JOB("vector"), 0);
}

static void alignment(void)
{
    CHECK_EQ(JOB("alignment"), 0);
    CHECK_EQ(JOB("alignment", "a"), 0);
    CHECK_EQ(JOB("alignment", "a", "b"), 0);
}

static void thread_local_variables(void)
{
    CHECK_EQ(JOB("tls"), 0);
}

static void constructors_and_atexit(void)
{
    CHECK_EQ(JOB("constructors"), 0);
}

/* Many times the pages it began with. */
static void heap_grows(void)
{
    CHECK_EQ(JOB("heap", "16"), 0); /* MiB; it began with 100 pages */
    CHECK_EQ(JOB("grow-heap"), 0);
}

static void sizes_are_honoured(void)
{
    sel4gpi_runnable_t r;
    char *argv[] = {"sizes", "9", "33"};
    pd_config_t *cfg = sel4gpi_configure_process("pdprobe", 9, 33, &r);
    CHECK_EQ(test_run_strings(cfg, &r, 3, argv), 0);
}

enum { TOUCHED_PAGES = 370 }; /* of which half are a number that 7 does not divide */

static pd_config_t *toucher(sel4gpi_runnable_t *r)
{
    pd_config_t *cfg = sel4gpi_configure_process("pdprobe", 8, TOUCHED_PAGES, r);
    if (CHECK(cfg != NULL)) {
        sel4gpi_config_pd_share_all_rdes(cfg);
    }
    return cfg;
}

/* Pages of a heap are made when they are touched, zeroed; memory for them is taken before. */
static void heap_is_made_when_touched(void)
{
    sel4gpi_runnable_t r;
    char *argv[] = {"touch-heap"};
    pd_config_t *cfg = toucher(&r);
    uint64_t before = test_memory().free;
    CHECK_EQ(sel4gpi_prepare_pd_strings(cfg, &r, 1, argv), GPI_OK);
    sel4gpi_config_destroy(cfg);
    CHECK(before - test_memory().free >= TOUCHED_PAGES * 4096);
    CHECK_EQ(sel4gpi_start_pd(&r), GPI_OK);
    CHECK_EQ(test_finish(&r), 0);
}

/* More of the stack than the page that the arguments are in, from the lowest end. */
static int use_stack(int argc, char **argv)
{
    volatile char pages[12][4096];
    int sum = 0;
    (void)argv;
    for (int i = 0; i < 12; i++) {
        pages[i][i] = (char)(i + argc);
    }
    for (int i = 0; i < 12; i++) {
        sum += pages[i][i] + pages[i][4095];
    }
    return sum;
}

/* The same with stacks: of threads without a handler and with, with more arguments than a page has, in a space of their own. */
static void stack_is_made_when_touched(void)
{
    enum { SUM = 66, MANY = 600 };
    static seL4_Word args[MANY];
    sel4gpi_runnable_t r;
    ep_client_context_t ep;
    uint64_t before = test_memory().free;
    pd_config_t *cfg = sel4gpi_configure_thread((void *)use_stack, NULL, &r);
    CHECK_EQ(sel4gpi_prepare_pd(cfg, &r, 0, NULL), GPI_OK);
    sel4gpi_config_destroy(cfg);
    CHECK(before - test_memory().free >= DEFAULT_STACK_PAGES * 4096);
    CHECK_EQ(sel4gpi_start_pd(&r), GPI_OK);
    CHECK_EQ(test_finish(&r), SUM);
    cfg = sel4gpi_configure_thread((void *)use_stack, NULL, &r);
    CHECK_EQ(test_run(cfg, &r, MANY, args), (char)(0 + MANY) * 12 + SUM);
    cfg = test_isolated((void *)thread_sum, &r);
    CHECK_EQ(test_run(cfg, &r, 3, (seL4_Word[]){1, 2, 3}), 6);
    CHECK_EQ(sel4gpi_alloc_endpoint(&ep), GPI_OK);
    cfg = sel4gpi_configure_thread((void *)use_stack, &ep, &r);
    CHECK_EQ(test_run(cfg, &r, 0, NULL), SUM);
    CHECK_EQ(ep_component_client_disconnect(&ep), GPI_OK);
}

/* That is no fault for who takes a PD's faults, whenever he began to: nobody would answer it here. */
static void heap_of_who_has_a_handler(void)
{
    for (int late = 0; late < 2; late++) {
        sel4gpi_runnable_t r;
        ep_client_context_t ep = {0, 0};
        char *argv[] = {"touch-heap"};
        pd_config_t *cfg = toucher(&r);
        if (!late) {
            CHECK_EQ(sel4gpi_alloc_endpoint(&cfg->fault_ep), GPI_OK);
            ep = cfg->fault_ep;
        }
        CHECK_EQ(sel4gpi_prepare_pd_strings(cfg, &r, 1, argv), GPI_OK);
        sel4gpi_config_destroy(cfg);
        if (late) {
            CHECK_EQ(pd_client_get_fault_ep(&r.pd, &ep), GPI_OK);
        }
        CHECK_EQ(sel4gpi_start_pd(&r), GPI_OK);
        CHECK_EQ(test_finish(&r), 0);
        CHECK_EQ(ep_component_client_disconnect(&ep), GPI_OK);
    }
}

/* The kernel keeps the address of an IPC buffer: its page is there at once, touched or not. */
static void ipc_buffer_in_the_heap(void)
{
    sel4gpi_runnable_t r;
    void *start;
    size_t pages, bits;
    pd_config_t *cfg = toucher(&r);
    CHECK_EQ(sel4gpi_prepare_pd_strings(cfg, &r, 1, (char *[]){"touch-heap"}), GPI_OK);
    sel4gpi_config_destroy(cfg);
    CHECK_EQ(ads_client_get_reservation(&r.ads, SEL4UTILS_RES_TYPE_HEAP, &start, &pages, &bits), GPI_OK);
    CHECK_EQ(
        cpu_client_config(&r.cpu, &r.ads, &r.pd, NULL, 0, 0, (char *)start + ((pages / 2) << bits), DEFAULT_PRIORITY),
        GPI_OK);
    CHECK_EQ(sel4gpi_destroy_runnable(&r), GPI_OK);
}

/* A quota: malloc fails, and nothing else. */
static void quota(void)
{
    sel4gpi_runnable_t r;
    pd_config_t *cfg = test_probe(&r);
    cfg->quota = 4ul << 20;
    CHECK_EQ(test_run_strings(cfg, &r, 2, (char *[]){"heap", "16"}), 1);
}

/* The small calls that pd_creation puts together, by hand: a process, and a thread in its own space. */
static void by_hand(void)
{
    seL4_CPtr pds = sel4gpi_get_rde(GPICAP_TYPE_PD), mos = sel4gpi_get_rde(GPICAP_TYPE_MO);
    pd_client_context_t self = sel4gpi_get_pd_conn();
    for (int loaded = 0; loaded < 2; loaded++) {
        sel4gpi_runnable_t r = {0};
        mo_client_context_t osm, ipc;
        void *entry = (void *)thread_sum, *stack = NULL, *ipc_at = NULL, *osm_at = NULL;
        CHECK_EQ(mo_component_client_connect(mos, 1, MO_PAGE_BITS, &osm), GPI_OK);
        CHECK_EQ(mo_component_client_connect(mos, 1, MO_PAGE_BITS, &ipc), GPI_OK);
        CHECK_EQ(pd_component_client_connect(pds, &osm, &r.pd), GPI_OK);
        CHECK_EQ(cpu_component_client_connect(sel4gpi_get_rde(GPICAP_TYPE_CPU), &r.cpu), GPI_OK);
        if (loaded) {
            CHECK_EQ(ads_component_client_connect(sel4gpi_get_rde(GPICAP_TYPE_ADS), &r.ads), GPI_OK);
            CHECK_EQ(ads_client_load_elf(&r.ads, &r.pd, "pdchild", &entry), GPI_OK);
            CHECK_EQ(
                vmr_client_map_new(r.ads.ep, (void *)GPI_LAYOUT_HEAP, 10, MO_PAGE_BITS, SEL4UTILS_RES_TYPE_HEAP, NULL),
                GPI_OK);
            CHECK_EQ(pd_client_share_all_rdes(&r.pd), GPI_OK);
        } else {
            r.ads = sel4gpi_get_ads_conn();
            CHECK_EQ(pd_client_join(&r.pd, &self), GPI_OK);
        }
        CHECK_EQ(vmr_client_map_new(r.ads.ep, NULL, 4, MO_PAGE_BITS, SEL4UTILS_RES_TYPE_STACK, &stack), GPI_OK);
        CHECK_EQ(vmr_client_attach_no_reserve(r.ads.ep, NULL, &ipc, SEL4UTILS_RES_TYPE_IPC_BUF, &ipc_at), GPI_OK);
        CHECK_EQ(vmr_client_map(r.ads.ep, NULL, &osm, 0, 1, SEL4UTILS_RES_TYPE_OSM_DATA, ADS_RIGHT_READ, &osm_at),
                 GPI_OK);
        CHECK_EQ(cpu_client_config(&r.cpu, &r.ads, &r.pd, &ipc, 0, 0, ipc_at, DEFAULT_PRIORITY), GPI_OK);
        CHECK_EQ(pd_client_runtime_setup(&r.pd, &r.ads, &r.cpu, (char *)stack + 4 * 4096, 3, (seL4_Word[]){7, 8, 9},
                                         entry, ipc_at, osm_at),
                 GPI_OK);
        CHECK_EQ(cpu_client_start(&r.cpu), GPI_OK);
        CHECK_EQ(test_finish(&r), 24);
        if (!loaded) {
            void *const regions[] = {stack, ipc_at, osm_at};
            for (int i = 0; i < 3; i++) {
                CHECK_EQ(vmr_client_delete_by_vaddr(sel4gpi_get_bound_vmr_rde(), regions[i]), GPI_OK);
            }
        }
        CHECK_EQ(mo_component_client_disconnect(&ipc), GPI_OK);
        CHECK_EQ(mo_component_client_disconnect(&osm), GPI_OK);
    }
}

static void names(void)
{
    CHECK_EQ(JOB("name", "pdprobe"), 0);
}

static void lists(void)
{
    int a = 1, b = 2, c = 3;
    linked_list_t *list = linked_list_new();
    CHECK(list != NULL && list->count == 0 && linked_list_pop_head(list) == NULL);
    CHECK_EQ(linked_list_insert(list, &a), 0);
    CHECK_EQ(linked_list_insert_many(list, 2, &b, &c), 0);
    CHECK_EQ(list->count, 3);
    CHECK(linked_list_get_at_idx(list, 2) == &c && linked_list_get_at_idx(list, 3) == NULL);
    CHECK(linked_list_pop_head(list) == &a && list->count == 2 && list->tail->data == &c);
    linked_list_destroy(list, false);
    CHECK(strcmp(sel4gpi_share_degree_to_str(GPI_SHARED), "SHARED") == 0);
    CHECK(strcmp(sel4gpi_share_degree_to_str(GPI_DISJOINT), "DISJOINT") == 0);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        {"start_strings", strings},
        {"start_words", words},
        {"start_threads_have_arguments", threads_have_arguments},
        {"start_many_arguments", many_arguments},
        {"start_environment", environment},
        {"start_auxiliary_vector", auxiliary_vector},
        {"start_alignment", alignment},
        {"start_thread_local_variables", thread_local_variables},
        {"start_constructors_and_atexit", constructors_and_atexit},
        {"start_heap_grows", heap_grows},
        {"start_heap_is_made_when_touched", heap_is_made_when_touched},
        {"start_stack_is_made_when_touched", stack_is_made_when_touched},
        {"start_heap_of_who_has_a_handler", heap_of_who_has_a_handler},
        {"start_ipc_buffer_in_the_heap", ipc_buffer_in_the_heap},
        {"start_sizes_are_honoured", sizes_are_honoured},
        {"start_quota", quota},
        {"start_by_hand", by_hand},
        {"start_names", names},
        {"start_lists", lists},
    };
    return TEST_MAIN(cases);
}
