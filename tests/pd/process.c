/* SPDX-License-Identifier: BSD-2-Clause */
/* Processes: a program of the boot archive in an address space of its own. */
#include "lib/test.h"

#include <string.h>

static void words_become_strings(void)
{
    /* pdchild adds its arguments up. */
    CHECK_EQ(test_run_program("pdchild", 3, (seL4_Word[]){40, 1, 1}), 42);
}

static void nothing_is_left(void)
{
    test_run_program("pdchild", 0, NULL); /* opens the image */
    test_memory_mark();
    for (int i = 0; i < 10; i++) {
        CHECK_EQ(test_run_program("pdchild", 2, (seL4_Word[]){3, 4}), 7);
    }
    test_memory_check("ten processes");
}

static void unknown_image_is_named(void)
{
    sel4gpi_runnable_t r;
    pd_config_t *cfg = sel4gpi_configure_process("no-such-program", 4, 4, &r);
    if (CHECK(cfg != NULL)) {
        CHECK_EQ(sel4gpi_prepare_pd(cfg, &r, 0, NULL), GPI_ERR_NOT_FOUND);
        CHECK(strstr(sel4gpi_config_error(), "image_name") != NULL);
        sel4gpi_config_destroy(cfg);
        CHECK_EQ(sel4gpi_destroy_runnable(&r), GPI_OK);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        {"process_words_become_strings", words_become_strings},
        {"process_nothing_is_left", nothing_is_left},
        {"process_unknown_image_is_named", unknown_image_is_named},
    };
    return TEST_MAIN(cases);
}
