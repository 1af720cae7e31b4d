/* SPDX-License-Identifier: BSD-2-Clause */
#include "out.h"

#include <gpi/console.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void out_frame(enum stream_kind kind, unsigned core, seL4_Uint64 lost, const void *what, size_t length)
{
    struct stream_header header = {(seL4_Uint16)kind, (seL4_Uint16)core, (seL4_Uint32)length, lost};
    gpi_console_write((const char *)&header, sizeof header);
    gpi_console_write(what, length);
}

void out_time(enum stream_kind kind, seL4_Uint64 time)
{
    out_frame(kind, 0, 0, &time, sizeof time);
}

void out_error(const char *format, ...)
{
    char text[120];
    va_list arguments;
    memset(text, 0, sizeof text);
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    out_frame(STREAM_ERROR, 0, 0, text, sizeof text);
    out_flush();
}

void out_flush(void)
{
    gpi_console_flush();
}
