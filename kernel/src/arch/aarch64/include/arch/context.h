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
/** `t->tpidr_el0` or `tpidrro_el0` was changed: into the hardware if t runs on this core. */
void context_update_tls(struct tcb *t);
/** `t->vspace` was changed: into the hardware if t, a native thread, runs. */
void context_update_space(struct tcb *t);
/** The core's running thread gives way to nobody, as if interrupted before the trap that brought it here. */
void context_set_aside(struct cpu *cpu);
/** The thread goes: nothing in the hardware may refer to it. */
void context_forget(struct tcb *t);
void context_forget_fp(struct tcb *t);

#endif
