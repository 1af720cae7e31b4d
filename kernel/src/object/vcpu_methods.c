/* SPDX-License-Identifier: BSD-2-Clause */
/* Methods of seL4_ARM_VCPU and our additions to it. */
#include "object/vcpu.h"

#include "arch/context.h"
#include "arch/remote.h"
#include "arch/vcpu.h"
#include "lib/string.h"
#include "object/vcpu_irq.h"
#include "sched/scheduler.h"
#include <sel4/vesicle.h>
#include <sel4/invocation.h>

static int set_tcb(struct invocation *inv, struct vcpu *v)
{
    struct cap c = inv_extra(inv, 0);

    if (!cap_is_full_tcb(c)) {
        return inv_invalid_capability(inv, 1);
    }
    struct tcb *t = cap_object(c);
    struct cap space = t->slots[TCB_VSPACE].cap;
    if (t == inv->caller || (cap_type(space) == CAP_VSPACE && !cap_vspace_is_stage2(space) && t->vspace)) {
        return seL4_IllegalOperation; /* a native thread cannot become a guest while it has a native space */
    }
    if (t->vcpu == v) {
        return seL4_NoError;
    }
    if (t->vcpu) {
        vcpu_unbind(t->vcpu);
    }
    vcpu_unbind(v);
    tcb_suspend(t);
    vcpu_bind(v, t);
    return seL4_NoError;
}

static int inject_irq(struct invocation *inv, struct vcpu *v)
{
    word_t id = inv_word(inv, 0), priority = inv_word(inv, 1), group = inv_word(inv, 2), index = inv_word(inv, 3);

    if (id >= 1020) {
        return inv_range_error(inv, 0, 1019);
    }
    if (priority > 255) {
        return inv_range_error(inv, 0, 255);
    }
    if (group > 1) {
        return inv_range_error(inv, 0, 1);
    }
    if (index >= vcpu_list_registers) {
        return inv_range_error(inv, 0, vcpu_list_registers - 1);
    }
    return vcpu_inject_at(v, vesicle_virq(id, priority, group != 0, true), (unsigned)index);
}

/* One of the GIC's CPU interface, or null. */
static word_t *gic_reg(struct vcpu *v, word_t field)
{
    const unsigned count = sizeof v->ich_ap / sizeof *v->ich_ap;
    if (field == seL4_VCPUReg_ICH_VMCR_EL2) {
        return &v->ich_vmcr;
    }
    if (field >= seL4_VCPUReg_ICH_AP0R0_EL2 && field <= seL4_VCPUReg_ICH_AP0R3_EL2) {
        return &v->ich_ap[(field - seL4_VCPUReg_ICH_AP0R0_EL2) % count].group0;
    }
    if (field >= seL4_VCPUReg_ICH_AP1R0_EL2 && field <= seL4_VCPUReg_ICH_AP1R3_EL2) {
        return &v->ich_ap[(field - seL4_VCPUReg_ICH_AP1R0_EL2) % count].group1;
    }
    return 0;
}

static int read_gic_reg(struct invocation *inv, struct vcpu *v, const word_t *reg)
{
    if (v->cpu) {
        arch_vcpu_sync_gic(v);
    }
    inv_reply(inv, 0, *reg);
    return seL4_NoError;
}

static int write_gic_reg(struct invocation *inv, struct vcpu *v, word_t *reg)
{
    if (v->cpu) {
        arch_vcpu_sync_gic(v);
    }
    *reg = inv_word(inv, 1) & UINT32_MAX;
    if (v->cpu) {
        arch_vcpu_reload_gic(v);
    }
    return seL4_NoError;
}

static word_t *el1_reg(struct vcpu *v, word_t field)
{
    static const uint16_t offset[] = {
#define AT(member) (uint16_t)(__builtin_offsetof(struct vcpu_el1, member) / sizeof(word_t))
        [seL4_VCPUReg_SCTLR] = AT(sctlr),       [seL4_VCPUReg_CPACR] = AT(cpacr),
        [seL4_VCPUReg_TTBR0] = AT(ttbr0),       [seL4_VCPUReg_TTBR1] = AT(ttbr1),
        [seL4_VCPUReg_TCR] = AT(tcr),           [seL4_VCPUReg_MAIR] = AT(mair),
        [seL4_VCPUReg_AMAIR] = AT(amair),       [seL4_VCPUReg_CIDR] = AT(contextidr),
        [seL4_VCPUReg_ACTLR] = AT(actlr),       [seL4_VCPUReg_AFSR0] = AT(afsr0),
        [seL4_VCPUReg_AFSR1] = AT(afsr1),       [seL4_VCPUReg_ESR] = AT(esr),
        [seL4_VCPUReg_FAR] = AT(far),           [seL4_VCPUReg_PAR] = AT(par),
        [seL4_VCPUReg_VBAR] = AT(vbar),         [seL4_VCPUReg_TPIDR_EL1] = AT(tpidr_el1),
        [seL4_VCPUReg_VMPIDR_EL2] = AT(vmpidr), [seL4_VCPUReg_SP_EL1] = AT(sp_el1),
        [seL4_VCPUReg_ELR_EL1] = AT(elr_el1),   [seL4_VCPUReg_SPSR_EL1] = AT(spsr_el1),
        [seL4_VCPUReg_CNTV_CTL] = AT(cntv_ctl), [seL4_VCPUReg_CNTV_CVAL] = AT(cntv_cval),
        [seL4_VCPUReg_CNTVOFF] = AT(cntvoff),   [seL4_VCPUReg_CNTKCTL_EL1] = AT(cntkctl),
        [seL4_VCPUReg_CSSELR] = AT(csselr),     [seL4_VCPUReg_MDSCR] = AT(mdscr),
        [seL4_VCPUReg_VPIDR_EL2] = AT(vpidr),
#undef AT
    };

    if (field == seL4_VCPUReg_TPIDR_EL0 || field == seL4_VCPUReg_TPIDRRO_EL0) {
        return !v->tcb ? 0 : field == seL4_VCPUReg_TPIDR_EL0 ? &v->tcb->tpidr_el0 : &v->tcb->tpidrro_el0;
    }
    return (word_t *)&v->el1 + offset[field];
}

