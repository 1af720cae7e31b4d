/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests: cases in a table, checks that end the case, a report in the lines of the test protocol. */
#ifndef UNIT_H
#define UNIT_H

#include <stdint.h>

struct unit_case {
    const char *name;
    void (*run)(void);
};

/** Ends the case as failed if `condition` does not hold. */
#define CHECK(condition) ((condition) ? (void)0 : unit_fail(__FILE__, __LINE__, #condition))
/** Ends the case as failed if the numbers differ; prints both. */
#define CHECK_EQ(actual, expected) unit_check_eq(__FILE__, __LINE__, #actual, (uint64_t)(actual), (uint64_t)(expected))

_Noreturn void unit_fail(const char *file, int line, const char *what);
void unit_check_eq(const char *file, int line, const char *what, uint64_t actual, uint64_t expected);

/** Runs the cases, each after `setup` (may be null). The program's exit status. */
int unit_run(const char *suite, const struct unit_case *cases, unsigned count, void (*setup)(void));

/** A pseudo-random number below `limit`; the sequence starts anew with each case. */
uint64_t unit_random(uint64_t limit);

#define UNIT_COUNT(cases) ((unsigned)(sizeof(cases) / sizeof(*(cases))))

#endif
