/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Compiled so that no register must be preserved (vectors.S saved them all), and free of calls on the way, so that there is no stack
 * frame. Every check comes before the first write. All of it is there twice: plain, and for a core that counts exits.
 */
#include "arch/aarch64/fastpath.h"

#include "arch/aarch64/fast_inline.h"
#include "arch/aarch64/trap.h"
#include "object/endpoint.h"
#include "object/reply.h"
#include "object/schedcontext.h"
#include "object/vcpu_irq.h"
#include "object/vspace.h"
#include "trace/count.h"
#include <sel4/invocation.h>
#include <sel4/vesicle.h>

/* What the core does with exits. A constant everywhere below: each of the two functions is as though there was no other. */
struct counting {
    bool on;
    ticks_t now; /* when the trap came */
};

/* A guest was left, if the thread is one. */
INLINE void begin_exit(struct counting c, struct tcb *t, uint32_t counter)
{
    if (c.on && t->vcpu) {
        count_begin(t->vcpu, c.now, counter);
    }
}

/* A trip that may end at a guest. It knows nothing of counting. */
static __attribute__((noinline)) struct tcb *count_trip(fast_trip *trip)
{
    struct tcb *to = trip();

    return to ? trace_leave_counting(to) : 0;
}

INLINE struct tcb *go(struct counting c, fast_trip *trip)
{
    return c.on ? count_trip(trip) : trip();
}

/* Can `server`, which waits at an endpoint (and so is no guest), run at once, on this core and the time of `caller`? */
INLINE bool can_serve(const struct cpu *cpu, const struct tcb *server, const struct tcb *caller)
{
    return likely(server->reply && !server->sc && server->table_epoch == cpu->asid_epoch &&
                  server->priority >= caller->priority);
}

