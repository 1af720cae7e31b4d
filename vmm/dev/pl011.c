/* SPDX-License-Identifier: BSD-2-Clause */
#include "pl011.h"

#include "../fdt.h"

/* Registers (DDI 0183, table 3-1). */
enum {
    UARTDR = 0x000,
    UARTRSR = 0x004,
    UARTFR = 0x018,
    UARTILPR = 0x020,
    UARTIBRD = 0x024,
    UARTFBRD = 0x028,
    UARTLCR_H = 0x02c,
    UARTCR = 0x030,
    UARTIFLS = 0x034,
    UARTIMSC = 0x038,
    UARTRIS = 0x03c,
    UARTMIS = 0x040,
    UARTICR = 0x044,
    UARTDMACR = 0x048,
    UARTPERIPHID0 = 0xfe0,
};

/* UARTFR (3.3.3): the modem is there and ready. */
#define FR_CTS  (1u << 0)
#define FR_DSR  (1u << 1)
#define FR_DCD  (1u << 2)
#define FR_BUSY (1u << 3)
#define FR_RXFE (1u << 4)
#define FR_TXFF (1u << 5)
#define FR_RXFF (1u << 6)
#define FR_TXFE (1u << 7)
#define FR_RI   (1u << 8)

/* UARTRSR (3.3.2) */
#define RSR_OE (1u << 3)

/* UARTLCR_H (3.3.7) */
#define LCR_H_FEN (1u << 4)

/* UARTCR (3.3.8) */
#define CR_UARTEN (1u << 0)
#define CR_LBE    (1u << 7)
#define CR_TXE    (1u << 8)
#define CR_RXE    (1u << 9)
#define CR_DTR    (1u << 10)
#define CR_RTS    (1u << 11)
#define CR_OUT1   (1u << 12)
#define CR_OUT2   (1u << 13)
#define CR_RESET  (CR_TXE | CR_RXE)

/* UARTIFLS (3.3.9): both at a half after reset. */
#define IFLS_RESET 0x12

/* Interrupts (3.3.10 and on) */
#define INT_RX  (1u << 4)
#define INT_TX  (1u << 5)
#define INT_RT  (1u << 6)
#define INT_OE  (1u << 10)
#define INT_ALL 0x7ffu

static const uint8_t ids[8] = {
    0x11, 0x10, 0x34, 0x00, /* UARTPeriphID0..3: PL011 of Arm, r1p5 */
    0x0d, 0xf0, 0x05, 0xb1, /* UARTPCellID0..3 */
};

/* Depth of the FIFOs: one character each when they are not enabled (2.4.3). */
static unsigned depth(const struct pl011 *uart)
{
    return uart->lcr_h & LCR_H_FEN ? PL011_FIFO_DEPTH : 1;
}

/* The modem's lines; in loopback our own ones come back (2.4.6). */
static unsigned modem(uint16_t cr)
{
    if (!(cr & CR_LBE)) {
        return FR_CTS | FR_DSR | FR_DCD;
    }
    return (cr & CR_RTS ? FR_CTS : 0) | (cr & CR_DTR ? FR_DSR : 0) | (cr & CR_OUT1 ? FR_DCD : 0) |
           (cr & CR_OUT2 ? FR_RI : 0);
}

/* Guests ask for these before each character. */
static void update_flags(struct pl011 *uart)
{
    unsigned flags = modem(uart->cr) | (uart->rx.used == 0 ? FR_RXFE : 0) |
                     (uart->rx.used >= depth(uart) ? FR_RXFF : 0) | (uart->tx.used == 0 ? FR_TXFE : FR_BUSY) |
                     (uart->tx.used >= depth(uart) ? FR_TXFF : 0);
    atomic_store_explicit(&uart->flags, (uint16_t)flags, memory_order_relaxed);
}

static void push(struct pl011 *uart, struct pl011_fifo *fifo, uint8_t byte)
{
    fifo->bytes[(fifo->head + fifo->used) % PL011_FIFO_DEPTH] = byte;
    fifo->used++;
    update_flags(uart);
}

static uint8_t pop(struct pl011 *uart, struct pl011_fifo *fifo)
{
    uint8_t byte = fifo->bytes[fifo->head];
    fifo->head = (uint8_t)((fifo->head + 1) % PL011_FIFO_DEPTH);
    fifo->used--;
    update_flags(uart);
    return byte;
}

