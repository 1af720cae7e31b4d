/* SPDX-License-Identifier: BSD-2-Clause */
/* Synchronous exceptions that the VMM lets a guest take at EL1, as DDI 0487, D1.4 says a PE does. */
#ifndef VMM_INJECT_H
#define VMM_INJECT_H

#include "types.h"

struct vcpu;

/** A synchronous external abort on the data access at `far`, or on the walk of the guest's tables for it. */
void inject_data_abort(struct vcpu *vcpu, uint64_t far, bool on_walk);

/** A synchronous external abort on the instruction fetch at `far`, or on the walk of the guest's tables for it. */
void inject_instruction_abort(struct vcpu *vcpu, uint64_t far, bool on_walk);

/** The instruction at the PC is undefined. */
void inject_undefined(struct vcpu *vcpu);

#endif
