/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/vcpu.h"

#include "arch/aarch64/gicv3.h"
#include "cpu.h"
#include "object/vcpu.h"
#include "arch/aarch64/sysreg.h"

unsigned vcpu_list_registers;
uint64_t vcpu_all_list_registers;

void arch_vcpu_init(void)
{
    vcpu_list_registers = gic_list_registers();
    vcpu_all_list_registers = (1ull << vcpu_list_registers) - 1;
}

void arch_vcpu_reset(struct vcpu *v)
{
    v->el1.vpidr = read_sysreg(midr_el1);
}

#define LR_CASES(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)

uint64_t arch_lr_read(unsigned n)
{
    switch (n) {
#define READ(i)                                                                                                        \
    case i:                                                                                                            \
        return read_sysreg(ich_lr##i##_el2);
        LR_CASES(READ)
    default:
        return 0;
    }
}

void arch_lr_write(unsigned n, uint64_t value)
{
    switch (n) {
#define WRITE(i)                                                                                                       \
    case i:                                                                                                            \
        write_sysreg(ich_lr##i##_el2, value);                                                                          \
        break;
        LR_CASES(WRITE)
    default:
        break;
    }
}

void arch_set_underflow_notice(bool on)
{
    write_sysreg(ich_hcr_el2, ICH_HCR_EN | (on ? ICH_HCR_UIE : 0));
}

uint64_t arch_lr_empty(void)
{
    return read_sysreg(ich_elrsr_el2);
}
uint64_t arch_lr_ended(void)
{
    return read_sysreg(ich_eisr_el2);
}

/* The EL1 registers, by the names they have at EL2 with E2H = 1. One list serves saving and loading. */
#define EL1_REGISTERS(X)                                                                                               \
    X(sctlr, sctlr_el12)                                                                                               \
    X(cpacr, cpacr_el12)                                                                                               \
    X(ttbr0, ttbr0_el12)                                                                                               \
    X(ttbr1, ttbr1_el12)                                                                                               \
    X(tcr, tcr_el12)                                                                                                   \
    X(mair, mair_el12)                                                                                                 \
    X(amair, amair_el12)                                                                                               \
    X(contextidr, contextidr_el12)                                                                                     \
    X(actlr, actlr_el1)                                                                                                \
    X(afsr0, afsr0_el12)                                                                                               \
    X(afsr1, afsr1_el12)                                                                                               \
    X(esr, esr_el12)                                                                                                   \
    X(far, far_el12)                                                                                                   \
    X(par, par_el1)                                                                                                    \
    X(vbar, vbar_el12)                                                                                                 \
    X(tpidr_el1, tpidr_el1)                                                                                            \
    X(vmpidr, vmpidr_el2)                                                                                              \
    X(sp_el1, sp_el1)                                                                                                  \
    X(elr_el1, elr_el12)                                                                                               \
    X(spsr_el1, spsr_el12)                                                                                             \
    X(cntvoff, cntvoff_el2)                                                                                            \
    X(cntv_cval, cntv_cval_el02)                                                                                       \
    X(cntkctl, cntkctl_el12)                                                                                           \
    X(csselr, csselr_el1)                                                                                              \
    X(vpidr, vpidr_el2)

#define CNTV_CTL_ISTATUS 4ull

void arch_vcpu_sync(struct vcpu *v)
{
    struct vcpu_el1 *r = &v->el1;

#define SAVE(member, name) r->member = read_sysreg(name);
    EL1_REGISTERS(SAVE)
    r->cntv_ctl = read_sysreg(cntv_ctl_el02) & ~CNTV_CTL_ISTATUS;
    if (!v->debug_parked) {
        r->mdscr = read_sysreg(mdscr_el1);
    }
}

bool arch_vcpu_park_debug(struct vcpu *v)
{
    if (v->debug_parked) {
        return false;
    }
    v->el1.mdscr = read_sysreg(mdscr_el1);
    v->debug_parked = true;
    v->cpu->ready_guest = 0;
    write_sysreg(mdscr_el1, 0);
    return v->el1.mdscr & MDSCR_SS;
}

void arch_vcpu_unpark_debug(struct vcpu *v)
{
    v->debug_parked = false;
    write_sysreg(mdscr_el1, v->el1.mdscr);
}

void arch_vcpu_reload(struct vcpu *v)
{
    const struct vcpu_el1 *r = &v->el1;

#define LOAD(member, name) write_sysreg(name, r->member);
    EL1_REGISTERS(LOAD)
    write_sysreg(cntv_ctl_el02, r->cntv_ctl);
    if (!v->debug_parked) {
        write_sysreg(mdscr_el1, r->mdscr);
    }
}

/* Active priorities: how many registers there are follows from the number of preemption bits. ICH_VTR_EL2, IHI 0069 12.4.10 */
static unsigned active_priority_registers(void)
{
    return 1u << ((read_sysreg(ich_vtr_el2) >> 26 & 7) - 4);
}

static bool holds_vtimer(const struct vcpu *v)
{
    for (unsigned i = 0; i < vcpu_list_registers; i++) {
        if (v->lr[i] & LR_STATE_MASK && v->lr[i] & LR_HW) {
            return true;
        }
    }
    return false;
}

void arch_vcpu_save(struct vcpu *v)
{
    arch_vcpu_sync(v);
    write_sysreg(cntv_ctl_el02, 0);
    if (!v->debug_parked) {
        write_sysreg(mdscr_el1, 0);
    }
    v->debug_parked = false;
    for (unsigned i = 0; i < vcpu_list_registers; i++) {
        v->lr[i] = arch_lr_read(i);
        arch_lr_write(i, 0);
    }
    v->ich_vmcr = read_sysreg(ich_vmcr_el2);
    unsigned n = active_priority_registers();
    v->ich_ap0r[0] = read_sysreg(ich_ap0r0_el2);
    v->ich_ap1r[0] = read_sysreg(ich_ap1r0_el2);
    if (n > 1) {
        v->ich_ap0r[1] = read_sysreg(ich_ap0r1_el2);
        v->ich_ap1r[1] = read_sysreg(ich_ap1r1_el2);
    }
    if (n > 2) {
        v->ich_ap0r[2] = read_sysreg(ich_ap0r2_el2);
        v->ich_ap1r[2] = read_sysreg(ich_ap1r2_el2);
        v->ich_ap0r[3] = read_sysreg(ich_ap0r3_el2);
        v->ich_ap1r[3] = read_sysreg(ich_ap1r3_el2);
    }
    /* Empty list registers would raise the underflow notice, and nobody could end it. */
    write_sysreg(ich_hcr_el2, 0);
    if (holds_vtimer(v)) {
        /* The physical interrupt stays active until the guest ends it: free it for the next guest. */
        gic_set_active(GIC_INTID_VTIMER, cpu_this()->index, false);
    }
}

void arch_vcpu_load(struct vcpu *v)
{
    unsigned n = active_priority_registers();

    write_sysreg(ich_vmcr_el2, v->ich_vmcr);
    write_sysreg(ich_ap0r0_el2, v->ich_ap0r[0]);
    write_sysreg(ich_ap1r0_el2, v->ich_ap1r[0]);
    if (n > 1) {
        write_sysreg(ich_ap0r1_el2, v->ich_ap0r[1]);
        write_sysreg(ich_ap1r1_el2, v->ich_ap1r[1]);
    }
    if (n > 2) {
        write_sysreg(ich_ap0r2_el2, v->ich_ap0r[2]);
        write_sysreg(ich_ap1r2_el2, v->ich_ap1r[2]);
        write_sysreg(ich_ap0r3_el2, v->ich_ap0r[3]);
        write_sysreg(ich_ap1r3_el2, v->ich_ap1r[3]);
    }
    for (unsigned i = 0; i < vcpu_list_registers; i++) {
        arch_lr_write(i, v->lr[i]);
    }
    write_sysreg(ich_hcr_el2, v->ich_hcr);
    gic_set_active(GIC_INTID_VTIMER, cpu_this()->index, holds_vtimer(v));
    arch_vcpu_reload(v);
}

bool arch_vtimer_asserted(void)
{
    /* ENABLE and ISTATUS, not IMASK. DDI 0487 CNTV_CTL_EL0 */
    return (read_sysreg(cntv_ctl_el02) & 7) == 5;
}

void arch_vtimer_irq_enable(bool on)
{
    if (on) {
        gic_enable(GIC_INTID_VTIMER, cpu_this()->index);
    } else {
        gic_disable(GIC_INTID_VTIMER, cpu_this()->index);
    }
}

void arch_vtimer_irq_deactivate(void)
{
    gic_deactivate(GIC_INTID_VTIMER);
}

void arch_flush_guest_stage1(void)
{
    __asm__ volatile("tlbi vmalle1\n\tdsb nsh\n\tisb" ::: "memory");
}
