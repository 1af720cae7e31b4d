/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/irq.h"

#include "arch/aarch64/gicv3.h"

unsigned irq_arch_limit(void)
{
    return gic_limit();
}

void irq_arch_enable(unsigned intid)
{
    gic_enable(intid);
}

void irq_arch_disable(unsigned intid)
{
    gic_disable(intid);
}

void irq_arch_set_trigger(unsigned intid, bool edge)
{
    gic_set_trigger(intid, edge);
}

void irq_arch_set_target(unsigned intid, unsigned cpu)
{
    gic_set_target(intid, cpu);
}

void irq_arch_drop(unsigned intid)
{
    gic_drop(intid);
}

void irq_arch_deactivate(unsigned intid)
{
    gic_deactivate(intid);
}

void irq_arch_send_sgi(unsigned intid, unsigned cpu)
{
    gic_send_sgi(1ull << cpu, intid);
}
