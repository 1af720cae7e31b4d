/* SPDX-License-Identifier: BSD-2-Clause */
/* Costs of the root task and of pd_creation, by the first PD. tests/bench/pd.json has what they should be. */
#include "../counters.h"

#include <gpi/proto/pd.h>
#include <sel4/sel4.h>
#include <sel4gpi/pd_creation.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROUNDS = 50, WARM_UP = 3 };

static bool counts_instructions;
static struct counters look_cost;

static void report(const char *name, struct counters total, seL4_Word count)
{
    if (counts_instructions) {
        printf("BENCH %s insns %lu\n", name, (unsigned long)((total.insns + count / 2) / count));
    }
    printf("BENCH %s ns %lu\n", name, (unsigned long)(total.ticks * 1000 / count * 1000000 / gpi_time_frequency()));
}

static void must(int error, const char *what)
{
    if (error != GPI_OK) {
        printf("BENCH-FAILED %s: %s (%s)\n", what, gpi_strerror(error), sel4gpi_config_error());
        exit(1);
    }
}

static void measure(const char *name, void (*once)(void *), void *argument, seL4_Word count)
{
    struct counters total = {0, 0};
    for (seL4_Word i = 0; i < count + WARM_UP; i++) {
        struct counters start = counters_now();
        once(argument);
        struct counters d = counters_since(start, counters_now());
        if (i >= WARM_UP) {
            total.insns += d.insns - look_cost.insns;
            total.ticks += d.ticks;
        }
    }
    report(name, total, count);
}

static void null_rpc(void *pd_rde)
{
    seL4_Call((seL4_CPtr)pd_rde, seL4_MessageInfo_new(PD_NULL, 0, 0, 0));
}

static void mo_cycle(void *rde)
{
    mo_client_context_t mo;
    must(mo_component_client_connect((seL4_CPtr)rde, 1, MO_PAGE_BITS, &mo), "an MO");
    must(mo_component_client_disconnect(&mo), "giving an MO back");
}

static void vmr_cycle(void *argument)
{
    mo_client_context_t *mo = argument;
    void *at;
    seL4_CPtr rde = sel4gpi_get_bound_vmr_rde();
    must(vmr_client_attach_no_reserve(rde, NULL, mo, SEL4UTILS_RES_TYPE_GENERIC, &at), "a VMR");
    must(vmr_client_delete_by_vaddr(rde, at), "deleting a VMR");
}

static struct pd_end run_process(sel4gpi_runnable_t *r)
{
    struct pd_end end;
    pd_config_t *cfg = sel4gpi_configure_process("pdempty", DEFAULT_STACK_PAGES, DEFAULT_HEAP_PAGES, r);
    must(cfg ? GPI_OK : GPI_ERR_NO_MEMORY, "configuring a process");
    must(sel4gpi_prepare_pd(cfg, r, 0, NULL), "preparing a process");
    sel4gpi_config_destroy(cfg);
    must(sel4gpi_start_pd(r), "starting a process");
    must(pd_client_wait(&r->pd, &end), "waiting for a process");
    return end;
}

/* From configure to reclaimed. */
static void process(void *argument)
{
    sel4gpi_runnable_t r;
    (void)argument;
    run_process(&r);
    must(sel4gpi_destroy_runnable(&r), "destroying a process");
}

/* From configure to the child's main: its exit status says what was counted there. */
static void process_main(void)
{
    struct counters total = {0, 0};
    for (seL4_Word i = 0; i < ROUNDS + WARM_UP; i++) {
        sel4gpi_runnable_t r;
        struct counters start = counters_now();
        struct pd_end end = run_process(&r);
        if (i >= WARM_UP && counts_instructions) {
            total.insns += (seL4_Uint32)(end.code - start.insns) - look_cost.insns;
        } else if (i >= WARM_UP) {
            total.ticks += (seL4_Uint32)(end.code - start.ticks);
        }
        must(sel4gpi_destroy_runnable(&r), "destroying a process");
    }
    report("process_main", total, ROUNDS);
}

static int thread_main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return 0;
}

static void finish(pd_config_t *cfg, sel4gpi_runnable_t *r)
{
    struct pd_end end;
    must(cfg ? GPI_OK : GPI_ERR_NO_MEMORY, "configuring a thread");
    must(sel4gpi_prepare_pd(cfg, r, 0, NULL), "preparing a thread");
    sel4gpi_config_destroy(cfg);
    must(sel4gpi_start_pd(r), "starting a thread");
    must(pd_client_wait(&r->pd, &end), "waiting for a thread");
    must(sel4gpi_destroy_runnable(r), "destroying a thread");
}

static void thread(void *argument)
{
    sel4gpi_runnable_t r;
    (void)argument;
    pd_config_t *cfg = sel4gpi_configure_thread((void *)thread_main, NULL, &r);
    finish(cfg, &r);
}

