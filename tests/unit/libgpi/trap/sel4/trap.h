/* SPDX-License-Identifier: BSD-2-Clause */
/* Stands in for the kernel API's trap.h: the call goes to the kernel compiled for this machine. */
#ifndef SEL4_TRAP_H
#define SEL4_TRAP_H

#include <sel4/invocation.h>
#include <sel4/types.h>

#define VESICLE_INLINE static inline

struct vesicle_trap {
    seL4_Word cap;
    seL4_Word info;
    seL4_Word mr[4];
};

static inline seL4_Word vesicle_any(void)
{
    return 0;
}

/** As in the original. */
void vesicle_trap(struct vesicle_trap *t, seL4_Word number, seL4_CPtr reply, seL4_CPtr second);

#endif
