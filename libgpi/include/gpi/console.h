/* SPDX-License-Identifier: BSD-2-Clause */
/* Where stdout and stderr go. */
#ifndef GPI_CONSOLE_H
#define GPI_CONSOLE_H

/** Takes one character. */
typedef void (*gpi_sink_t)(char c);

/** Sends stdout and stderr to `sink` from now on; null: the kernel's debug console, as at the start. */
void gpi_console_set_sink(gpi_sink_t sink);

/** One character, or a string, straight to the sink. */
void gpi_console_putc(char c);
void gpi_console_puts(const char *s);

#endif
