/* SPDX-License-Identifier: BSD-2-Clause */
/* What the threads of a process count at EL0, together. */
#ifndef ROOTTASK_COUNT_H
#define ROOTTASK_COUNT_H

#include "pd.h"

/** A PD has a new CPU, and loses one. */
void count_begin(struct pd *pd, struct cpu *cpu);
void count_end(struct pd *pd, struct cpu *cpu);
/** A PD becomes a thread of the other's process. */
void count_join(struct pd *pd, struct pd *with);
/** The PD ends: it has no CPUs any more. */
void count_leave(struct pd *pd);

#endif
