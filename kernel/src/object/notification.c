/* SPDX-License-Identifier: BSD-2-Clause */
#include "object/notification.h"

#include "arch/preempt.h"
#include "ipc/message.h"
#include "object/endpoint.h"
#include "object/reply.h"
#include "object/schedcontext.h"
#include "object/waiters.h"
#include "sched/scheduler.h"

static void deliver(struct notification *n, struct tcb *t, word_t badge)
{
    t->regs->x[REG_BADGE] = badge;
    t->regs->x[REG_INFO] = 0;
    tcb_set_state(t, THREAD_RUNNING);
    notification_lend_sc(n, t);
    sched_wake(t);
}

void notification_signal(struct notification *n, word_t badge)
{
    struct tcb *t = n->bound;

    if (n->state == NOTIFICATION_WAITING) {
        t = n->head;
        waiters_remove(&n->head, &n->tail, t);
        n->state = n->head ? NOTIFICATION_WAITING : NOTIFICATION_IDLE;
        deliver(n, t, badge);
    } else if (n->state == NOTIFICATION_IDLE && t && t->state == THREAD_BLOCKED_ON_RECEIVE) {
        tcb_unblock(t);
        deliver(n, t, badge);
    } else {
        n->badge = n->state == NOTIFICATION_ACTIVE ? n->badge | badge : badge;
        n->state = NOTIFICATION_ACTIVE;
    }
}

void notification_receive(struct notification *n, struct tcb *t, bool block)
{
    if (n->state == NOTIFICATION_ACTIVE) {
        t->regs->x[REG_BADGE] = n->badge;
        t->regs->x[REG_INFO] = 0;
        n->state = NOTIFICATION_IDLE;
        n->badge = 0;
        notification_lend_sc(n, t);
    } else if (block) {
        t->blocking_object = n;
        notification_return_sc(n, t);
        tcb_set_state(t, THREAD_BLOCKED_ON_NOTIFICATION);
        waiters_insert(&n->head, &n->tail, t);
        n->state = NOTIFICATION_WAITING;
    } else {
        t->regs->x[REG_BADGE] = 0;
    }
}

void notification_cancel(struct notification *n, struct tcb *t)
{
    waiters_remove(&n->head, &n->tail, t);
    if (!n->head) {
        n->state = NOTIFICATION_IDLE;
    }
}

void notification_reorder(struct notification *n, struct tcb *t, unsigned priority)
{
    waiters_remove(&n->head, &n->tail, t);
    t->priority = (uint8_t)priority;
    waiters_insert(&n->head, &n->tail, t);
}

void notification_bind(struct notification *n, struct tcb *t)
{
    n->bound = t;
    t->bound = n;
    if (n->state == NOTIFICATION_ACTIVE && t->state == THREAD_BLOCKED_ON_RECEIVE) {
        word_t badge = n->badge;
        n->state = NOTIFICATION_IDLE;
        n->badge = 0;
        tcb_unblock(t);
        deliver(n, t, badge);
    }
}

void notification_unbind(struct notification *n)
{
    if (n->bound) {
        n->bound->bound = 0;
        n->bound = 0;
    }
}

bool notification_take_bound(struct tcb *t)
{
    if (!t->bound || t->bound->state != NOTIFICATION_ACTIVE) {
        return false;
    }
    notification_receive(t->bound, t, false);
    return true;
}

void notification_return_sc(struct notification *n, struct tcb *t)
{
    if (n->sc && n->sc == t->sc) {
        sc_unbind_tcb(n->sc);
    }
}

void notification_lend_sc(struct notification *n, struct tcb *t)
{
    if (!t->sc && n->sc && !n->sc->tcb) {
        sc_donate(n->sc, t);
        sc_resume(n->sc);
    }
}

bool notification_finalise(struct notification *n)
{
    notification_unbind(n);
    if (n->sc) {
        sc_unbind_notification(n->sc);
    }
    while (n->head) {
        tcb_restart(n->head);
        if (n->head && preempt_point()) {
            return false;
        }
    }
    return true;
}
