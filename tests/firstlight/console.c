/* SPDX-License-Identifier: BSD-2-Clause */
#include "console.h"

#include <gpi/console.h>
#include <sel4/sel4.h>

/* Registers of a PL011 (DDI 0183, table 3-1). */
#define UARTDR     0x000
#define UARTFR     0x018
#define UARTIFLS   0x034
#define UARTIMSC   0x038
#define UARTICR    0x044
#define FR_RXFE    (1u << 4)
#define FR_TXFF    (1u << 5)
#define INT_RX     (1u << 4)
#define INT_RT     (1u << 6)
#define IFLS_LEAST 0

#define QUEUE_SIZE 4096

static struct {
    struct chardev chardev;
    volatile uint8_t *registers;
    struct byte_queue input;
    uint8_t bytes[QUEUE_SIZE];
    struct pl011 *uart;
    struct lock lock; /* of `masked` and IMSC */
    bool masked;      /* no room: what comes waits in the machine's FIFO */
} console;

static uint32_t get(unsigned offset)
{
    return *(volatile uint32_t *)(volatile void *)(console.registers + offset);
}

static void set(unsigned offset, uint32_t value)
{
    *(volatile uint32_t *)(volatile void *)(console.registers + offset) = value;
}

static void put(uint8_t byte)
{
    while (get(UARTFR) & FR_TXFF) {
        /* the FIFO drains by itself */
    }
    set(UARTDR, byte);
}

static void sink(char c)
{
    if (c == '\n') {
        put('\r');
    }
    put((uint8_t)c);
}

static void set_masked(bool masked)
{
    lock_acquire(&console.lock);
    if (console.masked != masked) {
        console.masked = masked;
        set(UARTIMSC, masked ? 0 : INT_RX | INT_RT);
    }
    lock_release(&console.lock);
}

static size_t chardev_write(struct chardev *chardev, const uint8_t *bytes, size_t count)
{
    (void)chardev;
    for (size_t i = 0; i < count; i++) {
        put(bytes[i]);
    }
    return count;
}

static size_t chardev_read(struct chardev *chardev, uint8_t *bytes, size_t count)
{
    (void)chardev;
    size_t taken = byte_queue_take(&console.input, bytes, count);
    if (taken > 0 && console.masked) {
        set_masked(false);
    }
    return taken;
}

static const struct chardev_ops ops = {.write = chardev_write, .read = chardev_read};

void console_init(void *registers)
{
    console.registers = registers;
    console.chardev.ops = &ops;
    byte_queue_init(&console.input, console.bytes, sizeof console.bytes);
    set(UARTIFLS, IFLS_LEAST);
    gpi_console_set_sink(sink);
}

struct chardev *console_chardev(void)
{
    return &console.chardev;
}

void console_attach(struct pl011 *uart)
{
    console.uart = uart;
}

static void receive(void)
{
    while (!(get(UARTFR) & FR_RXFE)) {
        if (byte_queue_room(&console.input) == 0) {
            set_masked(true);
            break;
        }
        uint8_t byte = (uint8_t)get(UARTDR);
        byte_queue_put(&console.input, &byte, 1);
    }
}

_Noreturn void console_serve(seL4_CPtr handler, seL4_CPtr notification)
{
    set(UARTICR, INT_RX | INT_RT);
    set(UARTIMSC, INT_RX | INT_RT);
    for (;;) {
        receive();
        pl011_input_ready(console.uart);
        seL4_IRQHandler_Ack(handler);
        seL4_Word badge;
        seL4_Wait(notification, &badge);
    }
}
