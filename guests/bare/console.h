/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines in by the PL011; print.h for text out. */
#ifndef BARE_CONSOLE_H
#define BARE_CONSOLE_H

#include "print.h"

#include <stddef.h>

/** Interrupts when something is typed wake the CPU from WFI. */
void console_init(void);
/** The next line that is typed, without its end; echoed. What does not fit is dropped. */
void read_line(char *line, size_t size);

#endif
