/* SPDX-License-Identifier: BSD-2-Clause */
/* Cases, checks and the report. The lines printed are described in tests/qemu/protocol.py. */
#ifndef TEST_H
#define TEST_H

#include <sel4/types.h>
#include <stdbool.h>

/** One case. A list of them ends with a null name. */
struct test_case {
    const char *name;
    void (*run)(void);
};

/** What a suite adds; each may be null. */
struct test_hooks {
    void (*init)(void);       /**< once, before the first case */
    void (*after_case)(void); /**< before the case's objects are deleted */
};

/** Memory that the running case leaves behind on purpose; 0 at its beginning. */
extern seL4_Word test_memory_kept;

/** Runs lists of cases (the last pointer is null), reports, and switches the machine off. `hooks` may be null. */
_Noreturn void test_main(const char *suite, const struct test_case *const *lists, const struct test_hooks *hooks);

/* Checks. CHECK goes on after a failure, REQUIRE ends the case (in the first thread only). */
#define CHECK_EQ(got, expected)   test_equal((seL4_Word)(got), (seL4_Word)(expected), #got, __FILE__, __LINE__, false)
#define REQUIRE_EQ(got, expected) test_equal((seL4_Word)(got), (seL4_Word)(expected), #got, __FILE__, __LINE__, true)
#define CHECK_IN(got, least, greatest)                                                                                 \
    test_within((seL4_Word)(got), (seL4_Word)(least), (seL4_Word)(greatest), #got, __FILE__, __LINE__)
#define CHECK(condition)   CHECK_EQ(!!(condition), 1)
#define REQUIRE(condition) REQUIRE_EQ(!!(condition), 1)
#define CHECK_OK(error)    CHECK_EQ(error, seL4_NoError)
#define REQUIRE_OK(error)  REQUIRE_EQ(error, seL4_NoError)

void test_equal(seL4_Word got, seL4_Word expected, const char *what, const char *file, int line, bool fatal);
void test_within(seL4_Word got, seL4_Word least, seL4_Word greatest, const char *what, const char *file, int line);

/** Ends the case without a verdict on it. */
_Noreturn void test_skip(const char *why);
/** Ends the case as failed. */
_Noreturn void test_fail(const char *why);

#endif
