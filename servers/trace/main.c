/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The trace PD: has cores record while somebody at the host wants it, and sends what they recorded over its console. Two threads: one
 * waits for what the host says, the other one records. While nobody records nothing happens.
 */
#include "out.h"
#include "rings.h"
#include "threads.h"

#include <gpi/console.h>
#include <gpi/lock.h>
#include <gpi/timer.h>
#include <sel4/sel4.h>
#include <sel4gpi/pd_clientapi.h>
#include <sel4gpi/pd_creation.h>
#include <sel4gpi/pd_utils.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEAST_US = 1000, US = 1000000, SOONER = 8, WATCHED = 64 };

struct wish {
    char token[STREAM_TOKEN];
    seL4_Word events;
    uint64_t interval, length; /* ticks; length 0: until it is told to stop */
};

/* What the host said last, as the two threads share it (gpi_lock). */
static struct {
    bool start, stop;
    struct wish wish;
    gpi_obj_id_t watched[WATCHED]; /* CPUs: when all are gone it ends */
    unsigned watched_count;
} said;
static seL4_CPtr pds;

static uint64_t ticks(uint64_t us)
{
    return us / US * gpi_time_frequency() + us % US * gpi_time_frequency() / US;
}

static void obey(char *line)
{
    char token[STREAM_TOKEN + 1];
    unsigned long events, us, length, cpu;
    gpi_lock();
    if (sscanf(line, "start %16s %lx %lu %lu", token, &events, &us, &length) == 4) {
        us = us < LEAST_US ? LEAST_US : us > US ? US : us;
        said.wish = (struct wish){.events = events, .interval = ticks(us), .length = ticks(length)};
        memcpy(said.wish.token, token, strlen(token));
        said.watched_count = 0;
        said.start = said.stop = true; /* whatever it records now */
    } else if (sscanf(line, "until %lu", &cpu) == 1 && said.watched_count < WATCHED) {
        said.watched[said.watched_count++] = cpu;
    } else if (strcmp(line, "stop") == 0) {
        said.stop = true;
        said.start = false;
    }
    gpi_unlock();
    gpi_wait_interrupt();
}

static int listen(int argc, char **argv)
{
    char line[80];
    size_t length = 0;
    (void)argc;
    (void)argv;
    for (int c; (c = gpi_console_getc()) >= 0;) {
        if (c == '\n') {
            line[length] = '\0';
            length = 0;
            obey(line);
        } else if (length + 1 < sizeof line) {
            line[length++] = (char)c;
        }
    }
    return 1;
}

static bool take(bool *what)
{
    gpi_lock();
    bool was = *what;
    *what = false;
    gpi_unlock();
    return was;
}

/* Whether those are gone for whose end the host waits. */
static bool all_gone(void)
{
    gpi_lock();
    unsigned count = said.watched_count;
    gpi_unlock();
    bool gone = count > 0;
    for (unsigned i = 0; gone && i < count; i++) {
        gone = !threads_is_there(said.watched[i]);
    }
    return gone;
}

static bool send_rings(void)
{
    bool many = false;
    for (unsigned core = 0; core < rings_count(); core++) {
        many = rings_send(core, threads_see) || many;
    }
    threads_send(false);
    return many;
}

/* True if there is soon more than rings can hold. */
static bool send_round(void)
{
    uint64_t now = gpi_time_ticks();
    bool many = send_rings();
    out_time(STREAM_ROUND, now);
    out_flush();
    return many;
}

/* Where the timer is missing it may just start again: it is waited for, for a second, in which nobody less urgent runs. */
static int wait_until(uint64_t ticks)
{
    static uint64_t missing_since;
    int error = gpi_wait_until_ticks(ticks);
    if (error == GPI_OK) {
        missing_since = 0;
        return GPI_OK;
    }
    uint64_t now = gpi_time_ticks();
    missing_since = missing_since ? missing_since : now;
    seL4_Yield();
    return now - missing_since < gpi_time_frequency() ? GPI_OK : error;
}

static void begin(const struct wish *wish)
{
    struct stream_begin begin = {.magic = STREAM_MAGIC,
                                 .version = STREAM_VERSION,
                                 .cores = rings_count(),
                                 .frequency = gpi_time_frequency(),
                                 .events = wish->events,
                                 .time = gpi_time_ticks()};
    memcpy(begin.token, wish->token, sizeof begin.token);
    out_frame(STREAM_BEGIN, 0, 0, &begin, sizeof begin);
    threads_begin(pds);
    threads_send(true);
    threads_send_counters(false);
}

static void record(const struct wish *wish)
{
    begin(wish);
    int error = rings_open();
    error = error ? error : rings_set_events(wish->events);
    /* Once more: other cores are interrupted for it, and record whom. So it is known who runs there also if that goes on for long. */
    error = error ? error : rings_set_events(wish->events);
    uint64_t end = wish->length ? gpi_time_ticks() + wish->length : UINT64_MAX;
    while (error == GPI_OK && gpi_time_ticks() < end && !all_gone() && !take(&said.stop)) {
        bool soon = send_round();
        uint64_t next = gpi_time_ticks() + wish->interval / (soon ? SOONER : 1);
        error = wait_until(next < end ? next : end);
    }
    rings_set_events(0);
    if (error == GPI_OK) {
        send_rings();
        threads_send(true);
        threads_send_counters(true);
        out_time(STREAM_END, gpi_time_ticks());
        out_flush();
    } else {
        out_error("cannot record: %s", gpi_strerror(error));
    }
    rings_close();
}

static bool take_wish(struct wish *wish)
{
    gpi_lock();
    bool start = said.start;
    *wish = said.wish;
    if (start) {
        said.start = said.stop = false;
    }
    gpi_unlock();
    return start;
}

static int start_listener(int priority)
{
    static sel4gpi_runnable_t thread;
    pd_config_t *cfg = sel4gpi_configure_thread((void *)listen, NULL, &thread);
    if (!cfg) {
        return GPI_ERR_NO_MEMORY;
    }
    cfg->cpu_prio = priority;
    int error = sel4gpi_prepare_pd(cfg, &thread, 0, NULL);
    sel4gpi_config_destroy(cfg);
    error = error ? error : pd_client_set_name(&thread.pd, "trace.host");
    return error ? error : sel4gpi_start_pd(&thread);
}

int main(void)
{
    struct pd_info info = {0};
    struct wish wish;
    pd_client_context_t self = sel4gpi_get_pd_conn();
    gpi_console_write("", 0); /* the console is named after the thread that opens it */
    pds = sel4gpi_get_rde(GPICAP_TYPE_PD);
    rings_init(pds);
    if (rings_count() == 0) {
        puts("trace: has no right to see what cores do: system-rights = \"PD\" is missing");
        return 1;
    }
    int error = pd_client_get_info(&self, &info);
    error = error ? error : start_listener((int)info.priority_limit);
    if (error != GPI_OK) {
        printf("trace: %s\n", gpi_strerror(error));
        return 1;
    }
    while (error == GPI_OK) { /* until there is no timer any more; init may start both again */
        if (take_wish(&wish)) {
            record(&wish);
        } else {
            error = wait_until(UINT64_MAX);
        }
    }
    return 1;
}
