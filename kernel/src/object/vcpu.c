/* SPDX-License-Identifier: BSD-2-Clause */
#include "object/vcpu.h"

#include "arch/context.h"
#include "arch/timer.h"
#include "arch/vcpu.h"
#include "object/reply.h"
#include "sched/scheduler.h"
#include <sel4/vesicle.h>

void vcpu_init(struct vcpu *v)
{
    v->ich_hcr = ICH_HCR_EN;
    v->vtimer_group = 1;
    v->fresh = true;
    arch_vcpu_reset(v);
}

void vcpu_bind(struct vcpu *v, struct tcb *t)
{
    tcb_debug_clear(t);
    tcb_count_clear(t);
    v->tcb = t;
    t->vcpu = v;
    t->in_syscall = false;
    t->pstate = vcpu_sanitise_pstate(t->pstate | PSTATE_EL1H);
    tcb_update_vspace(t);
    if (!slot_is_empty(&v->exit_frame)) {
        struct regs *frame = cap_object(v->exit_frame.cap);
        *frame = t->context;
        t->regs = frame;
    }
    vcpu_update_quick_exits(t);
}

void vcpu_unbind(struct vcpu *v)
{
    struct tcb *t = v->tcb;

    if (!t) {
        return;
    }
    tcb_suspend(t);
    vcpu_evict(v);
    if (t->regs != &t->context) {
        t->context = *t->regs;
        t->regs = &t->context;
    }
    t->quick_exits = false;
    t->vcpu = 0;
    v->tcb = 0;
    t->pstate = 0;
    tcb_update_vspace(t);
    context_forget(t);
}

static void forget_timer(struct vcpu *v)
{
    if (!v->vtimer_cpu) {
        return;
    }
    struct vcpu **p = &v->vtimer_cpu->vtimer_queue;
    while (*p != v) {
        p = &(*p)->vtimer_next;
    }
    *p = v->vtimer_next;
    v->vtimer_cpu = 0;
}

#define CNTV_CTL_ENABLE 1ull
#define CNTV_CTL_IMASK  2ull

/* A sleeping guest's timer must wake it though it is not in the hardware. */
static void watch_timer(struct cpu *cpu, struct vcpu *v)
{
    if (vcpu_wants_vtimer(v) && (v->el1.cntv_ctl & (CNTV_CTL_ENABLE | CNTV_CTL_IMASK)) == CNTV_CTL_ENABLE) {
        v->vtimer_deadline = v->el1.cntv_cval + v->el1.cntvoff;
        v->vtimer_cpu = cpu;
        v->vtimer_next = cpu->vtimer_queue;
        cpu->vtimer_queue = v;
        cpu->timer_dirty = true;
    }
}

/* What the core has of it is the caller's to replace. */
static inline __attribute__((always_inline)) void leave(struct cpu *cpu, struct vcpu *v)
{
    arch_vcpu_save(v);
    v->cpu = 0;
    if (v->tcb && v->tcb->state == THREAD_WFI) {
        watch_timer(cpu, v);
    }
}

void vcpu_load(struct cpu *cpu, struct vcpu *v)
{
    struct vcpu *old = cpu->vcpu;

    if (old == v) {
        return;
    }
    if (old) {
        leave(cpu, old);
    }
    forget_timer(v); /* the hardware watches it from now on */
    v->cpu = cpu;
    cpu->vcpu = v;
    cpu->const_calls = v->const_call;
    cpu->ready_guest = 0;
    if (v->exit.time && v->exit.time < cpu->trace.since) {
        v->exit.time = 0; /* of the exit it is in the beginning was not seen, or the end will not be */
    }
    arch_vcpu_load(v);
}

static void evict(struct cpu *cpu, void *vcpu)
{
    leave(cpu, vcpu);
    cpu->vcpu = 0;
    cpu->ready_guest = 0;
    cpu->const_calls = 0;
}

void vcpu_evict(struct vcpu *v)
{
    if (v->cpu) {
        if (v->tcb) {
            sched_set_aside(v->tcb);
        }
        remote_call(v->cpu, evict, v);
    }
}

void vcpu_finalise(struct vcpu *v)
{
    vcpu_unbind(v);
    forget_timer(v);
    for (unsigned i = 0; i < cpu_count * LAST_VCPUS; i++) {
        struct vcpu **last = &cpus[i / LAST_VCPUS].last_vcpu[i % LAST_VCPUS];
        *last = *last == v ? 0 : *last;
    }
    slot_delete(&v->exit_frame);
}

void vcpu_commit_exit(struct tcb *guest)
{
    guest->exit_pending = false;
    vcpu_take_exit(guest);
}

void vcpu_detach_exit_frame(struct vcpu *v)
{
    struct tcb *t = v->tcb;

    if (!t) {
        return;
    }
    sched_set_aside(t);
    if (t->exit_pending) {
        vcpu_commit_exit(t);
    }
    t->context = *t->regs;
    t->regs = &t->context;
    t->quick_exits = false;
}

bool vcpu_send_notice(struct tcb *t)
{
    struct vcpu *v = t->vcpu;

    if (v->ended_count == 0) {
        return false;
    }
    t->fault = (struct fault){.type = seL4_Fault_VGICMaintenance, .word = {v->ended[--v->ended_count]}};
    fault_send(t);
    return true;
}

ticks_t vcpu_timer_check(struct cpu *cpu, ticks_t now)
{
    ticks_t first = ~0ull;

    for (struct vcpu **p = &cpu->vtimer_queue; *p;) {
        struct vcpu *v = *p;
        if (v->vtimer_deadline <= now) {
            *p = v->vtimer_next;
            v->vtimer_cpu = 0;
            vcpu_wake(v->tcb);
            continue;
        }
        if (v->vtimer_deadline < first) {
            first = v->vtimer_deadline;
        }
        p = &v->vtimer_next;
    }
    return first;
}

void vcpu_wfi(struct tcb *t)
{
    t->pc += 4;
    vcpu_pmu_settle(t->vcpu);
    if (!vcpu_has_pending(t->vcpu)) {
        tcb_set_state(t, THREAD_WFI);
    }
}

void vcpu_exit(struct tcb *t, uint64_t esr, struct vcpu_abort abort)
{
    t->fault = (struct fault){.type = seL4_Fault_VCPUFault, .word = {esr}};
    if (vcpu_has_exit_frame(t)) {
        struct vesicle_exit_frame *frame = (struct vesicle_exit_frame *)t->regs;
        frame->pc = t->pc;
        frame->pstate = t->pstate;
        frame->esr = esr;
        frame->far = abort.far;
        frame->ipa = abort.ipa;
        frame->flags = abort.flags;
        t->exit_pending = true;
    }
    if (!fault_send(t)) {
        t->exit_pending = false;
    }
}

void vcpu_attach_exit_frame(struct vcpu *v)
{
    struct tcb *t = v->tcb;

    if (t) {
        struct regs *frame = cap_object(v->exit_frame.cap);
        sched_set_aside(t);
        *frame = t->context;
        t->regs = frame;
        vcpu_update_quick_exits(t);
    }
}

void vcpu_end_wfi(struct tcb *t)
{
    t->state = THREAD_RUNNING; /* from asleep to runnable there is no queue to leave */
    sched_wake(t);
}
