/* SPDX-License-Identifier: BSD-2-Clause */
/* Endpoints, notifications and reply objects: who waits where. */
#include "check/check.h"

#include "object/endpoint.h"
#include "object/notification.h"
#include "object/reply.h"
#include "object/schedcontext.h"
#include "object/tcb.h"
#include "object/waiters.h"

/* A queue at an object: threads in this state, the most urgent first. */
static bool check_queue(const void *object, const struct tcb *head, const struct tcb *tail, enum thread_state state)
{
    const struct tcb *last = 0, *first = 0;
    word_t group = 0;

    for (const struct tcb *t = head; t; last = t, t = t->queue_next) {
        if (!check(t->queue_prev == last, "a queue's link back leads elsewhere", t, object) ||
            !check(t->state == state && t->blocking_object == object, "a thread is in a queue it does not wait in", t,
                   object) ||
            !check(!last || last->priority >= t->priority, "a queue is not in order", t, object)) {
            return false;
        }
        if (waiters_equal(first, t)) {
            group++;
        } else {
            first = t;
            group = 1;
        }
        if (!waiters_equal(t, t->queue_next) && group > 1 &&
            !check(first->wait_jump == t && t->wait_jump == first, "the ends of a priority do not point to each other",
                   first, t)) {
            return false;
        }
        check_unrelate(RELATION_QUEUE, t, object);
    }
    return check(tail == last, "a queue ends elsewhere", object, tail);
}

static bool check_endpoint(const struct endpoint *ep, bool dying)
{
    enum endpoint_state state = endpoint_state(ep);

    if (dying && state == ENDPOINT_DYING && ep->head) {
        state = ep->head->state == THREAD_BLOCKED_ON_SEND ? ENDPOINT_SEND : ENDPOINT_RECEIVE;
    }
    return check(state <= ENDPOINT_RECEIVE && (state == ENDPOINT_IDLE) == (ep->head == 0),
                 "an endpoint's state is not that of its queue", ep, ep->head) &&
           check_queue(ep, ep->head, endpoint_tail(ep),
                       state == ENDPOINT_SEND ? THREAD_BLOCKED_ON_SEND : THREAD_BLOCKED_ON_RECEIVE);
}

static bool check_notification(const struct notification *n)
{
    if (!check(n->state <= NOTIFICATION_ACTIVE && (n->state == NOTIFICATION_WAITING) == (n->head != 0),
               "a notification's state is not that of its queue", n, n->head) ||
        !check(n->state == NOTIFICATION_ACTIVE || n->badge == 0, "signals that were taken are there", n, 0) ||
        !check(!n->bound || n->bound->bound == n, "a notification's thread is bound to another", n, n->bound) ||
        !check(!n->sc || n->sc->notification == n, "a notification's scheduling context has another", n, n->sc) ||
        !check_queue(n, n->head, n->tail, THREAD_BLOCKED_ON_NOTIFICATION)) {
        return false;
    }
    if (n->bound) {
        check_unrelate(RELATION_THREAD_NOTIFICATION, n->bound, n);
    }
    if (n->sc) {
        check_unrelate(RELATION_CONTEXT_NOTIFICATION, n->sc, n);
    }
    return true;
}

static bool check_reply(const struct reply *r)
{
    const struct tcb *t = r->tcb;

    if (r->prev || r->next) {
        check_unrelate(RELATION_CALL_STACK, r, 0);
        if (!check(t && t->state == THREAD_BLOCKED_ON_REPLY, "a call without caller", r, t) ||
            !check(r->next, "nobody has a call's time", r, 0)) {
            return false;
        }
    }
    if (t) {
        check_unrelate(RELATION_THREAD_REPLY, t, r);
    }
    return check(!t || t->reply == r, "a reply object's thread has another", r, t);
}

bool check_ipc(void)
{
    for (const struct slot *s = slot_next(&slot_list); s; s = slot_next(s)) {
        const void *object = check_is_first(s) && cap_is_physical(s->cap) ? cap_object(s->cap) : 0;
        if (!object) {
            continue;
        }
        enum cap_type type = cap_type(check_cap(s));
        if ((type == CAP_ENDPOINT && !check_endpoint(object, cap_is_leaf(s->cap))) ||
            (type == CAP_NOTIFICATION && !check_notification(object)) || (type == CAP_REPLY && !check_reply(object))) {
            return false;
        }
    }
    return check_balanced(RELATION_QUEUE,
                          "a thread waits where nobody finds it, or one that is no more is in a queue") &&
           check_balanced(RELATION_THREAD_NOTIFICATION,
                          "a thread is bound to a notification that is no more, or the reverse") &&
           check_balanced(RELATION_CONTEXT_NOTIFICATION,
                          "a notification's scheduling context is no more, or the reverse") &&
           check_balanced(RELATION_THREAD_REPLY, "a thread has a reply object that is no more, or the reverse") &&
           check_balanced(RELATION_CALL_STACK, "a call is in no stack of calls, or its reply object is no more");
}
