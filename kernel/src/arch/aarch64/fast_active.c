/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The short trips that are not quite as short: the core goes from one scheduling context to another, or from one guest to another.
 * Compiled as fastpath.c is. What fastpath.c checked before it came here is not checked again; all else, before the first write.
 */
#include "arch/aarch64/fastpath.h"

#include "arch/aarch64/fast_inline.h"

/* The first one at the endpoint, if it can go on in place of the running thread, on its own time. */
INLINE struct tcb *active_server(const struct cpu *cpu, const struct endpoint *ep, ticks_t now)
{
    struct tcb *server = ep->head;

    return server->reply && handover_can_leave(cpu, now) && handover_can_enter(cpu, server, now, true) &&
                   is_most_urgent(cpu, server)
               ? server
               : 0;
}

/* The rendezvous: the caller waits at the server's reply object, and keeps its time. */
INLINE void await_reply(struct endpoint *ep, struct tcb *caller, struct tcb *server, uint16_t caller_mode)
{
    struct reply *r = server->reply;

    leave_endpoint(ep, server);
    r->tcb = caller;
    caller->reply = r;
    caller->mode.word = caller_mode;
    server->reply = 0;
    server->mode.word = MODE_RUNNING;
}

INLINE struct tcb *call_active(struct cpu *cpu, struct tcb *caller, struct cap c, word_t info, bool is_long)
{
    struct endpoint *ep = cap_object(c);
    ticks_t now = timer_now();
    struct tcb *server = active_server(cpu, ep, now);

    if (!server || (is_long && !can_copy_long(server, caller, info))) {
        return 0;
    }
    server->regs->x[REG_BADGE] = cap_badge(c);
    server->regs->x[REG_INFO] = strip(info);
    if (is_long) {
        copy_long_message(server, caller, info);
    } else {
        copy_message(server, caller, info);
    }
    await_reply(ep, caller, server, MODE_CALLING);
    handover(cpu, server->sc, now);
    return go_on(cpu, caller, server);
}

struct tcb *fast_call_active(void)
{
    struct cpu *cpu = cpu_this();
    struct tcb *caller = cpu->current;

    return call_active(cpu, caller, caller->fast_slots[caller->regs->x[REG_BADGE]].cap, caller->regs->x[REG_INFO],
                       false);
}

struct tcb *fast_call_long(void)
{
    struct cpu *cpu = cpu_this();
    struct tcb *caller = cpu->current;
    word_t info = caller->regs->x[REG_INFO];
    struct cap c = caller->fast_slots[caller->regs->x[REG_BADGE]].cap;

    if (is_short(info) || !can_send(c) || endpoint_state((struct endpoint *)cap_object(c)) != ENDPOINT_RECEIVE) {
        return 0;
    }
    return call_active(cpu, caller, c, info, true);
}

struct tcb *fast_exit_active(void)
{
    struct cpu *cpu = cpu_this();
    struct tcb *guest = cpu->current;
    struct cap c = guest->slots[TCB_FAULT].cap;
    struct endpoint *ep = cap_object(c);
    ticks_t now = timer_now();
    struct tcb *server = active_server(cpu, ep, now);

    if (!server) {
        return 0;
    }
    uint64_t esr = read_sysreg(esr_el2);
    show_exit(guest, esr, ESR_EC(esr) == EC_DABT_LOWER, server, cap_badge(c));
    await_reply(ep, guest, server, MODE_EXITED);
    handover(cpu, server->sc, now);
    if (likely(server->table_epoch == cpu->asid_epoch)) {
        context_save_user(guest);
        context_flip_hcr();
        load_native_after_guest(cpu, guest, server);
    } else {
        context_switch(cpu, server);
    }
    return server;
}

/* The guest takes up where its frame says. */
INLINE struct tcb *go_guest(struct cpu *cpu, struct tcb *server, struct tcb *guest, word_t virqs)
{
    vcpu_take_exit(guest);
    context_switch(cpu, guest);
    if (virqs) {
        vcpu_inject_words(guest->vcpu, &server->regs->x[REG_MSG], virqs);
    }
    return guest;
}

/* Strictly before all who are ready: among equals it would be the last. */
INLINE bool comes_first(const struct cpu *cpu, const struct tcb *t)
{
    return likely(cpu->ready_words == 0) || ready_priority(cpu) < t->priority;
}

struct tcb *fast_reply_active(void)
{
    struct cpu *cpu = cpu_this();
    struct tcb *server = cpu->current;
    const word_t *x = server->regs->x;
    struct endpoint *ep = cap_object(server->fast_slots[x[REG_BADGE]].cap);
    struct reply *r = cap_object(server->fast_slots[x[REG_REPLY]].cap);
    word_t info = x[REG_INFO];
    struct tcb *caller = r->tcb;
    ticks_t now = timer_now();

    if (r->next != 0 || !caller || !handover_can_leave(cpu, now) || !handover_can_enter(cpu, caller, now, true) ||
        !comes_first(cpu, caller)) {
        return 0;
    }
    bool guest = caller->mode.word == MODE_EXITED;
    if (guest ? info > seL4_FastMessageRegisters || caller->vcpu->ended_count > 0
              : caller->mode.word != MODE_CALLING || !(is_short(info) || can_copy_long(caller, server, info))) {
        return 0;
    }
    caller->reply = 0;
    caller->mode.word = MODE_RUNNING;
    receive_again(ep, server, r);
    handover(cpu, caller->sc, now);
    if (guest) {
        return go_guest(cpu, server, caller, info);
    }
    caller->regs->x[REG_BADGE] = 0;
    caller->regs->x[REG_INFO] = strip(info);
    if (is_short(info)) {
        copy_message(caller, server, info);
    } else {
        copy_long_message(caller, server, info);
    }
    return go_on(cpu, server, caller);
}

struct tcb *fast_reply_guest(void)
{
    struct cpu *cpu = cpu_this();
    struct tcb *server = cpu->current;
    const word_t *x = server->regs->x;
    struct endpoint *ep = cap_object(server->fast_slots[x[REG_BADGE]].cap);
    struct reply *r = cap_object(server->fast_slots[x[REG_REPLY]].cap);
    word_t info = x[REG_INFO];
    struct tcb *guest = r->tcb;

    if (guest->vcpu->ended_count > 0) {
        return 0;
    }
    give_back(server->sc, r, guest);
    server->sc = 0;
    receive_again(ep, server, r);
    return go_guest(cpu, server, guest, info);
}
