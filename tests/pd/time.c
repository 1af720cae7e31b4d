/* SPDX-License-Identifier: BSD-2-Clause */
/* Time, and the timer server. */
#define _DEFAULT_SOURCE /* usleep() */
#include "lib/test.h"

#include <errno.h>
#include <gpi/proto/timer.h>
#include <gpi/timer.h>
#include <sel4/sel4.h>
#include <sel4gpi/resource_server_clientapi.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static pd_client_context_t timer;
static gpi_space_id_t space;
static seL4_CPtr rde;

static void start(void)
{
    CHECK_EQ(start_resource_server_pd(GPICAP_TYPE_NONE, 0, (char *)GPI_TIMER_IMAGE, &timer, &space), GPI_OK);
    rde = sel4gpi_get_rde((int)sel4gpi_get_resource_type_code((char *)GPI_TIMER_TYPE));
    CHECK(rde != seL4_CapNull);
}

static void stop(void)
{
    pd_client_context_t self = sel4gpi_get_pd_conn();
    pd_client_terminate(&timer);
    pd_client_disconnect(&timer);
    CHECK_EQ(pd_client_free_slot(&self, rde), GPI_OK);
}

static struct timer_stats stats(void)
{
    struct timer_stats result = {0};
    CHECK_EQ(gpi_timer_stats(&result), GPI_OK);
    return result;
}

static void time_goes_on(void)
{
    uint64_t last = gpi_time_ns();
    for (int i = 0; i < 1000; i++) {
        uint64_t now = gpi_time_ns();
        CHECK(now >= last);
        last = now;
    }
    CHECK(gpi_time_us() * 1000 >= last / 1000 * 1000);
    struct timespec time, resolution;
    CHECK_EQ(clock_gettime(CLOCK_MONOTONIC, &time), 0);
    CHECK((uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec >= last);
    CHECK_EQ(clock_getres(CLOCK_MONOTONIC, &resolution), 0);
    CHECK(resolution.tv_sec == 0 && resolution.tv_nsec > 0 && resolution.tv_nsec < 1000);
    errno = 0;
    CHECK_EQ(clock_gettime(CLOCK_REALTIME, &time), -1);
    CHECK_EQ(errno, EINVAL);
}

/* What a PD has used does not begin anew when somebody asks. */
static void used_time_adds_up(void)
{
    pd_client_context_t self = sel4gpi_get_pd_conn();
    struct pd_info first, second;
    for (uint64_t begin = gpi_time_us(); gpi_time_us() - begin < 5000;) {
    }
    CHECK_EQ(pd_client_get_info(&self, &first), GPI_OK);
    CHECK_EQ(pd_client_get_info(&self, &second), GPI_OK);
    CHECK(first.consumed > 0 && second.consumed >= first.consumed);
}

static void sleeps_long_enough(void)
{
    static const uint64_t times[] = {1, 10, 100, 1000, 20000};
    start();
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        uint64_t begin = gpi_time_us();
        CHECK_EQ(gpi_sleep_us(times[i]), GPI_OK);
        CHECK(gpi_time_us() - begin >= times[i]);
    }
    uint64_t until = gpi_time_us() + 3000;
    CHECK_EQ(gpi_sleep_until_us(until), GPI_OK);
    CHECK(gpi_time_us() >= until);
    struct timer_stats before = stats();
    CHECK_EQ(gpi_sleep_until_us(until), GPI_OK); /* has passed */
    CHECK_EQ(gpi_sleep_us(0), GPI_OK);
    CHECK_EQ(stats().slept, before.slept);
    stop();
}

/* No tick: the best of many short sleeps is about as short as it should be. */
static void sleeps_no_longer(void)
{
    uint64_t best = UINT64_MAX;
    start();
    for (int i = 0; i < 200; i++) {
        uint64_t begin = gpi_time_us();
        CHECK_EQ(gpi_sleep_us(50), GPI_OK);
        uint64_t took = gpi_time_us() - begin;
        best = took < best ? took : best;
    }
    CHECK(best < 1000);
    stop();
}

static void c_library(void)
{
    start();
    uint64_t begin = gpi_time_us();
    CHECK_EQ(nanosleep(&(struct timespec){0, 2000000}, NULL), 0);
    CHECK(gpi_time_us() - begin >= 2000);
    /* By the timer; if the machine stands still for long, the time may pass on the way there. */
    for (int i = 0; i < 1000 && stats().slept == 0; i++) {
        begin = gpi_time_us();
        CHECK_EQ(usleep(1000), 0);
        CHECK(gpi_time_us() - begin >= 1000);
    }
    CHECK(stats().slept > 0);
    CHECK_EQ(nanosleep(&(struct timespec){0, 1000000000}, NULL), -1);
    CHECK_EQ(errno, EINVAL);
    stop();
    /* Without a timer, too. */
    CHECK_EQ(gpi_sleep_us(60000000), GPI_ERR_NOT_FOUND);
    begin = gpi_time_us();
    CHECK_EQ(usleep(1000), 0);
    CHECK(gpi_time_us() - begin >= 1000);
}

