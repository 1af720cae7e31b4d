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

static void shares_memory(void)
{
    shared = 0;
    CHECK_EQ(test_thread((void *)sum, 3, (seL4_Word[]){1, 2, 3}), 6);
    CHECK_EQ(shared, 6);
}

static void nothing_is_left(void)
{
    test_thread((void *)sum, 0, NULL);
    test_memory_mark();
    for (int i = 0; i < 10; i++) {
        CHECK_EQ(test_thread((void *)sum, 1, (seL4_Word[]){5}), 5);
    }
    test_memory_check("ten threads");
}

static volatile int begun, told;

static int waits(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    begun = 1;
    return test_wait_for(&told, 1) && sel4gpi_get_rde(GPICAP_TYPE_PD) ? 6 : 1;
}

/* Its creator gives everything back that it has of it: the thread's own capabilities are still good, and end with it. */
static void outlives_its_creators_capabilities(void)
{
    for (int i = 0; i < 6; i++) {
        int first = i & 1;
        if (i == 2) { /* what is kept for the next time is there */
            test_memory_mark();
        }
        sel4gpi_runnable_t r;
        struct pd_end end;
        struct cpu_info info;
        seL4_CPtr kept;
        pd_client_context_t self = sel4gpi_get_pd_conn();
        pd_config_t *cfg = sel4gpi_configure_thread((void *)waits, NULL, &r);
        begun = 0;
        told = 0;
        if (!CHECK(cfg) || !CHECK_EQ(sel4gpi_prepare_pd(cfg, &r, 0, NULL), GPI_OK)) {
            return;
        }
        sel4gpi_config_destroy(cfg);
        CHECK_EQ(pd_client_send_cap(&self, r.pd.ep, &kept), GPI_OK);
        pd_client_context_t pd = {kept, r.pd.id};
        cpu_client_context_t cpu = r.cpu;
        CHECK_EQ(sel4gpi_start_pd(&r), GPI_OK);
        CHECK(test_wait_for(&begun, 1));
        CHECK_EQ(pd_client_clear_slot(&self, r.pd.ep), GPI_ERR_STATE); /* it is the thread's, too */
        if (first == 0) {
            CHECK_EQ(pd_client_disconnect(&r.pd), GPI_OK);
            CHECK_EQ(cpu_component_client_disconnect(&r.cpu), GPI_OK);
            CHECK_EQ(cpu_client_get_info(&cpu, &info), GPI_OK); /* the thread has it, in the same CSpace */
        }
        told = 1;
        CHECK_EQ(pd_client_wait(&pd, &end), GPI_OK);
        CHECK_EQ(end.code, 6);
        if (first == 1) {
            CHECK_EQ(pd_client_get_info(&r.pd, &(struct pd_info){0}), GPI_OK); /* the creator's */
            CHECK_EQ(sel4gpi_destroy_runnable(&r), GPI_OK);
        }
        CHECK_EQ(pd_client_disconnect(&pd), GPI_OK);
    }
    test_memory_check("threads whose creator forgot them");
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        {"thread_shares_memory", shares_memory},
        {"thread_outlives_its_creators_capabilities", outlives_its_creators_capabilities},
        {"thread_nothing_is_left", nothing_is_left},
    };
    return TEST_MAIN(cases);
}