static void isolated_thread(void *argument)
{
    static const sel4utils_reservation_type_t shared[] = {SEL4UTILS_RES_TYPE_CODE, SEL4UTILS_RES_TYPE_DATA,
                                                          SEL4UTILS_RES_TYPE_HEAP};
    sel4gpi_runnable_t r;
    (void)argument;
    pd_config_t *cfg = sel4gpi_new_runnable(true, true, &r);
    must(cfg ? GPI_OK : GPI_ERR_NO_MEMORY, "a runnable");
    for (size_t i = 0; i < sizeof shared / sizeof shared[0]; i++) {
        sel4gpi_add_vmr_config(&cfg->ads_cfg, GPI_SHARED, shared[i], NULL, NULL, 0, 0, NULL);
    }
    sel4gpi_add_vmr_config(&cfg->ads_cfg, GPI_DISJOINT, SEL4UTILS_RES_TYPE_STACK, NULL, NULL, 16, MO_PAGE_BITS, NULL);
    sel4gpi_add_vmr_config(&cfg->ads_cfg, GPI_DISJOINT, SEL4UTILS_RES_TYPE_IPC_BUF, NULL, NULL, 1, MO_PAGE_BITS, NULL);
    cfg->ads_cfg.entry_point = (void *)thread_main;
    finish(cfg, &r);
}

/* Deep copies of what is written, the rest shared; there and back, so half of it is one switch. */
static void *deep_copy(sel4utils_reservation_type_t type, mo_client_context_t *mo, size_t *pages)
{
    ads_client_context_t ads = sel4gpi_get_ads_conn();
    void *start;
    size_t bits;
    must(ads_client_get_reservation(&ads, type, &start, pages, &bits), "a region");
    must(mo_component_client_connect(sel4gpi_get_rde(GPICAP_TYPE_MO), (uint32_t)*pages, bits, mo), "memory for a copy");
    must(sel4gpi_copy_data_to_mo(start, *pages << bits, mo), "copying");
    return start;
}

static void highjmp(void)
{
    static const sel4utils_reservation_type_t shared[] = {SEL4UTILS_RES_TYPE_CODE, SEL4UTILS_RES_TYPE_STACK,
                                                          SEL4UTILS_RES_TYPE_IPC_BUF, SEL4UTILS_RES_TYPE_OSM_DATA};
    static const sel4utils_reservation_type_t copied[] = {SEL4UTILS_RES_TYPE_HEAP, SEL4UTILS_RES_TYPE_DATA};
    sel4gpi_runnable_t r = {.pd = sel4gpi_get_pd_conn(), .cpu = sel4gpi_get_cpu_conn()};
    ads_client_context_t home = sel4gpi_get_ads_conn();
    ads_config_t cfg = {0};
    must(ads_component_client_connect(sel4gpi_get_rde(GPICAP_TYPE_ADS), &r.ads), "an address space");
    for (size_t i = 0; i < sizeof shared / sizeof shared[0]; i++) {
        sel4gpi_add_vmr_config(&cfg, GPI_SHARED, shared[i], NULL, NULL, 0, 0, NULL);
    }
    for (size_t i = 0; i < sizeof copied / sizeof copied[0]; i++) {
        mo_client_context_t mo;
        size_t pages;
        void *start = deep_copy(copied[i], &mo, &pages);
        sel4gpi_add_vmr_config(&cfg, GPI_DISJOINT, copied[i], start, NULL, pages, MO_PAGE_BITS, &mo);
    }
    must(sel4gpi_ads_configure(&cfg, &r, NULL, NULL), "configuring an address space");
    must(cpu_client_change_vspace(&r.cpu, &r.ads), "the first switch");
    must(cpu_client_change_vspace(&r.cpu, &home), "the first switch back");
    struct counters total = {0, 0};
    for (seL4_Word i = 0; i < ROUNDS; i++) {
        struct counters start = counters_now();
        cpu_client_change_vspace(&r.cpu, &r.ads);
        cpu_client_change_vspace(&r.cpu, &home);
        struct counters d = counters_since(start, counters_now());
        total.insns += d.insns - look_cost.insns;
        total.ticks += d.ticks;
    }
    report("highjmp_switch", total, 2 * ROUNDS);
}

int main(void)
{
    counts_instructions = counters_init();
    for (unsigned i = 0; i < 16; i++) {
        struct counters start = counters_now();
        look_cost = counters_since(start, counters_now());
    }
    seL4_CPtr mo_rde = sel4gpi_get_rde(GPICAP_TYPE_MO);
    mo_client_context_t mo;
    measure("null_rpc", null_rpc, (void *)sel4gpi_get_rde(GPICAP_TYPE_PD), ROUNDS);
    measure("mo_cycle", mo_cycle, (void *)mo_rde, ROUNDS);
    must(mo_component_client_connect(mo_rde, 1, MO_PAGE_BITS, &mo), "an MO");
    measure("vmr_cycle", vmr_cycle, &mo, ROUNDS);
    process_main();
    measure("process_cycle", process, NULL, ROUNDS);
    measure("thread_cycle", thread, NULL, ROUNDS);
    measure("isolated_thread_cycle", isolated_thread, NULL, ROUNDS);
    highjmp();
    puts("BENCH-END");
    return 0;
}
