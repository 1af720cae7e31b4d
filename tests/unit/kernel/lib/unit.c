/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdio.h>

static jmp_buf end_of_case;
static const char *current;
static uint64_t random_state;

_Noreturn void unit_fail(const char *file, int line, const char *what)
{
    printf("FAIL %s: %s:%d: %s\n", current, file, line, what);
    longjmp(end_of_case, 1);
}

void unit_check_eq(const char *file, int line, const char *what, uint64_t actual, uint64_t expected)
{
    if (actual != expected) {
        printf("FAIL %s: %s:%d: %s is %" PRIu64 " (0x%" PRIx64 "), not %" PRIu64 " (0x%" PRIx64 ")\n", current, file,
               line, what, actual, actual, expected, expected);
        longjmp(end_of_case, 1);
    }
}

uint64_t unit_random(uint64_t limit)
{
    /* xorshift64* */
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (random_state * 0x2545f4914f6cdd1dull >> 16) % limit;
}

int unit_run(const char *suite, const struct unit_case *cases, unsigned count, void (*setup)(void))
{
    /* Changed between setjmp and longjmp. */
    static unsigned index, failed;

    setvbuf(stdout, 0, _IOLBF, 0);
    printf("TEST-BEGIN %s %u\n", suite, count);
    for (index = 0; index < count; index++) {
        current = cases[index].name;
        random_state = 88172645463325252ull;
        printf("CASE %s\n", current);
        if (setjmp(end_of_case) != 0) {
            failed++;
            continue;
        }
        if (setup) {
            setup();
        }
        cases[index].run();
        printf("PASS %s\n", current);
    }
    printf("TEST-END %u %u 0\n", count - failed, failed);
    return failed != 0;
}
