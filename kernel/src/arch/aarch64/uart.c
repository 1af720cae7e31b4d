/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/aarch64/uart.h"

#include "arch/aarch64/mmio.h"

/* PL011, ARM DDI 0183 3.2 */
#define UARTDR           0x000
#define UARTFR           0x018
#define UARTLCRH         0x02c
#define UARTCR           0x030
#define UARTIMSC         0x038

#define UARTFR_BUSY      (1u << 3)
#define UARTFR_RXFE      (1u << 4)
#define UARTFR_TXFF      (1u << 5)
#define UARTLCRH_FEN     (1u << 4)
#define UARTLCRH_WLEN_8  (3u << 5)
#define UARTCR_UARTEN    (1u << 0)
#define UARTCR_TXE       (1u << 8)
#define UARTCR_RXE       (1u << 9)
#define UARTDR_DATA_MASK 0xffu

static char *uart;

void uart_init(void *registers)
{
    uart = registers;
    /* The line's speed is the loader's business. */
    mmio_write32(uart + UARTIMSC, 0);
    mmio_write32(uart + UARTLCRH, UARTLCRH_FEN | UARTLCRH_WLEN_8);
    mmio_write32(uart + UARTCR, UARTCR_UARTEN | UARTCR_TXE | UARTCR_RXE);
}

static void put_raw(char c)
{
    while (mmio_read32(uart + UARTFR) & UARTFR_TXFF) {
    }
    mmio_write32(uart + UARTDR, (unsigned char)c);
}

void uart_putc(char c)
{
    if (!uart) {
        return;
    }
    if (c == '\n') {
        put_raw('\r');
    }
    put_raw(c);
}

int uart_getc(void)
{
    if (!uart || mmio_read32(uart + UARTFR) & UARTFR_RXFE) {
        return -1;
    }
    return (int)(mmio_read32(uart + UARTDR) & UARTDR_DATA_MASK);
}

void uart_flush(void)
{
    while (uart && mmio_read32(uart + UARTFR) & UARTFR_BUSY) {
    }
}
