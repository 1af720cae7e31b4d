/* SPDX-License-Identifier: BSD-2-Clause */
#include <gpi/console.h>

#include <sel4/debug.h>
#include <stdio.h>

static void debug_sink(char c)
{
    if (c == '\n') {
        seL4_DebugPutChar('\r');
    }
    seL4_DebugPutChar(c);
}

static gpi_sink_t current = debug_sink;

void gpi_console_set_sink(gpi_sink_t sink)
{
    current = sink ? sink : debug_sink;
}

void gpi_console_putc(char c)
{
    current(c);
}

void gpi_console_puts(const char *s)
{
    for (; *s; s++) {
        current(*s);
    }
}

static int put(char c, FILE *file)
{
    (void)file;
    current(c);
    return (unsigned char)c;
}

static FILE console = FDEV_SETUP_STREAM(put, NULL, NULL, _FDEV_SETUP_WRITE);
FILE *const stdin = &console;
FILE *const stdout = &console;
FILE *const stderr = &console;
