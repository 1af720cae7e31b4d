/* SPDX-License-Identifier: BSD-2-Clause */
/* What stands around a program from outside: its status becomes the verdict of one test case. */
#include <gpi/power.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void begin(void) __attribute__((constructor));

static void begin(void)
{
    printf("TEST-BEGIN outside 1\nCASE " OUTSIDE_NAME "\n");
}

/** Instead of the C library's, which raises a signal: an assertion failed and has been printed. */
_Noreturn void abort(void)
{
    _exit(EXIT_FAILURE);
}

/** Instead of libgpi's: main has returned, or is not to go on. */
_Noreturn void _exit(int status)
{
    if (status == 0) {
        printf("PASS " OUTSIDE_NAME "\nTEST-END 1 0 0\n");
    } else {
        printf("FAIL " OUTSIDE_NAME ": status %d, the reason stands above\nTEST-END 0 1 0\n", status);
    }
    for (;;) {
        gpi_power_off();
    }
}
