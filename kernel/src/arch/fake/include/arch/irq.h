/* SPDX-License-Identifier: BSD-2-Clause */
/* The interrupt controller of the fake architecture: what was asked for is recorded. */
#ifndef ARCH_IRQ_H
#define ARCH_IRQ_H

#include <stdbool.h>
#include <stdint.h>

enum { IRQ_ARCH_SGIS = 16, FAKE_TIMER = 30, IRQ_ARCH_PRIVATE = 32, FAKE_IRQS = 96, FAKE_INTIDS = 1024 };

struct fake_irq {
    bool enabled[FAKE_INTIDS], edge[FAKE_INTIDS];
    unsigned target[FAKE_INTIDS], drops[FAKE_INTIDS], deactivations[FAKE_INTIDS];
    unsigned sgi, sgi_target, sgis;
    uint64_t deadline;
};
extern struct fake_irq fake_irq;

static inline unsigned irq_arch_limit(void)
{
    return FAKE_IRQS;
}
static inline void irq_arch_enable(unsigned intid, unsigned cpu)
{
    (void)cpu;
    fake_irq.enabled[intid] = true;
}
static inline void irq_arch_disable(unsigned intid, unsigned cpu)
{
    (void)cpu;
    fake_irq.enabled[intid] = false;
}
static inline void irq_arch_set_trigger(unsigned intid, unsigned cpu, bool edge)
{
    (void)cpu;
    fake_irq.edge[intid] = edge;
}
static inline void irq_arch_set_target(unsigned intid, unsigned cpu)
{
    fake_irq.target[intid] = cpu;
}
static inline void irq_arch_drop(unsigned intid)
{
    fake_irq.drops[intid]++;
}
static inline void irq_arch_deactivate(unsigned intid, unsigned cpu)
{
    (void)cpu;
    fake_irq.deactivations[intid]++;
}
static inline void irq_arch_send_sgi(unsigned intid, unsigned cpu)
{
    fake_irq.sgi = intid, fake_irq.sgi_target = cpu, fake_irq.sgis++;
}
static inline bool irq_arch_is_timer(unsigned intid)
{
    return intid == FAKE_TIMER;
}
static inline void irq_arch_set_deadline(uint64_t deadline)
{
    fake_irq.deadline = deadline;
}

#endif
