/* SPDX-License-Identifier: BSD-2-Clause */
#include "object/waiters.h"

/* The first of the priority whose last one is `last`. */
static struct tcb *first_of(struct tcb *last)
{
    return waiters_equal(last, last->queue_prev) ? last->wait_jump : last;
}

void waiters_insert(struct tcb **head, struct tcb **tail, struct tcb *t)
{
    struct tcb *before = 0, *after = *tail;

    while (after && after->priority < t->priority) {
        before = first_of(after);
        after = before->queue_prev;
    }
    if (waiters_equal(after, t)) {
        struct tcb *first = first_of(after);
        first->wait_jump = t;
        t->wait_jump = first;
    }
    t->queue_prev = after;
    t->queue_next = before;
    *(after ? &after->queue_next : head) = t;
    *(before ? &before->queue_prev : tail) = t;
}

void waiters_remove(struct tcb **head, struct tcb **tail, struct tcb *t)
{
    struct tcb *prev = t->queue_prev, *next = t->queue_next;
    bool first = !waiters_equal(prev, t), last = !waiters_equal(t, next);

    if (first != last) {
        struct tcb *end = first ? next : prev; /* what t was, this one is now */
        end->wait_jump = t->wait_jump;
        t->wait_jump->wait_jump = end;
    }
    *(prev ? &prev->queue_next : head) = next;
    *(next ? &next->queue_prev : tail) = prev;
    t->queue_prev = t->queue_next = 0;
}
