/* SPDX-License-Identifier: BSD-2-Clause */
#include "console.h"

#include "gic.h"
#include "machine.h"

/* DDI 0183, table 3-1. */
enum { UARTDR = 0x00, UARTFR = 0x18, UARTCR = 0x30, UARTIMSC = 0x38, UARTICR = 0x44 };
enum { FR_RXFE = 1 << 4, INT_RX = 1 << 4, INT_RT = 1 << 6 };

void console_init(void)
{
    write32(PL011_BASE + UARTCR, 0x301); /* UARTEN, TXE, RXE */
    write32(PL011_BASE + UARTIMSC, INT_RX | INT_RT);
    gic_enable(INTID_PL011);
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
