/* SPDX-License-Identifier: BSD-2-Clause */
/* Methods of threads. */
#ifndef SEL4_INTERFACES_TCB_H
#define SEL4_INTERFACES_TCB_H

#include <sel4/invoke.h>

/** Words of seL4_UserContext. */
#define VESICLE_USER_CONTEXT_WORDS (sizeof(seL4_UserContext) / sizeof(seL4_Word))

/** Reads the first `count` registers; stops the thread first if `suspend_source`. */
static inline seL4_Error seL4_TCB_ReadRegisters(seL4_TCB service, seL4_Bool suspend_source, seL4_Uint8 arch_flags,
                                                seL4_Word count, seL4_UserContext *regs)
{
    seL4_Word *word = &regs->pc;
    seL4_Word mr[4] = {(suspend_source ? 1ul : 0ul) | (seL4_Word)arch_flags << 8, count, 0, 0};
    seL4_Error error = vesicle_invoke(service, vesicle_TCBReadRegisters, 0, 2, mr);
    if (error == seL4_NoError) {
        for (seL4_Word i = 0; i < count && i < VESICLE_USER_CONTEXT_WORDS; i++) {
            word[i] = i < 4 ? mr[i] : seL4_GetMR((int)i);
        }
    }
    return error;
}

/** Writes the first `count` registers; the thread may run afterwards if `resume_target`. */
static inline seL4_Error seL4_TCB_WriteRegisters(seL4_TCB service, seL4_Bool resume_target, seL4_Uint8 arch_flags,
                                                 seL4_Word count, const seL4_UserContext *regs)
{
    const seL4_Word *word = &regs->pc;
    if (count > VESICLE_USER_CONTEXT_WORDS) {
        count = VESICLE_USER_CONTEXT_WORDS;
    }
    for (seL4_Word i = 2; i < count; i++) {
        seL4_SetMR((int)i + 2, word[i]);
    }
    return vesicle_invoke4(service, vesicle_TCBWriteRegisters, 0, count + 2,
                           (resume_target ? 1ul : 0ul) | (seL4_Word)arch_flags << 8, count, word[0], word[1]);
}

/** Copies registers from the thread `source`. */
static inline seL4_Error seL4_TCB_CopyRegisters(seL4_TCB service, seL4_TCB source, seL4_Bool suspend_source,
                                                seL4_Bool resume_target, seL4_Bool transfer_frame,
                                                seL4_Bool transfer_integer, seL4_Uint8 arch_flags)
{
    seL4_Word flags = (suspend_source ? 1ul : 0ul) | (resume_target ? 2ul : 0ul) | (transfer_frame ? 4ul : 0ul) |
                      (transfer_integer ? 8ul : 0ul) | (seL4_Word)arch_flags << 8;
    seL4_SetCap(0, source);
    return vesicle_invoke1(service, vesicle_TCBCopyRegisters, 1, flags);
}

/** Sets CSpace, VSpace and IPC buffer (at address `buffer`, in the frame `buffer_frame`; 0, 0 for none). */
static inline seL4_Error seL4_TCB_Configure(seL4_TCB service, seL4_CNode cspace_root, seL4_Word cspace_root_data,
                                            seL4_CPtr vspace_root, seL4_Word vspace_root_data, seL4_Word buffer,
                                            seL4_CPtr buffer_frame)
{
    seL4_SetCap(0, cspace_root);
    seL4_SetCap(1, vspace_root);
    seL4_SetCap(2, buffer_frame);
    return vesicle_invoke3(service, vesicle_TCBConfigure, 3, cspace_root_data, vspace_root_data, buffer);
}

/** `authority` is a thread whose maximum controlled priority is at least `priority`. */
static inline seL4_Error seL4_TCB_SetPriority(seL4_TCB service, seL4_TCB authority, seL4_Word priority)
{
    seL4_SetCap(0, authority);
    return vesicle_invoke1(service, vesicle_TCBSetPriority, 1, priority);
}

static inline seL4_Error seL4_TCB_SetMCPriority(seL4_TCB service, seL4_TCB authority, seL4_Word mcp)
{
    seL4_SetCap(0, authority);
    return vesicle_invoke1(service, vesicle_TCBSetMCPriority, 1, mcp);
}

/** Sets priorities, scheduling context (0: none) and fault endpoint (0: none). */
static inline seL4_Error seL4_TCB_SetSchedParams(seL4_TCB service, seL4_TCB authority, seL4_Word mcp,
                                                 seL4_Word priority, seL4_CPtr sched_context, seL4_CPtr fault_ep)
{
    seL4_SetCap(0, authority);
    seL4_SetCap(1, sched_context);
    seL4_SetCap(2, fault_ep);
    return vesicle_invoke2(service, vesicle_TCBSetSchedParams, 3, mcp, priority);
}

static inline seL4_Error seL4_TCB_SetTimeoutEndpoint(seL4_TCB service, seL4_CPtr timeout_fault_ep)
{
    seL4_SetCap(0, timeout_fault_ep);
    return vesicle_invoke0(service, vesicle_TCBSetTimeoutEndpoint, 1);
}

static inline seL4_Error seL4_TCB_SetIPCBuffer(seL4_TCB service, seL4_Word buffer, seL4_CPtr buffer_frame)
{
    seL4_SetCap(0, buffer_frame);
    return vesicle_invoke1(service, vesicle_TCBSetIPCBuffer, 1, buffer);
}

