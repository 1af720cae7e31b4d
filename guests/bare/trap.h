/* SPDX-License-Identifier: BSD-2-Clause */
/* Exceptions at EL1. */
#ifndef BARE_TRAP_H
#define BARE_TRAP_H

#include <stdbool.h>
#include <stdint.h>

/** Between these two an exception skips its instruction; the second answers its syndrome (ESR_EL1), 0 if there was none. */
void trap_expect(void);
uint64_t trap_seen(void);

#endif