enum { SLEEPERS = 24 };
static unsigned woken;
static uint64_t base;

/* argv[0]: microseconds after `base`. */
static int sleeper(int argc, char **argv)
{
    (void)argc;
    uint64_t until = base + strtoul(argv[0], NULL, 10);
    int error = gpi_sleep_until_us(until);
    __atomic_fetch_add(&woken, error != GPI_OK || gpi_time_us() >= until, __ATOMIC_RELAXED);
    return error;
}

static sel4gpi_runnable_t start_sleeper(uint64_t us)
{
    sel4gpi_runnable_t r;
    pd_config_t *cfg = sel4gpi_configure_thread((void *)sleeper, NULL, &r);
    if (CHECK(cfg != NULL)) {
        CHECK_EQ(sel4gpi_prepare_pd(cfg, &r, 1, &us), GPI_OK);
        sel4gpi_config_destroy(cfg);
        CHECK_EQ(sel4gpi_start_pd(&r), GPI_OK);
    }
    return r;
}

/* In which order is tests/unit/servers/test_sleepers.c. */
static void many(void)
{
    sel4gpi_runnable_t r[SLEEPERS];
    start();
    woken = 0;
    base = gpi_time_us() + 100000;
    for (unsigned i = 0; i < SLEEPERS; i++) {
        r[i] = start_sleeper(i * 7 % SLEEPERS * 1000); /* the earliest is not the first */
    }
    for (unsigned i = 0; i < SLEEPERS; i++) {
        CHECK_EQ(test_finish(&r[i]), GPI_OK);
    }
    CHECK_EQ(woken, SLEEPERS);
    CHECK_EQ(stats().sleepers, 0);
    stop();
}

/* Nobody is woken: nothing happens. */
static void idle_timer_is_quiet(void)
{
    start();
    CHECK_EQ(gpi_sleep_us(10), GPI_OK);
    uint64_t before = stats().interrupts, until = gpi_time_us() + 20000;
    while (gpi_time_us() < until) {
    }
    CHECK_EQ(stats().interrupts, before);
    stop();
}

/* A process that runs tests/pd/sleep.c. */
static bool start_client(seL4_Word what, sel4gpi_runnable_t *r)
{
    pd_config_t *cfg = sel4gpi_configure_process("pdsleep", 4, 16, r);
    if (!CHECK(cfg != NULL)) {
        return false;
    }
    sel4gpi_config_pd_share_all_rdes(cfg);
    CHECK_EQ(sel4gpi_prepare_pd(cfg, r, 1, &what), GPI_OK);
    sel4gpi_config_destroy(cfg);
    return CHECK_EQ(sel4gpi_start_pd(r), GPI_OK);
}

static void sleeper_gone(void)
{
    sel4gpi_runnable_t r;
    start();
    if (start_client(0, &r)) {
        EVENTUALLY(stats().sleepers == 1);
        CHECK_EQ(sel4gpi_destroy_runnable(&r), GPI_OK);
        EVENTUALLY(stats().sleepers == 0);
    }
    CHECK_EQ(gpi_sleep_us(10), GPI_OK);
    stop();
}

/* The server's own time is used, not the client's: that one calls all the time, and has next to no time each hour. */
static void small_budget(void)
{
    sel4gpi_runnable_t r;
    seL4_Word word;
    struct pd_info info;
    start();
    if (start_client(1, &r)) {
        CHECK_EQ(pd_client_wait_ready(&r.pd, &word), GPI_OK);
        CHECK_EQ(cpu_client_set_time(&r.cpu, 0, 200, 3600000000), GPI_OK);
        for (int i = 0; i < 200; i++) {
            CHECK_EQ(gpi_sleep_us(10), GPI_OK);
            stats();
        }
        CHECK(pd_client_get_info(&r.pd, &info) == GPI_OK && info.state == PD_RUNNING);
        CHECK_EQ(sel4gpi_destroy_runnable(&r), GPI_OK);
    }
    CHECK_EQ(gpi_sleep_us(10), GPI_OK);
    stop();
}

static int waiter(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    uint64_t never = UINT64_MAX;
    int error = gpi_wait_until_ticks(never);
    __atomic_fetch_add(&woken, 1, __ATOMIC_RELAXED);
    return error;
}

