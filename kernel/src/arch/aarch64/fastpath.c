/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Compiled so that no register must be preserved (vectors.S saved them all), and free of calls on the way, so that there is no stack
 * frame. Every check comes before the first write.
 */
#include "arch/aarch64/fastpath.h"

#include "arch/aarch64/context_inline.h"
#include "arch/aarch64/fpu.h"
#include "ipc/message.h"
#include "object/endpoint.h"
#include "object/notification.h"
#include "object/reply.h"
#include "object/schedcontext.h"
#include "object/vcpu.h"
#include "object/vspace.h"
#include "object/waiters.h"
#include <sel4/invocation.h>
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

/* Can `server`, which waits at an endpoint (and so is no guest), run at once, on this core and the time of `caller`? */
INLINE bool can_serve(const struct cpu *cpu, const struct tcb *server, const struct tcb *caller)
{
    return likely(server->reply && !server->sc && server->table_epoch == cpu->asid_epoch &&
                  server->priority >= caller->priority);
}

/* The server leaves the queue and runs on the caller's scheduling context; the caller waits at the server's reply object. */
INLINE void hand_over(struct endpoint *ep, struct tcb *caller, struct tcb *server, uint16_t caller_mode)
{
    struct tcb *next = server->queue_next;
    struct reply *r = server->reply;
    struct sched_context *sc = caller->sc;
    struct reply *older = sc->reply;

    ep->head = next;
    if (!likely(next == 0)) {
        server->queue_next = 0;
        waiters_new_head(server, next);
    } else {
        ep->tail_state = ENDPOINT_IDLE;
    }
    r->tcb = caller;
    r->prev = older;
    r->next = (word_t)sc | REPLY_NEXT_IS_SC;
    if (!likely(older == 0)) {
        older->next = (word_t)r;
    }
    sc->reply = r;
    sc->tcb = server;
    caller->sc = 0;
    caller->reply = r;
    caller->mode.word = caller_mode;
    server->sc = sc;
    server->reply = 0;
    server->mode.word = MODE_RUNNING;
}

/* Native threads cannot write TPIDRRO_EL0: theirs need not be saved. */
INLINE void save_native(struct tcb *t)
{
    t->tpidr_el0 = read_sysreg(tpidr_el0);
    t->regs->sp_el0 = read_sysreg(sp_el0);
}

INLINE void load_native(struct cpu *cpu, struct tcb *t)
{
    if (cpu->vspace != t->vspace) {
        cpu->vspace = t->vspace;
        write_sysreg(ttbr0_el2, t->table_base);
    }
    context_load_user(t);
    /* Open to native threads only if the one before owns the FP registers. */
    if (!likely(cpu->cptr != CPTR_FPEN_NO_TRAP)) {
        fpu_update_trap(cpu, t);
    }
    cpu->current = t;
}

/* Methods that are called often, and with little more than their words. Waking somebody is for the long way. */
static __attribute__((noinline)) struct tcb *invoke(struct tcb *caller, struct cap c, word_t info)
{
    const word_t inject = seL4_MessageInfo_new(vesicle_VCPUInject, 0, 0, 1).words[0];
    struct vcpu *v = cap_object(c);

    if (cap_type(c) != CAP_VCPU || info != inject || !v->tcb || v->tcb->state == THREAD_WFI ||
        (v->cpu && v->cpu != cpu_this())) {
        return 0;
    }
    word_t error = (word_t)vcpu_inject(v, caller->regs->x[REG_MSG]);
    if (error) {
        return 0; /* nothing was done; the long way says more */
    }
    caller->regs->x[REG_BADGE] = 0;
    caller->regs->x[REG_INFO] = 0;
    return caller;
}

INLINE struct tcb *call(word_t cptr, word_t info, struct cpu *cpu, struct tcb *caller)
{
    if (!likely(is_near(caller, cptr) && is_short(info))) {
        return 0;
    }
    struct cap c = caller->fast_slots[cptr].cap;
    if (!likely(cap_type(c) == CAP_ENDPOINT)) {
        return invoke(caller, c, info);
    }
    struct endpoint *ep = cap_object(c);
    struct tcb *server = ep->head;
    if (!likely(has_right(c, CAP_RIGHT_WRITE) && has_right(c, CAP_RIGHT_GRANT | CAP_RIGHT_GRANT_REPLY) &&
                endpoint_state(ep) == ENDPOINT_RECEIVE && can_serve(cpu, server, caller))) {
        return 0;
    }
    server->regs->x[REG_BADGE] = cap_badge(c);
    server->regs->x[REG_INFO] = strip(info);
    copy_message(server, caller, info);
    hand_over(ep, caller, server, MODE_CALLING);
    save_native(caller);
    load_native(cpu, server);
    return server;
}

/* What is installed as fault handler is an endpoint with the rights it needs, or nothing. */
INLINE struct tcb *guest_exit(struct cpu *cpu, struct tcb *guest, uint64_t esr, const struct guest_abort_address *where)
{
    struct cap c = guest->slots[TCB_FAULT].cap;

    if (!likely(guest->regs != &guest->context && c.w0 != 0)) {
        return 0;
    }
    struct endpoint *ep = cap_object(c);
    struct tcb *server = ep->head;
    if (!likely(endpoint_state(ep) == ENDPOINT_RECEIVE && can_serve(cpu, server, guest))) {
        return 0;
    }
    struct vesicle_exit_frame *frame = (struct vesicle_exit_frame *)guest->regs;
    frame->pc = guest->pc;
    frame->pstate = guest->pstate;
    frame->esr = esr;
    frame->flags = 0;
    if (where) {
        frame->far = where->far;
        frame->ipa = where->ipa;
        frame->flags = where->flags;
    }
    guest->fault.type = seL4_Fault_VCPUFault;
    server->regs->x[REG_BADGE] = cap_badge(c);
    server->regs->x[REG_INFO] = seL4_MessageInfo_new(seL4_Fault_VCPUFault, 0, 0, 1).words[0];
    server->regs->x[REG_MSG] = esr;
    hand_over(ep, guest, server, MODE_EXITED);
    context_save_user(guest);
    context_flip_hcr();
    load_native(cpu, server);
    return server;
}

