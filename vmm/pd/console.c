/* SPDX-License-Identifier: BSD-2-Clause */
#include "console.h"

#include <gpi/console.h>
#include <gpi/server_call.h>
#include <sel4/sel4.h>
#include <sel4gpi/ep_clientapi.h>
#include <sel4gpi/pd_utils.h>
#include <sel4gpi/vmr_clientapi.h>
#include <string.h>

static struct guest_console *console_of(struct chardev *chardev)
{
    return (struct guest_console *)(void *)chardev;
}

/* Lock held. The server is signalled when it sleeps: when the ring was empty. */
static size_t put(struct guest_console *console, const char *bytes, size_t count)
{
    size_t done = gpi_ring_put(&console->out, bytes, count);
    if (gpi_ring_reader_waits(&console->out)) {
        seL4_Signal(console->caps.signal);
    }
    return done;
}

/* A UART writes one by one. */
static size_t put_byte(struct guest_console *console, uint8_t byte)
{
    bool wake;
    size_t done = gpi_ring_put_byte(&console->out, byte, &wake);
    if (wake) {
        seL4_Signal(console->caps.signal);
    }
    return done;
}

static size_t chardev_write(struct chardev *chardev, const uint8_t *bytes, size_t count)
{
    struct guest_console *console = console_of(chardev);
    size_t done = count; /* without a server nobody waits for room */
    lock_acquire(&console->lock);
    bool open = console->open;
    if (open) {
        done = count == 1 ? put_byte(console, *bytes) : put(console, (const char *)bytes, count);
    }
    lock_release(&console->lock);
    if (!open) {
        gpi_console_debug_write((const char *)bytes, count);
    } else if (done < count) {
        seL4_Signal(console->full.raw_endpoint);
    }
    return done;
}

static size_t chardev_read(struct chardev *chardev, uint8_t *bytes, size_t count)
{
    struct guest_console *console = console_of(chardev);
    size_t done = 0;
    lock_acquire(&console->lock);
    if (console->open) {
        done = gpi_ring_get(&console->in, bytes, count);
        if (done > 0 && gpi_ring_writer_waits(&console->in)) {
            seL4_Signal(console->caps.signal);
        }
        if (console->reader_stuck && gpi_ring_available(&console->in) == 0) {
            console->reader_stuck = false;
            seL4_Signal(console->taken.raw_endpoint);
        }
    }
    lock_release(&console->lock);
    return done;
}

static const struct chardev_ops ops = {.write = chardev_write, .read = chardev_read};

static int open_at(struct guest_console *console, seL4_CPtr server, const char *name)
{
    struct gpi_name text = {{0}};
    void *at = NULL;
    strncpy(text.text, name, sizeof text.text - 1);
    seL4_CPtr eps = sel4gpi_get_rde(GPICAP_TYPE_EP);
    int error = gpi_server_call(server, CONSOLE_OPEN, &text, GPI_WORDS(text), &console->caps, GPI_WORDS(console->caps));
    error = error ? error : ep_client_connect_kind(eps, EP_KIND_NOTIFICATION, &console->full);
    error = error ? error : ep_client_connect_kind(eps, EP_KIND_NOTIFICATION, &console->taken);
    if (error == GPI_OK) {
        mo_client_context_t mo = {console->caps.mo, 0};
        error = vmr_client_attach_no_reserve(sel4gpi_get_bound_vmr_rde(), NULL, &mo, SEL4UTILS_RES_TYPE_GENERIC, &at);
    }
    if (error == GPI_OK) {
        struct gpi_console_memory *memory = at;
        gpi_ring_init(&console->out, &memory->out, memory->out_data, GPI_CONSOLE_OUT_SIZE);
        gpi_ring_init(&console->in, &memory->in, memory->in_data, GPI_CONSOLE_IN_SIZE);
    }
    return error;
}

int guest_console_open(struct guest_console *console, const char *name)
{
    seL4_CPtr server = sel4gpi_get_rde(GPICAP_TYPE_CONSOLE);
    console->chardev.ops = &ops;
    int error = server ? open_at(console, server, name) : GPI_OK;
    console->open = server && error == GPI_OK;
    return error;
}

void guest_console_attach(struct guest_console *console, struct pl011 *uart)
{
    lock_acquire(&console->attach_lock);
    console->uart = uart;
    lock_release(&console->attach_lock);
    if (uart != NULL && console->open) {
        /* What came meanwhile; and perhaps there is room. */
        lock_acquire(&console->lock);
        console->reader_stuck = false;
        lock_release(&console->lock);
        seL4_Signal(console->taken.raw_endpoint);
        seL4_Signal(console->full.raw_endpoint);
    }
}

static bool wait_for(struct guest_console *console, enum gpi_console_method what)
{
    if (gpi_server_call(console->caps.console, what, NULL, 0, NULL, 0) == GPI_OK && !console->out.broken &&
        !console->in.broken) {
        return true;
    }
    /* The server is no more. */
    lock_acquire(&console->lock);
    console->open = false;
    lock_release(&console->lock);
    return false;
}

static void tell_uart(struct guest_console *console, void (*tell)(struct pl011 *))
{
    lock_acquire(&console->attach_lock);
    if (console->uart != NULL) {
        tell(console->uart);
    }
    lock_release(&console->attach_lock);
}

_Noreturn void guest_console_serve_input(struct guest_console *console)
{
    seL4_Word badge;
    while (wait_for(console, CONSOLE_WAIT_DATA)) {
        tell_uart(console, pl011_input_ready);
        /* What the UART had no room for it fetches itself. */
        lock_acquire(&console->lock);
        bool stuck = gpi_ring_available(&console->in) > 0;
        console->reader_stuck = stuck;
        lock_release(&console->lock);
        if (stuck) {
            seL4_Wait(console->taken.raw_endpoint, &badge);
        }
    }
    for (;;) {
        seL4_Wait(console->taken.raw_endpoint, &badge);
    }
}

_Noreturn void guest_console_serve_output(struct guest_console *console)
{
    seL4_Word badge;
    for (;;) {
        seL4_Wait(console->full.raw_endpoint, &badge);
        wait_for(console, CONSOLE_WAIT_ROOM);
        tell_uart(console, pl011_output_ready);
    }
}

void guest_console_line(struct guest_console *console, const char *line)
{
    size_t length = strlen(line), done = 0;
    lock_acquire(&console->lock);
    if (console->open && gpi_ring_room(&console->out) >= length + 4) {
        put(console, "\r\n", 2); /* wherever the guest's cursor is */
        done = put(console, line, length);
        put(console, "\r\n", 2);
    }
    lock_release(&console->lock);
    if (done < length) {
        gpi_console_debug_write(line, length);
        gpi_console_debug_write("\n", 1);
    }
}
