/* SPDX-License-Identifier: BSD-2-Clause */
#include "console.h"

#include "gic.h"
#include "machine.h"

/* DDI 0183, table 3-1. */
enum { UARTDR = 0x00, UARTFR = 0x18, UARTCR = 0x30, UARTIMSC = 0x38, UARTICR = 0x44 };
enum { FR_RXFE = 1 << 4, FR_TXFF = 1 << 5, INT_RX = 1 << 4, INT_RT = 1 << 6 };

void console_init(void)
{
    write32(PL011_BASE + UARTCR, 0x301); /* UARTEN, TXE, RXE */
    write32(PL011_BASE + UARTIMSC, INT_RX | INT_RT);
    gic_enable(INTID_PL011);
}

static void put(char c)
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

static char get(void)
{
    for (;;) {
        /* Before the look: the interrupt of what comes after it is still to come. */
        write32(PL011_BASE + UARTICR, INT_RX | INT_RT);
        if (!(read32(PL011_BASE + UARTFR) & FR_RXFE)) {
            break;
        }
        gic_wait();
    }
    return (char)read32(PL011_BASE + UARTDR);
}

void read_line(char *line, size_t size)
{
    size_t length = 0;
    for (;;) {
        char c = get();
        if (c == '\r' || c == '\n') {
            put_text("\n");
            line[length] = 0;
            return;
        }
        if ((c == 0x7f || c == '\b') && length > 0) {
            length--;
            put_text("\b \b");
        } else if (c >= ' ' && length + 1 < size) {
            line[length++] = c;
            put(c);
        }
    }
}
