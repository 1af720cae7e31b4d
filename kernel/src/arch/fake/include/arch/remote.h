/* SPDX-License-Identifier: BSD-2-Clause */
/* Other cores of the fake architecture do at once what they are asked. */
#ifndef ARCH_REMOTE_H
#define ARCH_REMOTE_H

#include "cpu.h"

extern unsigned fake_kicks[MAX_CPUS];

static inline void remote_call(struct cpu *cpu, remote_fn *request, void *argument)
{
    request(cpu, argument);
}
static inline void remote_kick(struct cpu *cpu)
{
    fake_kicks[cpu->index]++;
}

#endif
