/* SPDX-License-Identifier: BSD-2-Clause */
/* A root task on the machine of the kernel's unit tests. */
#ifndef FIXTURE_H
#define FIXTURE_H

#include <gpi/cspace.h>
#include <sel4/types.h>

extern cspace_t own_space;
extern seL4_BootInfo boot_info;

/** Boot information, the root task's slots, the allocator with `records` records. */
void fixture_setup(void);
void fixture_setup_records(size_t records);
/** Is there a capability in this slot of the root CNode? */
int fixture_occupied(seL4_CPtr slot);
/** Slots of the root CNode that are in use. */
size_t fixture_slots_used(void);

/** The `n`-th call from now on fails with NotEnoughMemory, without effect; 0: none does. */
void fixture_fail_call(unsigned n);
/** Calls made since the last fixture_fail_call. */
unsigned fixture_calls(void);

#endif