/* Trigger level of a FIFO in characters, by a field of UARTIFLS: 1/8, 1/4, 1/2, 3/4, 7/8. */
static unsigned trigger(unsigned field)
{
    static const uint8_t levels[8] = {2, 4, 8, 12, 14, 14, 14, 14};
    return levels[field & 7];
}

static bool rx_triggers(const struct pl011 *uart)
{
    unsigned level = depth(uart) == 1 ? 1 : trigger((uart->ifls >> 3) & 7);
    return uart->rx.used >= level;
}

static bool tx_triggers(const struct pl011 *uart)
{
    return uart->tx.used <= (depth(uart) == 1 ? 0 : trigger(uart->ifls & 7));
}

static void update_irq(struct pl011 *uart)
{
    bool level = (uart->ris & uart->imsc) != 0;
    if (level != uart->raised) {
        uart->raised = level;
        irq_line_set(&uart->irq, level);
    }
}

/* A character has arrived: the trigger level may be reached, and the line is silent again at once. */
static void receive(struct pl011 *uart, uint8_t byte)
{
    push(uart, &uart->rx, byte);
    uart->ris |= INT_RT;
    if (rx_triggers(uart)) {
        uart->ris |= INT_RX;
    }
}

/* Input waits in the back end until the guest has switched the receiver on. */
static void pull(struct pl011 *uart)
{
    if ((uart->cr & (CR_UARTEN | CR_RXE)) != (CR_UARTEN | CR_RXE) || (uart->cr & CR_LBE)) {
        return;
    }
    uint8_t byte;
    while (uart->rx.used < depth(uart) && uart->chardev->ops->read(uart->chardev, &byte, 1) == 1) {
        receive(uart, byte);
    }
}

/* Sends what the back end takes; falling to the trigger level raises the transmit interrupt (2.8.2). */
static void drain(struct pl011 *uart)
{
    bool was_above = !tx_triggers(uart);
    while (uart->tx.used > 0) {
        if (uart->chardev->ops->write(uart->chardev, &uart->tx.bytes[uart->tx.head], 1) == 0) {
            break;
        }
        pop(uart, &uart->tx);
    }
    if (was_above && tx_triggers(uart)) {
        uart->ris |= INT_TX;
    }
}

static uint32_t read_data(struct pl011 *uart)
{
    if (uart->rx.used == 0) {
        return 0;
    }
    uint8_t byte = pop(uart, &uart->rx);
    pull(uart);
    if (!rx_triggers(uart)) {
        uart->ris &= (uint16_t)~INT_RX;
    }
    if (uart->rx.used == 0) {
        uart->ris &= (uint16_t)~INT_RT;
    } else {
        uart->ris |= INT_RT;
    }
    update_irq(uart);
    return byte;
}

static void write_data(struct pl011 *uart, uint8_t byte)
{
    if (uart->cr & CR_LBE) {
        if (uart->rx.used < depth(uart)) {
            receive(uart, byte);
        } else {
            uart->rsr |= RSR_OE;
            uart->ris |= INT_OE;
        }
        uart->ris |= INT_TX;
    } else if (uart->tx.used == 0 && uart->chardev->ops->write(uart->chardev, &byte, 1) == 1) {
        uart->ris |= INT_TX; /* in and out again */
    } else if (uart->tx.used < depth(uart)) {
        push(uart, &uart->tx, byte);
        if (!tx_triggers(uart)) {
            uart->ris &= (uint16_t)~INT_TX;
        }
    }
    update_irq(uart);
}

static uint32_t read_register(struct pl011 *uart, uint64_t offset)
{
    switch (offset) {
    case UARTDR:
        return read_data(uart);
    case UARTRSR:
        return uart->rsr;
    case UARTILPR:
        return uart->ilpr;
    case UARTIBRD:
        return uart->ibrd;
    case UARTFBRD:
        return uart->fbrd;
    case UARTLCR_H:
        return uart->lcr_h;
    case UARTCR:
        return uart->cr;
    case UARTIFLS:
        return uart->ifls;
    case UARTIMSC:
        return uart->imsc;
    case UARTRIS:
        return uart->ris;
    case UARTMIS:
        return uart->ris & uart->imsc;
    case UARTDMACR:
        return uart->dmacr;
    default:
        return offset >= UARTPERIPHID0 && offset % 4 == 0 ? ids[(offset - UARTPERIPHID0) / 4] : 0;
    }
}

