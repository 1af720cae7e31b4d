/* SPDX-License-Identifier: BSD-2-Clause */
/* A process that does what its first argument says, and exits with what came of it. */
#include <sel4/sel4.h>
#include <sel4gpi/pd_creation.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE (1ul << MO_PAGE_BITS)

static int numbers[4000];                        /* more than the last page of .data */
static const unsigned constant[] = {0xd65f03c0}; /* ret */
static unsigned variable[] = {0xd65f03c0};

static seL4_CPtr slot_of(const char *text)
{
    return strtoul(text, NULL, 10);
}

static int job_sum(int argc, char **argv)
{
    int total = 0;
    for (int i = 1; i < argc; i++) {
        total += atoi(argv[i]);
    }
    return total;
}

static int job_write_code(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    *(volatile unsigned *)(uintptr_t)job_sum = 0;
    return 0;
}

static int job_write_constant(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    *(volatile unsigned *)(uintptr_t)constant = 0;
    return 0;
}

static int run(const unsigned *code)
{
    ((void (*)(void))(uintptr_t)code)();
    return 0;
}

static int job_run_data(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return run(variable);
}

static int job_run_constant(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return run(constant);
}

static int job_bss(int argc, char **argv)
{
    int sum = 0;
    (void)argv;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        sum |= numbers[i];
        numbers[i] = argc;
    }
    return sum;
}

/* Shares a page with a new process, gives that to the PD in argv[1], exits with the slot there. */
static int job_share_and_end(int argc, char **argv)
{
    pd_client_context_t friend = {argc > 1 ? slot_of(argv[1]) : 0, 0}, self = sel4gpi_get_pd_conn();
    sel4gpi_runnable_t r;
    seL4_CPtr mine = 0, theirs = 0;
    char slot[24], address[24];
    int *at = sel4gpi_get_vmr(sel4gpi_get_bound_vmr_rde(), 1, NULL, SEL4UTILS_RES_TYPE_GENERIC, MO_PAGE_BITS, NULL);
    pd_config_t *cfg = sel4gpi_configure_process("pdprobe", DEFAULT_STACK_PAGES, DEFAULT_HEAP_PAGES, &r);
    if (!at || !cfg || pd_client_send_cap(&r.pd, self.ep, &mine) || pd_client_send_cap(&friend, r.pd.ep, &theirs)) {
        return -1;
    }
    at[0] = 77;
    sel4gpi_add_vmr_config(&cfg->ads_cfg, GPI_SHARED, SEL4UTILS_RES_TYPE_GENERIC, at, NULL, 1, 0, NULL);
    snprintf(slot, sizeof slot, "%lu", (unsigned long)mine);
    snprintf(address, sizeof address, "%lu", (unsigned long)(uintptr_t)at);
    if (sel4gpi_prepare_pd_strings(cfg, &r, 3, (char *[]){"wait-and-look", slot, address}) || sel4gpi_start_pd(&r)) {
        return -2;
    }
    return (int)theirs;
}

/* Waits for the PD in argv[1] to end; what is at the address argv[2]. */
static int job_wait_and_look(int argc, char **argv)
{
    pd_client_context_t other = {argc > 2 ? slot_of(argv[1]) : 0, 0};
    struct pd_end end;
    if (pd_client_wait(&other, &end) != GPI_OK) {
        return -1;
    }
    for (int i = 0; i < 1000; i++) {
        seL4_Yield(); /* its creator takes away what is left of it */
    }
    return *(volatile int *)slot_of(argv[2]);
}

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} jobs[] = {
    {"sum", job_sum},
    {"write-code", job_write_code},
    {"write-constant", job_write_constant},
    {"run-data", job_run_data},
    {"run-constant", job_run_constant},
    {"bss", job_bss},
    {"share-and-end", job_share_and_end},
    {"wait-and-look", job_wait_and_look},
};

int main(int argc, char **argv)
{
    for (size_t i = 0; argc > 0 && i < sizeof jobs / sizeof jobs[0]; i++) {
        if (strcmp(argv[0], jobs[i].name) == 0) {
            return jobs[i].run(argc, argv);
        }
    }
    return -1000;
}
