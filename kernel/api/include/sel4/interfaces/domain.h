/* SPDX-License-Identifier: BSD-2-Clause */
/* Methods of domains. */
#ifndef SEL4_INTERFACES_DOMAIN_H
#define SEL4_INTERFACES_DOMAIN_H

#include <sel4/invoke.h>

static inline seL4_Error seL4_DomainSet_Set(seL4_DomainSet service, seL4_Uint8 domain, seL4_TCB thread)
{
    seL4_SetCap(0, thread);
    return vesicle_invoke1(service, vesicle_DomainSetSet, 1, domain);
}

static inline seL4_Error seL4_DomainSet_ScheduleConfigure(seL4_DomainSet service, seL4_Word index, seL4_Uint8 domain,
                                                          seL4_Time duration)
{
    return vesicle_invoke3(service, vesicle_DomainSetScheduleConfigure, 0, index, domain, duration);
}

static inline seL4_Error seL4_DomainSet_ScheduleSetStart(seL4_DomainSet service, seL4_Word index)
{
    return vesicle_invoke1(service, vesicle_DomainSetScheduleSetStart, 0, index);
}

#endif
