/* SPDX-License-Identifier: BSD-2-Clause */
/* Virtual interrupts of a VCPU, for its methods. */
#ifndef OBJECT_VCPU_IRQ_H
#define OBJECT_VCPU_IRQ_H

#include "arch/vcpu.h"
#include "object/vcpu.h"

/* From here on INTIDs are special or do not exist. IHI 0069 2.2 */
enum { VIRQ_IDS = 1020 };

static inline __attribute__((always_inline)) word_t lr_from_virq(word_t virq)
{
    word_t id = virq & VESICLE_VIRQ_ID_MASK, priority = virq >> VESICLE_VIRQ_PRIORITY_SHIFT & 0xff;

    return LR_PENDING | id | priority << LR_PRIORITY_SHIFT | (virq & VESICLE_VIRQ_GROUP1 ? LR_GROUP1 : 0) |
           (virq & VESICLE_VIRQ_EOI_NOTICE ? LR_EOI : 0);
}

/** Injects into the core's resident VCPU, whose guest does not sleep, if it has no other interrupt. Else false, and nothing is done. */
static inline __attribute__((always_inline)) bool vcpu_inject_alone(struct vcpu *v, word_t virq)
{
    return (virq & VESICLE_VIRQ_ID_MASK) < VIRQ_IDS && v->queue_count == 0 &&
           arch_lr_write_if_all_empty(lr_from_virq(virq));
}

/** Injects into list register `index`: seL4_DeleteFirst if it is in use, or the interrupt is in another one. */
int vcpu_inject_at(struct vcpu *v, word_t virq, unsigned index);

int vcpu_method_inject(struct invocation *inv, struct vcpu *v);
int vcpu_method_withdraw(struct invocation *inv, struct vcpu *v);
int vcpu_method_get_state(struct invocation *inv, struct vcpu *v);
int vcpu_method_set_state(struct invocation *inv, struct vcpu *v);

#endif
