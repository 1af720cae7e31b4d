/* SPDX-License-Identifier: BSD-2-Clause */
/* The UART: FIFOs, interrupts, back pressure both ways. */
#include "fixture.h"

#include "vmm/machine.h"

#include <string.h>

#define UART(offset) (MACHINE_PL011_BASE + (offset))
#define DR           0x000
#define RSR          0x004
#define FR           0x018
#define LCR_H        0x02c
#define CR           0x030
#define IFLS         0x034
#define IMSC         0x038
#define RIS          0x03c
#define MIS          0x040
#define ICR          0x044
#define FR_RXFE      0x10u
#define FR_TXFF      0x20u
#define FR_RXFF      0x40u
#define FR_TXFE      0x80u
#define INT_RX       0x10u
#define INT_TX       0x20u
#define INT_RT       0x40u

static uint32_t get(unsigned offset)
{
    return (uint32_t)fixture_read(0, UART(offset), 4);
}

static void set(unsigned offset, uint32_t value)
{
    fixture_write(0, UART(offset), 4, value);
}

static bool line(void)
{
    return fixture.vm.vgic.spis[MACHINE_PL011_INTID - 32].line;
}

static void start(void)
{
    fixture_start(1);
    set(LCR_H, 0x70);
    set(CR, 0x301);
}

static void send_input(const char *text)
{
    fixture.input = text;
    pl011_input_ready(&fixture.vm.uart);
}

static void identification(void)
{
    static const uint8_t ids[8] = {0x11, 0x10, 0x34, 0x00, 0x0d, 0xf0, 0x05, 0xb1};
    fixture_start(1);
    for (unsigned i = 0; i < 8; i++) {
        CHECK_EQ(get(0xfe0 + 4 * i), ids[i]);
    }
    CHECK_EQ(get(CR), 0x300);
    CHECK_EQ(get(IFLS), 0x12);
    CHECK_EQ(get(FR) & (FR_TXFE | FR_RXFE | FR_TXFF | FR_RXFF), FR_TXFE | FR_RXFE);
    set(0x24, 0x12345);
    CHECK_EQ(get(0x24), 0x2345);
    fixture_end();
}

static void output(void)
{
    start();
    for (const char *p = "hello"; *p != '\0'; p++) {
        CHECK(!(get(FR) & FR_TXFF));
        set(DR, (uint32_t)*p);
    }
    CHECK_EQ(strcmp(fixture.output, "hello"), 0);
    CHECK(get(FR) & FR_TXFE);
    fixture_write(0, UART(DR), 1, '!');
    CHECK_EQ(strcmp(fixture.output, "hello!"), 0);
    fixture_end();
}

static void output_waits_for_the_back_end(void)
{
    start();
    set(IMSC, INT_TX);
    fixture.output_room = 2;
    for (unsigned i = 0; i < 18; i++) {
        CHECK(!(get(FR) & FR_TXFF));
        set(DR, 'a' + i);
    }
    CHECK(get(FR) & FR_TXFF);
    CHECK(!(get(FR) & FR_TXFE));
    CHECK(!line()); /* the FIFO is above its level */
    fixture.output_room = 4;
    pl011_output_ready(&fixture.vm.uart);
    CHECK(!line());
    CHECK(!(get(FR) & FR_TXFF));
    fixture.output_room = 100;
    pl011_output_ready(&fixture.vm.uart);
    CHECK(line());
    CHECK_EQ(strcmp(fixture.output, "abcdefghijklmnopqr"), 0);
    set(ICR, INT_TX);
    CHECK(!line());
    fixture_end();
}

static void transmit_interrupt(void)
{
    start();
    CHECK_EQ(get(RIS), 0);
    set(IMSC, INT_TX);
    CHECK(!line()); /* nothing was sent: no transition yet */
    set(DR, 'x');
    CHECK(line());
    CHECK_EQ(get(MIS), INT_TX);
    set(IMSC, 0);
    CHECK(!line());
    CHECK_EQ(get(RIS), INT_TX);
    CHECK_EQ(get(MIS), 0);
    fixture_end();
}

static void input(void)
{
    start();
    set(IMSC, INT_RX | INT_RT);
    send_input("abc");
    CHECK(line());
    CHECK_EQ(get(MIS), INT_RT); /* below the level, but the line is silent */
    CHECK_EQ(get(DR), 'a');
    CHECK_EQ(get(DR), 'b');
    CHECK(line());
    CHECK_EQ(get(DR), 'c');
    CHECK(!line());
    CHECK(get(FR) & FR_RXFE);
    CHECK_EQ(get(DR), 0);
    fixture_end();
}

static void receive_level(void)
{
    start();
    set(IFLS, 0x12); /* half full */
    set(IMSC, INT_RX);
    send_input("1234567");
    CHECK(!line());
    send_input("8");
    CHECK(line());
    CHECK_EQ(get(DR), '1');
    CHECK(!line());
    fixture_end();
}