/*
 * The hardware loses what is in the FIFOs when they are switched on or off (3.3.7), and drivers do that whenever a terminal is opened or
 * closed. Here it stays: it was typed, or printed.
 */
static void write_lcr_h(struct pl011 *uart, uint16_t value)
{
    uart->lcr_h = value & 0xff;
    update_flags(uart);
    if (rx_triggers(uart)) {
        uart->ris |= INT_RX;
    }
    pull(uart);
}

static void write_register(struct pl011 *uart, uint64_t offset, uint16_t value)
{
    switch (offset) {
    case UARTRSR: /* UARTECR */
        uart->rsr = 0;
        return;
    case UARTILPR:
        uart->ilpr = value & 0xff;
        return;
    case UARTIBRD:
        uart->ibrd = value;
        return;
    case UARTFBRD:
        uart->fbrd = value & 0x3f;
        return;
    case UARTLCR_H:
        write_lcr_h(uart, value);
        break;
    case UARTCR:
        uart->cr = value & 0xff87; /* bits 6..3 are reserved */
        update_flags(uart);
        pull(uart);
        break;
    case UARTIFLS:
        uart->ifls = value & 0x3f;
        break;
    case UARTIMSC:
        uart->imsc = value & INT_ALL;
        break;
    case UARTICR:
        uart->ris &= (uint16_t)~value;
        break;
    case UARTDMACR:
        uart->dmacr = value & 7;
        return;
    default:
        return;
    }
    update_irq(uart);
}

/* Not inline: what it needs to keep registers, those who only look at the flags need not do. */
static __attribute__((noinline)) enum mmio_result read_locked(struct pl011 *uart, uint64_t offset, uint64_t *value)
{
    lock_acquire(&uart->lock);
    *value = read_register(uart, offset);
    lock_release(&uart->lock);
    return MMIO_DONE;
}

static enum mmio_result pl011_read(void *device, struct vcpu *vcpu, uint64_t offset, unsigned width, uint64_t *value)
{
    (void)vcpu;
    (void)width;
    struct pl011 *uart = device;
    if (offset == UARTFR) {
        *value = atomic_load_explicit(&uart->flags, memory_order_relaxed);
        return MMIO_DONE;
    }
    return read_locked(uart, offset, value);
}

static enum mmio_result pl011_write(void *device, struct vcpu *vcpu, uint64_t offset, unsigned width, uint64_t value)
{
    (void)vcpu;
    (void)width;
    struct pl011 *uart = device;
    lock_acquire(&uart->lock);
    if (offset == UARTDR) {
        write_data(uart, (uint8_t)value);
    } else {
        write_register(uart, offset, (uint16_t)value);
    }
    lock_release(&uart->lock);
    return MMIO_DONE;
}

const struct mmio_ops pl011_ops = {.read = pl011_read, .write = pl011_write};

void pl011_init(struct pl011 *uart, ipa_t base, struct irq_line irq, struct chardev *chardev)
{
    *uart = (struct pl011){
        .base = base,
        .irq = irq,
        .chardev = chardev,
        .cr = CR_RESET,
        .ifls = IFLS_RESET,
    };
    update_flags(uart);
}

void pl011_input_ready(struct pl011 *uart)
{
    lock_acquire(&uart->lock);
    pull(uart);
    update_irq(uart);
    lock_release(&uart->lock);
}

void pl011_output_ready(struct pl011 *uart)
{
    lock_acquire(&uart->lock);
    drain(uart);
    update_irq(uart);
    lock_release(&uart->lock);
}

void pl011_fdt(const struct pl011 *uart, struct fdt *fdt, uint32_t phandle, uint32_t clock)
{
    fdt_add_node_at(fdt, "pl011", uart->base);
    fdt_add_strings(fdt, "compatible", (const char *[]){"arm,pl011", "arm,primecell"}, 2);
    fdt_add_reg(fdt, (const uint64_t[]){uart->base.addr, PL011_SIZE}, 1);
    fdt_add_spi(fdt, uart->irq.intid);
    fdt_add_cells(fdt, "clocks", (const uint32_t[]){clock, clock}, 2);
    fdt_add_strings(fdt, "clock-names", (const char *[]){"uartclk", "apb_pclk"}, 2);
    fdt_add_cell(fdt, "phandle", phandle);
    fdt_close(fdt);
}
