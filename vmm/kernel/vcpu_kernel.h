/* SPDX-License-Identifier: BSD-2-Clause */
/* vCPUs on the kernel: its calls, and the loop that serves exits. */
#ifndef VMM_KERNEL_VCPU_KERNEL_H
#define VMM_KERNEL_VCPU_KERNEL_H

#include "../vcpu.h"

extern const struct vcpu_ops vcpu_kernel_ops;

/** Gives a vCPU that stands still the registers that its frame says, and runs it if asked to. */
void vcpu_kernel_set_registers(struct vcpu *vcpu, bool resume);

/** Waits until the vCPU's exit thread has answered what it was serving. Not from that thread. */
void vcpu_kernel_settle(struct vcpu *vcpu);

/**
 * Serves the exits of one vCPU for ever. The calling thread needs no scheduling context of its own once `ready` (a notification, or
 * 0) has been signalled: it then waits at the vCPU's endpoint, and runs on what comes with an exit.
 */
_Noreturn void vcpu_kernel_serve(struct vcpu *vcpu, seL4_CPtr ready);

#endif
