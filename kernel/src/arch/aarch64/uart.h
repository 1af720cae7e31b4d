/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine's console: a PL011, polled. Nothing is said before uart_init. */
#ifndef ARCH_AARCH64_UART_H
#define ARCH_AARCH64_UART_H

/** Takes the device whose registers are mapped at `registers`. */
void uart_init(void *registers);
/** Sends a character, a line feed as CR LF. */
void uart_putc(char c);
/** A character received, or -1 if there is none. */
int uart_getc(void);
/** Waits until everything sent has left the device. */
void uart_flush(void);

#endif
