/* SPDX-License-Identifier: BSD-2-Clause */
/* CSpaces of PDs have as many slots as are wanted, and keep their capabilities where they are while they grow. */
#include "lib/test.h"

#include <sel4/sel4.h>

enum { SLOTS = 3000, THREADS = 3 };

static void as_many_as_wanted(void)
{
    static seL4_CPtr slots[SLOTS];
    pd_client_context_t self = sel4gpi_get_pd_conn();
    mo_client_context_t before, after;
    struct mo_info info;
    unsigned made = 0;
    CHECK_EQ(mo_component_client_connect(sel4gpi_get_rde(GPICAP_TYPE_MO), 3, MO_PAGE_BITS, &before), GPI_OK);
    while (made < SLOTS && CHECK_EQ(pd_client_next_slot(&self, &slots[made]), GPI_OK)) {
        CHECK(made == 0 || slots[made] != slots[made - 1]);
        made++;
    }
    CHECK_EQ(mo_client_get_info(&before, &info), GPI_OK);
    CHECK_EQ(info.pages, 3);
    CHECK_EQ(mo_component_client_connect(sel4gpi_get_rde(GPICAP_TYPE_MO), 4, MO_PAGE_BITS, &after), GPI_OK);
    CHECK(after.ep > SLOTS);
    CHECK_EQ(mo_client_get_info(&after, &info), GPI_OK);
    CHECK_EQ(info.pages, 4);
    for (unsigned i = 0; i < made; i++) {
        CHECK_EQ(pd_client_free_slot(&self, slots[i]), GPI_OK);
    }
    CHECK_EQ(mo_component_client_disconnect(&before), GPI_OK);
    CHECK_EQ(mo_component_client_disconnect(&after), GPI_OK);
}

/* Programs with a quota pay for their slots. */
static void within_the_quota(void)
{
    CHECK_EQ(test_run_program("pdtaker", 2, (seL4_Word[]){1 << 20, 100000}), 0);
    CHECK_EQ(test_run_program("pdtaker", 2, (seL4_Word[]){1 << 25, 1000}), 1000);
}

/* Threads that use their capabilities all the time, and wait in calls, on all cores. */
static void others_work_meanwhile(void)
{
    /* A process of its own: this one's CSpace has grown. Few slots, as where cores share one the lock is slow. */
    CHECK_EQ(test_run_program("pdtaker", 3, (seL4_Word[]){1 << 25, 300, THREADS}), 300);
}

static void nothing_is_left(void)
{
    within_the_quota();
    test_memory_mark();
    within_the_quota();
    test_memory_check("processes with many slots");
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        {"slots_as_many_as_wanted", as_many_as_wanted},
        {"slots_within_the_quota", within_the_quota},
        {"slots_others_work_meanwhile", others_work_meanwhile},
        {"slots_nothing_is_left", nothing_is_left},
    };
    return TEST_MAIN(cases);
}
