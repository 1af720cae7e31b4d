/* SPDX-License-Identifier: BSD-2-Clause */
/* What the fast paths are made of: looking at capabilities and messages, and switching threads. */
#ifndef AARCH64_FAST_INLINE_H
#define AARCH64_FAST_INLINE_H

#include "arch/context.h"
#include "arch/aarch64/context_inline.h"
#include "arch/aarch64/fastpath.h"
#include "arch/aarch64/fpu.h"
#include "ipc/message.h"
#include "object/endpoint.h"
#include "object/notification.h"
#include "object/reply.h"
#include "object/schedcontext.h"
#include "object/vcpu.h"
#include "object/waiters.h"
#include "sched/handover.h"
#include "sched/ready.h"
#include "syscall.h"
#include <sel4/vesicle.h>

#define INLINE    static inline __attribute__((always_inline))
#define likely(x) __builtin_expect(!!(x), 1)

/* Is the slot in a CSpace of one CNode? */
INLINE bool is_near(const struct tcb *t, word_t cptr)
{
    return likely(cptr <= t->fast_limit);
}

INLINE bool has_right(struct cap c, unsigned right)
{
    return c.w0 >> CAP_INFO_SHIFT & right;
}

/* Short, no capabilities: length and extraCaps are the low nine bits of the info word. */
INLINE bool is_short(word_t info)
{
    return (info & 0x1ff) <= seL4_FastMessageRegisters;
}
INLINE bool can_send(struct cap ep)
{
    return has_right(ep, CAP_RIGHT_WRITE) && has_right(ep, CAP_RIGHT_GRANT | CAP_RIGHT_GRANT_REPLY);
}
INLINE bool can_call(struct cap ep, word_t info)
{
    return is_short(info) && can_send(ep);
}
INLINE word_t strip(word_t info)
{
    return info & ~(0x1full << 7);
}

INLINE void copy_message(struct tcb *to, const struct tcb *from, word_t info)
{
    const word_t *src = &from->regs->x[REG_MSG];
    word_t *dst = &to->regs->x[REG_MSG];

    if (likely((info & 7) == 0)) {
        return;
    }
    if (info & 4) {
        word_t a = src[0], b = src[1], c = src[2], d = src[3];
        dst[0] = a, dst[1] = b, dst[2] = c, dst[3] = d;
        return;
    }
    if (info & 2) {
        word_t a = src[0], b = src[1];
        dst[0] = a, dst[1] = b;
    }
    if (info & 1) {
        dst[info & 2] = src[info & 2];
    }
}

/* Long, and both have a buffer for it; no capabilities. */
INLINE bool can_copy_long(const struct tcb *to, const struct tcb *from, word_t info)
{
    return (info & 0x1ff) <= seL4_MsgMaxLength && to->buffer && from->buffer;
}
INLINE void copy_long_message(struct tcb *to, const struct tcb *from, word_t info)
{
    copy_message(to, from, seL4_FastMessageRegisters);
    for (word_t i = seL4_FastMessageRegisters; i < (info & 0x7f); i++) {
        to->buffer->msg[i] = buffer_read(&from->buffer->msg[i]);
    }
}

/* Native threads cannot write TPIDRRO_EL0: theirs need not be saved. */
INLINE void save_native(struct tcb *t)
{
    t->tpidr_el0 = read_sysreg(tpidr_el0);
    t->regs->sp_el0 = read_sysreg(sp_el0);
}

INLINE void load_native_space(struct cpu *cpu, struct tcb *t)
{
    if (cpu->vspace != t->vspace) {
        cpu->vspace = t->vspace;
        write_sysreg(ttbr0_el2, t->table_base);
    }
}

/* Leaves alone the FP trap: a guest's setting is closed to native threads. */
INLINE void load_native_after_guest(struct cpu *cpu, const struct tcb *guest, struct tcb *t)
{
    load_native_space(cpu, t);
    context_change_user(guest, t);
    cpu->current = t;
}

INLINE void load_native(struct cpu *cpu, struct tcb *t)
{
    load_native_space(cpu, t);
    context_load_user(t);
    cpu->current = t;
    /* Open to native threads only if the one before owns the FP registers. */
    if (!likely(cpu->cptr != CPTR_FPEN_NO_TRAP)) {
        fpu_update_native_trap(cpu, t);
    }
}

/* Nobody who is ready comes before `t`. */
INLINE bool is_most_urgent(const struct cpu *cpu, const struct tcb *t)
{
    return likely(cpu->ready_words == 0) || ready_priority(cpu) <= t->priority;
}

