/* SPDX-License-Identifier: BSD-2-Clause */
/* Endpoints: where threads meet to pass messages. Queues are ordered by priority, first come first served among equals. */
#ifndef OBJECT_ENDPOINT_H
#define OBJECT_ENDPOINT_H

#include "object/slot.h"

struct tcb;
struct reply;

enum endpoint_state { ENDPOINT_IDLE = 0, ENDPOINT_SEND = 1, ENDPOINT_RECEIVE = 2 };

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
/** The endpoint goes: all who wait are made to retry (and will find no endpoint). */
void endpoint_cancel_all(struct endpoint *ep);
/** Makes waiting senders with this badge retry. */
void endpoint_cancel_badged(struct endpoint *ep, word_t badge);
/** Moves `t` to its place in the queue after its priority changed. */
void endpoint_reorder(struct endpoint *ep, struct tcb *t);
/** The first queued thread, taken out. Queue not empty. */
struct tcb *endpoint_pop(struct endpoint *ep);

#endif
