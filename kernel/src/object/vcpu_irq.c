/* SPDX-License-Identifier: BSD-2-Clause */
/* Virtual interrupts: list registers, the queue behind them, the virtual timer's own interrupt. */
#include "object/vcpu_irq.h"

#include "arch/remote.h"
#include "arch/vcpu.h"
#include "cpu.h"
#include "ipc/fault.h"
#include <sel4/vesicle.h>

/* List registers are in the hardware while the VCPU is resident. */

static word_t lr_get(struct vcpu *v, unsigned i)
{
    return v->cpu ? arch_lr_read(i) : v->lr[i];
}

static void lr_set(struct vcpu *v, unsigned i, word_t value)
{
    if (v->cpu) {
        arch_lr_write(i, value);
    } else {
        v->lr[i] = value;
        v->lr_used = (uint16_t)(value ? v->lr_used | 1u << i : v->lr_used & ~(1u << i));
    }
}

static uint32_t virq_from_lr(word_t lr)
{
    return (uint32_t)vesicle_virq(lr & VESICLE_VIRQ_ID_MASK, lr >> LR_PRIORITY_SHIFT & 0xff, (lr & LR_GROUP1) != 0,
                                  (lr & LR_EOI) != 0);
}

static unsigned virq_priority(uint32_t virq)
{
    return virq >> VESICLE_VIRQ_PRIORITY_SHIFT & 0xff;
}

static void update_underflow(struct vcpu *v)
{
    if (v->cpu) {
        arch_set_underflow_notice(v->queue_count > 0);
    }
    v->ich_hcr = v->queue_count ? v->ich_hcr | ICH_HCR_UIE : v->ich_hcr & ~ICH_HCR_UIE;
}

static uint32_t *queued(struct vcpu *v, unsigned i)
{
    return &v->queue[(v->queue_head + i) % VCPU_VIRQ_QUEUE];
}

static void queue_remove(struct vcpu *v, unsigned i)
{
    for (; i > 0; i--) {
        *queued(v, i) = *queued(v, i - 1);
    }
    v->queue_head = (uint16_t)((v->queue_head + 1) % VCPU_VIRQ_QUEUE);
    v->queue_count--;
}

static int queue_find(struct vcpu *v, word_t id)
{
    for (unsigned i = 0; i < v->queue_count; i++) {
        if ((*queued(v, i) & VESICLE_VIRQ_ID_MASK) == id) {
            return (int)i;
        }
    }
    return -1;
}

/* The register that holds `id`, or -1; *empty: one that holds nothing, or -1. */
static int lr_find(struct vcpu *v, word_t id, int *empty)
{
    *empty = -1;
    for (unsigned i = 0; i < vcpu_list_registers; i++) {
        word_t lr = lr_get(v, i);
        if (!(lr & LR_STATE_MASK)) {
            if (*empty < 0 && !(lr & LR_EOI)) {
                *empty = (int)i;
            }
        } else if ((lr & LR_VINTID_MASK) == id) {
            return (int)i;
        }
    }
    return -1;
}

/* The pending register of least priority, if it is of less than `priority`. */
static int lr_worse_than(struct vcpu *v, unsigned priority)
{
    int worst = -1;

    for (unsigned i = 0; i < vcpu_list_registers; i++) {
        word_t lr = lr_get(v, i);
        unsigned p = lr >> LR_PRIORITY_SHIFT & 0xff;
        if ((lr & LR_STATE_MASK) == LR_PENDING && !(lr & LR_HW) && p > priority) {
            worst = (int)i;
            priority = p;
        }
    }
    return worst;
}

