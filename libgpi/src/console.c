/* SPDX-License-Identifier: BSD-2-Clause */
#include <gpi/console.h>

#include <sel4/debug.h>
#include <stdio.h>
#include <string.h>

static void debug_sink(char c)
{
    if (c == '\n') {
        seL4_DebugPutChar('\r');
    }
    seL4_DebugPutChar(c);
}

static gpi_sink_t current = debug_sink;
static const struct gpi_console_ops *console_ops;

void gpi_console_set_sink(gpi_sink_t sink)
{
    current = sink ? sink : debug_sink;
}

void gpi_console_set_ops(const struct gpi_console_ops *ops)
{
    console_ops = ops;
}

void gpi_console_debug_write(const char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        debug_sink(bytes[i]);
    }
}

void gpi_console_write(const char *bytes, size_t count)
{
    if (console_ops) {
        console_ops->write(bytes, count);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        current(bytes[i]);
    }
}

void gpi_console_putc(char c)
{
    gpi_console_write(&c, 1);
}

void gpi_console_puts(const char *s)
{
    gpi_console_write(s, strlen(s));
}

void gpi_console_flush(void)
{
    if (console_ops) {
        console_ops->flush();
    }
}

int gpi_console_getc(void)
{
    return console_ops ? console_ops->read() : -1;
}

static int put(char c, FILE *file)
{
    (void)file;
    gpi_console_write(&c, 1);
    return (unsigned char)c;
}

static int get(FILE *file)
{
    (void)file;
    int c = gpi_console_getc();
    return c < 0 ? _FDEV_EOF : c;
}

static int flush(FILE *file)
{
    (void)file;
    gpi_console_flush();
    return 0;
}

static FILE input = FDEV_SETUP_STREAM(NULL, get, NULL, _FDEV_SETUP_READ);
static FILE output = FDEV_SETUP_STREAM(put, NULL, flush, _FDEV_SETUP_WRITE);
FILE *const stdin = &input;
FILE *const stdout = &output;
FILE *const stderr = &output;
