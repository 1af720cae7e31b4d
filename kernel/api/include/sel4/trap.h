/* SPDX-License-Identifier: BSD-2-Clause */
/* The one instruction that enters the kernel. Register convention: sel4/invocation.h. */
#ifndef SEL4_TRAP_H
#define SEL4_TRAP_H

#include <sel4/invocation.h>
#include <sel4/types.h>

#define VESICLE_INLINE static inline __attribute__((always_inline))

/** What goes into and comes out of a system call in registers. */
struct vesicle_trap {
    seL4_Word cap;   /**< in: capability; out: badge */
    seL4_Word info;  /**< message info */
    seL4_Word mr[4]; /**< message words 0..3 */
};

/** A value nobody reads: whatever is in a register, at no cost. */
VESICLE_INLINE seL4_Word vesicle_any(void)
{
    seL4_Word word;
    __asm__ volatile("" : "=r"(word));
    return word;
}

/** Enters the kernel with system call `number`; `reply` and `second` where the call has them. */
VESICLE_INLINE void vesicle_trap(struct vesicle_trap *t, seL4_Word number, seL4_CPtr reply, seL4_CPtr second)
{
    register seL4_Word r0 __asm__("x0") = t->cap;
    register seL4_Word r1 __asm__("x1") = t->info;
    register seL4_Word r2 __asm__("x2") = t->mr[0];
    register seL4_Word r3 __asm__("x3") = t->mr[1];
    register seL4_Word r4 __asm__("x4") = t->mr[2];
    register seL4_Word r5 __asm__("x5") = t->mr[3];
    register seL4_Word r6 __asm__("x6") = reply;
    register seL4_Word r7 __asm__("x7") = number;
    register seL4_Word r8 __asm__("x8") = second;
    __asm__ volatile("svc #0"
                     : "+r"(r0), "+r"(r1), "+r"(r2), "+r"(r3), "+r"(r4), "+r"(r5)
                     : "r"(r6), "r"(r7), "r"(r8)
                     : "memory");
    t->cap = r0;
    t->info = r1;
    t->mr[0] = r2;
    t->mr[1] = r3;
    t->mr[2] = r4;
    t->mr[3] = r5;
}

#endif
