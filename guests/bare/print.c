/* SPDX-License-Identifier: BSD-2-Clause */
#include "print.h"

#include "machine.h"

/* DDI 0183, table 3-1. */
enum { UARTDR = 0x00, UARTFR = 0x18, FR_TXFF = 1 << 5 };

void put(char c)
{
    while (read32(PL011_BASE + UARTFR) & FR_TXFF) {
    }
    write32(PL011_BASE + UARTDR, (uint8_t)c);
}

void put_text(const char *text)
{
    for (; *text; text++) {
        if (*text == '\n') {
            put('\r');
        }
        put(*text);
    }
}

void put_hex(uint64_t value)
{
    put_text("0x");
    for (int shift = 60; shift >= 0; shift -= 4) {
        if (value >> shift || shift == 0) {
            unsigned digit = value >> shift & 15;
            put((char)(digit < 10 ? '0' + digit : 'a' + digit - 10));
        }
    }
}

void put_number(uint64_t value)
{
    if (value >= 10) {
        put_number(value / 10);
    }
    put((char)('0' + value % 10));
}

void say(const char *text, uint64_t value)
{
    put_text(" ");
    put_text(text);
    put_text(" ");
    put_hex(value);
}
