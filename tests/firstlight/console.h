/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine's PL011: where the root task writes, and the back end of the guest's. */
#ifndef FIRSTLIGHT_CONSOLE_H
#define FIRSTLIGHT_CONSOLE_H

#include "vmm/dev/pl011.h"

#include <sel4/types.h>

/** Takes the UART, mapped at `registers`, over from the kernel's messages. */
void console_init(void *registers);

/** The back end for a guest's UART. */
struct chardev *console_chardev(void);

/** Input goes to this device from now on. */
void console_attach(struct pl011 *uart);

/** The event thread: serves the UART's interrupt `handler`, which arrives at `notification`. */
_Noreturn void console_serve(seL4_CPtr handler, seL4_CPtr notification);

#endif
