/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupts as objects: who may have one, which notification it signals. */
#ifndef OBJECT_IRQ_H
#define OBJECT_IRQ_H

#include "arch/irq.h"
#include "cpu.h"
#include "syscall.h"

/** INTIDs, and lines: an INTID of the first core or of all, or a private one of another core. */
enum { IRQ_MAX = 1020, IRQ_LINES = IRQ_MAX + (MAX_CPUS - 1) * IRQ_ARCH_PRIVATE };

/** One slot a line, holding the notification capability it signals. Not part of any CSpace. */
extern struct slot irq_slots[IRQ_LINES];

/** A device interrupt arrived at `cpu`, already acknowledged there: drop its priority, signal, leave it active until Ack. */
void irq_deliver(unsigned intid, unsigned cpu);
/** The first half of that: others may come; `line` is active until Ack. Who calls it signals. */
void irq_begin(unsigned intid, unsigned line);
/** The last handler capability goes: the interrupt is disabled and its notification forgotten. False if preempted. */
bool irq_finalise(unsigned line);
/** Keeps an interrupt of every core for the kernel's own use (boot). */
void irq_reserve(unsigned intid);

int irq_control_invoke(struct invocation *inv);
int irq_handler_invoke(struct invocation *inv);
/** A SGISignal capability was signalled. */
void irq_send_sgi(struct cap c);

#endif
