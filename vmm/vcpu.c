/* SPDX-License-Identifier: BSD-2-Clause */
#include "vcpu.h"

#include "gic/vgic.h"
#include "memory.h"
#include "pstate.h"

#define CPUS_PER_CLUSTER 16

#define MPIDR_RES1       (1ull << 31)

/* SCTLR_EL1 with all its RES1 bits and nothing enabled (DDI 0487, D19.2.129). */
#define SCTLR_EL1_RESET 0x30d00800ull

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
        {seL4_VCPUReg_VBAR, 0},
        {seL4_VCPUReg_CNTV_CTL, 0},
        {seL4_VCPUReg_CNTKCTL_EL1, 0},
        {seL4_VCPUReg_MDSCR, 0},
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
    vcpu->sys = (struct vcpu_sysregs){.os_lock = true};
    vcpu->injected_vector = 0;
}

void vcpu_inject(struct vcpu *vcpu, seL4_Word virq)
{
    if (!vcpu->in_exit || vcpu->reply_count == VCPU_REPLY_IRQS) {
        vcpu->ops->inject(vcpu, virq);
        return;
    }
    for (unsigned i = 0; i < vcpu->reply_count; i++) {
        if (((vcpu->reply[i] ^ virq) & VESICLE_VIRQ_ID_MASK) == 0) {
            vcpu->reply[i] = virq;
            return;
        }
    }
    vcpu->reply[vcpu->reply_count++] = virq;
}

/* Index of an interrupt that waits for the reply, or reply_count. */
static unsigned find_in_reply(const struct vcpu *vcpu, unsigned intid)
{
    unsigned i = 0;
    while (i < vcpu->reply_count && (vcpu->reply[i] & VESICLE_VIRQ_ID_MASK) != intid) {
        i++;
    }
    return i;
}

seL4_Word vcpu_withdraw(struct vcpu *vcpu, unsigned intid)
{
    seL4_Word state = 0;
    unsigned i = find_in_reply(vcpu, intid);
    if (i < vcpu->reply_count) {
        vcpu->reply[i] = vcpu->reply[--vcpu->reply_count];
        state = VESICLE_VIRQ_PENDING;
    }
    /* It may be active from an earlier delivery as well. */
    return state | vcpu->ops->withdraw(vcpu, intid);
}

seL4_Word vcpu_irq_state(struct vcpu *vcpu, unsigned intid)
{
    seL4_Word state = vcpu->ops->get_state(vcpu, intid);
    if (find_in_reply(vcpu, intid) < vcpu->reply_count) {
        state |= VESICLE_VIRQ_PENDING;
    }
    return state;
}
