/* SPDX-License-Identifier: BSD-2-Clause */
#include "vcpu.h"

#include "gic/vgic.h"
#include "memory.h"
#include "pstate.h"
#include "timer.h"

#define CPUS_PER_CLUSTER 16

#define MPIDR_RES1       (1ull << 31)

/* SCTLR_EL1 with all its RES1 bits and nothing enabled (DDI 0487, D19.2.129). */
#define SCTLR_EL1_RESET 0x30d00800ull

/* PMCR_EL0.P and C: the counters begin at 0, and are off. */
#define PMCR_RESET 0x6ull

uint64_t vcpu_affinity(unsigned id)
{
    return (uint64_t)(id / CPUS_PER_CLUSTER) << 8 | id % CPUS_PER_CLUSTER;
}

void vcpu_init(struct vcpu *vcpu, struct vm *vm, unsigned id)
{
    memory_zero(vcpu, sizeof *vcpu);
    vcpu->vm = vm;
    vcpu->id = id;
    vcpu->power = VCPU_OFF;
    vgic_cpu_init(vcpu);
}

void vcpu_reset(struct vcpu *vcpu, uint64_t entry, uint64_t x0)
{
    static const struct {
        seL4_VCPUReg reg;
        uint64_t value;
    } reset[] = {
        {seL4_VCPUReg_SCTLR, SCTLR_EL1_RESET},
        {seL4_VCPUReg_CPACR, 0},
        {seL4_VCPUReg_TTBR0, 0},
        {seL4_VCPUReg_TTBR1, 0},
        {seL4_VCPUReg_TCR, 0},
        {seL4_VCPUReg_MAIR, 0},
        {seL4_VCPUReg_AMAIR, 0},
        {seL4_VCPUReg_CIDR, 0},
        {seL4_VCPUReg_AFSR0, 0},
        {seL4_VCPUReg_AFSR1, 0},
        {seL4_VCPUReg_ESR, 0},
        {seL4_VCPUReg_FAR, 0},
        {seL4_VCPUReg_PAR, 0},
        {seL4_VCPUReg_VBAR, 0},
        {seL4_VCPUReg_TPIDR_EL1, 0},
        {seL4_VCPUReg_SP_EL1, 0},
        {seL4_VCPUReg_ELR_EL1, 0},
        {seL4_VCPUReg_SPSR_EL1, 0},
        {seL4_VCPUReg_CNTV_CTL, 0},
        {seL4_VCPUReg_CNTV_CVAL, 0},
        {seL4_VCPUReg_CNTKCTL_EL1, 0},
        {seL4_VCPUReg_CSSELR, 0},
        {seL4_VCPUReg_MDSCR, 0},
        {seL4_VCPUReg_TPIDR_EL0, 0},
        {seL4_VCPUReg_TPIDRRO_EL0, 0},
        {seL4_VCPUReg_PMCR_EL0, PMCR_RESET},
        {seL4_VCPUReg_ICH_VMCR_EL2, 0},
        {seL4_VCPUReg_ICH_AP0R0_EL2, 0},
        {seL4_VCPUReg_ICH_AP0R1_EL2, 0},
        {seL4_VCPUReg_ICH_AP0R2_EL2, 0},
        {seL4_VCPUReg_ICH_AP0R3_EL2, 0},
        {seL4_VCPUReg_ICH_AP1R0_EL2, 0},
        {seL4_VCPUReg_ICH_AP1R1_EL2, 0},
        {seL4_VCPUReg_ICH_AP1R2_EL2, 0},
        {seL4_VCPUReg_ICH_AP1R3_EL2, 0},
    };
    for (size_t i = 0; i < sizeof reset / sizeof reset[0]; i++) {
        vcpu->ops->write_reg(vcpu, reset[i].reg, reset[i].value);
    }
    vcpu->ops->write_reg(vcpu, seL4_VCPUReg_VMPIDR_EL2, MPIDR_RES1 | vcpu_affinity(vcpu->id));

    struct vesicle_exit_frame *frame = vcpu->frame;
    for (unsigned i = 0; i < 31; i++) {
        frame->x[i] = 0;
    }
    frame->x[0] = x0;
    frame->sp_el0 = 0;
    frame->pc = entry;
    frame->pstate = PSTATE_EL1H | PSTATE_DAIF;
    timer_reset(vcpu);
    vcpu->sys = (struct vcpu_sysregs){.os_lock = true};
    vcpu->injected_vector = 0;
}

