/* SPDX-License-Identifier: BSD-2-Clause */
/* A core's debug registers, which hold what the running native thread has of breakpoints and single steps. */
#ifndef ARCH_BREAKPOINT_H
#define ARCH_BREAKPOINT_H

struct cpu;
struct tcb;

/** How many the hardware has, at most those the API numbers. */
extern unsigned arch_breakpoints, arch_watchpoints;

/** Prepares the calling core: everything off, and unlocked. */
void arch_breakpoint_init(void);
/** Loads what `t` has; a resident guest's MDSCR_EL1 makes room until the guest runs again. Calling core. */
void arch_breakpoint_load(struct cpu *cpu, const struct tcb *t);
/** Everything off. Calling core. */
void arch_breakpoint_unload(struct cpu *cpu);
/** What `t` has was changed: into the hardware if it runs. */
void arch_breakpoint_update(struct tcb *t);

#endif
