/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads: PDs in the address space, CSpace and directory of their process. */
#include "lib/test.h"

#include <stdlib.h>

static int shared;

static int sum(int argc, char **argv)
{
    int total = 0;
    for (int i = 0; i < argc; i++) {
        total += atoi(argv[i]);
    }
    shared = total;
    return total;
}

static long run_thread(void *function, int argc, seL4_Word *args)
{
    sel4gpi_runnable_t r;
    struct pd_end end = {PD_TERMINATED, 0};
    pd_config_t *cfg = sel4gpi_configure_thread(function, NULL, &r);
    if (!CHECK(cfg != NULL)) {
        return -100;
    }
    CHECK_EQ(sel4gpi_prepare_pd(cfg, &r, argc, args), GPI_OK);
    sel4gpi_config_destroy(cfg);
    CHECK_EQ(sel4gpi_start_pd(&r), GPI_OK);
    CHECK_EQ(pd_client_wait(&r.pd, &end), GPI_OK);
    CHECK_EQ(sel4gpi_destroy_runnable(&r), GPI_OK);
    return end.reason == PD_EXITED ? (long)(int)end.code : -1 - (long)end.reason;
}

static void shares_memory(void)
{
    shared = 0;
    CHECK_EQ(run_thread((void *)sum, 3, (seL4_Word[]){1, 2, 3}), 6);
    CHECK_EQ(shared, 6);
}

static void nothing_is_left(void)
{
    run_thread((void *)sum, 0, NULL);
    test_memory_mark();
    for (int i = 0; i < 10; i++) {
        CHECK_EQ(run_thread((void *)sum, 1, (seL4_Word[]){5}), 5);
    }
    test_memory_check("ten threads");
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        {"thread_shares_memory", shares_memory},
        {"thread_nothing_is_left", nothing_is_left},
    };
    return TEST_MAIN(cases);
}
