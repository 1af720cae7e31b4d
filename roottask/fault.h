/* SPDX-License-Identifier: BSD-2-Clause */
/* Faults of PDs that have no handler of their own. */
#ifndef ROOTTASK_FAULT_H
#define ROOTTASK_FAULT_H

#include "memory.h"

/** Reports a fault message just received, and ends the PD. Whatever the message is, the loop goes on. */
void fault_handle(seL4_Word badge, seL4_MessageInfo_t info);

#endif
