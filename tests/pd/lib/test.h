/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Test PDs: each is a program of its own, one area, some cases. The runner starts them one after the other and adds up
 * what they exit with.
 */
#ifndef TESTS_PD_TEST_H
#define TESTS_PD_TEST_H

#include <gpi/proto/pd.h>
#include <sel4/sel4.h>
#include <sel4gpi/pd_creation.h>
#include <stdbool.h>

struct test_case {
    const char *name;
    void (*run)(void);
};

/** Runs the cases and returns what main returns. `argv[0]`: slot of the runner's PD capability, for test_memory(); `argv[1]`: 1: the long form. */
int test_main(const struct test_case *cases, size_t count, int argc, char **argv);
#define TEST_MAIN(cases) test_main(cases, sizeof cases / sizeof cases[0], argc, argv)

/** Notes a failure of the running case if `condition` does not hold, and goes on. Returns the condition. */
bool test_check(bool condition, const char *file, int line, const char *text);
#define CHECK(condition) test_check(condition, __FILE__, __LINE__, #condition)
/** The two values are equal; says what they are if not. */
bool test_equal(long long left, long long right, const char *file, int line, const char *text);
#define CHECK_EQ(left, right) test_equal((long long)(left), (long long)(right), __FILE__, __LINE__, #left " == " #right)

/** What the root task has left and in use. */
struct pd_memory test_memory(void);
/** Takes the use now as what it should be at test_memory_check(). */
void test_memory_mark(void);
/** Fails the case if free memory, slots, handles or objects are not what they were. */
bool test_memory_check(const char *what);
/** The root task's n-th allocation from now fails; 0: none. How far it was to the last one; 0: it has failed. */
unsigned long test_fail_after(unsigned long n);

/** Prepares, starts, waits, ends it. Its exit code, -1 - reason, or NOT_RUN - error. The configuration is used up. */
long test_run(pd_config_t *cfg, sel4gpi_runnable_t *r, int argc, seL4_Word *args);
/** The same with strings. */
long test_run_strings(pd_config_t *cfg, sel4gpi_runnable_t *r, int argc, char *const *argv);
/** Waits for a PD that was started, and ends it. */
long test_finish(sel4gpi_runnable_t *r);
enum { NOT_RUN = -100, FAULTED = -1 - PD_FAULTED };
/** Runs a function in a thread. */
long test_thread(void *function, int argc, seL4_Word *args);
/** A thread in an address space of its own, which has this PD's program, data and heap; more can be added. */
pd_config_t *test_isolated(void *function, sel4gpi_runnable_t *r);
/** Adds a region with all of its fields. */
void test_add_region(pd_config_t *cfg, vmr_config_t vmr);
/** Preparing it is refused, for a reason that begins with `field`, and leaves no trace. Configuration and PD go. */
void test_refused(pd_config_t *cfg, sel4gpi_runnable_t *r, const char *field);
/** The program `pdprobe` with arguments, ready to be prepared. */
pd_config_t *test_probe(sel4gpi_runnable_t *r);
/** Runs a job of pdprobe. */
long test_run_probe(int argc, char *const *argv);
/** Waits until the value is there: another PD has to write it. False if it never came. */
bool test_wait_for(const volatile int *where, int value);
/** Lets others get to what they were told; on one core they have been there already. Bounded by what they do, not by time. */
#define EVENTUALLY(condition)                                                                                          \
    do {                                                                                                               \
        for (int tries_ = 0; tries_ < 1000000 && !(condition); tries_++) {                                             \
            seL4_Yield();                                                                                              \
        }                                                                                                              \
        CHECK(condition);                                                                                              \
    } while (0)
/** Whether the long form of the tests was asked for. */
bool test_is_long(void);

/** Starts a program of the archive with words, waits, ends it; its exit code, or -1 - reason. */
long test_run_program(const char *image, int argc, seL4_Word *args);

#endif
