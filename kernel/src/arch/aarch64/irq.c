/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/irq.h"

#include "arch/aarch64/gicv3.h"
#include "cpu.h"

unsigned irq_arch_limit(void)
{
    return gic_limit();
}

void irq_arch_enable(unsigned intid, unsigned cpu)
{
    gic_enable(intid, cpu);
}

void irq_arch_disable(unsigned intid, unsigned cpu)
{
    gic_disable(intid, cpu);
}

void irq_arch_set_trigger(unsigned intid, unsigned cpu, bool edge)
{
    gic_set_trigger(intid, cpu, edge);
}

void irq_arch_set_target(unsigned intid, unsigned cpu)
{
    gic_set_target(intid, cpu);
}

void irq_arch_drop(unsigned intid)
{
    gic_drop(intid);
}

void irq_arch_deactivate(unsigned intid, unsigned cpu)
{
    /* The CPU interface reaches shared interrupts whoever took them, and the core's own private ones. */
    if (intid >= GIC_INTID_SPI_FIRST || cpu == cpu_this()->index) {
        gic_deactivate(intid);
    } else {
        gic_set_active(intid, cpu, false);
    }
}

void irq_arch_send_sgi(unsigned intid, unsigned cpu)
{
    gic_send_sgi(1ull << cpu, intid);
}

bool irq_arch_is_timer(unsigned intid)
{
    return intid == GIC_INTID_PTIMER;
}

/* The EL1 physical timer: with E2H = 1 its registers have the names _EL02. Guests have theirs emulated. */
void irq_arch_set_deadline(uint64_t deadline)
{
    write_sysreg(cntp_cval_el02, deadline);
    write_sysreg(cntp_ctl_el02, CNT_CTL_ENABLE);
    isb();
}