/* The server runs on the caller's scheduling context; the caller waits at the server's reply object. */
INLINE void hand_over(struct endpoint *ep, struct tcb *caller, struct tcb *server, uint16_t caller_mode)
{
    struct reply *r = server->reply;
    struct sched_context *sc = caller->sc;
    struct reply *older = sc->reply;

    leave_endpoint(ep, server);
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

INLINE struct tcb *call(word_t cptr, word_t info, struct cpu *cpu, struct tcb *caller, struct counting counting)
{
    if (!likely(is_near(caller, cptr))) {
        return 0;
    }
    struct cap c = caller->fast_slots[cptr].cap;
    if (!likely(cap_type(c) == CAP_ENDPOINT)) {
        return go(counting, fast_invoke);
    }
    struct endpoint *ep = cap_object(c);
    struct tcb *server = ep->head;
    if (!likely(can_call(c, info) && endpoint_state(ep) == ENDPOINT_RECEIVE)) {
        return fast_call_long();
    }
    if (!likely(can_serve(cpu, server, caller))) {
        return fast_call_active();
    }
    server->regs->x[REG_BADGE] = cap_badge(c);
    server->regs->x[REG_INFO] = strip(info);
    copy_message(server, caller, info);
    hand_over(ep, caller, server, MODE_CALLING);
    save_native(caller);
    load_native(cpu, server);
    return server;
}

/* What is installed as fault handler is an endpoint with the rights it needs, or nothing. The VMM's in any case, the long way too. */
INLINE struct tcb *guest_exit(struct cpu *cpu, struct tcb *guest, uint64_t esr, enum vesicle_exit_reason reason,
                              struct counting counting)
{
    struct cap c = guest->slots[TCB_FAULT].cap;

    begin_exit(counting, guest, (uint32_t)reason | VESICLE_TRACE_VMM);
    if (!likely(guest->quick_exits != 0 && c.w0 != 0)) {
        return 0;
    }
    struct endpoint *ep = cap_object(c);
    struct tcb *server = ep->head;
    if (!likely(endpoint_state(ep) == ENDPOINT_RECEIVE)) {
        return 0;
    }
    if (!likely(can_serve(cpu, server, guest))) {
        return fast_exit_active();
    }
    show_exit(guest, esr, reason == vesicle_Exit_DataAbort, server, cap_badge(c));
    hand_over(ep, guest, server, MODE_EXITED);
    context_save_user(guest);
    context_flip_hcr();
    load_native_after_guest(cpu, guest, server);
    return server;
}

/* The interrupts of a reply, mostly one, and no other is there. */
INLINE void inject_words(struct vcpu *v, const word_t *words, word_t count)
{
    if (!likely(count == 1 && vcpu_inject_alone(v, words[0]))) {
        vcpu_inject_words(v, words, count);
    }
}

INLINE struct tcb *reply_recv(word_t cptr, word_t info, struct cpu *cpu, struct tcb *server, word_t reply_cptr,
                              struct counting counting)
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
    if (!likely(endpoint_state(ep) == ENDPOINT_IDLE)) {
        return 0;
    }
    if (!likely(r->next == ((word_t)sc | REPLY_NEXT_IS_SC))) {
        return go(counting, fast_reply_active);
    }
    if (!likely(is_most_urgent(cpu, caller) && caller->table_epoch == cpu->asid_epoch)) {
        return 0;
    }
    bool guest = caller->mode.word == MODE_EXITED;
    if (guest) {
        /* Label 0, no capabilities: what is left is the number of interrupts to inject. */
        if (!likely(info <= seL4_FastMessageRegisters)) {
            return 0;
        }
        if (!likely(cpu->ready_guest == caller)) {
            return go(counting, fast_reply_guest);
        }
    } else if (!likely(caller->mode.word == MODE_CALLING && is_short(info))) {
        return 0;
    }

    give_back(sc, r, caller);
    server->sc = 0;
    receive_again(ep, server, r);
    save_native(server);
    if (guest) {
        vcpu_take_exit(caller);
        context_flip_hcr();
        context_change_user(server, caller);
        cpu->current = caller;
        if (counting.on) {
            count_end(caller->vcpu, timer_now());
        }
        if (!likely(info == 0)) {
            inject_words(caller->vcpu, &server->regs->x[REG_MSG], info);
        }
        return caller;
    }
    caller->regs->x[REG_BADGE] = 0;
    caller->regs->x[REG_INFO] = strip(info);
    copy_message(caller, server, info);
    load_native(cpu, caller);
    return caller;
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

INLINE struct tcb *svc(word_t x0, word_t x1, struct tcb *t, struct cpu *cpu, word_t x6, word_t x7,
                       struct counting counting)
{
    if (x7 == vesicle_SysReplyRecv) {
        return reply_recv(x0, x1, cpu, t, x6, counting);
    }
    return likely(x7 == vesicle_SysCall) ? call(x0, x1, cpu, t, counting) : go(counting, fast_signal);
}

INLINE struct tcb *exit(uint64_t esr, struct tcb *t, struct cpu *cpu, struct counting counting)
{
    if (ESR_EC(esr) == EC_HVC64) {
        return guest_exit(cpu, t, esr, vesicle_Exit_HVC, counting);
    }
    if (ESR_EC(esr) == EC_DABT_LOWER && t->vcpu && !is_permission_fault(esr)) {
        return guest_exit(cpu, t, esr, vesicle_Exit_DataAbort, counting);
    }
    if (t->vcpu && ESR_EC(esr) == EC_SMC64) {
        return guest_exit(cpu, t, esr, vesicle_Exit_SMC, counting);
    }
    if (t->vcpu && ESR_EC(esr) == EC_SYSREG && !trap_may_be_ours(esr)) {
        return guest_exit(cpu, t, esr, vesicle_Exit_SysReg, counting);
    }
    begin_exit(counting, t, count_reason_of(esr));
    return 0;
}

struct tcb *fastpath_svc(word_t x0, word_t x1, word_t x2, struct tcb *t, struct cpu *cpu, word_t x5, word_t x6,
                         word_t x7)
{
    (void)x2, (void)x5;
    return svc(x0, x1, t, cpu, x6, x7, (struct counting){0});
}

struct tcb *fastpath_svc_counting(word_t x0, word_t x1, word_t x2, struct tcb *t, struct cpu *cpu, ticks_t now,
                                  word_t x6, word_t x7)
{
    (void)x2;
    return svc(x0, x1, t, cpu, x6, x7, (struct counting){true, now});
}

struct tcb *fastpath_exit(word_t x0, word_t x1, uint64_t esr, struct tcb *t, struct cpu *cpu)
{
    (void)x0, (void)x1;
    return exit(esr, t, cpu, (struct counting){0});
}

struct tcb *fastpath_exit_counting(word_t x0, word_t x1, uint64_t esr, struct tcb *t, struct cpu *cpu, ticks_t now)
{
    (void)x0, (void)x1;
    return exit(esr, t, cpu, (struct counting){true, now});
}
