/* SPDX-License-Identifier: BSD-2-Clause */
/* Devices of the real machine, if they were passed through: its PL031, and its PL061, on whose line 3 QEMU has the power key. */
#ifndef BARE_DEVICES_H
#define BARE_DEVICES_H

#include <stdbool.h>
#include <stdint.h>

/** Says what the clock shows. */
void devices_date(void);
/** Waits until the key was pressed so often, an interrupt each time. */
void devices_key(uint64_t times);
/** Holds line 0 up until ten interrupts came: a level comes again and again, and then no more. */
void devices_level(void);
/** Takes its interrupt and never ends it. */
void devices_hang(void);

/** On an interrupt of the PL061's; false: it is not to be ended. */
bool devices_interrupt(void);

#endif