static void input_is_never_lost(void)
{
    static const char text[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    char got[sizeof text] = "";
    start();
    send_input(text);
    CHECK(get(FR) & FR_RXFF);
    for (size_t i = 0; i + 1 < sizeof text; i++) {
        CHECK(!(get(FR) & FR_RXFE));
        got[i] = (char)get(DR);
    }
    CHECK_EQ(strcmp(got, text), 0);
    CHECK(get(FR) & FR_RXFE);
    fixture_end();
}

static void input_waits_for_the_receiver(void)
{
    fixture_start(1);
    send_input("early");
    CHECK(get(FR) & FR_RXFE);
    set(CR, 0x301);
    CHECK_EQ(get(DR), 'e');
    fixture_end();
}

static void without_fifo_one_character_is_held(void)
{
    fixture_start(1);
    set(CR, 0x301);
    set(IMSC, INT_RX);
    send_input("ab");
    CHECK(get(FR) & FR_RXFF);
    CHECK(line());
    CHECK_EQ(get(DR), 'a');
    CHECK(line());
    CHECK_EQ(get(DR), 'b');
    CHECK(!line());
    fixture_end();
}

/* A driver that opens and closes the device switches the FIFOs off and on: nothing typed or printed is lost by that. */
static void fifos_switched(void)
{
    start();
    set(IMSC, INT_RX);
    send_input("0123456789");
    fixture.output_room = 0;
    for (unsigned i = 0; i < 5; i++) {
        set(DR, 'a' + i);
    }
    set(ICR, 0x7ff);
    set(LCR_H, 0x60);
    CHECK(get(FR) & FR_RXFF);
    CHECK(get(FR) & FR_TXFF);
    CHECK(line()); /* one character is what triggers now */
    CHECK_EQ(get(DR), '0');
    CHECK_EQ(get(DR), '1');
    set(LCR_H, 0x70);
    CHECK(!(get(FR) & FR_TXFF));
    for (unsigned i = 2; i < 10; i++) {
        CHECK_EQ(get(DR), '0' + i);
    }
    CHECK(get(FR) & FR_RXFE);
    CHECK(!line());
    fixture.output_room = 100;
    pl011_output_ready(&fixture.vm.uart);
    CHECK_EQ(fixture.output_used, 5);
    CHECK_EQ(memcmp(fixture.output, "abcde", 5), 0);
    fixture_end();
}

static void loopback(void)
{
    start();
    CHECK_EQ(get(FR) & 0x107, 7);
    set(CR, 0x381);
    CHECK_EQ(get(FR) & 0x107, 0);
    set(CR, 0x3f81 & ~0x800);
    CHECK_EQ(get(FR) & 0x107, 0x106); /* no CTS without RTS */
    set(DR, 'z');
    CHECK_EQ(get(DR), 'z');
    CHECK_EQ(fixture.output_used, 0);
    for (unsigned i = 0; i < 17; i++) {
        set(DR, 'y');
    }
    CHECK_EQ(get(RSR), 8); /* overrun */
    CHECK_EQ(get(RIS) & 0x400, 0x400);
    set(RSR, 0);
    CHECK_EQ(get(RSR), 0);
    set(ICR, 0x400);
    CHECK_EQ(get(RIS) & 0x400, 0);
    fixture_end();
}

static void queue(void)
{
    uint8_t bytes[4];
    uint8_t out[8];
    struct byte_queue q;
    byte_queue_init(&q, bytes, sizeof bytes);
    CHECK_EQ(byte_queue_put(&q, (const uint8_t *)"abcdef", 6), 4);
    CHECK_EQ(byte_queue_room(&q), 0);
    CHECK_EQ(byte_queue_take(&q, out, 2), 2);
    CHECK_EQ(byte_queue_put(&q, (const uint8_t *)"xyz", 3), 2);
    CHECK_EQ(byte_queue_take(&q, out, 8), 4);
    CHECK_EQ(memcmp(out, "cdxy", 4), 0);
}

int main(void)
{
    static const struct test_case cases[] = {
        {"identification", identification},
        {"output", output},
        {"output_waits_for_the_back_end", output_waits_for_the_back_end},
        {"transmit_interrupt", transmit_interrupt},
        {"input", input},
        {"receive_level", receive_level},
        {"input_is_never_lost", input_is_never_lost},
        {"input_waits_for_the_receiver", input_waits_for_the_receiver},
        {"without_fifo_one_character_is_held", without_fifo_one_character_is_held},
        {"fifos_switched", fifos_switched},
        {"loopback", loopback},
        {"queue", queue},
    };
    return test_main("vmm-pl011", cases, sizeof cases / sizeof cases[0]);
}
