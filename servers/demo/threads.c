/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads of one process add to one number. */
#include <sel4gpi/pd_creation.h>
#include <stdio.h>

enum { THREADS = 3, ROUNDS = 1000 };

static unsigned sum;

static int add(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    for (unsigned i = 0; i < ROUNDS; i++) {
        __atomic_fetch_add(&sum, 1, __ATOMIC_RELAXED);
    }
    return 0;
}

int main(void)
{
    sel4gpi_runnable_t thread[THREADS];
    for (unsigned i = 0; i < THREADS; i++) {
        pd_config_t *cfg = sel4gpi_configure_thread((void *)add, NULL, &thread[i]);
        int error = cfg ? sel4gpi_prepare_pd(cfg, &thread[i], 0, NULL) : GPI_ERR_NO_MEMORY;
        sel4gpi_config_destroy(cfg);
        error = error ? error : sel4gpi_start_pd(&thread[i]);
        if (error != GPI_OK) {
            printf("thread %u: %s: %s\n", i, gpi_strerror(error), sel4gpi_config_error());
            return 1;
        }
    }
    for (unsigned i = 0; i < THREADS; i++) {
        struct pd_end end;
        pd_client_wait(&thread[i].pd, &end);
        sel4gpi_destroy_runnable(&thread[i]);
    }
    printf("%d threads counted to %u\n", THREADS, sum);
    return sum == THREADS * ROUNDS ? 0 : 1;
}
