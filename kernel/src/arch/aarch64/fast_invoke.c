/* SPDX-License-Identifier: BSD-2-Clause */
/* System calls, other than messages between threads, that are worth a short way. Compiled as fastpath.c is. */
#include "arch/aarch64/fastpath.h"

#include "arch/aarch64/fast_inline.h"
#include "arch/aarch64/trap.h"
#include "method.h"
#include "object/vspace.h"
#include <sel4/invocation.h>

#define INFO(label, length) ((word_t)(label) << 12 | (length))

INLINE struct tcb *answer(struct tcb *caller, word_t length)
{
    caller->regs->x[REG_BADGE] = 0;
    caller->regs->x[REG_INFO] = length;
    return caller;
}

/* Into a VCPU that no other core has; waking its guest is for the long way. */
INLINE bool inject(struct cpu *cpu, struct tcb *caller, struct cap c)
{
    struct vcpu *v = cap_object(c);

    /* If it could not, nothing was done. The long way says more. */
    return v->tcb && v->tcb->state != THREAD_WFI && (!v->cpu || v->cpu == cpu) &&
           vcpu_inject(v, caller->regs->x[REG_MSG]) == seL4_NoError;
}

INLINE bool is_same_space(const struct slot *s, struct cap vspace)
{
    return s && cap_type(s->cap) == CAP_VSPACE && cap_object(s->cap) == cap_object(vspace);
}

/* The caller itself goes to another space, and nothing ends with the capability for the one before. */
INLINE bool switch_space(struct cpu *cpu, struct tcb *caller, struct cap tcb)
{
    word_t cptr = caller->buffer ? buffer_read(&caller->buffer->caps_or_badges[0]) : ~0ull;

    if (cap_object(tcb) != caller || !is_near(caller, cptr) || caller->special) {
        return false;
    }
    struct slot *to = &caller->fast_slots[cptr], *s = &caller->slots[TCB_VSPACE];
    struct cap c = to->cap;
    bool stage2;
    if (cap_type(c) != CAP_VSPACE || asid_find(cap_vspace_asid(c), &stage2) != cap_object(c) || stage2 ||
        cap_type(s->cap) != CAP_VSPACE ||
        !(is_same_space(slot_prev(s), s->cap) || is_same_space(slot_next(s), s->cap))) {
        return false;
    }
    slot_clear(s);
    slot_insert_derived(cap_with_info(c, cap_info(c) | VSPACE_IN_TCB), to, s);
    caller->vspace = cap_object(c);
    caller->table_base = virt_to_phys(caller->vspace).raw | cap_vspace_asid(c) << TTBR_ASID_SHIFT;
    caller->table_epoch = cpu->asid_epoch;
    cpu->vspace = caller->vspace;
    write_sysreg(ttbr0_el2, caller->table_base);
    return true;
}

struct tcb *fast_invoke(void)
{
    struct cpu *cpu = cpu_this();
    struct tcb *caller = cpu->current;
    word_t cptr = caller->regs->x[REG_BADGE], info = caller->regs->x[REG_INFO];
    struct slot *s = &caller->fast_slots[cptr];

    /* Some that are called often, and with a word or a capability or none. */
    if (cap_type(s->cap) == CAP_FRAME && info == INFO(vesicle_PageGetAddress, 0)) {
        caller->regs->x[REG_MSG] = cap_paddr(s->cap).raw;
        return answer(caller, 1);
    }
    if (cap_type(s->cap) == CAP_VCPU && info == INFO(vesicle_VCPUInject, 1) && inject(cpu, caller, s->cap)) {
        return answer(caller, 0);
    }
    if (cap_type(s->cap) == CAP_TCB && info == (INFO(vesicle_TCBSwitchVSpace, 0) | 1 << 7) &&
        switch_space(cpu, caller, s->cap)) {
        return answer(caller, 0);
    }
    method_fn *method = methods[cap_type(s->cap)];
    if (!method) {
        return 0;
    }
    method_call(method, caller, s, cptr, (seL4_MessageInfo_t){{info}}, true);
    return trap_finish();
}

INLINE struct tcb *send_signal(struct cpu *cpu, struct tcb *t, struct cap c)
{
    struct notification *n = cap_object(c);

    if (!has_right(c, CAP_RIGHT_WRITE)) {
        return 0;
    }
    if (n->state == NOTIFICATION_WAITING) {
        struct tcb *first = n->head;
        return wake(cpu, t, n, cap_badge(c)) ? go_on(cpu, t, first) : 0;
    }
    if (n->state == NOTIFICATION_IDLE) {
        if (n->bound && n->bound->state == THREAD_BLOCKED_ON_RECEIVE) {
            return 0;
        }
        n->state = NOTIFICATION_ACTIVE;
        n->badge = cap_badge(c);
    } else {
        n->badge |= cap_badge(c);
    }
    return t;
}

/* The first one waits; who comes next is in the ready queues. */
INLINE struct tcb *wait(struct cpu *cpu, struct tcb *from, struct cap c)
{
    struct notification *n = cap_object(c);

    if (!has_right(c, CAP_RIGHT_READ) || (n->bound && n->bound != from)) {
        return 0;
    }
    if (n->state == NOTIFICATION_ACTIVE) {
        from->regs->x[REG_BADGE] = n->badge;
        from->regs->x[REG_INFO] = 0;
        n->state = NOTIFICATION_IDLE;
        n->badge = 0;
        return from;
    }
    struct tcb *to = ready_first(cpu);
    ticks_t now = timer_now();
    if (!to || to->yield_to || n->head || n->sc == from->sc || !handover_can_leave(cpu, now) ||
        !handover_can_enter(cpu, to, now, false)) {
        return 0;
    }
    from->mode.word = MODE_WAITING;
    from->blocking_object = n;
    n->head = from;
    n->tail = from;
    n->state = NOTIFICATION_WAITING;
    ready_pop(cpu, to);
    handover(cpu, to->sc, now);
    return go_on(cpu, from, to);
}

struct tcb *fast_signal(void)
{
    struct cpu *cpu = cpu_this();
    struct tcb *t = cpu->current;
    word_t cptr = t->regs->x[REG_BADGE];

    if (!is_near(t, cptr)) {
        return 0;
    }
    struct cap c = t->fast_slots[cptr].cap;
    if (cap_type(c) != CAP_NOTIFICATION) {
        return 0;
    }
    switch (t->regs->x[REG_SYSCALL]) {
    case vesicle_SysNBSend:
    case vesicle_SysSend:
        return send_signal(cpu, t, c);
    case vesicle_SysWait:
        return wait(cpu, t, c);
    default:
        return 0;
    }
}
