/* SPDX-License-Identifier: BSD-2-Clause */
/* Long operations ask here from time to time whether they should stop for an interrupt. */
#ifndef ARCH_PREEMPT_H
#define ARCH_PREEMPT_H

#include <stdbool.h>
#include <stdint.h>

/** True if an interrupt is pending at this core: save the state of the work and return. ISR_EL1, DDI 0487 D17.2. */
static inline bool preempt_point(void)
{
    uint64_t isr;
    __asm__ volatile("mrs %0, isr_el1" : "=r"(isr));
    return isr != 0;
}

#endif
