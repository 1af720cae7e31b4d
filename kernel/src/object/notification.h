/* SPDX-License-Identifier: BSD-2-Clause */
/* Notifications: a word of signals, and who waits for it. */
#ifndef OBJECT_NOTIFICATION_H
#define OBJECT_NOTIFICATION_H

#include "object/slot.h"

struct tcb;
struct sched_context;

enum notification_state { NOTIFICATION_IDLE = 0, NOTIFICATION_WAITING, NOTIFICATION_ACTIVE };

struct notification {
    word_t state;
    word_t badge; /* signals collected while active */
    struct tcb *head, *tail;
    struct tcb *bound;
    struct sched_context *sc;
};
_Static_assert(sizeof(struct notification) <= 1u << seL4_NotificationBits, "notification size");

void notification_signal(struct notification *n, word_t badge);
/** `t` takes the signals, or waits for some. */
void notification_receive(struct notification *n, struct tcb *t, bool block);
void notification_cancel(struct notification *n, struct tcb *t);
/** Gives `t`, which waits, another priority and its place. */
void notification_reorder(struct notification *n, struct tcb *t, unsigned priority);
/** `t` gets the signals while it receives; if it does already, those that are there. */
void notification_bind(struct notification *n, struct tcb *t);
/** Ends the binding from either side; does nothing where there is none. */
void notification_unbind(struct notification *n);
/** A receive on an endpoint first takes signals of the bound notification: true if it did. */
bool notification_take_bound(struct tcb *t);
/** If `t` runs on the notification's scheduling context, gives it back (before t blocks again). */
void notification_return_sc(struct notification *n, struct tcb *t);
/** If `t` has no scheduling context, lends it the notification's. */
void notification_lend_sc(struct notification *n, struct tcb *t);
/** The notification goes: all who wait are made to retry. False if preempted. */
bool notification_finalise(struct notification *n);

#endif
