/* SPDX-License-Identifier: BSD-2-Clause */
/* Long operations ask here from time to time whether they should stop, for an interrupt or for another core. */
#ifndef ARCH_PREEMPT_H
#define ARCH_PREEMPT_H

#include "arch/aarch64/lock.h"
#include <stdbool.h>
#include <stdint.h>

/**
 * True if an interrupt is pending at this core (ISR_EL1, DDI 0487 D17.2), or another core waits for the lock: save the state of the work and
 * return. Who tries again comes behind those that wait.
 */
static inline bool preempt_point(void)
{
    uint64_t isr;
    __asm__ volatile("mrs %0, isr_el1" : "=r"(isr));
    return isr != 0 || lock_is_wanted();
}

#endif
