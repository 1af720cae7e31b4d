/* SPDX-License-Identifier: BSD-2-Clause */
/* The ID registers a guest sees: op0 = 3, op1 = 0, CRn = 0, CRm = 1..7. */
#ifndef VMM_IDREG_H
#define VMM_IDREG_H

#include "types.h"

struct vcpu;
struct vm;

/** The value in a VM for a key of `VESICLE_IDREG(crm, op2)`; 0 for what is not there. */
uint64_t idreg_value(const struct vm *vm, uint64_t key);

/** Lets the kernel answer reads of them for this vCPU. */
void idreg_set_constants(struct vcpu *vcpu);

#endif
