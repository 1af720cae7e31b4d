/* SPDX-License-Identifier: BSD-2-Clause */
/* Faults of PDs that have no handler of their own. */
#ifndef ROOTTASK_FAULT_H
#define ROOTTASK_FAULT_H

#include "memory.h"

enum fault {
    FAULT_NONE,   /**< the badge is not one for faults: a message that only looks like one */
    FAULT_FINAL,  /**< was reported, and the PD ended */
    FAULT_SERVED, /**< the thread goes on when it is answered: it touched a page that is made when that happens */
};
/** Serves a fault message just received. */
enum fault fault_handle(seL4_Word badge, seL4_MessageInfo_t info);

#endif
