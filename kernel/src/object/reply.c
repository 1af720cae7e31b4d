/* SPDX-License-Identifier: BSD-2-Clause */
#include "object/reply.h"

#include "ipc/message.h"
#include "object/schedcontext.h"
#include "arch/timer.h"
#include "object/vcpu.h"
#include "sched/budget.h"
#include "sched/scheduler.h"

void reply_push(struct reply *r, struct tcb *caller, struct tcb *callee, bool donate)
{
    struct sched_context *sc = caller->sc;

    r->tcb = caller;
    caller->reply = r;
    tcb_set_state(caller, THREAD_BLOCKED_ON_REPLY);
    if (!donate || !sc || callee->sc) {
        return;
    }
    r->prev = sc->reply;
    if (r->prev) {
        r->prev->next = (word_t)r;
    }
    r->next = (word_t)sc | REPLY_NEXT_IS_SC;
    sc->reply = r;
    sc_donate(sc, callee);
}

void reply_leave_stack(struct reply *r)
{
    struct sched_context *sc = reply_sc(r);

    if (r->prev) {
        r->prev->next = r->next;
    }
    if (sc) {
        sc->reply = r->prev;
    } else if (r->next) {
        ((struct reply *)r->next)->prev = r->prev;
    }
    r->prev = 0;
    r->next = 0;
}

/* Takes r out of the stack it is in, if any, and from its thread. */
static void unlink_reply(struct reply *r)
{
    reply_leave_stack(r);
    r->tcb->reply = 0;
    *r = (struct reply){0};
}

void reply_pop(struct reply *r)
{
    struct tcb *caller = r->tcb;
    struct sched_context *sc = reply_sc(r);

    unlink_reply(r);
    if (sc && !caller->sc) {
        sc_donate(sc, caller);
    }
}

void reply_cut(struct tcb *caller)
{
    if (caller->reply) {
        unlink_reply(caller->reply);
    }
}

void reply_release(struct reply *r)
{
    struct tcb *t = r->tcb;

    if (!t) {
        return;
    }
    if (t->state == THREAD_BLOCKED_ON_REPLY) {
        reply_pop(r);
        tcb_abandon(t);
    } else {
        unlink_reply(r);
    }
}

void reply_send(struct reply *r, struct tcb *sender, bool can_grant)
{
    struct tcb *t = r->tcb;
    bool resume = true, timeout;

    if (!t || t->state != THREAD_BLOCKED_ON_REPLY) {
        return;
    }
    timeout = t->in_fault && t->fault.type == seL4_Fault_Timeout;
    reply_pop(r);
    if (t->in_fault) {
        resume = fault_reply(t, sender, (seL4_MessageInfo_t){{sender->regs->x[REG_INFO]}});
    } else {
        message_transfer(sender, 0, 0, can_grant, t);
    }
    tcb_set_state(t, resume ? THREAD_RUNNING : THREAD_INACTIVE);
    if (resume && t->vcpu && vcpu_send_notice(t)) {
        return;
    }
    if (!resume || !t->sc) {
        return;
    }
    /* The budget may have been used up on the way. */
    sched_account(t->cpu);
    if (timeout || budget_ready(t->sc, timer_now()) || !fault_send_timeout(t, t->sc)) {
        sched_come_back(t);
    }
}
