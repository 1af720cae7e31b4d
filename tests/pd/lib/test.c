/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include <sel4/sel4.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned failures; /* of the running case */
static pd_client_context_t runner;
static struct pd_memory mark;
static bool is_long;

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
    is_long = argc > 1 && atoi(argv[1]) != 0;
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

bool test_memory_check(const char *what)
{
    struct pd_memory now = test_memory();
    bool same =
        now.free == mark.free && now.slots == mark.slots && now.handles == mark.handles && now.objects == mark.objects;
    if (!same) {
        failures++;
        printf("  %s: free %lu -> %lu, slots %lu -> %lu, handles %lu -> %lu, objects %lu -> %lu\n", what,
               (unsigned long)mark.free, (unsigned long)now.free, (unsigned long)mark.slots, (unsigned long)now.slots,
               (unsigned long)mark.handles, (unsigned long)now.handles, (unsigned long)mark.objects,
               (unsigned long)now.objects);
    }
    return same;
}

unsigned long test_fail_after(unsigned long n)
{
    seL4_SetMR(0, n);
    seL4_Call(runner.ep, seL4_MessageInfo_new(PD_FAIL_AFTER, 0, 0, 1));
    return seL4_GetMR(0);
}

long test_finish(sel4gpi_runnable_t *r)
{
    struct pd_end end = {PD_TERMINATED, 0};
    CHECK_EQ(pd_client_wait(&r->pd, &end), GPI_OK);
    CHECK_EQ(sel4gpi_destroy_runnable(r), GPI_OK);
    return end.reason == PD_EXITED ? (long)(int)end.code : -1 - (long)end.reason;
}

static long start(pd_config_t *cfg, sel4gpi_runnable_t *r, int error)
{
    sel4gpi_config_destroy(cfg);
    if (error != GPI_OK) {
        printf("  not prepared: %s, %s\n", gpi_strerror(error), sel4gpi_config_error());
        sel4gpi_destroy_runnable(r);
        return NOT_RUN - error;
    }
    CHECK_EQ(sel4gpi_start_pd(r), GPI_OK);
    return test_finish(r);
}

long test_run(pd_config_t *cfg, sel4gpi_runnable_t *r, int argc, seL4_Word *args)
{
    return CHECK(cfg != NULL) ? start(cfg, r, sel4gpi_prepare_pd(cfg, r, argc, args)) : NOT_RUN;
}

long test_run_strings(pd_config_t *cfg, sel4gpi_runnable_t *r, int argc, char *const *argv)
{
    return CHECK(cfg != NULL) ? start(cfg, r, sel4gpi_prepare_pd_strings(cfg, r, argc, argv)) : NOT_RUN;
}

long test_thread(void *function, int argc, seL4_Word *args)
{
    sel4gpi_runnable_t r;
    pd_config_t *cfg = sel4gpi_configure_thread(function, NULL, &r);
    return test_run(cfg, &r, argc, args);
}

pd_config_t *test_isolated(void *function, sel4gpi_runnable_t *r)
{
    pd_config_t *cfg = sel4gpi_new_runnable(true, true, r);
    if (cfg) {
        ads_config_t *ads = &cfg->ads_cfg;
        ads->entry_point = function;
        sel4gpi_add_vmr_config(ads, GPI_SHARED, SEL4UTILS_RES_TYPE_CODE, NULL, NULL, 0, 0, NULL);
        sel4gpi_add_vmr_config(ads, GPI_SHARED, SEL4UTILS_RES_TYPE_DATA, NULL, NULL, 0, 0, NULL);
        sel4gpi_add_vmr_config(ads, GPI_SHARED, SEL4UTILS_RES_TYPE_HEAP, NULL, NULL, 0, 0, NULL);
        sel4gpi_add_vmr_config(ads, GPI_DISJOINT, SEL4UTILS_RES_TYPE_STACK, NULL, NULL, 4, 0, NULL);
        sel4gpi_add_vmr_config(ads, GPI_DISJOINT, SEL4UTILS_RES_TYPE_IPC_BUF, NULL, NULL, 1, 0, NULL);
    }
    return cfg;
}

void test_add_region(pd_config_t *cfg, vmr_config_t vmr)
{
    sel4gpi_add_vmr_config(&cfg->ads_cfg, vmr.share_mode, vmr.type, vmr.start, vmr.dest_start, vmr.region_pages,
                           vmr.page_bits, &vmr.mo);
    ((vmr_config_t *)cfg->ads_cfg.vmr_cfgs->tail->data)->rights = vmr.rights;
}

void test_refused(pd_config_t *cfg, sel4gpi_runnable_t *r, const char *field)
{
    struct pd_memory before = test_memory(), after;
    if (!CHECK(cfg != NULL)) {
        return;
    }
    CHECK(sel4gpi_prepare_pd(cfg, r, 0, NULL) != GPI_OK);
    after = test_memory();
    if (!CHECK(strncmp(sel4gpi_config_error(), field, strlen(field)) == 0)) {
        printf("  not %s, but %s\n", field, sel4gpi_config_error());
    }
    CHECK_EQ(after.free, before.free);
    CHECK_EQ(after.slots, before.slots);
    CHECK_EQ(after.handles, before.handles);
    CHECK_EQ(after.objects, before.objects);
    sel4gpi_config_destroy(cfg);
    CHECK_EQ(sel4gpi_destroy_runnable(r), GPI_OK);
}

pd_config_t *test_probe(sel4gpi_runnable_t *r)
{
    pd_config_t *cfg = sel4gpi_configure_process("pdprobe", DEFAULT_STACK_PAGES, DEFAULT_HEAP_PAGES, r);
    if (CHECK(cfg != NULL)) {
        sel4gpi_config_pd_share_all_rdes(cfg);
    }
    return cfg;
}

long test_run_probe(int argc, char *const *argv)
{
    sel4gpi_runnable_t r;
    pd_config_t *cfg = test_probe(&r);
    return test_run_strings(cfg, &r, argc, argv);
}

bool test_wait_for(const volatile int *where, int value)
{
    enum { TRIES = 20000000 };
    for (unsigned i = 0; i < TRIES && *where != value; i++) {
        if (i % 64 == 0) {
            seL4_Yield();
        }
    }
    return *where == value;
}

bool test_is_long(void)
{
    return is_long;
}

long test_run_program(const char *image, int argc, seL4_Word *args)
{
    sel4gpi_runnable_t r;
    pd_config_t *cfg = sel4gpi_configure_process(image, DEFAULT_STACK_PAGES, DEFAULT_HEAP_PAGES, &r);
    if (cfg) {
        sel4gpi_config_pd_share_all_rdes(cfg);
    }
    return test_run(cfg, &r, argc, args);
}
