/* SPDX-License-Identifier: BSD-2-Clause */
/* What init knows of the machine and tells guests' VMMs, which see neither its device tree nor its devices. */
#ifndef INIT_MACHINE_H
#define INIT_MACHINE_H

#include <stdbool.h>
#include <stddef.h>

/** Reads the machine's device tree and clock. */
void machine_read(void);
/** The machine's device tree; null if there is none that makes sense. */
const void *machine_tree(void);
/** A seed for random numbers, another one each time, as hexadecimal digits. False if the machine has none to give. */
bool machine_seed(char *text, size_t size);
/** Seconds since 1970 when the system counter was 0; 0: there is no clock. */
unsigned long machine_boot_time(void);

#endif
