/* SPDX-License-Identifier: BSD-2-Clause */
/* Virtual interrupts of a VCPU, for its methods. */
#ifndef OBJECT_VCPU_IRQ_H
#define OBJECT_VCPU_IRQ_H

#include "object/vcpu.h"

/** Injects into list register `index`: seL4_DeleteFirst if it is in use, or the interrupt is in another one. */
int vcpu_inject_at(struct vcpu *v, word_t virq, unsigned index);

int vcpu_method_inject(struct invocation *inv, struct vcpu *v);
int vcpu_method_withdraw(struct invocation *inv, struct vcpu *v);
int vcpu_method_get_state(struct invocation *inv, struct vcpu *v);
int vcpu_method_set_state(struct invocation *inv, struct vcpu *v);

#endif
