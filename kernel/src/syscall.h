/* SPDX-License-Identifier: BSD-2-Clause */
/* System calls, and what a method of an object is given and gives back. */
#ifndef SYSCALL_H
#define SYSCALL_H

#include "ipc/fault.h"
#include "object/slot.h"

struct tcb;

/** What happened to an invocation; otherwise a seL4_Error. */
enum {
    INVOKE_PREEMPTED = 0x100, /* do the call again: an interrupt is pending */
    INVOKE_NO_REPLY,          /* the method arranged the caller's state itself */
};

struct invocation {
    struct tcb *caller;
    word_t *words;          /* the message and its answer: the first ones in registers, */
    seL4_IPCBuffer *buffer; /* all others here; null if there is no buffer */
    struct slot *slot;      /* the slot invoked */
    struct cap cap;         /* what is in it */
    word_t cptr;            /* its address in the caller's CSpace */
    word_t label;
    word_t length; /* message words */
    unsigned extra_count;
    unsigned reply_length; /* words given by inv_reply */
    bool is_call;
    struct slot *extra[seL4_MsgMaxExtraCaps];
};

/** A word of an IPC buffer, read once: what was checked is what is used, whatever other threads write there. */
static inline word_t buffer_read(const seL4_Word *word)
{
    return *(const volatile seL4_Word *)word;
}
/** Message word i; 0 beyond the message. */
static inline word_t inv_word(const struct invocation *inv, unsigned i)
{
    if (i >= inv->length) {
        return 0;
    }
    if (i < seL4_FastMessageRegisters) {
        return inv->words[i];
    }
    return inv->buffer && i < seL4_MsgMaxLength ? buffer_read(&inv->buffer->msg[i]) : 0;
}
/** Sets word i of the answer. */
static inline void inv_reply(struct invocation *inv, unsigned i, word_t value)
{
    if (!inv->is_call) {
        return;
    }
    if (i < seL4_FastMessageRegisters) {
        inv->words[i] = value;
    } else if (inv->buffer && i < seL4_MsgMaxLength) {
        inv->buffer->msg[i] = value;
    } else {
        return;
    }
    if (inv->reply_length <= i) {
        inv->reply_length = i + 1;
    }
}
/** The capability in extra slot i; the null capability if there is none. */
static inline struct cap inv_extra(const struct invocation *inv, unsigned i)
{
    return i < inv->extra_count ? inv->extra[i]->cap : cap_null();
}

/* Errors with what was wrong; each returns the error. Arguments are numbered from 1 in the order of the method's inputs. */
int inv_invalid_argument(struct invocation *inv, unsigned argument);
int inv_invalid_capability(struct invocation *inv, unsigned argument);
int inv_range_error(struct invocation *inv, word_t least, word_t greatest);
int inv_failed_lookup(struct invocation *inv, bool source, const struct lookup_failure *failure);
int inv_not_enough_memory(struct invocation *inv, word_t available);

/** All system calls but the debug ones; from the exception vectors. */
void syscall_handle(struct tcb *caller);

#endif
