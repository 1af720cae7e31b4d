/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Recording what a core does, and counting its guests' exits (sel4/trace.h). While a core records or counts, its vectors are others:
 * they call the hooks below, or those of trace/count.h if it counts and does no more. While it does neither, nobody asks but where a
 * fault is sent, a VCPU is loaded and a core goes idle.
 *
 * A ring is written by its core alone. Its buffer is changed by requests to that core (arch/remote.h), so hooks need no lock.
 */
#ifndef TRACE_TRACE_H
#define TRACE_TRACE_H

#include "object/slot.h"
#include "types.h"
#include <sel4/trace.h>

struct cpu;
struct invocation;
struct tcb;

/** Part of struct cpu. Fields used together stand together. */
struct trace {
    uint32_t events;                   /* VESICLE_TRACE_*; 0: off */
    uint32_t records;                  /* those of them that are recorded, not counted */
    struct tcb *last;                  /* runs, or ran until something took it off its core in this entry */
    struct vesicle_trace_record *next; /* where the next record goes */
    uint64_t written;
    struct vesicle_trace_record *end;
    struct vesicle_trace_ring *ring; /* null: no buffer */
    ticks_t since;                   /* events other than 0 from then on; ~0: it is 0 */
    ticks_t sample_at;               /* when the next sample is due; ~0: no samples */
    ticks_t period;
    struct trace_entry {
        ticks_t time;
        uint32_t thread, reason;
    } entry[2];   /* the last entry into the kernel, and the one before that, first; while there are samples */
    ticks_t left; /* when the kernel was left last */
};

/** Reasons, and the same with VESICLE_TRACE_VMM. */
enum { TRACE_COUNTERS = 2 * VESICLE_TRACE_VMM };
_Static_assert((int)vesicle_NumExitReasons == VESICLE_TRACE_VMM, "sel4/trace.h");

struct exit_counter {
    uint64_t count;
    ticks_t ticks;
};

/** Part of struct vcpu: the exit it is in. */
struct exit_trace {
    ticks_t time; /* when it began; 0: none was seen */
    struct exit_counter
        *counter; /* that will count it: by reason, with VESICLE_TRACE_VMM if a fault was sent meanwhile */
};

/*
 * Hooks of the vectors; the thread's registers are saved. On the way in, by a trap or by an interrupt: compiled so that x0 to x7 stay
 * as they are.
 */
void trace_enter(void);
void trace_enter_irq(void);
/* On the way out, to the thread that goes on; returns it. */
struct tcb *trace_leave(struct tcb *t);
/* The same where the core counts and does not record. The way in is in the vectors and in fastpath.c. */
struct tcb *trace_leave_counting(struct tcb *t);

/*
 * Hooks elsewhere: an interrupt was acknowledged, the fault in `t` goes to its handler or has none, the core's thread is
 * taken away or has nothing to do.
 */
void trace_irq_taken(struct cpu *cpu, unsigned intid);
void trace_fault_sent(struct cpu *cpu, struct tcb *t);
void trace_thread_leaves(struct cpu *cpu);

/** Our copies of the buffers' capabilities, a core each; empty: none. Not part of any CSpace. */
extern struct slot trace_buffers[];

/** The trace buffer's capability goes: its core writes there no more. */
void trace_detach(struct cpu *cpu);

/** Methods of vesicle_Trace. */
int trace_invoke(struct invocation *inv);

#endif
