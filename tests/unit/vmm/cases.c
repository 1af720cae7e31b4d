/* SPDX-License-Identifier: BSD-2-Clause */
#include "fixture.h"

static unsigned failures;
static char first_failure[256];

void test_fail(const char *file, int line, const char *what)
{
    printf("  %s:%d: %s\n", file, line, what);
    if (failures++ == 0) {
        snprintf(first_failure, sizeof first_failure, "line %d: %s", line, what);
    }
}

void test_fail_values(const char *file, int line, const char *what, uint64_t value, uint64_t expected)
{
    char text[200];
    snprintf(text, sizeof text, "%s is 0x%llx, not 0x%llx", what, (unsigned long long)value,
             (unsigned long long)expected);
    test_fail(file, line, text);
}

int test_main(const char *suite, const struct test_case *cases, size_t count)
{
    unsigned failed = 0;
    printf("TEST-BEGIN %s %zu\n", suite, count);
    for (size_t i = 0; i < count; i++) {
        printf("CASE %s\n", cases[i].name);
        failures = 0;
        cases[i].run();
        if (failures != 0) {
            failed++;
            printf("FAIL %s: %s\n", cases[i].name, first_failure);
        } else {
            printf("PASS %s\n", cases[i].name);
        }
    }
    printf("TEST-END %zu %u 0\n", count - failed, failed);
    return failed != 0;
}
