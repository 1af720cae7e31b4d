/* SPDX-License-Identifier: BSD-2-Clause */
/* C side of vectors.S. */
#ifndef AARCH64_TRAP_H
#define AARCH64_TRAP_H

#include "cpu.h"
#include "object/tcb.h"

void trap_sync(struct cpu *cpu, struct tcb *t, uint64_t esr);
void trap_irq(struct cpu *cpu, struct tcb *t);
void trap_serror(struct cpu *cpu, struct tcb *t, uint64_t esr);
/** Boot is done: runs the first thread. */
_Noreturn void trap_start(struct cpu *cpu);
/** vectors.S: to the core's current thread. */
_Noreturn void return_to_user(void);

#endif
