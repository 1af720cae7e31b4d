/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The EL1 physical timer, whose registers trap. Its interrupt is raised when the guest is seen to look at it; a
 * guest that waits for it uses the virtual timer, which the device tree prefers.
 */
#ifndef VMM_TIMER_H
#define VMM_TIMER_H

#include "types.h"

struct vcpu;

/** op2 of CNTP_*_EL0. */
enum timer_register {
    TIMER_TVAL = 0,
    TIMER_CTL = 1,
    TIMER_CVAL = 2,
};

#define TIMER_PPI_SECURE     29
#define TIMER_PPI_PHYSICAL   30
#define TIMER_PPI_VIRTUAL    27
#define TIMER_PPI_HYPERVISOR 26

uint64_t timer_read(struct vcpu *vcpu, enum timer_register reg);
void timer_write(struct vcpu *vcpu, enum timer_register reg, uint64_t value);

/** Brings the timer's interrupt line up to date. */
void timer_update(struct vcpu *vcpu);

#endif