/* Nobody who is ready comes before `t`. */
INLINE bool is_most_urgent(const struct cpu *cpu, const struct tcb *t)
{
    if (likely(cpu->ready_words == 0)) {
        return true;
    }
    unsigned word = 63u - (unsigned)__builtin_clzll(cpu->ready_words);
    return word * 64 + 63u - (unsigned)__builtin_clzll(cpu->ready_map[word]) <= t->priority;
}

/* Guest and VMM use one setting of the FP trap while the guest owns the registers. */
INLINE void load_guest(struct cpu *cpu, struct tcb *t)
{
    context_load_user(t);
    if (!likely(cpu->fp_owner == t && cpu->cptr == CPTR_FPEN_EL0_TGE_TRAP)) {
        fpu_update_trap(cpu, t);
    }
    cpu->current = t;
}

INLINE struct tcb *reply_recv(word_t cptr, word_t info, struct cpu *cpu, struct tcb *server, word_t reply_cptr)
{
    if (!likely(is_near(server, cptr) && is_near(server, reply_cptr))) {
        return 0;
    }
    struct cap ep_cap = server->fast_slots[cptr].cap, reply_cap = server->fast_slots[reply_cptr].cap;
    if (!likely(cap_type(ep_cap) == CAP_ENDPOINT && has_right(ep_cap, CAP_RIGHT_READ) &&
                cap_type(reply_cap) == CAP_REPLY && !server->bound)) {
        return 0;
    }
    struct endpoint *ep = cap_object(ep_cap);
    struct reply *r = cap_object(reply_cap);
    struct tcb *caller = r->tcb;
    struct sched_context *sc = server->sc;
    if (!likely(endpoint_state(ep) == ENDPOINT_IDLE && r->next == ((word_t)sc | REPLY_NEXT_IS_SC) &&
                is_most_urgent(cpu, caller) && caller->table_epoch == cpu->asid_epoch)) {
        return 0;
    }
    struct reply *older = r->prev;
    bool guest = caller->mode.word == MODE_EXITED;
    if (guest) {
        /* Label 0, no capabilities: what is left is the number of interrupts to inject. */
        if (!likely(info <= seL4_FastMessageRegisters && cpu->ready_guest == caller)) {
            return 0;
        }
    } else if (!likely(caller->mode.word == MODE_CALLING && is_short(info))) {
        return 0;
    }

    /* The scheduling context goes back; the server waits at the endpoint and offers the reply object again. */
    if (!likely(older == 0)) {
        older->next = (word_t)sc | REPLY_NEXT_IS_SC;
    }
    sc->reply = older;
    sc->tcb = caller;
    caller->sc = sc;
    caller->reply = 0;
    caller->mode.word = MODE_RUNNING;
    r->tcb = server;
    r->prev = 0;
    r->next = 0;
    server->sc = 0;
    server->reply = r;
    server->mode.word = MODE_RECEIVING;
    server->blocking_object = ep;
    ep->head = server;
    ep->tail_state = (word_t)server | ENDPOINT_RECEIVE;
    save_native(server);

    if (guest) {
        vcpu_take_exit(caller);
        context_flip_hcr();
        load_guest(cpu, caller);
        if (!likely(info == 0)) {
            vcpu_inject_words(caller->vcpu, &server->regs->x[REG_MSG], info);
        }
        return caller;
    }
    caller->regs->x[REG_BADGE] = 0;
    caller->regs->x[REG_INFO] = strip(info);
    copy_message(caller, server, info);
    load_native(cpu, caller);
    return caller;
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

struct guest_abort_address guest_abort_address(uint64_t esr)
{
    if (!is_permission_fault(esr)) {
        return address_from_hpfar();
    }
    /* Ask the guest's own stage 1; PAR_EL1 is the guest's too. */
    uint64_t far = read_sysreg(far_el2), saved = read_sysreg(par_el1);
    __asm__ volatile("at s1e1r, %0\n\tisb" ::"r"(far));
    uint64_t par = read_sysreg(par_el1);
    write_sysreg(par_el1, saved);
    return (struct guest_abort_address){far, (par & 0x000ffffffffff000ull) | (far & 0xfff),
                                        par & 1 ? 0 : VESICLE_EXIT_IPA_VALID};
}

struct tcb *fastpath_trap(word_t x0, word_t x1, uint64_t esr, struct tcb *t, struct cpu *cpu, word_t x5, word_t x6,
                          word_t x7)
{
    (void)x5;
    if (likely(ESR_EC(esr) == EC_SVC64)) {
        if (x7 == vesicle_SysReplyRecv) {
            return reply_recv(x0, x1, cpu, t, x6);
        }
        return likely(x7 == vesicle_SysCall) ? call(x0, x1, cpu, t) : 0;
    }
    if (ESR_EC(esr) == EC_HVC64) {
        return guest_exit(cpu, t, esr, 0);
    }
    if (ESR_EC(esr) == EC_DABT_LOWER && t->vcpu && !is_permission_fault(esr)) {
        struct guest_abort_address where = address_from_hpfar();
        return guest_exit(cpu, t, esr, &where);
    }
    return 0;
}
