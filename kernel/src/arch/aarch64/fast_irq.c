/* SPDX-License-Identifier: BSD-2-Clause */
/* A device's interrupt for which somebody more urgent than the running thread waits. Called as any function is. */
#include "arch/aarch64/fastpath.h"

#include "arch/aarch64/fast_inline.h"
#include "arch/aarch64/gicv3.h"
#include "object/irq.h"

bool fast_irq(struct cpu *cpu, uint32_t intid)
{
    struct tcb *from = cpu->current;

    /* The thread may have been taken off the core while it waited for the lock. */
    if (intid >= IRQ_MAX || from == cpu->idle) {
        return false;
    }
    struct cap c = irq_slots[intid].cap;
    if (cap_type(c) != CAP_NOTIFICATION) {
        return false;
    }
    struct notification *n = cap_object(c);
    struct tcb *first = n->head;
    if (n->state != NOTIFICATION_WAITING || !wake(cpu, from, n, cap_badge(c))) {
        return false;
    }
    irq_begin(intid, intid);
    context_switch(cpu, first);
    return true;
}
