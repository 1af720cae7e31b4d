/* SPDX-License-Identifier: BSD-2-Clause */
/* The first PD of the console test: starts the server, and PDs that print much, read, break their rings, or are killed. */
#include <gpi/console.h>
#include <sel4/sel4.h>
#include <sel4gpi/console_clientapi.h>
#include <sel4gpi/pd_creation.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WRITERS = 4, MEGABYTES = 2, ROUNDS = 12, EXIT_STATUS = 42 };
enum { NORMAL_BUDGET = 0, TINY_BUDGET = 100, TINY_PERIOD = 20000 }; /* microseconds */

static struct console_server consoles;

static int prepare(pd_config_t *cfg, sel4gpi_runnable_t *r, const char *name, int argc, seL4_Word *args)
{
    char copy[32];
    strcpy(copy, name);
    sel4gpi_add_rde_config(cfg, GPICAP_TYPE_CONSOLE, consoles.space);
    int error = sel4gpi_prepare_pd(cfg, r, argc, args);
    return error ? error : pd_client_set_name(&r->pd, copy);
}

static void start(const char *image, const char *name, int argc, seL4_Word *args, uint64_t budget,
                  sel4gpi_runnable_t *r)
{
    pd_config_t *cfg = sel4gpi_configure_process(image, DEFAULT_STACK_PAGES, DEFAULT_HEAP_PAGES, r);
    int error = cfg ? prepare(cfg, r, name, argc, args) : GPI_ERR_NO_MEMORY;
    sel4gpi_config_destroy(cfg);
    if (budget) {
        error = error ? error : cpu_client_set_time(&r->cpu, 0, budget, TINY_PERIOD);
    }
    error = error ? error : sel4gpi_start_pd(r);
    if (error != GPI_OK) {
        printf("cannot start %s: %s\n", name, gpi_strerror(error));
    }
}

/* Waits for its end, and says what that was. */
static void wait_for(const char *name, sel4gpi_runnable_t *r)
{
    struct pd_end end = {0, 0};
    int error = pd_client_wait(&r->pd, &end);
    printf("%s: error %d, reason %lu, code %lu\n", name, error, (unsigned long)end.reason, (unsigned long)end.code);
    sel4gpi_destroy_runnable(r);
}

/* Several at once, among them one that has next to no time, and those that do what they must not. */
static void together(void)
{
    sel4gpi_runnable_t writer[WRITERS], tiny, hostile[3], victim, echo;
    char name[16];
    start("echo", "echo", 0, NULL, NORMAL_BUDGET, &echo);
    console_control_record(&consoles.control, "echo is ready");
    for (seL4_Word i = 0; i < WRITERS; i++) {
        snprintf(name, sizeof name, "writer%lu", (unsigned long)i);
        start("writer", name, 2, (seL4_Word[]){i, MEGABYTES << 10}, NORMAL_BUDGET, &writer[i]);
    }
    start("writer", "tiny", 2, (seL4_Word[]){WRITERS, 64}, TINY_BUDGET, &tiny);
    for (seL4_Word i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "hostile%lu", (unsigned long)i);
        start("hostile", name, 1, (seL4_Word[]){i}, NORMAL_BUDGET, &hostile[i]);
        wait_for(name, &hostile[i]);
    }
    /* Killed in the middle of what it has to print: when the host has seen some. */
    start("writer", "victim", 2, (seL4_Word[]){WRITERS + 1, 1 << 20}, NORMAL_BUDGET, &victim);
    char record[GPI_CONSOLE_RECORD_SIZE] = "";
    console_control_next(&consoles.control, record, sizeof record);
    pd_client_terminate(&victim.pd);
    wait_for(record, &victim);
    for (unsigned i = 0; i < WRITERS; i++) {
        snprintf(name, sizeof name, "writer%u", i);
        wait_for(name, &writer[i]);
    }
    wait_for("tiny", &tiny);
    wait_for("echo", &echo);
}

/* More PDs than there are ports, one after the other: ports go from one to the next. */
static void in_turn(void)
{
    char name[16];
    for (seL4_Word i = 0; i < ROUNDS; i++) {
        sel4gpi_runnable_t r;
        snprintf(name, sizeof name, "turn%lu", (unsigned long)i);
        start("writer", name, 2, (seL4_Word[]){100 + i, 8}, NORMAL_BUDGET, &r);
        wait_for(name, &r);
    }
}

/* The server is killed under a writer and a reader: both go on without it, and so does this. */
static void without_server(void)
{
    sel4gpi_runnable_t writer, echo;
    char record[GPI_CONSOLE_RECORD_SIZE] = "";
    start("echo", "echo", 0, NULL, NORMAL_BUDGET, &echo);
    start("writer", "victim", 2, (seL4_Word[]){WRITERS + 1, 512}, NORMAL_BUDGET, &writer);
    console_control_next(&consoles.control, record, sizeof record);
    pd_client_terminate(&consoles.pd);
    wait_for("writer", &writer);
    wait_for("echo", &echo);
    printf("control: error %d\n", console_control_record(&consoles.control, "nobody"));
}

int main(void)
{
    int error = console_server_start("console", &consoles);
    printf("console server: %s, %u consoles\n", error ? gpi_strerror(error) : "ready", consoles.consoles);
    if (error != GPI_OK) {
        return 1;
    }
    char record[GPI_CONSOLE_RECORD_SIZE] = "";
    error = console_control_next(&consoles.control, record, sizeof record);
    printf("record of the host: error %d, '%s'\n", error, record);
    if (strcmp(record, "kill the server") == 0) {
        without_server();
        return 0;
    }
    together();
    in_turn();
    console_control_record(&consoles.control, "all done");
    printf("a line without its end");
    fflush(stdout);
    console_control_exit(&consoles.control, EXIT_STATUS);
    return 0;
}
