/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the kernel records: a ring of records a core, in a frame given by whoever holds the trace capability, and
 * counters of exits a VCPU. Methods: sel4/interfaces/trace.h; why: docs/kernel-api.md.
 *
 * The ring is written by its core only, oldest record overwritten first; nothing in the frame steers the kernel. Times are those of the
 * system counter (CNTPCT_EL0, and CNTVCT_EL0 as native programs read it). Threads have numbers that are given once, in the order in
 * which TCBs are made; 0 is nobody (the core idles).
 */
#ifndef SEL4_TRACE_H
#define SEL4_TRACE_H

#include <sel4/types.h>

/** Layout of what follows. */
#define VESICLE_TRACE_VERSION 1

/** What a record tells. */
enum vesicle_trace_kind {
    vesicle_Trace_Exit = 1, /**< a guest was left; an Entry follows, unless the answer is constant (reason ConstCall) */
    vesicle_Trace_Entry,    /**< a guest goes on */
    vesicle_Trace_Switch,   /**< another thread runs */
    vesicle_Trace_Fault,    /**< a thread's fault is sent to its handler, or has none; not guests' exits to their VMM */
    vesicle_Trace_IRQ,      /**< an interrupt was taken, by a thread's core or an idle one */
    vesicle_Trace_Trap,     /**< a native thread entered the kernel */
    vesicle_Trace_Return,   /**< a native thread goes on */
    vesicle_Trace_Sample,   /**< where a thread was when the time for a sample came; asked for by a period */
    vesicle_NumTraceKinds
};

/** Why a guest was left, or a native thread trapped. */
enum vesicle_exit_reason {
    vesicle_Exit_Other = 0,
    vesicle_Exit_WFx,
    vesicle_Exit_HVC,
    vesicle_Exit_SMC,
    vesicle_Exit_ConstCall, /**< HVC or SMC answered from the VCPU's table */
    vesicle_Exit_SysReg,
    vesicle_Exit_FP,
    vesicle_Exit_Debug, /**< breakpoints, watchpoints, single steps, BRK */
    vesicle_Exit_SError,
    vesicle_Exit_IRQ,          /**< an interrupt; at the Entry that follows: a device's */
    vesicle_Exit_SGI,          /**< an interrupt of another core, the kernel's own among them */
    vesicle_Exit_Timer,        /**< the kernel's timer */
    vesicle_Exit_VirtualTimer, /**< the guest's */
    vesicle_Exit_Maintenance,  /**< the GIC's list registers */
    vesicle_Exit_InstructionAbort,
    vesicle_Exit_DataAbort,
    vesicle_NumExitReasons,
    vesicle_Exit_SystemCall = vesicle_NumExitReasons /**< of native threads */
};

/**
 * One record. By kind:
 *   Exit     reason; a = PC; b = ESR_EL2 31..0 | more 63..32. Aborts: detail = bits 11..0 of the address, more = bits 43..12 of
 *            the IPA, see vesicle_trace_ipa. Interrupts: ESR_EL2 and more are 0. Others: more = w0. ConstCall: no ESR_EL2.
 *   Entry    reason of the Exit it ends, and VESICLE_TRACE_VMM if the VMM served it; a = PC; b = ticks since the Exit. Other and 0 if the
 *            Exit was not seen.
 *   Switch   thread runs now; a = who ran before; reason = what became of that: vesicle_trace_state
 *   Fault    reason = type of the fault (seL4_Fault_*); a = PC; b = the fault's first word
 *   IRQ      thread = who was interrupted; detail = INTID
 *   Trap     reason; a = PC; b = ESR_EL2 31..0 | x0 31..0; detail = x7 15..0, the number of a system call
 *   Return   a = PC
 *   Sample   a = PC; detail = PSTATE's mode: 0 EL0, 4 and 5 a guest's EL1; b = ticks since it was due. Interrupts are masked in the
 *            kernel: where it was due in there, VESICLE_TRACE_IN_KERNEL is in `detail`, thread and reason are those of the trap.
 */
struct vesicle_trace_record {
    seL4_Uint64 time;
    seL4_Uint32 thread;
    seL4_Uint16 detail;
    seL4_Uint8 reason;
    seL4_Uint8 kind; /* vesicle_trace_kind */
    seL4_Uint64 a, b;
};
_Static_assert(sizeof(struct vesicle_trace_record) == 32, "trace record");
_Static_assert(__builtin_offsetof(struct vesicle_trace_record, thread) == 8, "trace record");
_Static_assert(__builtin_offsetof(struct vesicle_trace_record, detail) == 12, "trace record");
_Static_assert(__builtin_offsetof(struct vesicle_trace_record, reason) == 14, "trace record");
_Static_assert(__builtin_offsetof(struct vesicle_trace_record, kind) == 15, "trace record");
_Static_assert(__builtin_offsetof(struct vesicle_trace_record, a) == 16, "trace record");

