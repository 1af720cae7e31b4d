/* SPDX-License-Identifier: BSD-2-Clause */
/* The rows: what is measured, and how a result is reported. */
#ifndef BENCH_H
#define BENCH_H

#include "counters.h"

/** What one look at the counters costs itself. */
extern struct counters look_cost;

/**
 * Prints a row: what `count` rounds took together, on average.
 */
void report(const char *name, struct counters total, seL4_Word count);

/** Call and reply between two address spaces. */
void bench_ipc(void);
/** Exits of a guest, and what the kernel does for it alone. */
void bench_guest(void);

#endif
