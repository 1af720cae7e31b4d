/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Trace rings. A case may have one for each core; it goes with the case. With the boot argument `traced`, every case runs with all cores
 * recording everything, and what they recorded must make sense; with `counted`, with all cores counting exits and no more.
 */
#ifndef TRACING_H
#define TRACING_H

#include <sel4/trace.h>
#include <stdbool.h>

/** Everything that is recorded, and nothing counted. */
#define TRACE_RECORDS (VESICLE_TRACE_ALL & ~VESICLE_TRACE_COUNT)

/** Once, before the first case. */
void tracing_init(void);
/** After each case, its objects still there. */
void tracing_end_case(void);

/** Gives `core` a ring in a new frame of 2^size_bits bytes and lets it record `events` from now on. */
void tracing_start(unsigned core, unsigned size_bits, seL4_Word events);
/** It records nothing more. */
void tracing_stop(unsigned core);
/** The ring. */
const struct vesicle_trace_ring *tracing_ring(unsigned core);
/** The next record; false if there is none. */
bool tracing_next(unsigned core, struct vesicle_trace_record *r);
/** The next record of the thread (a TCB capability) and not about an interrupt's exit; ends the case if there is none. */
struct vesicle_trace_record tracing_next_of(unsigned core, seL4_CPtr tcb);
/** Records that were lost so far. */
seL4_Word tracing_lost(unsigned core);
/** A thread's number. */
seL4_Uint32 tracing_number(seL4_CPtr tcb);

#endif
