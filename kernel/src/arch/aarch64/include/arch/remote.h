/* SPDX-License-Identifier: BSD-2-Clause */
/* Work that only a certain core can do: on its registers, or on the thread it runs. */
#ifndef ARCH_REMOTE_H
#define ARCH_REMOTE_H

#include "cpu.h"

/**
 * Runs `request` on `cpu`, at once if that is the calling core, else while `cpu` waits for the kernel's lock, and returns when it is done. It
 * finds `cpu->current` at its way into the kernel: registers saved, nothing done yet. It must not itself call a core.
 */
void remote_call(struct cpu *cpu, remote_fn *request, void *argument);
/** Brings another core into the kernel, where it chooses who runs and programs its timer. */
void remote_kick(struct cpu *cpu);

#endif
