/* SPDX-License-Identifier: BSD-2-Clause */
#include "devices.h"

#include "console.h"
#include "gic.h"
#include "machine.h"

/* DDI 0190, table 3-1; data is at the mask of the lines, shifted. */
enum {
    GPIODIR = 0x400,
    GPIOIS = 0x404,
    GPIOIBE = 0x408,
    GPIOIEV = 0x40c,
    GPIOIE = 0x410,
    GPIOMIS = 0x418,
    GPIOIC = 0x41c
};
enum { RTCDR = 0x000 };
enum { LEVEL = 1 << 0, KEY = 1 << 3, LEVELS = 10, POLLS = 1000 };

static bool hangs;
static uint32_t line;
static volatile uint64_t pressed, wrong;

bool devices_interrupt(void)
{
    pressed++;
    wrong += read32(PL061_BASE + GPIOMIS) != line;
    if (line == LEVEL && pressed == LEVELS) {
        write32(PL061_BASE + (LEVEL << 2), 0);
    }
    if (!hangs) {
        write32(PL061_BASE + GPIOIC, line); /* of no use to a level that is still there */
    }
    return !hangs;
}

/* What it was programmed to do before is over. */
static void begin(uint32_t of, bool level)
{
    hangs = false;
    line = of;
    write32(PL061_BASE + GPIOIE, 0);
    write32(PL061_BASE + GPIODIR, 0);
    write32(PL061_BASE + GPIOIS, level ? line : 0);
    write32(PL061_BASE + GPIOIBE, 0);
    write32(PL061_BASE + GPIOIEV, line);
    write32(PL061_BASE + GPIOIC, 0xff);
    pressed = wrong = 0;
    while (read32(PL061_BASE + (line << 2)) & line) {
        /* it was pressed before, and is not released yet */
    }
    gic_enable(INTID_PL061);
    write32(PL061_BASE + GPIOIE, line);
    if (line == KEY) {
        put_text("press the key\n");
    }
}

static void end(const char *what)
{
    write32(PL061_BASE + GPIOIE, 0);
    put_text(what);
    put_number(pressed);
    put_text(" interrupts,");
    say("wrong", wrong);
    put_text("\n");
}

void devices_date(void)
{
    put_text("date ");
    put_number(read32(PL031_BASE + RTCDR));
    put_text("\n");
}

void devices_key(uint64_t times)
{
    begin(KEY, false);
    while (pressed < (times ? times : 1)) {
        gic_wait();
    }
    end("key: ");
}

void devices_level(void)
{
    begin(LEVEL, true);
    write32(PL061_BASE + GPIODIR, LEVEL);
    write32(PL061_BASE + (LEVEL << 2), LEVEL); /* it asks from here on, until the handler has had enough */
    while (pressed < LEVELS) {
        gic_wait();
    }
    for (unsigned i = 0; i < POLLS; i++) {
        gic_poll();
    }
    end("level: ");
}

void devices_hang(void)
{
    begin(KEY, false);
    hangs = true;
    while (pressed == 0) {
        gic_wait();
    }
    put_text("it hangs\n");
}
