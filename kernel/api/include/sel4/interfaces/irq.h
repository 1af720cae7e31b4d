/* SPDX-License-Identifier: BSD-2-Clause */
/* Methods of IRQ control and IRQ handlers. */
#ifndef SEL4_INTERFACES_IRQ_H
#define SEL4_INTERFACES_IRQ_H

#include <sel4/invoke.h>

/** Makes a handler capability for a level-triggered interrupt. */
static inline seL4_Error seL4_IRQControl_Get(seL4_IRQControl service, seL4_Word irq, seL4_CNode root, seL4_Word index,
                                             seL4_Word depth)
{
    seL4_SetCap(0, root);
    return vesicle_invoke3(service, vesicle_IRQControlGet, 1, irq, index, depth);
}

/** As Get; `trigger` 0 level, 1 edge. */
static inline seL4_Error seL4_IRQControl_GetTrigger(seL4_IRQControl service, seL4_Word irq, seL4_Word trigger,
                                                    seL4_CNode root, seL4_Word index, seL4_Word depth)
{
    seL4_SetCap(0, root);
    return vesicle_invoke4(service, vesicle_IRQControlGetTrigger, 1, 4, irq, trigger, index, depth);
}

/** As GetTrigger; the interrupt goes to core `target`. */
static inline seL4_Error seL4_IRQControl_GetTriggerCore(seL4_IRQControl service, seL4_Word irq, seL4_Word trigger,
                                                        seL4_CNode root, seL4_Word index, seL4_Word depth,
                                                        seL4_Word target)
{
    seL4_SetCap(0, root);
    seL4_SetMR(4, target);
    return vesicle_invoke4(service, vesicle_IRQControlGetTriggerCore, 1, 5, irq, trigger, index, depth);
}

/** Makes a capability that sends software interrupt `irq` to core `target` when signalled. */
static inline seL4_Error seL4_IRQControl_IssueSGISignal(seL4_IRQControl service, seL4_Word irq, seL4_Word target,
                                                        seL4_CNode root, seL4_Word index, seL4_Word depth)
{
    seL4_SetCap(0, root);
    return vesicle_invoke4(service, vesicle_IRQControlIssueSGISignal, 1, 4, irq, target, index, depth);
}

/** Lets the next interrupt through. */
static inline seL4_Error seL4_IRQHandler_Ack(seL4_IRQHandler service)
{
    return vesicle_invoke0(service, vesicle_IRQHandlerAck, 0);
}

static inline seL4_Error seL4_IRQHandler_SetNotification(seL4_IRQHandler service, seL4_CPtr notification)
{
    seL4_SetCap(0, notification);
    return vesicle_invoke0(service, vesicle_IRQHandlerSetNotification, 1);
}

static inline seL4_Error seL4_IRQHandler_Clear(seL4_IRQHandler service)
{
    return vesicle_invoke0(service, vesicle_IRQHandlerClear, 0);
}

/**
 * Extension. For the handler of a core's physical timer (VESICLE_TIMER_PPI), by a thread on that core: the interrupt is up while
 * the system counter (CNTVCT_EL0) is at or past `deadline`; ~0: never. Replaces an earlier deadline.
 */
static inline seL4_Error vesicle_IRQHandler_SetDeadline(seL4_IRQHandler service, seL4_Word deadline)
{
    return vesicle_invoke1(service, vesicle_IRQHandlerSetDeadline, 0, deadline);
}

#endif
