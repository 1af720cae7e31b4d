/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/vcpu.h"

#include "arch/aarch64/gicv3.h"
#include "cpu.h"
#include "object/vcpu.h"
#include "arch/aarch64/sysreg.h"

unsigned vcpu_list_registers;
uint64_t vcpu_all_list_registers;
static unsigned more_active_priorities; /* registers of each group beyond the first: 0, 1 or 3 */

/* Active priorities: how many registers there are follows from the number of preemption bits. ICH_VTR_EL2, IHI 0069 12.4.10 */
static unsigned active_priority_registers(void)
{
    return 1u << ((read_sysreg(ich_vtr_el2) >> ICH_VTR_PREBITS_SHIFT & ICH_VTR_PREBITS_MASK) - 4);
}

void arch_vcpu_init(void)
{
    vcpu_list_registers = gic_list_registers();
    vcpu_all_list_registers = (1ull << vcpu_list_registers) - 1;
    more_active_priorities = active_priority_registers() - 1;
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

/*
 * The EL1 registers, by the names they have at EL2 with E2H = 1, in pairs as they stand in memory. One list serves saving and loading. A guest
 * cannot change the fixed ones.
 */
#define EL1_REGISTERS(X)                                                                                               \
    X(sctlr, sctlr_el12, cpacr, cpacr_el12)                                                                            \
    X(ttbr0, ttbr0_el12, ttbr1, ttbr1_el12)                                                                            \
    X(tcr, tcr_el12, mair, mair_el12)                                                                                  \
    X(amair, amair_el12, contextidr, contextidr_el12)                                                                  \
    X(afsr0, afsr0_el12, afsr1, afsr1_el12)                                                                            \
    X(esr, esr_el12, far, far_el12)                                                                                    \
    X(par, par_el1, vbar, vbar_el12)                                                                                   \
    X(tpidr_el1, tpidr_el1, sp_el1, sp_el1)                                                                            \
    X(elr_el1, elr_el12, spsr_el1, spsr_el12)                                                                          \
    X(cntv_cval, cntv_cval_el02, cntkctl, cntkctl_el12)
#define FIXED_EL1_REGISTERS(X)                                                                                         \
    X(actlr, actlr_el1, vmpidr, vmpidr_el2)                                                                            \
    X(cntvoff, cntvoff_el2, vpidr, vpidr_el2)

#define SAVE_PAIR(a, a_name, b, b_name)                                                                                \
    {                                                                                                                  \
        word_t a_value = read_sysreg(a_name), b_value = read_sysreg(b_name);                                           \
        r->a = a_value;                                                                                                \
        r->b = b_value;                                                                                                \
    }
#define LOAD_PAIR(a, a_name, b, b_name)                                                                                \
    {                                                                                                                  \
        word_t a_value = r->a, b_value = r->b;                                                                         \
        write_sysreg(a_name, a_value);                                                                                 \
        write_sysreg(b_name, b_value);                                                                                 \
    }

#define CNTV_CTL_ISTATUS 4ull

static inline void save_el1(struct vcpu *v)
{
    struct vcpu_el1 *r = &v->el1;

    EL1_REGISTERS(SAVE_PAIR)
    r->csselr = read_sysreg(csselr_el1);
    r->cntv_ctl = read_sysreg(cntv_ctl_el02) & ~CNTV_CTL_ISTATUS;
}

static inline void load_el1(const struct vcpu *v)
{
    const struct vcpu_el1 *r = &v->el1;

    FIXED_EL1_REGISTERS(LOAD_PAIR)
    EL1_REGISTERS(LOAD_PAIR)
    write_sysreg(csselr_el1, r->csselr);
    write_sysreg(cntv_ctl_el02, r->cntv_ctl);
}

void arch_vcpu_sync(struct vcpu *v)
{
    save_el1(v);
    if (!v->debug_parked) {
        v->el1.mdscr = read_sysreg(mdscr_el1);
    }
}

void arch_vcpu_reload(struct vcpu *v)
{
    load_el1(v);
    if (!v->debug_parked) {
        write_sysreg(mdscr_el1, v->el1.mdscr);
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

static inline void save_active_priorities(struct vcpu *v)
{
    v->ich_ap[0] = (struct active_priorities){read_sysreg(ich_ap0r0_el2), read_sysreg(ich_ap1r0_el2)};
    if (more_active_priorities > 0) {
        v->ich_ap[1] = (struct active_priorities){read_sysreg(ich_ap0r1_el2), read_sysreg(ich_ap1r1_el2)};
    }
    if (more_active_priorities > 1) {
        v->ich_ap[2] = (struct active_priorities){read_sysreg(ich_ap0r2_el2), read_sysreg(ich_ap1r2_el2)};
        v->ich_ap[3] = (struct active_priorities){read_sysreg(ich_ap0r3_el2), read_sysreg(ich_ap1r3_el2)};
    }
}

#define LOAD_ACTIVE_PRIORITIES(i)                                                                                      \
    {                                                                                                                  \
        struct active_priorities ap = v->ich_ap[i];                                                                    \
        write_sysreg(ich_ap0r##i##_el2, ap.group0);                                                                    \
        write_sysreg(ich_ap1r##i##_el2, ap.group1);                                                                    \
    }
static inline void load_active_priorities(const struct vcpu *v)
{
    LOAD_ACTIVE_PRIORITIES(0)
    if (more_active_priorities > 0) {
        LOAD_ACTIVE_PRIORITIES(1)
    }
    if (more_active_priorities > 1) {
        LOAD_ACTIVE_PRIORITIES(2)
        LOAD_ACTIVE_PRIORITIES(3)
    }
}

void arch_vcpu_sync_gic(struct vcpu *v)
{
    v->ich_vmcr = read_sysreg(ich_vmcr_el2);
    save_active_priorities(v);
}

void arch_vcpu_reload_gic(const struct vcpu *v)
{
    write_sysreg(ich_vmcr_el2, v->ich_vmcr);
    load_active_priorities(v);
}

/*
 * The list registers in use move between hardware and memory; all others are empty in both. One linked to the virtual timer's physical
 * interrupt takes its active state along: that stays until the guest ends it, and must not keep the next guest's from coming.
 */
static __attribute__((noinline)) void save_list_registers(struct vcpu *v, uint64_t used)
{
    v->lr_used = (uint16_t)used;
    for (; used; used &= used - 1) {
        unsigned i = (unsigned)__builtin_ctzll(used);
        v->lr[i] = arch_lr_read(i);
        arch_lr_write(i, 0);
        if (v->lr[i] & LR_STATE_MASK && v->lr[i] & LR_HW) {
            gic_set_active(GIC_INTID_VTIMER, cpu_this()->index, false);
        }
    }
}

static __attribute__((noinline)) void load_list_registers(struct vcpu *v)
{
    for (word_t used = v->lr_used; used; used &= used - 1) {
        unsigned i = (unsigned)__builtin_ctzll(used);
        if (v->lr[i] & LR_STATE_MASK && v->lr[i] & LR_HW) {
            gic_set_active(GIC_INTID_VTIMER, cpu_this()->index, true);
        }
        arch_lr_write(i, v->lr[i]);
        v->lr[i] = 0;
    }
    v->lr_used = 0;
}

void arch_vcpu_save(struct vcpu *v)
{
    save_el1(v);
    write_sysreg(cntv_ctl_el02, 0);
    if (__builtin_expect(!v->debug_parked, 1)) {
        v->el1.mdscr = read_sysreg(mdscr_el1);
        write_sysreg(mdscr_el1, 0);
    }
    v->debug_parked = false;
    arch_vcpu_sync_gic(v);
    /* Empty list registers would raise the underflow notice, and nobody could end it. */
    write_sysreg(ich_hcr_el2, 0);
    uint64_t used = vcpu_all_list_registers & ~arch_lr_empty();
    if (used) {
        save_list_registers(v, used);
    }
}

void arch_vcpu_load(struct vcpu *v)
{
    arch_vcpu_reload_gic(v);
    write_sysreg(ich_hcr_el2, v->ich_hcr);
    load_el1(v);
    write_sysreg(mdscr_el1, v->el1.mdscr);
    if (v->lr_used) {
        load_list_registers(v);
    }
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