static int read_regs(struct invocation *inv, struct vcpu *v)
{
    word_t field = inv_word(inv, 0);

    if (field >= seL4_VCPUReg_Num) {
        return inv_invalid_argument(inv, 1);
    }
    if (gic_reg(v, field)) {
        return read_gic_reg(inv, v, gic_reg(v, field));
    }
    if (v->cpu) {
        arch_vcpu_sync(v);
    }
    if (v->tcb) {
        context_save(v->tcb);
    }
    if (field == seL4_VCPUReg_PMCR_EL0) {
        inv_reply(inv, 0, pmu_read_control(&v->pmu));
        return seL4_NoError;
    }
    const word_t *reg = el1_reg(v, field);
    inv_reply(inv, 0, reg ? *reg : 0);
    return seL4_NoError;
}

static int write_regs(struct invocation *inv, struct vcpu *v)
{
    word_t field = inv_word(inv, 0);
    word_t *reg = gic_reg(v, field);

    if (field == seL4_VCPUReg_PMCR_EL0) {
        vcpu_pmu_write_control(v, inv_word(inv, 1));
        return seL4_NoError;
    }
    if (reg) {
        return write_gic_reg(inv, v, reg);
    }
    if (field >= seL4_VCPUReg_Num || !(reg = el1_reg(v, field))) {
        return inv_invalid_argument(inv, 1);
    }
    if (v->cpu) {
        arch_vcpu_sync(v);
    }
    if (v->tcb) {
        context_save(v->tcb);
    }
    *reg = inv_word(inv, 1);
    if (v->cpu) {
        arch_vcpu_reload(v);
    }
    if (v->tcb) {
        context_update_tls(v->tcb);
    }
    return seL4_NoError;
}

static int ack_vppi(struct invocation *inv, struct vcpu *v)
{
    if (inv_word(inv, 0) != VESICLE_VTIMER_PPI) {
        return inv_invalid_argument(inv, 1);
    }
    v->vtimer_masked = false;
    if (v->cpu) {
        vcpu_enable_vtimer(v->cpu, v);
    }
    return seL4_NoError;
}

static int set_exit_frame(struct invocation *inv, struct vcpu *v)
{
    struct cap c = inv_extra(inv, 0);

    if (cap_type(c) != CAP_NULL && !cap_is_shareable(c)) {
        return inv_invalid_capability(inv, 1);
    }
    slot_delete(&v->exit_frame);
    if (cap_type(c) == CAP_NULL) {
        return seL4_NoError;
    }
    struct cap held = cap_with_info(c, (cap_info(c) & ~FRAME_HELD) | FRAME_EXIT);
    held.w1 = virt_to_phys(v).raw;
    slot_insert_derived(held, inv->extra[0], &v->exit_frame);
    vcpu_attach_exit_frame(v);
    return seL4_NoError;
}

static int set_vppi(struct invocation *inv, struct vcpu *v)
{
    word_t ppi = inv_word(inv, 0);

    if (ppi != VESICLE_VTIMER_PPI && ppi != VESICLE_PMU_PPI) {
        return inv_invalid_argument(inv, 1);
    }
    if (inv_word(inv, 2) > 255) {
        return inv_range_error(inv, 0, 255);
    }
    if (ppi == VESICLE_PMU_PPI) {
        return vcpu_pmu_set_ppi(inv, v);
    }
    v->vtimer_configured = true;
    v->vtimer_direct = inv_word(inv, 1) != 0;
    v->vtimer_priority = (uint8_t)inv_word(inv, 2);
    v->vtimer_group = inv_word(inv, 3) != 0;
    if (v->cpu) {
        vcpu_enable_vtimer(v->cpu, v);
    }
    return seL4_NoError;
}

