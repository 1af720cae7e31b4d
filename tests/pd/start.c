/* SPDX-License-Identifier: BSD-2-Clause */
/* What a new PD finds when it begins. */
#define _POSIX_C_SOURCE 200809L /* setenv */
#include "lib/test.h"

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
}

static void sizes_are_honoured(void)
{
    sel4gpi_runnable_t r;
    char *argv[] = {"sizes", "9", "33"};
    pd_config_t *cfg = sel4gpi_configure_process("pdprobe", 9, 33, &r);
    CHECK_EQ(test_run_strings(cfg, &r, 3, argv), 0);
}

/* A quota: malloc fails, and nothing else. */
static void quota(void)
{
    sel4gpi_runnable_t r;
    pd_config_t *cfg = test_probe(&r);
    cfg->quota = 4ul << 20;
    CHECK_EQ(test_run_strings(cfg, &r, 2, (char *[]){"heap", "16"}), 1);
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
        {"start_sizes_are_honoured", sizes_are_honoured},
        {"start_quota", quota},
        {"start_names", names},
        {"start_lists", lists},
    };
    return TEST_MAIN(cases);
}
