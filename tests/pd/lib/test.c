/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include <gpi/proto/pd.h>
#include <sel4/sel4.h>
#include <stdio.h>
#include <stdlib.h>

static unsigned failures; /* of the running case */
static pd_client_context_t runner;
static struct pd_memory mark;

bool test_check(bool condition, const char *file, int line, const char *text)
{
    if (!condition) {
        failures++;
        printf("  %s:%d: %s\n", file, line, text);
    }
    return condition;
}

bool test_equal(long long left, long long right, const char *file, int line, const char *text)
{
    if (left != right) {
        failures++;
        printf("  %s:%d: %s: %lld and %lld\n", file, line, text, left, right);
    }
    return left == right;
}

int test_main(const struct test_case *cases, size_t count, int argc, char **argv)
{
    unsigned passed = 0, failed = 0;
    runner.ep = argc > 0 ? strtoul(argv[0], NULL, 10) : 0;
    for (size_t i = 0; i < count; i++) {
        failures = 0;
        printf("CASE %s\n", cases[i].name);
        cases[i].run();
        printf("%s %s%s\n", failures ? "FAIL" : "PASS", cases[i].name, failures ? ": the reasons stand above" : "");
        passed += failures == 0;
        failed += failures != 0;
    }
    return (int)(failed << 16 | passed);
}

struct pd_memory test_memory(void)
{
    struct pd_memory memory = {0};
    CHECK_EQ(pd_client_memory(&runner, &memory), GPI_OK);
    return memory;
}

void test_memory_mark(void)
{
    mark = test_memory();
}

void test_memory_check(const char *what)
{
    struct pd_memory now = test_memory();
    if (now.free != mark.free || now.slots != mark.slots || now.handles != mark.handles ||
        now.objects != mark.objects) {
        failures++;
        printf("  %s: free %lu -> %lu, slots %lu -> %lu, handles %lu -> %lu, objects %lu -> %lu\n", what,
               (unsigned long)mark.free, (unsigned long)now.free, (unsigned long)mark.slots, (unsigned long)now.slots,
               (unsigned long)mark.handles, (unsigned long)now.handles, (unsigned long)mark.objects,
               (unsigned long)now.objects);
    }
}

void test_fail_after(unsigned long n)
{
    seL4_SetMR(0, n);
    seL4_Call(runner.ep, seL4_MessageInfo_new(PD_FAIL_AFTER, 0, 0, 1));
}

long test_run_program(const char *image, int argc, seL4_Word *args)
{
    sel4gpi_runnable_t r;
    struct pd_end end = {PD_TERMINATED, 0};
    pd_config_t *cfg = sel4gpi_configure_process(image, DEFAULT_STACK_PAGES, DEFAULT_HEAP_PAGES, &r);
    if (!CHECK(cfg != NULL)) {
        return -100;
    }
    sel4gpi_config_pd_share_all_rdes(cfg);
    int error = sel4gpi_prepare_pd(cfg, &r, argc, args);
    sel4gpi_config_destroy(cfg);
    if (!CHECK_EQ(error, GPI_OK)) {
        printf("  %s\n", sel4gpi_config_error());
        return -101;
    }
    CHECK_EQ(sel4gpi_start_pd(&r), GPI_OK);
    CHECK_EQ(pd_client_wait(&r.pd, &end), GPI_OK);
    CHECK_EQ(sel4gpi_destroy_runnable(&r), GPI_OK);
    return end.reason == PD_EXITED ? (long)(int)end.code : -1 - (long)end.reason;
}
