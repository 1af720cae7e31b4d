/* SPDX-License-Identifier: BSD-2-Clause */
/* A guest that stands still and is to go on later: no time passes for it meanwhile. */
#ifndef VMM_PAUSE_H
#define VMM_PAUSE_H

#include "types.h"

struct vm;

/**
 * Stops all vCPUs where they are; exits that are being served are served to their end. False if it stands still already, or has
 * ended. Not on an exit thread; calls of this, vm_resume and vm_load come one after the other.
 */
bool vm_pause(struct vm *vm);

/** The guest goes on. Its counter, and what depends on that, stood still. False if it was not paused. */
bool vm_resume(struct vm *vm);

/** The system counter as the guest reads it (CNTVCT_EL0, and CNTPCT_EL0, which traps). */
uint64_t vm_counter(struct vm *vm);

#endif
