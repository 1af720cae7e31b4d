/* SPDX-License-Identifier: BSD-2-Clause */
/* Debug calls. They need no capability. */
#ifndef SEL4_DEBUG_H
#define SEL4_DEBUG_H

#include <sel4/ipc.h>
#include <sel4/trap.h>
#include <sel4/types.h>

VESICLE_INLINE seL4_Word vesicle_debug_call(seL4_Word number, seL4_Word argument)
{
    struct vesicle_trap t = {argument, vesicle_any(), {vesicle_any(), vesicle_any(), vesicle_any(), vesicle_any()}};
    vesicle_trap(&t, number, vesicle_any(), vesicle_any());
    return t.cap;
}

/** Writes one character to the machine's console. */
static inline void seL4_DebugPutChar(char c)
{
    (void)vesicle_debug_call(vesicle_SysDebugPutChar, (seL4_Uint8)c);
}

static inline void seL4_DebugPutString(const char *s)
{
    for (; *s; s++) {
        seL4_DebugPutChar(*s);
    }
}

/** Stops the machine. */
static inline void seL4_DebugHalt(void)
{
    (void)vesicle_debug_call(vesicle_SysDebugHalt, 0);
}

/**
 * Prints threads, spaces, other objects and all capabilities, in the order of the derivation tree. Takes milliseconds, in many
 * calls: what others do meanwhile may make the text inconsistent.
 */
static inline void seL4_DebugSnapshot(void)
{
    seL4_Word next = 0;
    do {
        next = vesicle_debug_call(vesicle_SysDebugSnapshot, next);
    } while (next);
}

/** Type of a capability, as the kernel numbers them; 0 for an empty slot. */
static inline seL4_Uint32 seL4_DebugCapIdentify(seL4_CPtr cap)
{
    return (seL4_Uint32)vesicle_debug_call(vesicle_SysDebugCapIdentify, cap);
}

/** Gives a thread a name for the kernel's messages. Overwrites message words. */
static inline void seL4_DebugNameThread(seL4_CPtr tcb, const char *name)
{
    char *to = (char *)__sel4_ipc_buffer->msg;
    char *last = to + sizeof(__sel4_ipc_buffer->msg) - 1;
    while (*name && to < last) {
        *to++ = *name++;
    }
    *to = 0;
    (void)vesicle_debug_call(vesicle_SysDebugNameThread, tcb);
}

/** Prints the threads and what they wait for. */
static inline void seL4_DebugDumpScheduler(void)
{
    (void)vesicle_debug_call(vesicle_SysDebugDumpScheduler, 0);
}

/** How often this core has exchanged the floating-point registers of one thread for another's, since boot. */
static inline seL4_Word vesicle_DebugFPSwitches(void)
{
    return vesicle_debug_call(vesicle_SysDebugFPSwitches, 0);
}

/** What vesicle_DebugCheck found. */
enum vesicle_debug_check {
    vesicle_DebugCheckGood = 0,
    vesicle_DebugCheckViolated,   /* the kernel has said on the console what is wrong */
    vesicle_DebugCheckNotBuiltIn, /* only kernels built with VESICLE_DEBUG can check themselves */
};

/** Looks at all of the kernel's objects: is anything as it must not be? Takes milliseconds where there are many. */
static inline enum vesicle_debug_check vesicle_DebugCheck(void)
{
    return (enum vesicle_debug_check)vesicle_debug_call(vesicle_SysDebugCheck, 0);
}

#endif
