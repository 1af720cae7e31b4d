/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include "objects.h"
#include "print.h"
#include "tracing.h"
#include "worker.h"
#include <gpi/power.h>
#include <gpi/ut.h>
#include <sel4/sel4.h>

seL4_Word test_memory_kept;

static const char *case_name;
static bool case_failed, case_skipped;
static void *case_end[5]; /* of __builtin_setjmp */
static seL4_Word passed, failed, skipped;

static void number(seL4_Word value)
{
    print_hex(value);
    print_text(" (");
    print_decimal(value);
    print_text(")");
}

/* Begins the line of a failure; false if the case has its verdict already. */
static bool begin_failure(const char *file, int line)
{
    bool first = !case_failed;
    case_failed = true;
    print_text(first ? "FAIL " : "also ");
    print_text(case_name);
    print_text(": ");
    if (file) {
        print_text(file);
        print_text(":");
        print_decimal((seL4_Word)line);
        print_text(": ");
    }
    return first;
}

static _Noreturn void end_case(void)
{
    __builtin_longjmp(case_end, 1);
}

void test_equal(seL4_Word got, seL4_Word expected, const char *what, const char *file, int line, bool fatal)
{
    if (got == expected) {
        return;
    }
    begin_failure(file, line);
    print_text(what);
    print_text(" = ");
    number(got);
    print_text(", expected ");
    number(expected);
    print_text("\n");
    if (fatal) {
        end_case();
    }
}

void test_within(seL4_Word got, seL4_Word least, seL4_Word greatest, const char *what, const char *file, int line)
{
    if (got >= least && got <= greatest) {
        return;
    }
    begin_failure(file, line);
    print_text(what);
    print_text(" = ");
    number(got);
    print_text(", expected ");
    print_decimal(least);
    print_text(" to ");
    print_decimal(greatest);
    print_text("\n");
}

_Noreturn void test_skip(const char *why)
{
    case_skipped = true;
    print_text("SKIP ");
    print_text(case_name);
    print_text(": ");
    print_text(why);
    print_text("\n");
    end_case();
}

_Noreturn void test_fail(const char *why)
{
    begin_failure(0, 0);
    print_text(why);
    print_text("\n");
    end_case();
}

static __attribute__((noinline)) void run_guarded(const struct test_case *c)
{
    if (__builtin_setjmp(case_end) == 0) {
        c->run();
    }
}

static void run_case(const struct test_case *c, const struct test_hooks *hooks)
{
    case_name = c->name;
    case_failed = false;
    case_skipped = false;
    test_memory_kept = 0;
    print_text("CASE ");
    print_text(c->name);
    print_text("\n");
    size_t free_before = ut_size_free();
    run_guarded(c);
    tracing_end_case();
    CHECK(vesicle_DebugCheck() != vesicle_DebugCheckViolated);
    if (hooks && hooks->after_case) {
        hooks->after_case();
    }
    workers_destroy();
    objects_free();
    CHECK(vesicle_DebugCheck() != vesicle_DebugCheckViolated);
    if (!case_skipped) {
        CHECK_EQ(ut_size_free() + test_memory_kept, free_before);
    }
    if (case_failed) {
        failed++;
    } else if (case_skipped) {
        skipped++;
    } else {
        passed++;
        print_text("PASS ");
        print_text(c->name);
        print_text("\n");
    }
}

_Noreturn void test_main(const char *suite, const struct test_case *const *lists, const struct test_hooks *hooks)
{
    seL4_Word count = 0;
    objects_init();
    workers_init();
    tracing_init();
    if (hooks && hooks->init) {
        hooks->init();
    }
    for (unsigned i = 0; lists[i]; i++) {
        for (const struct test_case *c = lists[i]; c->name; c++) {
            count++;
        }
    }
    print_text("TEST-BEGIN ");
    print_text(suite);
    print_text(" ");
    print_decimal(count);
    print_text("\n");
    for (unsigned i = 0; lists[i]; i++) {
        for (const struct test_case *c = lists[i]; c->name; c++) {
            run_case(c, hooks);
        }
    }
    print_text("TEST-END ");
    print_decimal(passed);
    print_text(" ");
    print_decimal(failed);
    print_text(" ");
    print_decimal(skipped);
    print_text("\n");
    gpi_power_off();
    for (;;) {
        seL4_DebugHalt();
    }
}
