/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Takes slots. Arguments: its quota in bytes, how many slots, threads that call meanwhile. Exits with the number of slots; 0 if
 * memory ran out; 1 if something else went wrong.
 */
#include <sel4/sel4.h>
#include <sel4gpi/pd_creation.h>
#include <stdlib.h>

static volatile bool enough;

static int caller(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    cpu_client_context_t self = sel4gpi_get_cpu_conn();
    struct cpu_info info;
    int error = GPI_OK;
    while (!enough && error == GPI_OK) {
        error = cpu_client_get_info(&self, &info);
    }
    return error;
}

static bool start(unsigned core, sel4gpi_runnable_t *r)
{
    pd_config_t *cfg = sel4gpi_configure_thread((void *)caller, NULL, r);
    int error = cfg ? sel4gpi_prepare_pd(cfg, r, 0, NULL) : GPI_ERR_NO_MEMORY;
    sel4gpi_config_destroy(cfg);
    if (error == GPI_OK) {
        cpu_client_set_time(&r->cpu, core, 5000, 5000); /* an error where there is no such core */
        error = sel4gpi_start_pd(r);
    }
    return error == GPI_OK;
}

int main(int argc, char **argv)
{
    enum { THREADS_MAX = 8 };
    sel4gpi_runnable_t threads[THREADS_MAX];
    pd_client_context_t self = sel4gpi_get_pd_conn();
    unsigned count = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;
    if (argc < 2 || count > THREADS_MAX || pd_client_set_quota(&self, strtoul(argv[0], NULL, 10)) != GPI_OK) {
        return 1;
    }
    for (unsigned i = 0; i < count; i++) {
        if (!start(i, &threads[i])) {
            return 1;
        }
    }
    unsigned long taken = 0, wanted = strtoul(argv[1], NULL, 10);
    seL4_CPtr slot;
    int error = GPI_OK;
    while (taken < wanted && (error = pd_client_next_slot(&self, &slot)) == GPI_OK) {
        taken++;
    }
    enough = true;
    for (unsigned i = 0; i < count; i++) {
        struct pd_end end;
        if (pd_client_wait(&threads[i].pd, &end) != GPI_OK || end.reason != PD_EXITED || end.code != GPI_OK) {
            return 1;
        }
        sel4gpi_destroy_runnable(&threads[i]);
    }
    return error == GPI_OK ? (int)taken : error == GPI_ERR_NO_MEMORY ? 0 : 1;
}
