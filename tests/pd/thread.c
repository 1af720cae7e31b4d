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

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        {"thread_shares_memory", shares_memory},
        {"thread_nothing_is_left", nothing_is_left},
    };
    return TEST_MAIN(cases);
}
