/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest's console: the rings shared with the console server, behind its PL011. Output that finds no room stays in the UART,
 * input that finds none in the ring. Nobody on the exit path calls the server: two threads wait for it.
 */
#ifndef VMM_PD_CONSOLE_H
#define VMM_PD_CONSOLE_H

#include "vmm/dev/pl011.h"

#include <gpi/proto/console.h>
#include <sel4gpi/gpi_types.h>

struct guest_console {
    struct chardev chardev;
    struct lock lock;  /* of the rings and the flags */
    bool open;         /* there is a server */
    bool reader_stuck; /* the input thread waits until the ring is empty, or there is a UART again */
    struct console_opened caps;
    struct gpi_ring out, in;
    ep_client_context_t full;  /* a notification: output waits for room */
    ep_client_context_t taken; /* a notification: see reader_stuck */

    struct lock attach_lock; /* of `uart`: the threads below do not touch one that is being reset */
    struct pl011 *uart;
};

/** Opens a console of this name. Without a server output goes to the kernel's console. A gpi_error_t. */
int guest_console_open(struct guest_console *console, const char *name);

/** Whose back end it is from now on; null: nobody's. */
void guest_console_attach(struct guest_console *console, struct pl011 *uart);

/** The threads that wait for input, and for room for output. Only if it is open. */
_Noreturn void guest_console_serve_input(struct guest_console *console);
_Noreturn void guest_console_serve_output(struct guest_console *console);

/** A line of the VMM's own. What finds no room goes to the kernel's console. */
void guest_console_line(struct guest_console *console, const char *line);

#endif
