/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/aarch64/fastpath.h"

#include "arch/context.h"
#include "arch/aarch64/context_inline.h"
#include "arch/aarch64/fpu.h"
#include "ipc/message.h"
#include "object/endpoint.h"
#include "object/notification.h"
#include "object/reply.h"
#include "object/schedcontext.h"
#include "object/vcpu.h"
#include "object/vspace.h"
#include <sel4/vesicle.h>

#define likely(x) __builtin_expect(!!(x), 1)

/* One CNode that resolves all 64 bits: the slot, else null. */
static inline struct slot *lookup_one_level(const struct tcb *t, word_t cptr)
{
    struct cap root = t->slots[TCB_CSPACE].cap;
    unsigned radix = cap_cnode_radix(root);

    if (!likely(cap_type(root) == CAP_CNODE && cap_cnode_guard_size(root) + radix == seL4_WordBits &&
                cptr >> radix == cap_cnode_guard(root))) {
        return 0;
    }
    return (struct slot *)cap_object(root) + (cptr & ((1ull << radix) - 1));
}

/* Short, no capabilities: length and extraCaps are the low nine bits of the info word. */
static inline bool is_short(word_t info) { return (info & 0x1ff) <= seL4_FastMessageRegisters; }
static inline word_t strip(word_t info) { return info & ~(0x1full << 7); }

static inline void copy_message(struct tcb *to, const struct tcb *from, word_t info)
{
    const word_t *src = &from->regs->x[REG_MSG];
    word_t *dst = &to->regs->x[REG_MSG];

    switch (info & 7) {
    case 4:
        dst[3] = src[3];
        /* fall through */
    case 3:
        dst[2] = src[2];
        /* fall through */
    case 2:
        dst[1] = src[1];
        /* fall through */
    case 1:
        dst[0] = src[0];
        /* fall through */
    default:
        break;
    }
}

/* A thread waiting at `ep` that can take a call on the caller's time, at once; null otherwise. */
static inline struct tcb *waiting_server(const struct endpoint *ep, const struct tcb *caller)
{
    struct tcb *server = ep->head;

    if (!likely(endpoint_state(ep) == ENDPOINT_RECEIVE && server->reply && !server->sc && !server->vcpu && server->vspace &&
                server->priority >= caller->priority && server->cpu == caller->cpu && caller->sc)) {
        return 0;
    }
    return server;
}

/* The server leaves the queue and runs on the caller's scheduling context; the caller waits at the server's reply object. */
static inline void hand_over(struct endpoint *ep, struct tcb *caller, struct tcb *server)
{
    struct tcb *next = server->queue_next;
    struct reply *r = server->reply;
    struct sched_context *sc = caller->sc;

    ep->head = next;
    server->queue_next = 0;
    if (next) {
        next->queue_prev = 0;
    } else {
        ep->tail_state = ENDPOINT_IDLE;
    }
    server->reply = 0;
    r->tcb = caller;
    caller->reply = r;
    r->prev = sc->reply;
    if (r->prev) {
        r->prev->next = (word_t)r;
    }
    r->next = (word_t)sc | REPLY_NEXT_IS_SC;
    sc->reply = r;
    sc->tcb = server;
    server->sc = sc;
    caller->sc = 0;
    caller->state = THREAD_BLOCKED_ON_REPLY;
    server->state = THREAD_RUNNING;
}

static inline bool has_asid(const struct tcb *t, word_t *asid)
{
    *asid = cap_vspace_asid(t->slots[TCB_VSPACE].cap);
    const struct asid_pool *pool = asid_table[*asid >> seL4_ASIDPoolIndexBits];
    return pool && (pool->entry[*asid & (ASID_POOL_ENTRIES - 1)] & ~1ull) == (uint64_t)t->vspace;
}

static inline void switch_native(struct cpu *cpu, struct tcb *from, struct tcb *to)
{
    word_t asid = 0;

    if (cpu->vspace != to->vspace && !has_asid(to, &asid)) {
        context_switch(cpu, to);
        return;
    }
    context_save_user(from);
    cpu->current = to;
    if (cpu->vspace != to->vspace) {
        cpu->vspace = to->vspace;
        write_sysreg(ttbr0_el2, virt_to_phys(to->vspace).raw | asid << 48);
    }
    context_set_hcr(cpu, HCR_NATIVE);
    context_load_user(to);
    fpu_update_trap(cpu, to);
}

static inline void switch_guest(struct cpu *cpu, struct tcb *from, struct tcb *to)
{
    struct vcpu *v = to->vcpu;

    if (!likely(cpu->vcpu == v && cpu->stage2 == to->vspace && to->vspace && cpu->vtimer_enabled)) {
        context_switch(cpu, to);
        return;
    }
    context_save_user(from);
    cpu->current = to;
    context_set_hcr(cpu, HCR_GUEST);
    context_load_user(to);
    fpu_update_trap(cpu, to);
}

bool fastpath_call(struct cpu *cpu, struct tcb *caller)
{
    word_t info = caller->regs->x[REG_INFO];
    const struct slot *s = lookup_one_level(caller, caller->regs->x[REG_BADGE]);
    const unsigned may_reply = CAP_RIGHT_GRANT | CAP_RIGHT_GRANT_REPLY;

    if (!likely(is_short(info) && s && cap_type(s->cap) == CAP_ENDPOINT && cap_info(s->cap) & CAP_RIGHT_WRITE &&
                cap_info(s->cap) & may_reply)) {
        return false;
    }
    struct endpoint *ep = cap_object(s->cap);
    struct tcb *server = waiting_server(ep, caller);
    if (!likely(server != 0)) {
        return false;
    }

    caller->in_syscall = true;
    server->regs->x[REG_BADGE] = cap_badge(s->cap);
    server->regs->x[REG_INFO] = strip(info);
    copy_message(server, caller, info);
    hand_over(ep, caller, server);
    switch_native(cpu, caller, server);
    return true;
}

