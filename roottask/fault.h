/* SPDX-License-Identifier: BSD-2-Clause */
/* Faults of PDs that have no handler of their own. */
#ifndef ROOTTASK_FAULT_H
#define ROOTTASK_FAULT_H

#include "memory.h"

/**
 * Reports a fault message just received, and ends the PD. False if the badge is not one for faults: a message that only looks
 * like one.
 */
bool fault_handle(seL4_Word badge, seL4_MessageInfo_t info);

#endif