/* Where others are pending or active already, or the registers are not at hand. */
static __attribute__((noinline)) int inject_among_others(struct vcpu *v, word_t virq)
{
    int empty, lr;
    word_t id = virq & VESICLE_VIRQ_ID_MASK;

    lr = lr_find(v, id, &empty);
    if (lr >= 0) {
        word_t value = lr_get(v, (unsigned)lr);
        if (!(value & LR_HW)) {
            lr_set(v, (unsigned)lr, value | LR_PENDING);
        }
    } else if (v->queue_count > 0 && queue_find(v, id) >= 0) {
        return seL4_NoError;
    } else if (empty >= 0) {
        lr_set(v, (unsigned)empty, lr_from_virq(virq));
    } else {
        if (v->queue_count == VCPU_VIRQ_QUEUE) {
            return seL4_NotEnoughMemory;
        }
        uint32_t later = (uint32_t)virq;
        int worse = lr_worse_than(v, virq_priority(later));
        if (worse >= 0) {
            later = virq_from_lr(lr_get(v, (unsigned)worse));
            lr_set(v, (unsigned)worse, lr_from_virq(virq));
        }
        *queued(v, v->queue_count++) = later;
        update_underflow(v);
    }
    vcpu_wake(v->tcb);
    return seL4_NoError;
}

int vcpu_inject(struct vcpu *v, word_t virq)
{
    if ((virq & VESICLE_VIRQ_ID_MASK) >= VIRQ_IDS) {
        return seL4_RangeError;
    }
    if (v->cpu && vcpu_inject_alone(v, virq)) {
        vcpu_wake(v->tcb);
        return seL4_NoError;
    }
    return inject_among_others(v, virq);
}

void vcpu_inject_words(struct vcpu *v, const word_t *words, word_t count)
{
    for (word_t i = 0; i < count; i++) {
        vcpu_inject(v, words[i]);
    }
}

struct injection {
    struct vcpu *vcpu;
    const word_t *words;
    word_t count;
};

static void inject_reply(struct cpu *cpu, void *injection)
{
    const struct injection *i = injection;

    (void)cpu;
    vcpu_inject_words(i->vcpu, i->words, i->count);
}

void vcpu_inject_reply(struct vcpu *v, const word_t *words, word_t count)
{
    remote_call(v->cpu ? v->cpu : cpu_this(), inject_reply, &(struct injection){v, words, count});
}

/* Moves the most urgent of the queue into empty registers. */
static void refill(struct vcpu *v)
{
    int empty;

    while (v->queue_count > 0) {
        unsigned best = 0;
        lr_find(v, ~0ull, &empty);
        if (empty < 0) {
            break;
        }
        for (unsigned i = 1; i < v->queue_count; i++) {
            if (virq_priority(*queued(v, i)) < virq_priority(*queued(v, best))) {
                best = i;
            }
        }
        lr_set(v, (unsigned)empty, lr_from_virq(*queued(v, best)));
        queue_remove(v, best);
    }
    update_underflow(v);
}

static word_t irq_state(struct vcpu *v, word_t id)
{
    int empty, lr = lr_find(v, id, &empty);

    if (lr >= 0) {
        return lr_get(v, (unsigned)lr) >> LR_STATE_SHIFT;
    }
    return queue_find(v, id) >= 0 ? VESICLE_VIRQ_PENDING : 0;
}

/* Empties a register. A physical interrupt linked to it is the resident VCPU's; others' were given back when they left. */
static void lr_forget(struct vcpu *v, unsigned i)
{
    if (v->cpu && lr_get(v, i) & LR_HW) {
        arch_vtimer_irq_deactivate();
    }
    lr_set(v, i, 0);
}

word_t vcpu_withdraw(struct vcpu *v, word_t id)
{
    int empty, lr = lr_find(v, id, &empty), q = queue_find(v, id);
    word_t state = irq_state(v, id);

    if (lr >= 0) {
        word_t value = lr_get(v, (unsigned)lr) & ~LR_PENDING;
        if (value & LR_ACTIVE) {
            lr_set(v, (unsigned)lr, value);
        } else {
            lr_forget(v, (unsigned)lr);
        }
        refill(v);
    } else if (q >= 0) {
        queue_remove(v, (unsigned)q);
        update_underflow(v);
    }
    return state;
}

