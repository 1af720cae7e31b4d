/* SPDX-License-Identifier: BSD-2-Clause */
/* Methods of the trace capability, and of VCPUs' counters. What they are about is in sel4/trace.h. */
#ifndef SEL4_INTERFACES_TRACE_H
#define SEL4_INTERFACES_TRACE_H

#include <sel4/invoke.h>

#include <sel4/trace.h>
#include <sel4/vesicle.h>

/**
 * Gives a core the frame its ring is to stand in, readable and writable; 0 takes it away. Recording stops, counting goes on. The
 * kernel holds a derived capability: when it is revoked, the ring is gone.
 */
static inline seL4_Error vesicle_Trace_SetBuffer(vesicle_Trace service, seL4_Word core, seL4_CPtr frame)
{
    seL4_SetCap(0, frame);
    return vesicle_invoke1(service, vesicle_TraceSetBuffer, 1, core);
}

/**
 * What a core records and counts from now on (VESICLE_TRACE_*), 0 for nothing. seL4_IllegalOperation if it shall record and
 * has no buffer.
 */
static inline seL4_Error vesicle_Trace_SetEvents(vesicle_Trace service, seL4_Word core, seL4_Word events)
{
    return vesicle_invoke2(service, vesicle_TraceSetEvents, 0, core, events);
}

typedef struct vesicle_Trace_GetEvents {
    int error;
    seL4_Word events;
    seL4_Word written; /**< records since the buffer was given */
} vesicle_Trace_GetEvents_t;

/** What a core records and counts: 0 also after its buffer was revoked. */
static inline vesicle_Trace_GetEvents_t vesicle_Trace_GetEvents(vesicle_Trace service, seL4_Word core)
{
    seL4_Word mr[4] = {core, 0, 0, 0};
    seL4_Error error = vesicle_invoke(service, vesicle_TraceGetEvents, 0, 1, mr);
    vesicle_Trace_GetEvents_t result = {(int)error, mr[0], mr[1]};
    return result;
}

typedef struct vesicle_Trace_GetThread {
    int error;
    seL4_Uint32 thread;
} vesicle_Trace_GetThread_t;

/** The number by which records name a thread. */
static inline vesicle_Trace_GetThread_t vesicle_Trace_GetThread(vesicle_Trace service, seL4_TCB tcb)
{
    seL4_Word mr[4] = {0, 0, 0, 0};
    seL4_SetCap(0, tcb);
    seL4_Error error = vesicle_invoke(service, vesicle_TraceGetThread, 1, 0, mr);
    vesicle_Trace_GetThread_t result = {(int)error, (seL4_Uint32)mr[0]};
    return result;
}

/** Exits that ended in the kernel and those that the VMM served: how many, and the ticks until the guest went on. */
typedef struct vesicle_VCPU_ReadCounters {
    int error;
    seL4_Word kernel_exits, kernel_ticks, vmm_exits, vmm_ticks;
} vesicle_VCPU_ReadCounters_t;

/** The exits for one reason (vesicle_exit_reason), counted on cores that count. */
static inline vesicle_VCPU_ReadCounters_t vesicle_VCPU_ReadCounters(seL4_ARM_VCPU service, seL4_Word reason)
{
    seL4_Word mr[4] = {reason, 0, 0, 0};
    seL4_Error error = vesicle_invoke(service, vesicle_VCPUReadCounters, 0, 1, mr);
    vesicle_VCPU_ReadCounters_t result = {(int)error, mr[0], mr[1], mr[2], mr[3]};
    return result;
}

/** All of a VCPU's counters begin at 0 again. */
static inline seL4_Error vesicle_VCPU_ResetCounters(seL4_ARM_VCPU service)
{
    return vesicle_invoke0(service, vesicle_VCPUResetCounters, 0);
}

#endif
