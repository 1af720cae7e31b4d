/* SPDX-License-Identifier: BSD-2-Clause */
#include "threads.h"

#include "out.h"

#include <sel4gpi/trace_clientapi.h>
#include <stdlib.h>
#include <string.h>

/* By a thread's number: it need not be looked for. One that went before anybody looked has no name. */
static struct {
    seL4_CPtr rde;
    bool *known;
    size_t size;
    bool look;
} threads;

static bool is_known(seL4_Word thread)
{
    return thread < threads.size && threads.known[thread];
}

static void know(seL4_Word thread)
{
    enum { STEP = 256 };
    if (thread >= threads.size) {
        size_t size = (thread / STEP + 1) * STEP;
        bool *grown = realloc(threads.known, size * sizeof *grown);
        if (!grown) {
            return;
        }
        memset(grown + threads.size, 0, (size - threads.size) * sizeof *grown);
        threads.known = grown;
        threads.size = size;
    }
    threads.known[thread] = true;
}

void threads_begin(seL4_CPtr rde)
{
    threads.rde = rde;
    if (threads.known) {
        memset(threads.known, 0, threads.size * sizeof *threads.known);
    }
    know(0); /* nobody */
}

void threads_see(const struct vesicle_trace_record *record)
{
    if (!is_known(record->thread)) {
        know(record->thread);
        threads.look = true;
    }
}

void threads_send(bool all)
{
    struct pd_trace_thread thread;
    if (!all && !threads.look) {
        return;
    }
    threads.look = false;
    for (gpi_obj_id_t at = PD_TRACE_ROOT; trace_client_thread(threads.rde, at, &thread) == GPI_OK; at = thread.cpu) {
        know(thread.thread);
        out_frame(STREAM_THREAD, 0, 0, &thread, sizeof thread);
    }
}

bool threads_is_there(gpi_obj_id_t cpu)
{
    struct pd_trace_thread thread;
    return trace_client_thread(threads.rde, cpu - 1, &thread) == GPI_OK && thread.cpu == cpu;
}

void threads_send_counters(bool end)
{
    struct pd_trace_thread thread;
    struct stream_counters what;
    for (gpi_obj_id_t at = BADGE_OBJ_ID_NULL; trace_client_thread(threads.rde, at, &thread) == GPI_OK;
         at = thread.cpu) {
        if (thread.guest && trace_client_counters(threads.rde, thread.cpu, &what.counters) == GPI_OK) {
            what.thread = thread.thread;
            out_frame(STREAM_COUNTERS, end, 0, &what, sizeof what);
        }
    }
}