static inline seL4_Error seL4_TCB_SetSpace(seL4_TCB service, seL4_CPtr fault_ep, seL4_CNode cspace_root,
                                           seL4_Word cspace_root_data, seL4_CPtr vspace_root,
                                           seL4_Word vspace_root_data)
{
    seL4_SetCap(0, fault_ep);
    seL4_SetCap(1, cspace_root);
    seL4_SetCap(2, vspace_root);
    return vesicle_invoke2(service, vesicle_TCBSetSpace, 3, cspace_root_data, vspace_root_data);
}

static inline seL4_Error seL4_TCB_Suspend(seL4_TCB service)
{
    return vesicle_invoke0(service, vesicle_TCBSuspend, 0);
}

static inline seL4_Error seL4_TCB_Resume(seL4_TCB service)
{
    return vesicle_invoke0(service, vesicle_TCBResume, 0);
}

static inline seL4_Error seL4_TCB_BindNotification(seL4_TCB service, seL4_CPtr notification)
{
    seL4_SetCap(0, notification);
    return vesicle_invoke0(service, vesicle_TCBBindNotification, 1);
}

static inline seL4_Error seL4_TCB_UnbindNotification(seL4_TCB service)
{
    return vesicle_invoke0(service, vesicle_TCBUnbindNotification, 0);
}

static inline seL4_Error seL4_TCB_SetBreakpoint(seL4_TCB service, seL4_Uint16 bp_num, seL4_Word vaddr, seL4_Word type,
                                                seL4_Word size, seL4_Word rw)
{
    seL4_SetMR(4, rw);
    return vesicle_invoke4(service, vesicle_TCBSetBreakpoint, 0, 5, bp_num, vaddr, type, size);
}

typedef struct seL4_TCB_GetBreakpoint {
    int error;
    seL4_Word vaddr;
    seL4_Word type;
    seL4_Word size;
    seL4_Word rw;
    seL4_Bool is_enabled;
} seL4_TCB_GetBreakpoint_t;

static inline seL4_TCB_GetBreakpoint_t seL4_TCB_GetBreakpoint(seL4_TCB service, seL4_Uint16 bp_num)
{
    seL4_Word mr[4] = {bp_num, 0, 0, 0};
    seL4_Error error = vesicle_invoke(service, vesicle_TCBGetBreakpoint, 0, 1, mr);
    seL4_TCB_GetBreakpoint_t result = {(int)error, mr[0], mr[1], mr[2], mr[3], seL4_GetMR(4) != 0};
    return result;
}

static inline seL4_Error seL4_TCB_UnsetBreakpoint(seL4_TCB service, seL4_Uint16 bp_num)
{
    return vesicle_invoke1(service, vesicle_TCBUnsetBreakpoint, 0, bp_num);
}

typedef struct seL4_TCB_ConfigureSingleStepping {
    int error;
    seL4_Bool bp_was_consumed;
} seL4_TCB_ConfigureSingleStepping_t;

static inline seL4_TCB_ConfigureSingleStepping_t seL4_TCB_ConfigureSingleStepping(seL4_TCB service, seL4_Uint16 bp_num,
                                                                                  seL4_Word num_instructions)
{
    seL4_Word mr[4] = {bp_num, num_instructions, 0, 0};
    seL4_Error error = vesicle_invoke(service, vesicle_TCBConfigureSingleStepping, 0, 2, mr);
    seL4_TCB_ConfigureSingleStepping_t result = {(int)error, mr[0] != 0};
    return result;
}

/**
 * Runs the thread in another VSpace; everything else stays. Of the thread's capability and the VSpace's no rights are needed: copies
 * without the right to write are good for nothing else, and can so be given to the thread itself.
 */
static inline seL4_Error vesicle_TCB_SwitchVSpace(seL4_TCB service, seL4_CPtr vspace)
{
    seL4_SetCap(0, vspace);
    return vesicle_invoke0(service, vesicle_TCBSwitchVSpace, 1);
}

static inline seL4_Error seL4_TCB_SetTLSBase(seL4_TCB service, seL4_Word tls_base)
{
    return vesicle_invoke1(service, vesicle_TCBSetTLSBase, 0, tls_base);
}

typedef struct seL4_TCB_SetFlags {
    int error;
    seL4_Word flags;
} seL4_TCB_SetFlags_t;

/** Clears, then sets flags (seL4_TCBFlag); returns those in force. */
static inline seL4_TCB_SetFlags_t seL4_TCB_SetFlags(seL4_TCB service, seL4_Word clear, seL4_Word set)
{
    seL4_Word mr[4] = {clear, set, 0, 0};
    seL4_Error error = vesicle_invoke(service, vesicle_TCBSetFlags, 0, 2, mr);
    seL4_TCB_SetFlags_t result = {(int)error, mr[0]};
    return result;
}

/**
 * Has the thread, a native one, count `event` (DDI 0487 D8.11) while it runs at EL0, from 0 on; VESICLE_COUNTER_OFF ends it. `counter` is
 * an event counter or VESICLE_COUNTER_CYCLES, whose event is not looked at.
 */
static inline seL4_Error vesicle_TCB_SetCounter(seL4_TCB service, seL4_Word counter, seL4_Word event)
{
    return vesicle_invoke2(service, vesicle_TCBSetCounter, 0, counter, event);
}

typedef struct vesicle_TCB_ReadCounter {
    int error;
    seL4_Uint64 value;
} vesicle_TCB_ReadCounter_t;

/** What the thread has counted. */
static inline vesicle_TCB_ReadCounter_t vesicle_TCB_ReadCounter(seL4_TCB service, seL4_Word counter)
{
    seL4_Word mr[4] = {counter, 0, 0, 0};
    seL4_Error error = vesicle_invoke(service, vesicle_TCBReadCounter, 0, 1, mr);
    vesicle_TCB_ReadCounter_t result = {(int)error, mr[0]};
    return result;
}

#endif
