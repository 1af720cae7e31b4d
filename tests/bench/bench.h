/* SPDX-License-Identifier: BSD-2-Clause */
/* The rows: what is measured, and how a result is reported. */
#ifndef BENCH_H
#define BENCH_H

#include "counters.h"
#include "kernel/lib/worker.h"

/** What one look at the counters costs itself. */
extern struct counters look_cost;

/** Rounds of a loop before it is measured, and while it is. */
enum { WARM = 200, ROUNDS = 2000 };

/** What passed between two looks, without what a look costs. */
static inline struct counters counters_between(struct counters start, struct counters end)
{
    struct counters d = counters_since(start, end);
    d.insns -= look_cost.insns;
    return d;
}

static inline void counters_add(struct counters *total, struct counters more)
{
    total->insns += more.insns;
    total->ticks += more.ticks;
}

/** Prints a row: what `count` rounds took together, on average. */
void report(const char *name, struct counters total, seL4_Word count);
/** The same, less what `count` rounds of another path took: what comes on top of it. */
void report_above(const char *name, struct counters total, struct counters base, seL4_Word count);
/** Prints a row that is a ratio of times. */
void report_ratio(const char *name, seL4_Word ticks, seL4_Word base_ticks);
/** Prints a row that could not be measured on this machine. */
void report_none(const char *name, const char *why);

/** Gives the thread, not started yet, an address space of its own: a second view of the program. */
void move_to_own_space(struct worker *w);
/** Ends a row: its threads and objects go. */
void row_end(void);

/** Call and reply between two address spaces. */
void bench_ipc(void);
/** Call and reply between two cores. */
void bench_cross_core(void);
/** Notifications and interrupts. */
void bench_signal(void);
/** Methods of objects. */
void bench_methods(void);
/** libgpi's allocators. */
void bench_libraries(void);
/** Exits of a guest, and what the kernel does for it alone. */
void bench_guest(void);

#endif
