/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The EL1 physical timer, whose registers trap. Its interrupt follows its condition where the host has a timer for us (wake_at); else
 * it is raised when the guest is seen to look. The virtual timer, which the device tree prefers, is the kernel's.
 */
#ifndef VMM_TIMER_H
#define VMM_TIMER_H

#include "types.h"

struct fdt;
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

/** Off, as after a reset. */
void timer_reset(struct vcpu *vcpu);

/** Its deadline has passed: brings the interrupt line up to date. Any thread. */
void timer_update(struct vcpu *vcpu);

/** Writes the node of all timers of a CPU, the kernel's virtual one among them. */
void timer_fdt(struct fdt *fdt);

#endif
