/* SPDX-License-Identifier: BSD-2-Clause */
/* How a record gets into the ring of the calling core. For the hooks only. */
#ifndef TRACE_RECORD_H
#define TRACE_RECORD_H

#include "arch/trace.h"
#include "trace/trace.h"

#define INLINE      static inline __attribute__((always_inline))
#define unlikely(x) __builtin_expect(!!(x), 0)

INLINE bool wants(uint32_t events, enum vesicle_trace_kind kind)
{
    return events >> kind & 1;
}

/* A struct vesicle_trace_record as it is written: detail, reason and kind at once. */
struct written_record {
    uint64_t time;
    uint32_t thread, about;
    uint64_t a, b;
};
_Static_assert(sizeof(struct written_record) == sizeof(struct vesicle_trace_record), "sel4/trace.h");

INLINE uint32_t about(enum vesicle_trace_kind kind, uint32_t reason, uint32_t detail)
{
    return (uint32_t)kind << 24 | reason << 16 | detail;
}

/* There is a ring: some record is wanted. vectors.S has the same once more, for calls with constant answers. */
INLINE void put(struct trace *tr, ticks_t time, uint32_t thread, uint32_t about, uint64_t a, uint64_t b)
{
    struct vesicle_trace_record *next = tr->next + 1;
    struct written_record *to = (struct written_record *)tr->next;
    struct vesicle_trace_ring *ring = tr->ring;
    uint64_t written = tr->written + 1;

    *to = (struct written_record){time, thread, about, a, b};
    if (unlikely(next == tr->end)) {
        next = ring->record;
    }
    tr->next = next;
    tr->written = written;
    trace_barrier(); /* readers see the record before its number */
    *(volatile seL4_Uint64 *)&ring->written = written;
}

#endif
