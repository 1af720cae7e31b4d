/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Consoles. A program needs none of this: stdin, stdout and stderr go to its own console as soon as it prints or reads, if
 * its directory has an entry for CONSOLE (GPICAP_TYPE_CONSOLE), else to the kernel's debug console. This is for who starts
 * the server and speaks for the system:
 *
 *     struct console_server consoles;
 *     if (console_server_start("console", &consoles) == 0) {
 *         sel4gpi_add_rde_config(cfg, GPICAP_TYPE_CONSOLE, consoles.space);      each PD that is to have a console
 *         ...
 *         console_control_exit(&consoles.control, status);                      the system ends
 *     }
 *
 * All calls answer 0 or a gpi_error_t.
 */
#ifndef SEL4GPI_CONSOLE_CLIENTAPI_H
#define SEL4GPI_CONSOLE_CLIENTAPI_H

#include <gpi/proto/console.h>
#include <sel4gpi/gpi_types.h>

/** The right to speak on the control port. Whoever is given the capability (pd_client_send_cap) can. */
typedef struct console_control {
    seL4_CPtr ep;
} console_control_t;

struct console_server {
    pd_client_context_t pd;
    gpi_space_id_t space; /**< of its resources; the caller's directory has an entry for it now */
    console_control_t control;
    unsigned consoles; /**< how many PDs can have one at a time */
};

/**
 * Starts the server, `image` of the boot archive, and waits until it is ready. The caller's directory must have what it needs
 * (MO and PD with GPI_RIGHT_SYSTEM; EP, RESSPC). GPI_ERR_GONE: it ended, as the machine has no such device; nothing is left.
 */
int console_server_start(const char *image, struct console_server *server);

/**
 * Tells the host that the system ends with this status: the last record. Answered when all output has gone to the host;
 * whoever prints afterwards prints to nobody.
 */
int console_control_exit(const console_control_t *control, int status);
/** Sends the host a record: a line of printable text, without its end, up to GPI_CONSOLE_RECORD_SIZE bytes. */
int console_control_record(const console_control_t *control, const char *text);
/** Waits for a record of the host; up to `size` bytes of it, ended by 0. */
int console_control_next(const console_control_t *control, char *text, size_t size);
/** What a console's PD printed last, from byte `offset` of that on, up to `size` bytes; how many in `*length` (0: no more). */
int console_control_recent(const console_control_t *control, const char *name, size_t offset, char *text, size_t size,
                           size_t *length);

#endif