static int set_const_call(struct invocation *inv, struct vcpu *v)
{
    word_t function = inv_word(inv, 0);

    if (function < 1 || function > 0xffffffffull) {
        return inv_range_error(inv, 1, 0xffffffffull);
    }
    struct const_call *entry = &v->const_call[const_call_place((uint32_t)function)];
    if (entry->function != 0 && entry->function != function) {
        return inv_not_enough_memory(inv, 0);
    }
    *entry = (struct const_call){function, inv_word(inv, 1)};
    return seL4_NoError;
}

static int set_const_id_reg(struct invocation *inv, struct vcpu *v)
{
    word_t key = inv_word(inv, 0);

    if (key < VESICLE_IDREG(1, 0) || key >= VCPU_ID_REGS) {
        return inv_range_error(inv, VESICLE_IDREG(1, 0), VCPU_ID_REGS - 1);
    }
    v->const_id[key] = inv_word(inv, 1);
    v->const_id_valid |= 1ull << key;
    return seL4_NoError;
}

static int read_counters(struct invocation *inv, struct vcpu *v)
{
    word_t reason = inv_word(inv, 0);

    if (reason >= vesicle_NumExitReasons) {
        return inv_range_error(inv, 0, vesicle_NumExitReasons - 1);
    }
    for (unsigned by_vmm = 0; by_vmm < 2; by_vmm++) {
        word_t i = reason | (by_vmm ? VESICLE_TRACE_VMM : 0);
        inv_reply(inv, 2 * by_vmm, v->counters[i].count);
        inv_reply(inv, 2 * by_vmm + 1, v->counters[i].ticks);
    }
    return seL4_NoError;
}

static int reset_counters(struct invocation *inv, struct vcpu *v)
{
    (void)inv;
    memset(v->counters, 0, sizeof v->counters);
    return seL4_NoError;
}

typedef int vcpu_method(struct invocation *inv, struct vcpu *v);

struct remote_method {
    vcpu_method *method;
    struct invocation *inv;
    int result;
};

static void run_method(struct cpu *cpu, void *remote_method)
{
    struct remote_method *m = remote_method;

    (void)cpu;
    m->result = m->method(m->inv, cap_object(m->inv->cap));
}

int vcpu_invoke(struct invocation *inv)
{
    enum where { HERE, WHERE_RESIDENT };
    static const struct {
        vcpu_method *method;
        uint8_t words, caps, where;
    } methods[] = {
        [vesicle_VCPUSetTCB] = {set_tcb, 0, 1, HERE},
        [vesicle_VCPUInjectIRQ] = {inject_irq, 4, 0, WHERE_RESIDENT},
        [vesicle_VCPUReadRegs] = {read_regs, 1, 0, WHERE_RESIDENT},
        [vesicle_VCPUWriteRegs] = {write_regs, 2, 0, WHERE_RESIDENT},
        [vesicle_VCPUAckVPPI] = {ack_vppi, 1, 0, WHERE_RESIDENT},
        [vesicle_VCPUSetExitFrame] = {set_exit_frame, 0, 1, HERE},
        [vesicle_VCPUInject] = {vcpu_method_inject, 1, 0, WHERE_RESIDENT},
        [vesicle_VCPUWithdraw] = {vcpu_method_withdraw, 1, 0, WHERE_RESIDENT},
        [vesicle_VCPUGetIRQState] = {vcpu_method_get_state, 1, 0, WHERE_RESIDENT},
        [vesicle_VCPUSetIRQState] = {vcpu_method_set_state, 2, 0, WHERE_RESIDENT},
        [vesicle_VCPUSetVPPI] = {set_vppi, 4, 0, WHERE_RESIDENT},
        /* There nobody reads the table meanwhile: the core waits for the lock. */
        [vesicle_VCPUSetConstCall] = {set_const_call, 2, 0, WHERE_RESIDENT},
        [vesicle_VCPUSetConstIDReg] = {set_const_id_reg, 2, 0, HERE},
        [vesicle_VCPUReadCounters] = {read_counters, 1, 0, WHERE_RESIDENT},
        [vesicle_VCPUResetCounters] = {reset_counters, 0, 0, WHERE_RESIDENT},
    };
    struct vcpu *v = cap_object(inv->cap);

    if (inv->label >= sizeof methods / sizeof *methods || !methods[inv->label].method) {
        return seL4_IllegalOperation;
    }
    if (inv->length < methods[inv->label].words || inv->extra_count < methods[inv->label].caps) {
        return seL4_TruncatedMessage;
    }
    if (methods[inv->label].where == HERE || !v->cpu || v->cpu == cpu_this()) {
        return methods[inv->label].method(inv, v);
    }
    struct remote_method remote = {.method = methods[inv->label].method, .inv = inv};
    remote_call(v->cpu, run_method, &remote);
    return remote.result;
}
