/* SPDX-License-Identifier: BSD-2-Clause */
#include "console.h"

#include "rpc.h"
#include "self.h"

#include <gpi/console.h>
#include <gpi/lock.h>
#include <gpi/proto/console.h>
#include <sel4gpi/pd_utils.h>
#include <sel4gpi/vmr_clientapi.h>
#include <string.h>

/* All threads of a process have one console: they share memory and CSpace. */
static struct {
    enum { UNKNOWN, OPEN, NONE } state; /* UNKNOWN: nobody to ask until now */
    struct console_opened caps;
    gpi_obj_id_t ads;     /* the address space that it is mapped in */
    gpi_space_id_t space; /* of the server that was asked */
    struct gpi_ring out, in;
} console;

/* 0: free; 1: taken; 2: taken, and somebody waits. Held while waiting for room, so none of the C library's. */
static unsigned lock;

static void acquire(void)
{
    unsigned was = 0;
    if (__atomic_compare_exchange_n(&lock, &was, 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
        return;
    }
    while (__atomic_exchange_n(&lock, 2, __ATOMIC_ACQUIRE) != 0) {
        seL4_Word badge;
        seL4_Wait(console.caps.lock, &badge);
    }
}

static void release(void)
{
    if (__atomic_exchange_n(&lock, 0, __ATOMIC_RELEASE) == 2) {
        seL4_Signal(console.caps.lock);
    }
}

static int open_console(seL4_CPtr server)
{
    struct gpi_name name = {{0}};
    strncpy(name.text, gpi_osm->name, OSM_NAME_SIZE - 1);
    int error = GPI_CALL(server, CONSOLE_OPEN, &name, &console.caps);
    if (error != GPI_OK) {
        return error;
    }
    void *at = NULL;
    mo_client_context_t mo = {console.caps.mo, 0};
    error = vmr_client_attach_no_reserve(sel4gpi_get_bound_vmr_rde(), NULL, &mo, SEL4UTILS_RES_TYPE_GENERIC, &at);
    if (error == GPI_OK) {
        struct gpi_console_memory *memory = at;
        gpi_ring_init(&console.out, &memory->out, memory->out_data, GPI_CONSOLE_OUT_SIZE);
        gpi_ring_init(&console.in, &memory->in, memory->in_data, GPI_CONSOLE_IN_SIZE);
        console.ads = sel4gpi_get_binded_ads_id();
    }
    return error;
}

/* Whether there is a console that this thread can use: others may run in an address space that does not show it. */
static bool ready(void)
{
    unsigned state = __atomic_load_n(&console.state, __ATOMIC_ACQUIRE);
    gpi_space_id_t space = gpi_osm && state != OPEN ? sel4gpi_get_default_space_id(GPICAP_TYPE_CONSOLE) : 0;
    if (space && (state == UNKNOWN || space != console.space)) {
        gpi_lock();
        if (console.state != OPEN) {
            console.space = space;
            int error = open_console(sel4gpi_get_rde_by_space_id(space, GPICAP_TYPE_CONSOLE));
            __atomic_store_n(&console.state, error == GPI_OK ? OPEN : NONE, __ATOMIC_RELEASE);
        }
        state = console.state;
        gpi_unlock();
    }
    return state == OPEN && sel4gpi_get_binded_ads_id() == console.ads;
}

/* The server is no more. What it did not take goes to the debug console; another server may be asked. */
static void lose(void)
{
    char bytes[128];
    size_t count;
    struct gpi_ring rest = console.out;
    rest.own = __atomic_load_n(&rest.shared->read, __ATOMIC_RELAXED);
    while ((count = gpi_ring_get(&rest, bytes, sizeof bytes)) > 0) {
        gpi_console_debug_write(bytes, count);
    }
    __atomic_store_n(&console.state, NONE, __ATOMIC_RELEASE);
}

/* Its entry leaves the directory when it ends. */
static bool is_lost(void)
{
    return sel4gpi_get_default_space_id(GPICAP_TYPE_CONSOLE) != console.space;
}

static void wake_reader(void)
{
    if (gpi_ring_reader_waits(&console.out)) {
        seL4_Signal(console.caps.signal);
    }
}

/* How many bytes went through: all, or the server is no more. */
static size_t put(const char *bytes, size_t count)
{
    size_t done = 0;
    for (;;) {
        done += gpi_ring_put(&console.out, bytes + done, count - done);
        if (done == count) {
            return done;
        }
        wake_reader();
        if (console.out.broken || GPI_CALL_NONE(console.caps.console, CONSOLE_WAIT_ROOM) != GPI_OK) {
            lose();
            return done;
        }
    }
}

/* There is something to be read, now. */
static void tell(void)
{
    if (is_lost()) {
        lose();
    } else {
        wake_reader();
    }
}

/* The server hears of it at the ends of lines: a character each would cost a signal each. */
static void write(const char *bytes, size_t count)
{
    size_t done = 0;
    if (ready()) {
        acquire();
        done = console.state == OPEN ? put(bytes, count) : 0;
        if (memchr(bytes, '\n', done)) {
            tell();
        }
        release();
    }
    if (done < count) {
        gpi_console_debug_write(bytes + done, count - done);
    }
}

static void flush(void)
{
    if (console.state == OPEN && ready()) {
        acquire();
        if (console.state == OPEN) {
            tell();
        }
        release();
    }
}

static int read(void)
{
    unsigned char c;
    if (!ready()) {
        return -1;
    }
    wake_reader(); /* a prompt may stand there */
    for (;;) {
        acquire();
        bool got = gpi_ring_get(&console.in, &c, 1) == 1;
        bool wake = got && gpi_ring_writer_waits(&console.in);
        release();
        if (wake) {
            seL4_Signal(console.caps.signal);
        }
        if (got) {
            return c;
        }
        if (console.in.broken || GPI_CALL_NONE(console.caps.console, CONSOLE_WAIT_DATA) != GPI_OK) {
            return -1;
        }
    }
}

void gpi_pd_console_init(void)
{
    static const struct gpi_console_ops ops = {write, flush, read};
    gpi_console_set_ops(&ops);
}
