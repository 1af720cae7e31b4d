/* SPDX-License-Identifier: BSD-2-Clause */
#include "line.h"

#include <gpi/console.h>
#include <string.h>

enum { CTRL_C = 3, CTRL_D = 4, BACKSPACE = 8, CTRL_U = 21, ESCAPE = 27, DELETE = 127 };

static void erase(size_t count)
{
    while (count-- > 0) {
        gpi_console_puts("\b \b");
    }
}

/* Cursor keys and the like: ESC [ ... letter, which mean nothing here. */
static void skip_sequence(void)
{
    int c = gpi_console_getc();
    if (c == '[' || c == 'O') {
        do {
            c = gpi_console_getc();
        } while (c >= 0x20 && c < 0x40);
    }
}

bool line_read(const char *prompt, char *line, size_t size)
{
    size_t length = 0;
    gpi_console_puts(prompt);
    for (;;) {
        gpi_console_flush();
        int c = gpi_console_getc();
        switch (c) {
        case '\r':
        case '\n':
            gpi_console_puts("\n");
            line[length] = '\0';
            return true;
        case CTRL_C:
            gpi_console_puts("^C\n");
            gpi_console_puts(prompt);
            length = 0;
            break;
        case BACKSPACE:
        case DELETE:
            erase(length > 0 ? 1 : 0);
            length -= length > 0 ? 1 : 0;
            break;
        case CTRL_U:
            erase(length);
            length = 0;
            break;
        case ESCAPE:
            skip_sequence();
            break;
        case CTRL_D:
        case -1:
            if (c < 0 || length == 0) {
                return false;
            }
            break;
        default:
            if (c >= ' ' && c < DELETE && length < size - 1) {
                line[length++] = (char)c;
                gpi_console_putc((char)c);
            }
            break;
        }
    }
}
