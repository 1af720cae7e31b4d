/* SPDX-License-Identifier: BSD-2-Clause */
/* C side of vectors.S. */
#ifndef AARCH64_TRAP_H
#define AARCH64_TRAP_H

#include "cpu.h"
#include "object/tcb.h"

void trap_sync(struct cpu *cpu, struct tcb *t, uint64_t esr);
/** A system call was handled: chooses who goes on if that is the question, and returns it. */
struct tcb *trap_finish(void);
void trap_irq(struct cpu *cpu);
void trap_irq_traced(struct cpu *cpu);
/** The thread whose trap it was left the core while it waited for the lock. */
void trap_nothing(struct cpu *cpu);
void trap_serror(struct cpu *cpu, struct tcb *t, uint64_t esr);
/** A core's start is done, and it holds the lock: runs whoever is ready. */
_Noreturn void trap_start(struct cpu *cpu);
/** vectors.S: to the core's current thread. */
_Noreturn void vectors_one_return(void);
_Noreturn void vectors_many_return(void);

#endif
