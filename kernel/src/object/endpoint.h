/* SPDX-License-Identifier: BSD-2-Clause */
/* Endpoints: where threads meet to pass messages. Queues are ordered by priority, first come first served among equals. */
#ifndef OBJECT_ENDPOINT_H
#define OBJECT_ENDPOINT_H

#include "object/slot.h"

struct tcb;
struct reply;

enum endpoint_state {
    ENDPOINT_IDLE = 0,
    ENDPOINT_SEND = 1,
    ENDPOINT_RECEIVE = 2,
    ENDPOINT_DYING = 3, /* its last capability is going; fault handlers' slots still lead the fast path here */
};

struct endpoint {
    struct tcb *head;
    word_t tail_state; /* tail pointer, state in the low bits */
};
_Static_assert(sizeof(struct endpoint) == 1u << seL4_EndpointBits, "endpoint size");

static inline enum endpoint_state endpoint_state(const struct endpoint *ep)
{
    return (enum endpoint_state)(ep->tail_state & 3);
}
static inline struct tcb *endpoint_tail(const struct endpoint *ep)
{
    return (struct tcb *)(ep->tail_state & ~3ull);
}

struct send_options {
    bool block, call, can_grant, can_grant_reply, can_donate;
};

/** `sender`'s message goes to a waiting receiver, or the sender is queued (if options.block). */
void endpoint_send(struct endpoint *ep, struct tcb *sender, word_t badge, struct send_options options);
/** `receiver` takes a waiting sender's message, or is queued; `reply` (may be null) takes a caller. */
void endpoint_receive(struct endpoint *ep, struct tcb *receiver, bool block, struct reply *reply, bool can_grant);
/** Takes a blocked thread out of the queue. */
void endpoint_cancel(struct endpoint *ep, struct tcb *t);
/** The endpoint goes: all who wait are made to retry (and will find no endpoint). False if preempted. */
bool endpoint_finalise(struct endpoint *ep);
/** Makes waiting senders with this badge retry. False if preempted; `canceller` goes on when it calls again. */
bool endpoint_cancel_badged(struct endpoint *ep, word_t badge, struct tcb *canceller);
/** A cancellation that `canceller` may have begun will not be gone on with. */
void endpoint_forget_cancel(struct tcb *canceller);
/** Gives `t`, which waits, another priority and its place. */
void endpoint_reorder(struct endpoint *ep, struct tcb *t, unsigned priority);
/** The first queued thread, taken out. Queue not empty. */
struct tcb *endpoint_pop(struct endpoint *ep);

#endif
