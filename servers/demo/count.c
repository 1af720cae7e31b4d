/* SPDX-License-Identifier: BSD-2-Clause */
/* Counts once a second, and a thread of it ten times. */
#include <gpi/timer.h>
#include <sel4gpi/pd_creation.h>
#include <stdio.h>

enum { SECOND = 1000000, TENTH = SECOND / 10 };

static unsigned tenths;

/* Counts as long as there is time to be had. */
static int count(uint64_t step, void (*counted)(void))
{
    uint64_t next = gpi_time_us();
    for (;;) {
        counted();
        next += step;
        int error = gpi_sleep_until_us(next);
        if (error != 0) {
            return error;
        }
    }
}

static void tenth_passed(void)
{
    __atomic_fetch_add(&tenths, 1, __ATOMIC_RELAXED);
}

static void second_passed(void)
{
    static unsigned seconds;
    printf("%u\n", ++seconds);
    if (seconds % 10 == 0) {
        printf("and %u by the thread\n", __atomic_load_n(&tenths, __ATOMIC_RELAXED));
    }
}

static int thread_main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return count(TENTH, tenth_passed);
}

static int start_thread(void)
{
    sel4gpi_runnable_t thread;
    pd_config_t *cfg = sel4gpi_configure_thread((void *)thread_main, NULL, &thread);
    int error = cfg ? sel4gpi_prepare_pd(cfg, &thread, 0, NULL) : GPI_ERR_NO_MEMORY;
    sel4gpi_config_destroy(cfg);
    error = error ? error : pd_client_set_name(&thread.pd, "count.thread");
    return error ? error : sel4gpi_start_pd(&thread);
}

int main(void)
{
    int error = start_thread();
    if (error != 0) {
        printf("count: no thread: %s\n", gpi_strerror(error));
        return 1;
    }
    error = count(SECOND, second_passed);
    printf("count: cannot sleep: %s\n", gpi_strerror(error));
    return 1;
}
