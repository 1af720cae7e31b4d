/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the host asks of the system on the control port. A record "vm NUMBER WORDS" is a command of people's (vm_command.h), NUMBER the
 * host's; the answer is records "vm NUMBER | LINE" and at the end "vm NUMBER ok" or "vm NUMBER error WORDS".
 */
#ifndef INIT_HOST_H
#define INIT_HOST_H

#include <sel4gpi/console_clientapi.h>

/** Starts the thread that listens; it is a client of init (entry `init`) like others, and waits where init does not. A gpi_error_t. */
int host_listen(const console_control_t *control, seL4_CPtr init);

#endif