bool fastpath_exit(struct cpu *cpu, struct tcb *guest, uint64_t esr, uint64_t far, uint64_t ipa, uint64_t flags)
{
    struct cap handler = guest->slots[TCB_FAULT].cap;
    const unsigned may_reply = CAP_RIGHT_GRANT | CAP_RIGHT_GRANT_REPLY;

    if (!likely(guest->regs != &guest->context && cap_type(handler) == CAP_ENDPOINT && cap_info(handler) & CAP_RIGHT_WRITE &&
                cap_info(handler) & may_reply)) {
        return false;
    }
    struct endpoint *ep = cap_object(handler);
    struct tcb *server = waiting_server(ep, guest);
    if (!likely(server != 0)) {
        return false;
    }

    struct vesicle_exit_frame *frame = (struct vesicle_exit_frame *)guest->regs;
    frame->pc = guest->pc;
    frame->pstate = guest->pstate;
    frame->esr = esr;
    frame->far = far;
    frame->ipa = ipa;
    frame->flags = flags;
    guest->exit_pending = true;
    guest->in_fault = true;
    guest->fault.type = seL4_Fault_VCPUFault;
    server->regs->x[REG_BADGE] = cap_badge(handler);
    server->regs->x[REG_INFO] = seL4_MessageInfo_new(seL4_Fault_VCPUFault, 0, 0, 1).words[0];
    server->regs->x[REG_MSG] = esr;
    hand_over(ep, guest, server);
    switch_native(cpu, guest, server);
    return true;
}

/* Nobody who is ready comes before `t`. */
static inline bool is_most_urgent(const struct cpu *cpu, const struct tcb *t)
{
    if (likely(cpu->ready_words == 0)) {
        return true;
    }
    unsigned word = 63u - (unsigned)__builtin_clzll(cpu->ready_words);
    return word * 64 + 63u - (unsigned)__builtin_clzll(cpu->ready_map[word]) <= t->priority;
}

bool fastpath_reply_recv(struct cpu *cpu, struct tcb *server)
{
    word_t info = server->regs->x[REG_INFO];
    const struct slot *s = lookup_one_level(server, server->regs->x[REG_BADGE]);
    const struct slot *reply_slot = lookup_one_level(server, server->regs->x[REG_REPLY]);

    if (!likely(is_short(info) && s && cap_type(s->cap) == CAP_ENDPOINT && cap_info(s->cap) & CAP_RIGHT_READ && reply_slot &&
                cap_type(reply_slot->cap) == CAP_REPLY && !server->bound)) {
        return false;
    }
    struct reply *r = cap_object(reply_slot->cap);
    struct tcb *caller = r->tcb;
    struct sched_context *sc = server->sc;
    if (!likely(caller && caller->state == THREAD_BLOCKED_ON_REPLY && r->next == ((word_t)sc | REPLY_NEXT_IS_SC) && sc &&
                !caller->sc && !cpu->reschedule && is_most_urgent(cpu, caller))) {
        return false;
    }
    bool guest = caller->exit_pending;
    if (caller->in_fault && !likely(guest && info >> 12 == 0 && caller->fault.type == seL4_Fault_VCPUFault && caller->vcpu->ended_count == 0)) {
        return false;
    }
    if (!guest && !likely(!caller->vcpu && caller->vspace)) {
        return false;
    }
    struct endpoint *ep = cap_object(s->cap);
    struct tcb *last = endpoint_tail(ep);
    if (!likely(endpoint_state(ep) == ENDPOINT_IDLE) &&
        (endpoint_state(ep) == ENDPOINT_SEND || last->priority < server->priority)) {
        return false;
    }

    /* The scheduling context goes back. */
    sc->reply = r->prev;
    if (r->prev) {
        r->prev->next = (word_t)sc | REPLY_NEXT_IS_SC;
    }
    sc->tcb = caller;
    caller->sc = sc;
    server->sc = 0;
    caller->reply = 0;
    caller->state = THREAD_RUNNING;
    /* The server waits at the endpoint, offering the reply object again. */
    *r = (struct reply){.tcb = server};
    server->reply = r;
    server->state = THREAD_BLOCKED_ON_RECEIVE;
    server->blocking_object = ep;
    server->in_syscall = true;
    server->queue_prev = endpoint_state(ep) == ENDPOINT_IDLE ? 0 : last;
    server->queue_next = 0;
    *(server->queue_prev ? &last->queue_next : &ep->head) = server;
    ep->tail_state = (word_t)server | ENDPOINT_RECEIVE;

    if (guest) {
        caller->in_fault = false;
        vcpu_commit_exit(caller);
        for (word_t i = 0; i < (info & 7); i++) {
            vcpu_inject(caller->vcpu, server->regs->x[REG_MSG + i]);
        }
        switch_guest(cpu, server, caller);
    } else {
        caller->regs->x[REG_BADGE] = 0;
        caller->regs->x[REG_INFO] = strip(info);
        copy_message(caller, server, info);
        switch_native(cpu, server, caller);
    }
    return true;
}
