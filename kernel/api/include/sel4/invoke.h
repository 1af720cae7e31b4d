/* SPDX-License-Identifier: BSD-2-Clause */
/* What the methods in sel4/interfaces are made of: a Call with words 0..3 in registers. */
#ifndef SEL4_INVOKE_H
#define SEL4_INVOKE_H

#include <sel4/invocation.h>
#include <sel4/ipc.h>
#include <sel4/trap.h>
#include <sel4/types.h>

/** Leaves the words that describe an error where programs look for them. Its arguments stand in the registers they came in. */
static __attribute__((noinline, cold, unused)) void
vesicle_keep_error_words(seL4_Word badge, seL4_Word info, seL4_Word w0, seL4_Word w1, seL4_Word w2, seL4_Word w3)
{
    (void)badge, (void)info;
    seL4_SetMR(0, w0);
    seL4_SetMR(1, w1);
    seL4_SetMR(2, w2);
    seL4_SetMR(3, w3);
}

/** The method `label` of `service` with `caps` capabilities (set by seL4_SetCap) and `length` words. */
VESICLE_INLINE seL4_Error vesicle_invoke(seL4_CPtr service, seL4_Word label, seL4_Word caps, seL4_Word length,
                                         seL4_Word mr[4])
{
    struct vesicle_trap t = {service, label << 12 | caps << 7 | length, {mr[0], mr[1], mr[2], mr[3]}};
    vesicle_trap(&t, vesicle_SysCall, vesicle_any(), vesicle_any());
    seL4_Error error = (seL4_Error)(t.info >> 12);
    mr[0] = t.mr[0];
    mr[1] = t.mr[1];
    mr[2] = t.mr[2];
    mr[3] = t.mr[3];
    if (__builtin_expect(error != seL4_NoError, 0)) {
        vesicle_keep_error_words(t.cap, t.info, t.mr[0], t.mr[1], t.mr[2], t.mr[3]);
    }
    return error;
}

VESICLE_INLINE seL4_Error vesicle_invoke0(seL4_CPtr service, seL4_Word label, seL4_Word caps)
{
    seL4_Word mr[4] = {vesicle_any(), vesicle_any(), vesicle_any(), vesicle_any()};
    return vesicle_invoke(service, label, caps, 0, mr);
}

VESICLE_INLINE seL4_Error vesicle_invoke1(seL4_CPtr service, seL4_Word label, seL4_Word caps, seL4_Word w0)
{
    seL4_Word mr[4] = {w0, vesicle_any(), vesicle_any(), vesicle_any()};
    return vesicle_invoke(service, label, caps, 1, mr);
}

VESICLE_INLINE seL4_Error vesicle_invoke2(seL4_CPtr service, seL4_Word label, seL4_Word caps, seL4_Word w0,
                                          seL4_Word w1)
{
    seL4_Word mr[4] = {w0, w1, vesicle_any(), vesicle_any()};
    return vesicle_invoke(service, label, caps, 2, mr);
}

VESICLE_INLINE seL4_Error vesicle_invoke3(seL4_CPtr service, seL4_Word label, seL4_Word caps, seL4_Word w0,
                                          seL4_Word w1, seL4_Word w2)
{
    seL4_Word mr[4] = {w0, w1, w2, vesicle_any()};
    return vesicle_invoke(service, label, caps, 3, mr);
}

/** `length` words, four of them here, the others set by seL4_SetMR before. */
VESICLE_INLINE seL4_Error vesicle_invoke4(seL4_CPtr service, seL4_Word label, seL4_Word caps, seL4_Word length,
                                          seL4_Word w0, seL4_Word w1, seL4_Word w2, seL4_Word w3)
{
    seL4_Word mr[4] = {w0, w1, w2, w3};
    return vesicle_invoke(service, label, caps, length, mr);
}

#endif
