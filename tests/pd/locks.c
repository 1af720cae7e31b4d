/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads of one process in the C library at once. */
#include "lib/test.h"

#include <errno.h>
#include <gpi/lock.h>
#include <sel4/sel4.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 4, BLOCKS = 32, SLICE = 1000 /* microseconds */ };

static volatile int inside, broken, ready, arrived;

/* All threads begin together. */
static void gather(void)
{
    __atomic_add_fetch(&arrived, 1, __ATOMIC_RELAXED);
    for (unsigned i = 1; arrived < THREADS; i++) {
        if (i % 4096 == 0) { /* on one core the others need it to come here */
            seL4_Yield();
        }
    }
}

static int start(sel4gpi_runnable_t *r, void *function, int prio, int argument)
{
    pd_config_t *cfg = sel4gpi_configure_thread(function, NULL, r);
    if (!CHECK(cfg != NULL)) {
        return -1;
    }
    cfg->cpu_prio = prio;
    int error = sel4gpi_prepare_pd(cfg, r, 1, (seL4_Word[]){(seL4_Word)argument});
    sel4gpi_config_destroy(cfg);
    /* On all cores that there are, a time slice so short that it ends anywhere. */
    if (error == GPI_OK && prio == DEFAULT_PRIORITY &&
        cpu_client_set_time(&r->cpu, (unsigned)argument, SLICE, SLICE) != GPI_OK) {
        error = cpu_client_set_time(&r->cpu, 0, SLICE, SLICE);
    }
    error = error ? error : sel4gpi_start_pd(r);
    return CHECK_EQ(error, GPI_OK) ? 0 : -1;
}

static void run_all(void *function)
{
    sel4gpi_runnable_t r[THREADS];
    int n = 0;
    arrived = 0;
    while (n < THREADS && start(&r[n], function, DEFAULT_PRIORITY, n) == 0) {
        n++;
    }
    for (int i = 0; i < n; i++) {
        CHECK_EQ(test_finish(&r[i]), 0);
    }
}

static int count_up(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    gather();
    for (int i = 0; i < 300; i++) {
        gpi_lock();
        gpi_lock(); /* it may be taken twice */
        broken += inside++ != 0;
        if (i % 16 == 0) {
            seL4_Yield(); /* others find it taken */
        }
        inside--;
        gpi_unlock();
        gpi_unlock();
    }
    return 0;
}

static void exclude_each_other(void)
{
    inside = 0;
    broken = 0;
    run_all((void *)count_up);
    CHECK_EQ(broken, 0);
    CHECK_EQ(inside, 0);
}

/* Blocks of all sizes, filled and looked at again. */
static int use_heap(int argc, char **argv)
{
    unsigned char *block[BLOCKS] = {0};
    unsigned random = (unsigned)atoi(argv[0]) + (unsigned)argc;
    gather();
    for (int i = 0; i < 2000; i++) {
        random = random * 1103515245u + 12345u;
        unsigned n = random >> 8 & (BLOCKS - 1);
        size_t size = 16 + (random >> 16 & 1023);
        if (block[n]) {
            for (size_t k = 0; k < 16; k++) {
                broken += block[n][k] != (unsigned char)(n + (unsigned)argv[0][0]);
            }
            free(block[n]);
            block[n] = NULL;
        } else if ((block[n] = malloc(size)) != NULL) {
            memset(block[n], (int)(n + (unsigned)argv[0][0]), size);
        } else {
            broken++;
        }
        if (i % 256 == 0) {
            seL4_Yield();
        }
    }
    for (int n = 0; n < BLOCKS; n++) {
        free(block[n]);
    }
    return 0;
}

static void share_the_heap(void)
{
    broken = 0;
    run_all((void *)use_heap);
    CHECK_EQ(broken, 0);
}

static int print(int argc, char **argv)
{
    char text[64], expected[64];
    gather();
    for (int i = 0; i < 300; i++) {
        snprintf(text, sizeof text, "%s %d %x %s", argv[0], i, i, "words");
        snprintf(expected, sizeof expected, "%d", i);
        broken += strstr(text, expected) == NULL || text[0] != argv[0][0];
        if (i % 100 == 0) {
            printf("  thread %s, line %d\n", argv[0], i + argc);
        }
    }
    return 0;
}

static void print_at_once(void)
{
    broken = 0;
    run_all((void *)print);
    CHECK_EQ(broken, 0);
}

static int use_errno(int argc, char **argv)
{
    int mine = 100 + atoi(argv[0]);
    (void)argc;
    gather();
    errno = mine;
    for (int i = 0; i < 20; i++) {
        seL4_Yield();
        broken += errno != mine;
    }
    return 0;
}

static void errno_is_each_threads_own(void)
{
    broken = 0;
    errno = 7;
    run_all((void *)use_errno);
    CHECK_EQ(broken, 0);
    CHECK_EQ(errno, 7);
}

static sel4gpi_runnable_t high;

static int want(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    ready = 1;
    gpi_lock();
    int was = ready;
    gpi_unlock();
    return was == 2 ? 0 : 1;
}

static int hold(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    gpi_lock();
    int failed = start(&high, (void *)want, 120, 0);
    while (!failed && !ready) { /* on another core */
    }
    for (int i = 0; i < 100000; i++) {
        __asm__ volatile("" ::: "memory");
    }
    ready = 2;
    gpi_unlock();
    return failed;
}

/* Who waits for a lock lets a holder of lower priority run, on the same core. */
static void waiting_is_not_spinning(void)
{
    sel4gpi_runnable_t low;
    ready = 0;
    if (start(&low, (void *)hold, 60, 0) == 0) {
        CHECK_EQ(test_finish(&low), 0);
        CHECK_EQ(test_finish(&high), 0);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        {"locks_exclude_each_other", exclude_each_other},
        {"locks_share_the_heap", share_the_heap},
        {"locks_print_at_once", print_at_once},
        {"locks_errno_is_each_threads_own", errno_is_each_threads_own},
        {"locks_waiting_is_not_spinning", waiting_is_not_spinning},
    };
    return TEST_MAIN(cases);
}