static int set_irq_state(struct vcpu *v, word_t virq, word_t state)
{
    int empty;
    word_t id = virq & VESICLE_VIRQ_ID_MASK;

    vcpu_withdraw(v, id);
    int lr = lr_find(v, id, &empty);
    if (lr >= 0 && lr_get(v, (unsigned)lr) & LR_HW && state & VESICLE_VIRQ_ACTIVE) {
        return seL4_NoError; /* it stays active, and linked; pending is what the timer's line says */
    }
    if (lr >= 0) {
        lr_forget(v, (unsigned)lr);
        empty = lr;
    }
    if (!(state & VESICLE_VIRQ_ACTIVE)) {
        return state & VESICLE_VIRQ_PENDING ? vcpu_inject(v, virq) : (int)seL4_NoError;
    }
    if (empty < 0) {
        /* Active interrupts come first: room is made by sending the least urgent pending one back to the queue. */
        int worst = lr_worse_than(v, 0);
        if (worst < 0 || v->queue_count == VCPU_VIRQ_QUEUE) {
            return seL4_NotEnoughMemory;
        }
        *queued(v, v->queue_count++) = virq_from_lr(lr_get(v, (unsigned)worst));
        update_underflow(v);
        empty = worst;
    }
    lr_set(v, (unsigned)empty, (lr_from_virq(virq) & ~LR_STATE_MASK) | (state & 3) << LR_STATE_SHIFT);
    if (state & VESICLE_VIRQ_PENDING) {
        vcpu_wake(v->tcb);
    }
    return seL4_NoError;
}

bool vcpu_has_pending(struct vcpu *v)
{
    for (unsigned i = 0; i < vcpu_list_registers; i++) {
        if (lr_get(v, i) & LR_PENDING) {
            return true;
        }
    }
    return v->vtimer_direct && v->cpu && arch_vtimer_asserted();
}

void vcpu_set_vtimer(struct cpu *cpu, bool on)
{
    cpu->vtimer_enabled = on;
    cpu->ready_guest = 0;
    arch_vtimer_irq_enable(on);
}

/* The register of an interrupt of the timer's number that the VMM injected: the timer's own takes its place. -1: none. */
static __attribute__((noinline)) int take_injected_vtimer(struct vcpu *v, word_t *state)
{
    int empty, q = queue_find(v, VESICLE_VTIMER_PPI), lr = lr_find(v, VESICLE_VTIMER_PPI, &empty);

    if (q >= 0) {
        queue_remove(v, (unsigned)q);
        update_underflow(v);
    }
    if (lr >= 0 && arch_lr_read((unsigned)lr) & LR_ACTIVE) {
        *state = LR_ACTIVE; /* its end ends the physical one; if the line is still up then, it comes again */
    }
    return lr;
}

/* Where others are pending or active already: `lr` as it is to stand in a register, but for its state. */
static __attribute__((noinline)) void vtimer_among_others(struct cpu *cpu, struct vcpu *v, word_t lr)
{
    word_t free = arch_lr_empty(), state = LR_PENDING;
    int empty = free ? __builtin_ctzll(free) : -1, taken = take_injected_vtimer(v, &state);

    empty = taken >= 0 ? taken : empty;
    if (empty < 0) {
        int worst = lr_worse_than(v, v->vtimer_priority);
        if (worst < 0) {
            worst = lr_worse_than(v, 0);
        }
        if (worst >= 0 && v->queue_count < VCPU_VIRQ_QUEUE) {
            *queued(v, v->queue_count++) = virq_from_lr(arch_lr_read((unsigned)worst));
            update_underflow(v);
            empty = worst;
        }
    }
    if (empty >= 0) {
        arch_lr_write((unsigned)empty, lr | state);
        vcpu_wake(v->tcb);
        return;
    }
    /* All are active: the timer's line stays up, and the interrupt comes again once one is free. */
    arch_vtimer_irq_deactivate();
    vcpu_set_vtimer(cpu, false);
    arch_set_underflow_notice(true);
}

/* It is the VMM's to hear of it, or nobody's. */
static __attribute__((noinline)) void vtimer_not_direct(struct cpu *cpu, struct vcpu *v)
{
    arch_vtimer_irq_deactivate();
    vcpu_set_vtimer(cpu, false);
    if (v && !v->vtimer_configured && v->tcb && (v->tcb->state == THREAD_WFI || v->tcb == cpu->current)) {
        struct tcb *t = v->tcb;
        v->vtimer_masked = true;
        t->fault = (struct fault){.type = seL4_Fault_VPPIEvent, .word = {VESICLE_VTIMER_PPI}};
        fault_send(t);
    }
}

