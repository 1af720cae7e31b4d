/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads that wait at an endpoint or a notification: by priority, first come first served among equals. However many wait, a place is
 * found in as many steps as there are priorities: the first and the last of those of one priority point to each other
 * (`wait_jump`). Whether a thread is one of those, its neighbours tell, so that alone it needs no pointer.
 *
 * The fast path (arch/aarch64/fastpath.c) takes the first one out by itself, and puts one into an empty queue.
 */
#ifndef OBJECT_WAITERS_H
#define OBJECT_WAITERS_H

#include "object/tcb.h"

/** Puts `t` behind those of its priority. */
void waiters_insert(struct tcb **head, struct tcb **tail, struct tcb *t);
/** Takes `t` out; its priority is still the one with which it was put in. */
void waiters_remove(struct tcb **head, struct tcb **tail, struct tcb *t);

static inline bool waiters_equal(const struct tcb *a, const struct tcb *b)
{
    return a && b && a->priority == b->priority;
}

/** `t` was the first of all and is no longer there; `next`, not null, is. */
static inline void waiters_new_head(const struct tcb *t, struct tcb *next)
{
    next->queue_prev = 0;
    if (next->priority == t->priority) {
        next->wait_jump = t->wait_jump;
        next->wait_jump->wait_jump = next;
    }
}

#endif
