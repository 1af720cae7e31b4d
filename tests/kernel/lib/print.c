/* SPDX-License-Identifier: BSD-2-Clause */
#include "print.h"

#include <gpi/console.h>

void print_text(const char *text)
{
    gpi_console_puts(text);
}

static void print_base(seL4_Word value, unsigned base)
{
    char digits[24];
    int n = 0;
    do {
        digits[n++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    while (n) {
        gpi_console_putc(digits[--n]);
    }
}

void print_decimal(seL4_Word value)
{
    print_base(value, 10);
}

void print_hex(seL4_Word value)
{
    gpi_console_puts("0x");
    print_base(value, 16);
}