void vcpu_vtimer_irq(struct cpu *cpu)
{
    struct vcpu *v = cpu->vcpu;

    if (!v || !v->vtimer_direct) {
        vtimer_not_direct(cpu, v);
        return;
    }
    /* Linked to the physical interrupt: the guest's deactivation is the hardware's, no exit. */
    word_t lr = LR_HW | (word_t)VESICLE_VTIMER_PPI << LR_PINTID_SHIFT | VESICLE_VTIMER_PPI |
                (word_t)v->vtimer_priority << LR_PRIORITY_SHIFT | (word_t)v->vtimer_group << LR_GROUP1_SHIFT;
    if (v->queue_count == 0 && arch_lr_write_if_all_empty(lr | LR_PENDING)) {
        vcpu_wake(v->tcb);
    } else {
        vtimer_among_others(cpu, v, lr);
    }
}

void vcpu_maintenance_irq(struct cpu *cpu)
{
    struct vcpu *v = cpu->vcpu;

    if (!v) {
        return;
    }
    for (word_t ended = arch_lr_ended(); ended; ended &= ended - 1) {
        unsigned i = (unsigned)__builtin_ctzll(ended);
        cpu->ready_guest = 0;
        if (v->ended_count <
            VCPU_MAX_LR) { /* a guest resumed again and again without a reply: its VMM does not listen */
            v->ended[v->ended_count++] = (uint16_t)(arch_lr_read(i) & VESICLE_VIRQ_ID_MASK);
        }
        arch_lr_write(i, 0);
    }
    refill(v);
    vcpu_enable_vtimer(cpu, v);
    /* It may have been preempted a moment ago. While it waits for a reply, that brings the notice. */
    if (v->tcb && (tcb_is_runnable(v->tcb) || v->tcb->state == THREAD_WFI)) {
        vcpu_send_notice(v->tcb);
    }
}

int vcpu_inject_at(struct vcpu *v, word_t virq, unsigned index)
{
    int empty;

    /* A register with an end the VMM is still to be told of is in use, too. */
    if (lr_get(v, index) & (LR_STATE_MASK | LR_EOI) || lr_find(v, virq & VESICLE_VIRQ_ID_MASK, &empty) >= 0 ||
        queue_find(v, virq & VESICLE_VIRQ_ID_MASK) >= 0) {
        return seL4_DeleteFirst;
    }
    lr_set(v, index, lr_from_virq(virq));
    vcpu_wake(v->tcb);
    return seL4_NoError;
}

/* Methods */

static int check_id(struct invocation *inv)
{
    return (inv_word(inv, 0) & VESICLE_VIRQ_ID_MASK) >= VIRQ_IDS ? inv_range_error(inv, 0, VIRQ_IDS - 1)
                                                                 : (int)seL4_NoError;
}

int vcpu_method_inject(struct invocation *inv, struct vcpu *v)
{
    int error = check_id(inv);
    return error ? error : vcpu_inject(v, inv_word(inv, 0));
}

int vcpu_method_withdraw(struct invocation *inv, struct vcpu *v)
{
    int error = check_id(inv);
    if (!error) {
        inv_reply(inv, 0, vcpu_withdraw(v, inv_word(inv, 0) & VESICLE_VIRQ_ID_MASK));
    }
    return error;
}

int vcpu_method_get_state(struct invocation *inv, struct vcpu *v)
{
    int error = check_id(inv);
    if (!error) {
        inv_reply(inv, 0, irq_state(v, inv_word(inv, 0) & VESICLE_VIRQ_ID_MASK));
    }
    return error;
}

int vcpu_method_set_state(struct invocation *inv, struct vcpu *v)
{
    int error = check_id(inv);
    if (!error && inv_word(inv, 1) > (VESICLE_VIRQ_PENDING | VESICLE_VIRQ_ACTIVE)) {
        error = inv_range_error(inv, 0, VESICLE_VIRQ_PENDING | VESICLE_VIRQ_ACTIVE);
    }
    return error ? error : set_irq_state(v, inv_word(inv, 0), inv_word(inv, 1));
}
