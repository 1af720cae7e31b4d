/* SPDX-License-Identifier: BSD-2-Clause */
/* A guest's performance monitors: who has them in the hardware when, and the interrupt of their overflow. */
#include "object/pmu.h"

#include "arch/pmu.h"
#include "cpu.h"
#include "object/vcpu.h"
#include "object/vcpu_irq.h"
#include <sel4/vesicle.h>

#define ISS_READ    1u
#define ISS_RT(iss) ((unsigned)((iss) >> 5) & 31)
#define RT_ZERO     31

static struct cpu *core_of(const struct vcpu *v)
{
    return v->cpu && v->cpu->pmu == &v->pmu ? v->cpu : 0;
}

/* Counters that run and what EL0 may do are in the hardware while the guest runs: so it leaves by the slow way, and only then. */
static void update_use(struct vcpu *v)
{
    v->pmu_in_use = pmu_running(&v->pmu) || v->pmu.user;
    if (v->tcb) {
        vcpu_update_quick_exits(v->tcb);
    }
    if (v->cpu && v->pmu_in_use) {
        v->cpu->ready_guest = 0;
    }
}

/* The interrupt is level-sensitive; its level is looked at when it can have changed. */
static void update_line(struct vcpu *v)
{
    const struct pmu *p = &v->pmu;
    bool up = p->control & PMCR_E && p->overflowed & p->interrupts;

    if (up && v->pmu_ppi_enabled) {
        vcpu_inject(v, vesicle_virq(VESICLE_PMU_PPI, v->pmu_ppi_priority, v->pmu_ppi_group != 0, false));
    } else if (!up && v->pmu_line) {
        vcpu_withdraw(v, VESICLE_PMU_PPI);
    }
    v->pmu_line = up;
}

bool vcpu_pmu_access(struct cpu *cpu, struct tcb *t, uint64_t esr)
{
    struct vcpu *v = t->vcpu;
    unsigned rt = ISS_RT(esr);
    bool read = esr & ISS_READ;
    word_t value = read || rt == RT_ZERO ? 0 : t->regs->x[rt];

    if (!v->pmu_given || !pmu_is_register(esr)) {
        return false;
    }
    pmu_unload(cpu);
    pmu_access(&v->pmu, esr, &value);
    if (!read) {
        update_line(v);
        update_use(v);
    } else if (rt != RT_ZERO) {
        t->regs->x[rt] = value;
    }
    t->pc += 4;
    pmu_load(cpu, t);
    return true;
}

void vcpu_pmu_overflowed(struct vcpu *v, uint32_t fresh)
{
    v->pmu.overflowed |= fresh;
    update_line(v);
}

void vcpu_pmu_settle(struct vcpu *v)
{
    if (core_of(v)) {
        pmu_irq(v->cpu);
    }
}

int vcpu_pmu_set_ppi(struct invocation *inv, struct vcpu *v)
{
    if (!arch_pmu_events) {
        return seL4_IllegalOperation;
    }
    v->pmu_given = true;
    v->pmu_ppi_enabled = inv_word(inv, 1) != 0;
    v->pmu_ppi_priority = (uint8_t)inv_word(inv, 2);
    v->pmu_ppi_group = inv_word(inv, 3) != 0;
    update_line(v);
    return seL4_NoError;
}

void vcpu_pmu_write_control(struct vcpu *v, word_t value)
{
    struct cpu *cpu = core_of(v);

    if (cpu) {
        pmu_unload(cpu);
    }
    pmu_write_control(&v->pmu, value);
    update_line(v);
    update_use(v);
    if (cpu) {
        pmu_load(cpu, v->tcb);
    }
}
