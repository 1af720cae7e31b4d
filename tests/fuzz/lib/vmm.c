/* SPDX-License-Identifier: BSD-2-Clause */
/* The checks of the VMM's fixture: one that fails ends the run. */
#include "fixture.h"
#include "fuzz.h"

void test_fail(const char *file, int line, const char *what)
{
    fuzz_fail(file, line, what);
}

void test_fail_values(const char *file, int line, const char *what, uint64_t value, uint64_t expected)
{
    (void)value;
    (void)expected;
    fuzz_fail(file, line, what);
}
