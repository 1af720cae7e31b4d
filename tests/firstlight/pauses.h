/* SPDX-License-Identifier: BSD-2-Clause */
/* Pauses the guest again and again, whatever its vCPUs are doing. */
#ifndef FIRSTLIGHT_PAUSES_H
#define FIRSTLIGHT_PAUSES_H

#include <sel4/types.h>

struct vm;

/** Starts it, on the core of `sched_control`. */
void pauses_start(struct vm *vm, seL4_CPtr sched_control);
/** Says how often it was paused. */
void pauses_report(void);

#endif
