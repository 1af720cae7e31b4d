/* SPDX-License-Identifier: BSD-2-Clause */
/* The guest of first light: the host side of `struct vm_host`, with everything made by the root task itself. */
#ifndef FIRSTLIGHT_GUEST_H
#define FIRSTLIGHT_GUEST_H

#include "platform.h"

#include "vmm/vm.h"

/** Priorities: what serves a guest is above it; what manages it is between, so that a guest that ended is at rest then. */
#define PRIORITY_SERVE  200
#define PRIORITY_MANAGE 150
#define PRIORITY_GUEST  100

extern const struct vm_host guest_host;

/** Prepares what guests need; their vCPUs are spread over the cores. `ended` is signalled when one has ended. */
void guest_init(const struct platform *platform, seL4_SlotRegion sched_control, seL4_CPtr ended);

/** How the guest ended. */
enum vm_end guest_end(void);

/** The scheduling context of the guest's vCPU `i`. */
seL4_CPtr guest_sched_context(unsigned i);

/** The time slice of its vCPUs, in microseconds. */
#define TIMESLICE_US 10000

/** Starts a thread of the root task at priority PRIORITY_SERVE. `sched_control` 0: passive. Returns its TCB. */
seL4_CPtr guest_thread(void (*entry)(void *), void *argument, seL4_CPtr sched_control);

#endif
