/* SPDX-License-Identifier: BSD-2-Clause */
/* Where stdout and stderr go, and stdin comes from. */
#ifndef GPI_CONSOLE_H
#define GPI_CONSOLE_H

#include <stddef.h>

/** Takes one character. */
typedef void (*gpi_sink_t)(char c);

/** Sends stdout and stderr to `sink` from now on; null: the kernel's debug console, as at the start. */
void gpi_console_set_sink(gpi_sink_t sink);

/** A console. Each of these may wait. */
struct gpi_console_ops {
    void (*write)(const char *bytes, size_t count);
    void (*flush)(void);
    int (*read)(void); /**< the next byte; -1: there are no more */
};
/** Uses it instead of a sink; null: the sink again. */
void gpi_console_set_ops(const struct gpi_console_ops *ops);

/** Bytes, one character, or a string, straight to the console. Lines appear at once, parts of one with the flush. */
void gpi_console_write(const char *bytes, size_t count);
void gpi_console_putc(char c);
void gpi_console_puts(const char *s);
void gpi_console_flush(void);
/** The next byte of input; waits for it. -1: this console has no input. */
int gpi_console_getc(void);
/** Bytes to the kernel's debug console, whatever is set. */
void gpi_console_debug_write(const char *bytes, size_t count);

#endif