static sel4gpi_runnable_t start_waiter(void)
{
    sel4gpi_runnable_t r;
    pd_config_t *cfg = sel4gpi_configure_thread((void *)waiter, NULL, &r);
    if (CHECK(cfg != NULL)) {
        CHECK_EQ(sel4gpi_prepare_pd(cfg, &r, 0, NULL), GPI_OK);
        sel4gpi_config_destroy(cfg);
        CHECK_EQ(sel4gpi_start_pd(&r), GPI_OK);
    }
    return r;
}

/* A wait that another thread ends; that came before it, too. */
static void waits_are_interrupted(void)
{
    start();
    woken = 0;
    sel4gpi_runnable_t r = start_waiter();
    EVENTUALLY(stats().sleepers == 1);
    CHECK_EQ(gpi_wait_until_ticks(UINT64_MAX), GPI_ERR_STATE); /* one at a time */
    CHECK_EQ(gpi_sleep_us(1000), GPI_OK);                      /* is something else */
    CHECK_EQ(woken, 0);
    CHECK_EQ(gpi_wait_interrupt(), GPI_OK);
    CHECK_EQ(test_finish(&r), GPI_OK);
    CHECK_EQ(woken, 1);
    CHECK_EQ(stats().sleepers, 0);
    CHECK_EQ(gpi_wait_interrupt(), GPI_OK);
    CHECK_EQ(gpi_wait_interrupt(), GPI_OK); /* once is enough */
    CHECK_EQ(gpi_wait_until_ticks(UINT64_MAX), GPI_OK);
    uint64_t until = gpi_time_ticks() + gpi_time_frequency() / 1000;
    CHECK_EQ(gpi_wait_until_ticks(until), GPI_OK);
    CHECK(gpi_time_ticks() >= until);
    CHECK_EQ(gpi_wait_until_ticks(until), GPI_OK);
    stop();
    CHECK_EQ(gpi_wait_until_ticks(UINT64_MAX), GPI_ERR_NOT_FOUND);
    CHECK_EQ(gpi_wait_interrupt(), GPI_ERR_NOT_FOUND);
}

static void timer_gone(void)
{
    start();
    woken = 0;
    base = gpi_time_us();
    sel4gpi_runnable_t r = start_sleeper(3600000000);
    EVENTUALLY(stats().sleepers == 1);
    stop();
    CHECK_EQ(test_finish(&r), GPI_ERR_GONE);
    /* The next one is found, and has the interrupt. */
    CHECK_EQ(gpi_sleep_us(60000000), GPI_ERR_NOT_FOUND);
    start();
    CHECK_EQ(gpi_sleep_us(10), GPI_OK);
    stop();
}

static void one_timer_a_core(void)
{
    pd_client_context_t other;
    gpi_space_id_t id;
    start();
    CHECK_EQ(start_resource_server_pd(GPICAP_TYPE_NONE, 0, (char *)GPI_TIMER_IMAGE, &other, &id), GPI_ERR_GONE);
    CHECK_EQ(gpi_sleep_us(10), GPI_OK);
    stop();
}

/* All of them at once, however slow the machine is: the root task keeps the most room that its books ever needed. */
static void most_at_once(void)
{
    sel4gpi_runnable_t r[SLEEPERS];
    start();
    base = gpi_time_us() + 3600000000;
    for (unsigned i = 0; i < SLEEPERS; i++) {
        r[i] = start_sleeper(i);
    }
    EVENTUALLY(stats().sleepers == SLEEPERS);
    stop();
    for (unsigned i = 0; i < SLEEPERS; i++) {
        CHECK_EQ(test_finish(&r[i]), GPI_ERR_GONE);
    }
}

static void nothing_is_left(void)
{
    most_at_once();
    for (int i = 0; i < 3; i++) {
        many();
        waits_are_interrupted();
        sleeper_gone();
        timer_gone();
        if (i == 0) {
            test_memory_mark();
        }
    }
    test_memory_check("timers and sleepers");
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        {"time_goes_on", time_goes_on},
        {"time_used_adds_up", used_time_adds_up},
        {"time_sleeps_long_enough", sleeps_long_enough},
        {"time_sleeps_no_longer", sleeps_no_longer},
        {"time_c_library", c_library},
        {"time_many", many},
        {"time_idle_timer_is_quiet", idle_timer_is_quiet},
        {"time_sleeper_gone", sleeper_gone},
        {"time_small_budget", small_budget},
        {"time_waits_are_interrupted", waits_are_interrupted},
        {"time_timer_gone", timer_gone},
        {"time_one_timer_a_core", one_timer_a_core},
        {"time_nothing_is_left", nothing_is_left},
    };
    return TEST_MAIN(cases);
}
