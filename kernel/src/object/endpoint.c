/* SPDX-License-Identifier: BSD-2-Clause */
#include "object/endpoint.h"

#include "arch/preempt.h"
#include "ipc/message.h"
#include "object/notification.h"
#include "object/reply.h"
#include "object/schedcontext.h"
#include "object/tcb.h"
#include "object/waiters.h"
#include "sched/scheduler.h"

static void set_queue(struct endpoint *ep, struct tcb *head, struct tcb *tail, enum endpoint_state state)
{
    ep->head = head;
    ep->tail_state = (word_t)tail | (head ? state : ENDPOINT_IDLE);
}

static void enqueue(struct endpoint *ep, struct tcb *t, enum endpoint_state state)
{
    struct tcb *head = ep->head, *tail = endpoint_tail(ep);

    t->blocking_object = ep;
    waiters_insert(&head, &tail, t);
    set_queue(ep, head, tail, state);
}

/*
 * A cancellation may be broken off between two senders. It goes on from the second, which knows who is to come back to it, so that
 * it passes that on when it leaves the queue. No two come back to one.
 */
static word_t reorders; /* how often a waiting thread changed its place: a cancellation may have missed it */

static void set_cancel_at(struct tcb *canceller, struct tcb *at)
{
    canceller->cancel_at = at;
    if (at) {
        at->cancelled_by = canceller;
    }
}

void endpoint_forget_cancel(struct tcb *canceller)
{
    if (canceller->cancel_at) {
        canceller->cancel_at->cancelled_by = 0;
        canceller->cancel_at = 0;
    }
}

static void pass_cancel_on(struct tcb *t)
{
    struct tcb *canceller = t->cancelled_by, *next = t->queue_next;

    t->cancelled_by = 0;
    set_cancel_at(canceller, next && !next->cancelled_by ? next : 0);
}

static void dequeue(struct endpoint *ep, struct tcb *t)
{
    struct tcb *head = ep->head, *tail = endpoint_tail(ep);

    if (t->cancelled_by) {
        pass_cancel_on(t);
    }
    waiters_remove(&head, &tail, t);
    set_queue(ep, head, tail, endpoint_state(ep));
}

struct tcb *endpoint_pop(struct endpoint *ep)
{
    struct tcb *t = ep->head;

    dequeue(ep, t);
    return t;
}

/* The caller of a completed rendezvous waits for its reply, or stops if the receiver cannot give one. */
static void await_reply(struct tcb *caller, struct tcb *callee, struct reply *reply, bool may_reply, bool donate)
{
    if (reply && may_reply) {
        reply_push(reply, caller, callee, donate);
    } else {
        tcb_abandon(caller);
    }
}

void endpoint_send(struct endpoint *ep, struct tcb *sender, word_t badge, struct send_options options)
{
    if (endpoint_state(ep) != ENDPOINT_RECEIVE) {
        if (options.block) {
            sender->blocking_badge = badge;
            sender->blocking_can_grant = options.can_grant;
            sender->blocking_can_grant_reply = options.can_grant_reply;
            sender->blocking_is_call = options.call;
            tcb_set_state(sender, THREAD_BLOCKED_ON_SEND);
            enqueue(ep, sender, ENDPOINT_SEND);
        }
        return;
    }
    struct tcb *receiver = endpoint_pop(ep);
    struct reply *reply = receiver->reply;

    message_transfer(sender, ep, badge, options.can_grant, receiver);
    if (reply) {
        reply_release(reply);
    }
    if (options.call) {
        await_reply(sender, receiver, reply, options.can_grant || options.can_grant_reply, options.can_donate);
    } else if (options.can_donate && !receiver->sc && sender->sc) {
        sc_donate(sender->sc, receiver);
    }
    tcb_set_state(receiver, THREAD_RUNNING);
    sched_wake(receiver);
}

void endpoint_receive(struct endpoint *ep, struct tcb *receiver, bool block, struct reply *reply, bool can_grant)
{
    (void)can_grant;
    if (reply && reply->tcb && reply->tcb != receiver) {
        /* The object still waits for another call's answer, which nobody can give any more. */
        tcb_cancel_ipc(reply->tcb);
    }
    if (notification_take_bound(receiver)) {
        return;
    }
    if (endpoint_state(ep) != ENDPOINT_SEND) {
        if (!block) {
            receiver->regs->x[REG_BADGE] = 0;
            return;
        }
        if (receiver->bound) {
            notification_return_sc(receiver->bound, receiver);
        }
        receiver->reply = reply;
        if (reply) {
            reply->tcb = receiver;
        }
        tcb_set_state(receiver, THREAD_BLOCKED_ON_RECEIVE);
        enqueue(ep, receiver, ENDPOINT_RECEIVE);
        return;
    }
    struct tcb *sender = endpoint_pop(ep);
    message_transfer(sender, ep, sender->blocking_badge, sender->blocking_can_grant, receiver);
    if (sender->blocking_is_call) {
        bool may_reply = sender->blocking_can_grant || sender->blocking_can_grant_reply;
        await_reply(sender, receiver, reply, may_reply,
                    !(sender->in_fault && sender->fault.type == seL4_Fault_Timeout));
    } else {
        tcb_set_state(sender, THREAD_RUNNING);
        sched_wake(sender);
    }
}

void endpoint_cancel(struct endpoint *ep, struct tcb *t)
{
    dequeue(ep, t);
}

bool endpoint_finalise(struct endpoint *ep)
{
    while (ep->head) {
        tcb_restart(ep->head);
        if (ep->head && preempt_point()) {
            set_queue(ep, ep->head, endpoint_tail(ep), ENDPOINT_DYING);
            return false;
        }
    }
    return true;
}

/* Where to begin, or to go on. */
static struct tcb *first_to_cancel(const struct endpoint *ep, word_t badge, struct tcb *canceller)
{
    struct tcb *at = canceller->cancel_at;
    bool goes_on =
        at && at->blocking_object == ep && canceller->cancel_badge == badge && canceller->cancel_round == reorders;

    endpoint_forget_cancel(canceller);
    canceller->cancel_badge = badge;
    canceller->cancel_round = reorders;
    return goes_on ? at : ep->head;
}

/* Between two looks for interrupts: senders passed by, and for how many of them one that is made to retry counts. */
enum { CANCEL_STEP = 128, CANCEL_COST = 32 };

bool endpoint_cancel_badged(struct endpoint *ep, word_t badge, struct tcb *canceller)
{
    struct tcb *t = first_to_cancel(ep, badge, canceller), *next;
    unsigned work = 0;

    if (endpoint_state(ep) != ENDPOINT_SEND) {
        return true;
    }
    for (; t; t = next) {
        next = t->queue_next;
        work++;
        if (t->blocking_badge == badge) {
            tcb_restart(t);
            work += CANCEL_COST;
        }
        if (work >= CANCEL_STEP && next && !next->cancelled_by) {
            if (preempt_point()) {
                set_cancel_at(canceller, next);
                return false;
            }
            work = 0;
        }
    }
    return true;
}

void endpoint_reorder(struct endpoint *ep, struct tcb *t, unsigned priority)
{
    enum endpoint_state state = endpoint_state(ep);

    reorders++;
    dequeue(ep, t);
    t->priority = (uint8_t)priority;
    enqueue(ep, t, state);
}
