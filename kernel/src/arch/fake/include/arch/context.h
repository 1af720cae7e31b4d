/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads on the hardware: who runs, whose registers are where. */
#ifndef ARCH_CONTEXT_H
#define ARCH_CONTEXT_H

#include "types.h"

struct cpu;
struct tcb;
struct vspace;

/** Makes `to` the core's running thread: saves the old one's user-visible system registers, loads the new one's. */
void context_switch(struct cpu *cpu, struct tcb *to);
/** Brings what the hardware holds of `t` (thread pointers, SP_EL0, FP) into its TCB. */
void context_save(struct tcb *t);
/** `t->tpidr_el0` was changed: into the hardware if t runs. */
void context_update_tls(struct tcb *t);
/** `t->regs` points elsewhere now. */
void context_update_regs(struct tcb *t);
/** The thread goes: nothing in the hardware may refer to it. */
void context_forget(struct tcb *t);
void context_forget_fp(struct tcb *t);

#endif
