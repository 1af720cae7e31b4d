/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupts as objects: who may have one, which notification it signals. */
#ifndef OBJECT_IRQ_H
#define OBJECT_IRQ_H

#include "syscall.h"

enum { IRQ_MAX = 1020 };

/** One slot an interrupt, holding the notification capability it signals. Not part of any CSpace. */
extern struct slot irq_slots[IRQ_MAX];

/** A device interrupt arrived (already acknowledged at the CPU interface): drop its priority, signal, leave it active until Ack. */
void irq_deliver(unsigned intid);
/** The last handler capability goes: the interrupt is disabled and its notification forgotten. */
void irq_finalise(unsigned intid);
/** Keeps an interrupt for the kernel's own use (boot). */
void irq_reserve(unsigned intid);

int irq_control_invoke(struct invocation *inv);
int irq_handler_invoke(struct invocation *inv);
/** A SGISignal capability was signalled. */
void irq_send_sgi(struct cap c);

#endif
