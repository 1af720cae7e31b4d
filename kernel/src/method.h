/* SPDX-License-Identifier: BSD-2-Clause */
/* How a method of an object is called. For syscall.c, and for the fast paths, which cannot afford a function call more. */
#ifndef METHOD_H
#define METHOD_H

#include "ipc/message.h"
#include "object/cnode.h"
#include "syscall.h"

typedef int method_fn(struct invocation *inv);

/** By the capability's type; null where there are none. */
extern method_fn *const methods[CAP_NUM_TYPES];

/** Looks up the capabilities of a message with some. False if the caller is stopped by a fault. */
bool method_find_caps(struct invocation *inv, seL4_MessageInfo_t info);
/** An interrupt is pending: the caller will make the system call once more. */
void method_repeat(struct tcb *caller);

/**
 * Calls `method` of the object named by `s`, to which the caller's address `cptr` leads, and writes the answer. False if the caller was
 * stopped by a fault, or must do the call again.
 */
static inline __attribute__((always_inline)) bool method_call(method_fn *method, struct tcb *caller, struct slot *s,
                                                              word_t cptr, seL4_MessageInfo_t info, bool is_call)
{
    struct invocation inv;

    inv.caller = caller;
    inv.words = &caller->regs->x[REG_MSG];
    inv.buffer = caller->buffer;
    inv.slot = s;
    inv.cap = s->cap;
    inv.cptr = cptr;
    inv.label = seL4_MessageInfo_get_label(info);
    inv.length = seL4_MessageInfo_get_length(info);
    if (__builtin_expect(!inv.buffer, 0) && inv.length > seL4_FastMessageRegisters) {
        inv.length = seL4_FastMessageRegisters; /* there are no more */
    }
    inv.is_call = is_call;
    inv.reply_length = 0;
    inv.extra_count = 0;
    word_t caps = seL4_MessageInfo_get_extraCaps(info);
    if (caps != 0) {
        word_t first = inv.buffer ? buffer_read(&inv.buffer->caps_or_badges[0]) : 0;
        if (caps == 1 && cspace_is_near(caller, first)) {
            inv.extra[0] = &caller->fast_slots[first];
            inv.extra_count = 1;
        } else if (!method_find_caps(&inv, info)) {
            return false;
        }
    }
    int result = method(&inv);
    if (result == INVOKE_PREEMPTED) {
        method_repeat(caller);
        return false;
    }
    if (is_call && result != INVOKE_NO_REPLY) {
        caller->regs->x[REG_BADGE] = 0;
        caller->regs->x[REG_INFO] = seL4_MessageInfo_new((word_t)result, 0, 0, inv.reply_length).words[0];
    }
    return true;
}

#endif
