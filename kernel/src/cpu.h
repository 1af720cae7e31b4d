/* SPDX-License-Identifier: BSD-2-Clause */
/* What belongs to one core. Nothing in here is shared but under the kernel's lock. TPIDR_EL2 points to it. */
#ifndef CPU_H
#define CPU_H

#include "trace/trace.h"
#include "types.h"
#include <sel4/constants.h>
#include <stdbool.h>

#define MAX_CPUS 8
/* Entries of cpu->last_vcpu. */
#define LAST_VCPUS 64

struct cpu;
struct pmu;
struct tcb;
struct sched_context;
struct vcpu;
struct vspace;

/** What one core asks of another (arch/remote.h). */
typedef void remote_fn(struct cpu *cpu, void *argument);

struct ready_queue {
    struct tcb *head, *tail;
};

struct cpu {
    struct tcb *current;     /* first: vectors.S */
    uint64_t kernel_stack;   /* top; second: vectors.S */
    const void *const_calls; /* third: vectors.S; of the resident VCPU */
    unsigned index;
    bool reschedule;
    bool timer_dirty; /* the running context or the release queue changed: reprogram */
    union {
        struct {
            bool debug_loaded; /* the debug registers hold a native thread's */
            bool pmu_loaded;   /* there is `pmu` */
        };
        uint16_t loaded; /* something that goes with the running thread */
    };
    struct trace trace; /* vectors.S */
    struct tcb *idle;
    struct sched_context *sc; /* being charged */
    ticks_t sc_since;         /* from this time on */
    struct tcb *fp_owner;     /* whose values the FP registers hold */
    struct vcpu *vcpu;        /* whose EL1 registers are in the hardware */
    struct vspace *vspace;    /* in TTBR0_EL2 */
    struct vspace *stage2;    /* in VTTBR_EL2 */
    uint64_t cptr;            /* what CPTR_EL2 holds */
    struct tcb *ready_guest;  /* runs without more ado: its VCPU and space are loaded, its timer enabled, the FP trap is
                                  as it wants it, no notice is due */
    uint64_t asid_epoch;      /* changes whenever some space loses its ASID; differs from other cores' */
    uint64_t fp_switches;     /* FP register sets exchanged since boot */
    uint64_t vtimer_enabled;  /* the virtual timer's PPI is enabled at the redistributor */
    struct vcpu *vtimer_queue; /* VCPUs not resident whose virtual timer is to wake them */
    struct vcpu
        *last_vcpu[LAST_VCPUS]; /* who ran last with a VMID of this remainder: whose stage-1 TLB entries may be here */
    struct pmu *pmu;            /* what the running thread counts, in the hardware; null: nothing */
    struct tcb *release_head;
    struct ready_queue ready[seL4_NumPriorities];
    uint64_t ready_words; /* one bit for each word of ready_map */
    uint64_t ready_map[seL4_NumPriorities / 64];
    remote_fn *request; /* of the core that holds the lock; null: none */
    void *request_argument;
    uint64_t entry_esr; /* of the trap with which the current thread waits for the lock; 0: an interrupt */
};

extern struct cpu cpus[MAX_CPUS];
/** Cores that take part. */
extern unsigned cpu_count;

/** Prepares the calling core's structure and makes it this core's. */
struct cpu *cpu_init(unsigned index, uint64_t kernel_stack_top);

#if defined(__aarch64__)
static inline struct cpu *cpu_this(void)
{
    struct cpu *c;
    __asm__("mrs %0, tpidr_el2" : "=r"(c));
    return c;
}
#else
static inline struct cpu *cpu_this(void)
{
    return &cpus[0];
}
#endif

#endif