/* Takes hold of the interrupts of a reply that is not sent yet. vGIC lock held, so nobody else is at it but who sends it. */
static bool reply_hold(struct vcpu *vcpu, unsigned *count)
{
    uint32_t state = atomic_load_explicit(&vcpu->reply.state, memory_order_relaxed);
    *count = state & ~VCPU_REPLY_OPEN;
    return (state & VCPU_REPLY_OPEN) &&
           atomic_compare_exchange_strong_explicit(&vcpu->reply.state, &state, VCPU_REPLY_HELD, memory_order_acquire,
                                                   memory_order_relaxed);
}

static void reply_release(struct vcpu *vcpu, unsigned count)
{
    atomic_store_explicit(&vcpu->reply.state, VCPU_REPLY_OPEN | count, memory_order_release);
}

/* Index of an interrupt in a reply of `count`, or `count`. */
static unsigned reply_find(const struct vcpu *vcpu, unsigned count, seL4_Word intid)
{
    unsigned i = 0;
    while (i < count && (vcpu->reply.irqs[i] & VESICLE_VIRQ_ID_MASK) != intid) {
        i++;
    }
    return i;
}

static bool reply_add(struct vcpu *vcpu, seL4_Word virq)
{
    unsigned count;
    if (!reply_hold(vcpu, &count)) {
        return false;
    }
    unsigned i = reply_find(vcpu, count, virq & VESICLE_VIRQ_ID_MASK);
    if (i < VCPU_REPLY_IRQS) {
        vcpu->reply.irqs[i] = virq;
    }
    reply_release(vcpu, i == count && i < VCPU_REPLY_IRQS ? count + 1 : count);
    return i < VCPU_REPLY_IRQS;
}

static bool reply_has(struct vcpu *vcpu, unsigned intid)
{
    unsigned count;
    if (!reply_hold(vcpu, &count)) {
        return false;
    }
    bool found = reply_find(vcpu, count, intid) < count;
    reply_release(vcpu, count);
    return found;
}

static bool reply_remove(struct vcpu *vcpu, unsigned intid)
{
    unsigned count;
    if (!reply_hold(vcpu, &count)) {
        return false;
    }
    unsigned i = reply_find(vcpu, count, intid);
    bool found = i < count;
    if (found) {
        vcpu->reply.irqs[i] = vcpu->reply.irqs[--count];
    }
    reply_release(vcpu, count);
    return found;
}

unsigned vcpu_exit_end_slowly(struct vcpu *vcpu, uint32_t state, seL4_Word words[])
{
    do {
        if (state & VCPU_REPLY_HELD) {
            lock_wait();
            state = VCPU_REPLY_OPEN;
        }
    } while (!atomic_compare_exchange_strong_explicit(&vcpu->reply.state, &state, 0, memory_order_acquire,
                                                      memory_order_relaxed));
    unsigned count = state & ~VCPU_REPLY_OPEN;
    for (unsigned i = 0; i < count; i++) {
        words[i] = vcpu->reply.irqs[i];
    }
    return count;
}

void vcpu_inject(struct vcpu *vcpu, seL4_Word virq)
{
    if (!reply_add(vcpu, virq)) {
        vcpu->ops->inject(vcpu, virq);
    }
}

seL4_Word vcpu_withdraw(struct vcpu *vcpu, unsigned intid)
{
    /* It may be active from an earlier delivery as well. */
    seL4_Word state = reply_remove(vcpu, intid) ? VESICLE_VIRQ_PENDING : 0;
    return state | vcpu->ops->withdraw(vcpu, intid);
}

seL4_Word vcpu_irq_state(struct vcpu *vcpu, unsigned intid)
{
    seL4_Word state = reply_has(vcpu, intid) ? VESICLE_VIRQ_PENDING : 0;
    return state | vcpu->ops->get_state(vcpu, intid);
}
