/* SPDX-License-Identifier: BSD-2-Clause */
/* A root task on the machine of the kernel's unit tests. */
#ifndef FIXTURE_H
#define FIXTURE_H

#include "lib/machine.h"
#include <gpi/cspace.h>
#include <sel4/types.h>

extern cspace_t own_space;
extern seL4_BootInfo boot_info;
/** Who asks for memory for records has some made of untyped memory first. */
extern bool backing_uses_ut;
/** And it keeps that page of the first time. */
extern bool backing_keeps_ut;

/** Boot information, the root task's slots, the allocator with `records` records. */
void fixture_setup(void);
void fixture_setup_records(size_t records);
/** The capability in a slot of the root task's space. */
struct cap fixture_cap(seL4_CPtr slot);
/** Is there a capability in this slot of the root task's space? */
int fixture_occupied(seL4_CPtr slot);
/** Slots of the root CNode that are in use. */
size_t fixture_slots_used(void);

/** Blocks of memory for records that are in use. */
size_t fixture_blocks(void);

/** Fails the case if something is wrong with the kernel's objects. */
void fixture_check_kernel(void);

/** What must be the same again when all is given back, or after a failure. Kept halves are joined first. */
struct state {
    size_t memory, slots_used, first_slot, blocks, last_slot;
};
struct state fixture_state(void);
void fixture_check_state(struct state before);

/**
 * The `n`-th call from now on fails with NotEnoughMemory, without effect; 0: none does. Delete and Revoke, which do not
 * fail, are not counted.
 */
void fixture_fail_call(unsigned n);
/** Calls made since the last fixture_fail_call. */
unsigned fixture_calls(void);

#endif
