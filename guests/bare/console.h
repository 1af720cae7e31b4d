/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines in and out by the PL011. */
#ifndef BARE_CONSOLE_H
#define BARE_CONSOLE_H

#include <stddef.h>
#include <stdint.h>

/** Interrupts when something is typed wake the CPU from WFI. */
void console_init(void);
void put_text(const char *text);
void put_hex(uint64_t value);
void put_number(uint64_t value);
/** Text and a number, and a space before. */
void say(const char *text, uint64_t value);
/** The next line that is typed, without its end; echoed. What does not fit is dropped. */
void read_line(char *line, size_t size);

#endif
