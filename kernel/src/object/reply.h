/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reply objects: the right to answer one caller, and the links of a scheduling context's call stack. While a donated
 * scheduling context is away from its owner, the replies along the way stand in a list: `sc->reply` is the newest, `prev` leads to
 * older ones.
 */
#ifndef OBJECT_REPLY_H
#define OBJECT_REPLY_H

#include "object/slot.h"

struct tcb;
struct sched_context;

struct reply {
    struct tcb *tcb;    /* the caller waiting for this reply, or the receiver that offers the object */
    struct reply *prev; /* older call on the same scheduling context */
    word_t next;        /* newer call, or (bit 0 set) the scheduling context whose newest this is */
    word_t can_grant;
};
_Static_assert(sizeof(struct reply) == 1u << seL4_ReplyBits, "reply size");

#define REPLY_NEXT_IS_SC 1ul
static inline struct sched_context *reply_sc(const struct reply *r)
{
    return r->next & REPLY_NEXT_IS_SC ? (struct sched_context *)(r->next & ~REPLY_NEXT_IS_SC) : 0;
}

/** `caller` blocks on `r` for an answer of `callee`; its scheduling context goes along if `donate`. */
void reply_push(struct reply *r, struct tcb *caller, struct tcb *callee, bool donate);
/** The answer is given or given up: `r` is taken from the stack, its caller gets the scheduling context back if it came this way. */
void reply_pop(struct reply *r);
/** Takes `r` out of the stack it is in, if any: its answer will bring no scheduling context back. */
void reply_leave_stack(struct reply *r);
/** The caller is cancelled: `r` is cut out without giving the scheduling context back. */
void reply_cut(struct tcb *caller);
/** Detaches `r` from whatever thread it serves (object deleted, or reused for another call). */
void reply_release(struct reply *r);
/** A handler answers: message or fault reply to the waiting caller. */
void reply_send(struct reply *r, struct tcb *sender, bool can_grant);

#endif
