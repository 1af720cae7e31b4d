/* SPDX-License-Identifier: BSD-2-Clause */
/* C side of vectors.S. */
#ifndef AARCH64_TRAP_H
#define AARCH64_TRAP_H

#include "cpu.h"
#include "object/tcb.h"

/**
 * Does a trapped access read an ID register: Op0 = 3, Op1 = 0, CRn = 0? ISS: Op0 21..20, Op2 19..17, Op1 16..14, CRn 13..10, Rt 9..5,
 * CRm 4..1, read 0.
 */
static inline bool trap_reads_id(uint64_t iss)
{
    return (iss & (3ul << 20 | 7ul << 14 | 15ul << 10 | 1)) == (3ul << 20 | 1);
}

/** May the kernel have something to do with the register: by its CRn, an ID register (0), one of the PMU (9, 14)? */
static inline bool trap_may_be_ours(uint64_t iss)
{
    return (1u << 0 | 1u << 9 | 1u << 14) >> (iss >> 10 & 15) & 1;
}

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
