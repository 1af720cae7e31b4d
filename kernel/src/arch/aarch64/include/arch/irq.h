/* SPDX-License-Identifier: BSD-2-Clause */
/* What interrupt objects need of the interrupt controller: GICv3, EOImode 1. */
#ifndef ARCH_IRQ_H
#define ARCH_IRQ_H

#include <stdbool.h>
#include <stdint.h>

/** Below are SGIs, then each core's own interrupts, then those that all share. IHI 0069 2.2.1 */
enum { IRQ_ARCH_SGIS = 16, IRQ_ARCH_PRIVATE = 32 };

/** The first INTID beyond those the controller has. */
unsigned irq_arch_limit(void);
/* `cpu` says whose, for private interrupts. */
void irq_arch_enable(unsigned intid, unsigned cpu);
void irq_arch_disable(unsigned intid, unsigned cpu);
void irq_arch_set_trigger(unsigned intid, unsigned cpu, bool edge);
/** Core that takes a shared interrupt; private ones stay where they are. */
void irq_arch_set_target(unsigned intid, unsigned cpu);
/** Lets the core take others; the interrupt stays active until irq_arch_deactivate. */
void irq_arch_drop(unsigned intid);
void irq_arch_deactivate(unsigned intid, unsigned cpu);
void irq_arch_send_sgi(unsigned intid, unsigned cpu);

/** Whether it is the private interrupt of a timer that nobody else uses. */
bool irq_arch_is_timer(unsigned intid);
/** The calling core's: its interrupt is up while the system counter is at or past `deadline`. */
void irq_arch_set_deadline(uint64_t deadline);

#endif
