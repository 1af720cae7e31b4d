/* SPDX-License-Identifier: BSD-2-Clause */
/* Points of time at which something happens in a guest without its doing: one for each timer. The host is told the first of them. */
#ifndef VMM_DEADLINE_H
#define VMM_DEADLINE_H

#include "lock.h"
#include "types.h"

struct vm;

#define DEADLINE_NEVER UINT64_MAX

/** Who has deadlines: the physical timer of each vCPU, from 0 on, and the clock. */
enum { DEADLINE_RTC = 8, DEADLINE_COUNT };

struct deadlines {
    struct lock lock;            /**< of all below */
    uint64_t at[DEADLINE_COUNT]; /**< values of the counter */
    uint64_t told;               /**< to the host */
};

/** Nobody has a deadline. */
void deadline_init(struct vm *vm);

/** From now on, `who` has this one. */
void deadline_set(struct vm *vm, unsigned who, uint64_t counter);

/** The host is told of the next one again: the guest was paused, and its counter stood still. */
void deadline_retell(struct vm *vm);

/** Takes those that have passed, and tells the host of the next. A bit for each owner. */
uint32_t deadline_take_passed(struct vm *vm);

#endif