/** In `detail` of an abort's Exit. */
#define VESICLE_TRACE_OFFSET_MASK 0xfffu
/** In `detail` of a Sample. */
#define VESICLE_TRACE_IN_KERNEL 0x100u
/** In `reason` of an Entry. */
#define VESICLE_TRACE_VMM 0x10u

/** The intermediate physical address of an abort's Exit. 0 where the hardware does not know it: permission faults. */
static inline seL4_Bool vesicle_trace_ipa(const struct vesicle_trace_record *r, seL4_Uint64 *ipa)
{
    seL4_Word type = r->b & 0x3c, on_walk = r->b >> 7 & 1;

    *ipa = r->b >> 32 << 12 | (r->detail & VESICLE_TRACE_OFFSET_MASK);
    return (r->reason == vesicle_Exit_InstructionAbort || r->reason == vesicle_Exit_DataAbort) &&
           (type != 0x0c || on_walk);
}

/** What a thread does that no longer runs. */
enum vesicle_trace_state {
    vesicle_TraceState_Inactive = 0,
    vesicle_TraceState_Runnable, /**< somebody else came before */
    vesicle_TraceState_Receiving,
    vesicle_TraceState_Sending,
    vesicle_TraceState_Calling, /**< waits for a reply: of a server, or of a fault's handler */
    vesicle_TraceState_Waiting, /**< for a notification */
    vesicle_TraceState_WFI,     /**< a guest waiting for an interrupt */
    vesicle_TraceState_Idle     /**< nobody ran */
};

/** What stands in a ring's frame: this, and records to its end. */
struct vesicle_trace_ring {
    seL4_Uint32 version;     /* VESICLE_TRACE_VERSION */
    seL4_Uint32 record_size; /* bytes */
    seL4_Uint64 capacity;    /* records there is room for */
    seL4_Uint64 written;     /* records since the frame was given; the next one goes to record[written % capacity] */
    seL4_Uint64 frequency;   /* ticks a second */
    seL4_Uint32 core;
    seL4_Uint32 spare[7];
    struct vesicle_trace_record record[];
};
_Static_assert(sizeof(struct vesicle_trace_ring) == 64, "trace ring");
_Static_assert(__builtin_offsetof(struct vesicle_trace_ring, written) == 16, "trace ring");
_Static_assert(__builtin_offsetof(struct vesicle_trace_ring, record) == 64, "trace ring");

/** What is to be recorded: a bit for each kind, and one for the counters. */
#define VESICLE_TRACE_COUNT       1ul
#define VESICLE_TRACE_EVENT(kind) (1ul << (kind))
#define VESICLE_TRACE_ALL         (VESICLE_TRACE_EVENT(vesicle_Trace_Sample) - 1)
/** In the upper half of the word: microseconds from one sample to the next, 0 for no samples. */
#define VESICLE_TRACE_PERIOD_SHIFT 32
#define VESICLE_TRACE_PERIOD_MIN   10ul
#define VESICLE_TRACE_PERIOD_MAX   10000000ul

/** Records at the old end that may be being overwritten. */
#define VESICLE_TRACE_MARGIN 2

/**
 * Takes record number *next out of the ring, or the oldest still there; `*lost` grows by how many were overwritten in between.
 * 0 if there is none yet. The ring may be written meanwhile. Begin with *next = *lost = 0.
 */
static inline seL4_Word vesicle_trace_read(const struct vesicle_trace_ring *ring, seL4_Word *next, seL4_Word *lost,
                                           struct vesicle_trace_record *out)
{
    seL4_Word written = __atomic_load_n(&ring->written, __ATOMIC_ACQUIRE), kept = ring->capacity - VESICLE_TRACE_MARGIN;

    while (*next < written) {
        if (written - *next > kept) {
            *lost += written - kept - *next;
            *next = written - kept;
        }
        const volatile seL4_Uint64 *from = (const volatile seL4_Uint64 *)&ring->record[*next % ring->capacity];
        union {
            seL4_Uint64 word[4];
            struct vesicle_trace_record record;
        } copy = {{from[0], from[1], from[2], from[3]}};
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        written = __atomic_load_n(&ring->written, __ATOMIC_RELAXED);
        if (written - *next <= kept) {
            *out = copy.record;
            ++*next;
            return 1;
        }
    }
    return 0;
}

#endif
