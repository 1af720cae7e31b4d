/* SPDX-License-Identifier: BSD-2-Clause */
/* Methods of scheduling control and scheduling contexts. Times are in microseconds. */
#ifndef SEL4_INTERFACES_SCHED_H
#define SEL4_INTERFACES_SCHED_H

#include <sel4/invoke.h>

/**
 * Sets what a scheduling context gives: `budget` in every `period`, in at most 2 + `extra_refills` pieces.
 * `badge` is the data word of its timeout faults; `flags`: seL4_SchedContextFlag.
 */
static inline seL4_Error seL4_SchedControl_ConfigureFlags(seL4_SchedControl service, seL4_SchedContext schedcontext,
                                                          seL4_Time budget, seL4_Time period, seL4_Word extra_refills,
                                                          seL4_Word badge, seL4_Word flags)
{
    seL4_SetCap(0, schedcontext);
    seL4_SetMR(4, flags);
    return vesicle_invoke4(service, vesicle_SchedControlConfigureFlags, 1, 5, budget, period, extra_refills, badge);
}

static inline seL4_Error seL4_SchedControl_Configure(seL4_SchedControl service, seL4_SchedContext schedcontext,
                                                     seL4_Time budget, seL4_Time period, seL4_Word extra_refills,
                                                     seL4_Word badge)
{
    return seL4_SchedControl_ConfigureFlags(service, schedcontext, budget, period, extra_refills, badge,
                                            seL4_SchedContext_NoFlag);
}

/** Binds a thread or a notification. */
static inline seL4_Error seL4_SchedContext_Bind(seL4_SchedContext service, seL4_CPtr cap)
{
    seL4_SetCap(0, cap);
    return vesicle_invoke0(service, vesicle_SchedContextBind, 1);
}

static inline seL4_Error seL4_SchedContext_Unbind(seL4_SchedContext service)
{
    return vesicle_invoke0(service, vesicle_SchedContextUnbind, 0);
}

static inline seL4_Error seL4_SchedContext_UnbindObject(seL4_SchedContext service, seL4_CPtr cap)
{
    seL4_SetCap(0, cap);
    return vesicle_invoke0(service, vesicle_SchedContextUnbindObject, 1);
}

typedef struct seL4_SchedContext_Consumed {
    int error;
    seL4_Time consumed;
} seL4_SchedContext_Consumed_t;

/** Time used since this was last asked or reported. */
static inline seL4_SchedContext_Consumed_t seL4_SchedContext_Consumed(seL4_SchedContext service)
{
    seL4_Word mr[4] = {0, 0, 0, 0};
    seL4_Error error = vesicle_invoke(service, vesicle_SchedContextConsumed, 0, 0, mr);
    seL4_SchedContext_Consumed_t result = {(int)error, mr[0]};
    return result;
}

typedef struct seL4_SchedContext_YieldTo {
    int error;
    seL4_Time consumed;
} seL4_SchedContext_YieldTo_t;

/** Lets the thread of this scheduling context run next; returns when the caller is chosen again. */
static inline seL4_SchedContext_YieldTo_t seL4_SchedContext_YieldTo(seL4_SchedContext service)
{
    seL4_Word mr[4] = {0, 0, 0, 0};
    seL4_Error error = vesicle_invoke(service, vesicle_SchedContextYieldTo, 0, 0, mr);
    seL4_SchedContext_YieldTo_t result = {(int)error, mr[0]};
    return result;
}

#endif
