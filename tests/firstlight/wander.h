/* SPDX-License-Identifier: BSD-2-Clause */
/* Moves the guest's vCPUs from core to core while they run, and their exit threads with them. */
#ifndef FIRSTLIGHT_WANDER_H
#define FIRSTLIGHT_WANDER_H

#include <sel4/types.h>

/** Starts it. `controls`: one capability a core. */
void wander_start(seL4_SlotRegion controls, unsigned vcpus);
/** Says how often something was moved. */
void wander_report(void);

#endif