/* From a native thread to whatever thread. */
INLINE struct tcb *go_on(struct cpu *cpu, struct tcb *from, struct tcb *to)
{
    if (likely(!to->vcpu && to->table_epoch == cpu->asid_epoch)) {
        save_native(from);
        load_native(cpu, to);
    } else {
        context_switch(cpu, to);
    }
    return to;
}

/* The first one in the endpoint's queue is not waiting any more. */
INLINE void leave_endpoint(struct endpoint *ep, struct tcb *first)
{
    struct tcb *next = first->queue_next;

    ep->head = next;
    if (!likely(next == 0)) {
        first->queue_next = 0;
        waiters_new_head(first, next);
    } else {
        ep->tail_state = ENDPOINT_IDLE;
    }
}

/* The server waits at the endpoint, where nobody was, and offers the reply object again. */
INLINE void receive_again(struct endpoint *ep, struct tcb *server, struct reply *r)
{
    r->tcb = server;
    r->prev = 0;
    r->next = 0;
    server->reply = r;
    server->mode.word = MODE_RECEIVING;
    server->blocking_object = ep;
    ep->head = server;
    ep->tail_state = (word_t)server | ENDPOINT_RECEIVE;
}

/* The answer brings the scheduling context back to the caller, who runs. */
INLINE void give_back(struct sched_context *sc, struct reply *r, struct tcb *caller)
{
    struct reply *older = r->prev;

    if (!likely(older == 0)) {
        older->next = (word_t)sc | REPLY_NEXT_IS_SC;
    }
    sc->reply = older;
    sc->tcb = caller;
    caller->sc = sc;
    caller->reply = 0;
    caller->mode.word = MODE_RUNNING;
}

/*
 * The first one who waits for the notification gets the signal, and has the core at once; it is still to be switched to. False, with
 * nothing changed, if there is more to it: if it has no time of its own, the notification's is for the long way.
 */
INLINE bool wake(struct cpu *cpu, struct tcb *from, struct notification *n, word_t badge)
{
    struct tcb *to = n->head, *next = to->queue_next;
    ticks_t now = timer_now();

    if (to->priority <= from->priority || !handover_can_leave(cpu, now) || !handover_can_enter(cpu, to, now, true)) {
        return false;
    }
    n->head = next;
    if (next) {
        waiters_new_head(to, next);
        to->queue_next = 0;
    } else {
        n->tail = 0;
        n->state = NOTIFICATION_IDLE;
    }
    to->regs->x[REG_BADGE] = badge;
    to->regs->x[REG_INFO] = 0;
    to->mode.word = MODE_RUNNING;
    handover(cpu, to->sc, now);
    ready_push_head(cpu, from);
    return true;
}

/* DFSC/IFSC says permission fault: HPFAR_EL2 is not set, unless it happened on a stage-1 walk. DDI 0487 D17.2.66 */
INLINE bool is_permission_fault(uint64_t esr)
{
    return (esr & 0x3c) == 0x0c && !(esr >> 7 & 1);
}

INLINE struct guest_abort_address address_from_hpfar(void)
{
    uint64_t far = read_sysreg(far_el2);
    uint64_t ipa = (read_sysreg(hpfar_el2) & 0x0000fffffffffff0ull) << 8 | (far & 0xfff);

    return (struct guest_abort_address){far, ipa, VESICLE_EXIT_IPA_VALID};
}

/* An exit, by HVC or by a data abort with an address, in the guest's frame and in the message for the thread that serves it. */
INLINE void show_exit(struct tcb *guest, uint64_t esr, bool abort, struct tcb *server, word_t badge)
{
    struct vesicle_exit_frame *frame = (struct vesicle_exit_frame *)guest->regs;

    frame->pc = guest->pc;
    frame->pstate = guest->pstate;
    frame->esr = esr;
    frame->flags = 0;
    if (abort) {
        struct guest_abort_address where = address_from_hpfar();
        frame->far = where.far;
        frame->ipa = where.ipa;
        frame->flags = where.flags;
    }
    guest->fault.type = seL4_Fault_VCPUFault;
    server->regs->x[REG_BADGE] = badge;
    server->regs->x[REG_INFO] = seL4_MessageInfo_new(seL4_Fault_VCPUFault, 0, 0, 1).words[0];
    server->regs->x[REG_MSG] = esr;
}

#endif
