/* SPDX-License-Identifier: BSD-2-Clause */
/* VCPUs: whose they are, where they are resident, their interrupts. */
#include "check/check.h"

#include "arch/vcpu.h"
#include "cpu.h"
#include "object/vcpu.h"

/* Each interrupt stands in one place. Those of a resident VCPU are in the hardware, perhaps another core's. */
static bool check_interrupts(const struct vcpu *v)
{
    word_t seen[1024 / 64] = {0};

    if (!check(v->queue_count <= VCPU_VIRQ_QUEUE && v->queue_head < VCPU_VIRQ_QUEUE && v->ended_count <= VCPU_MAX_LR,
               "a VCPU's interrupt queue cannot be", v, 0)) {
        return false;
    }
    for (unsigned i = 0; i < VCPU_MAX_LR; i++) {
        if (!check((v->lr[i] != 0) == (v->lr_used >> i & 1), "a VCPU's list registers are not those in use", v, 0)) {
            return false;
        }
    }
    for (unsigned i = 0; i < v->queue_count + vcpu_list_registers; i++) {
        bool queued = i < v->queue_count;
        word_t lr = queued ? 0 : v->lr[i - v->queue_count];
        word_t id = (queued ? v->queue[(v->queue_head + i) % VCPU_VIRQ_QUEUE] : lr) & VESICLE_VIRQ_ID_MASK;
        if (!queued && (v->cpu || !(lr & LR_STATE_MASK))) {
            continue;
        }
        if (!check(!(seen[id / 64] >> id % 64 & 1), "a virtual interrupt stands in two places", v, 0)) {
            return false;
        }
        seen[id / 64] |= 1ull << id % 64;
    }
    return true;
}

static bool check_vcpu(const struct vcpu *v)
{
    if (!check(!v->tcb || v->tcb->vcpu == v, "a VCPU's thread has another", v, v->tcb) ||
        !check(!v->cpu || (v->cpu >= cpus && v->cpu < cpus + cpu_count && v->cpu->vcpu == v && v->tcb),
               "a VCPU is resident where another is", v, v->cpu) ||
        !check_interrupts(v)) {
        return false;
    }
    if (!check(v->pmu_in_use == (pmu_running(&v->pmu) || v->pmu.user),
               "a guest counts though its VCPU knows nothing of it", v, 0) ||
        !check(!v->tcb || v->tcb->quick_exits == (v->tcb->regs != &v->tcb->context && !v->pmu_in_use),
               "a guest's exits are quick and must not be, or the reverse", v, v->tcb)) {
        return false;
    }
    if (v->tcb) {
        check_unrelate(RELATION_THREAD_VCPU, v->tcb, v);
    }
    if (v->cpu) {
        check_relate(RELATION_RESIDENT, v, v->cpu);
    }
    if (v->vtimer_cpu) {
        check_relate(RELATION_TIMER, v, v->vtimer_cpu);
    }
    for (unsigned i = 0; i < cpu_count * LAST_VCPUS; i++) {
        struct vcpu *const *last = &cpus[i / LAST_VCPUS].last_vcpu[i % LAST_VCPUS];
        if (*last == v) {
            check_relate(RELATION_CORE, last, v);
        }
    }
    return true;
}

/* What a core counts is its running thread's. */
static bool check_pmu(const struct cpu *cpu)
{
    const struct tcb *t = cpu->current;

    return check(cpu->pmu_loaded == (cpu->pmu != 0), "a core counts and does not know it, or the reverse", cpu, 0) &&
           check(!cpu->pmu || cpu->pmu == (t->vcpu ? &t->vcpu->pmu : &t->counters), "a core counts for another thread",
                 cpu, t);
}

static bool check_core(const struct cpu *cpu)
{
    if (!check_pmu(cpu)) {
        return false;
    }
    if (cpu->vcpu) {
        check_unrelate(RELATION_RESIDENT, cpu->vcpu, cpu);
    }
    for (unsigned i = 0; i < LAST_VCPUS; i++) {
        if (cpu->last_vcpu[i]) {
            check_unrelate(RELATION_CORE, &cpu->last_vcpu[i], cpu->last_vcpu[i]);
        }
    }
    return true;
}

/* The queue has no links back: that it does not end is told by its length. */
static bool check_timers(const struct cpu *cpu, unsigned vcpus)
{
    for (const struct vcpu *v = cpu->vtimer_queue; v; v = v->vtimer_next) {
        if (!check(vcpus-- > 0, "a queue of timers does not end", cpu, v) ||
            !check(v->vtimer_cpu == cpu && !v->cpu, "a timer is watched where it is not known, or of a resident VCPU",
                   cpu, v)) {
            return false;
        }
        check_unrelate(RELATION_TIMER, v, cpu);
    }
    return true;
}

bool check_vcpus(void)
{
    unsigned count = 0;

    for (const struct slot *s = 0; (s = check_next_object(CAP_VCPU, s));) {
        count++;
        if (!check_vcpu(cap_object(s->cap))) {
            return false;
        }
    }
    for (unsigned i = 0; i < cpu_count; i++) {
        const struct cpu *cpu = &cpus[i];
        const void *calls = cpu->vcpu ? cpu->vcpu->const_call : 0;
        if (!check_core(cpu) || !check_timers(cpu, count) ||
            !check(cpu->const_calls == calls, "calls are answered from another VCPU's table", cpu, cpu->vcpu)) {
            return false;
        }
    }
    return check_balanced(RELATION_THREAD_VCPU, "a thread has a VCPU that is no more, or the reverse") &&
           check_balanced(RELATION_RESIDENT, "a VCPU that is resident is no more, or is so nowhere") &&
           check_balanced(RELATION_TIMER, "a timer nobody watches, or of a VCPU that is no more") &&
           check_balanced(RELATION_CORE, "a core knows a VCPU that is no more");
}
