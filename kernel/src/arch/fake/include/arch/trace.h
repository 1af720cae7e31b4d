/* SPDX-License-Identifier: BSD-2-Clause */
/* Tracing on the fake architecture: tests call the hooks themselves. */
#ifndef ARCH_TRACE_H
#define ARCH_TRACE_H

#include <stdbool.h>
#include <stdint.h>

struct fake_trace {
    bool hooks;   /* the vectors with hooks are in use */
    bool records; /* and it is those that record */
    uint64_t esr; /* of the next trap */
    uint64_t ipa; /* of the next abort, and its address */
};
extern struct fake_trace fake_trace;

static inline void arch_trace_vectors(bool hooks, bool records)
{
    fake_trace.hooks = hooks;
    fake_trace.records = records;
}

static inline void trace_barrier(void)
{
    __atomic_thread_fence(__ATOMIC_RELEASE);
}

static inline uint64_t trace_esr(void)
{
    return fake_trace.esr;
}
static inline uint64_t trace_far(void)
{
    return fake_trace.ipa;
}
static inline uint64_t trace_ipa_page(void)
{
    return fake_trace.ipa >> 12;
}

#endif
