/* SPDX-License-Identifier: BSD-2-Clause */
/* Fault messages: label = seL4_Fault_<Fault>, word seL4_<Fault>_<Word> = what happened. */
#ifndef SEL4_FAULTS_H
#define SEL4_FAULTS_H

#include <sel4/ipc.h>
#include <sel4/types.h>

enum {
    seL4_CapFault_IP,
    seL4_CapFault_Addr,
    seL4_CapFault_InRecvPhase,
    seL4_CapFault_LookupFailureType,
    seL4_CapFault_BitsLeft,
    seL4_CapFault_DepthMismatch_BitsFound,
    seL4_CapFault_GuardMismatch_GuardFound = seL4_CapFault_DepthMismatch_BitsFound,
    seL4_CapFault_GuardMismatch_BitsFound,
    seL4_CapFault_Length
};

enum {
    seL4_UnknownSyscall_X0,
    seL4_UnknownSyscall_X1,
    seL4_UnknownSyscall_X2,
    seL4_UnknownSyscall_X3,
    seL4_UnknownSyscall_X4,
    seL4_UnknownSyscall_X5,
    seL4_UnknownSyscall_X6,
    seL4_UnknownSyscall_X7,
    seL4_UnknownSyscall_FaultIP,
    seL4_UnknownSyscall_SP,
    seL4_UnknownSyscall_LR,
    seL4_UnknownSyscall_SPSR,
    seL4_UnknownSyscall_Syscall,
    seL4_UnknownSyscall_Length
};

enum {
    seL4_UserException_FaultIP,
    seL4_UserException_SP,
    seL4_UserException_SPSR,
    seL4_UserException_Number,
    seL4_UserException_Code,
    seL4_UserException_Length
};

enum { seL4_VMFault_IP, seL4_VMFault_Addr, seL4_VMFault_PrefetchFault, seL4_VMFault_FSR, seL4_VMFault_Length };

enum { seL4_Timeout_Data, seL4_Timeout_Consumed, seL4_Timeout_Length };

/** Reply to a timeout fault: the registers to resume with, in the order of seL4_UserContext. */
enum {
    seL4_TimeoutReply_FaultIP,
    seL4_TimeoutReply_SP,
    seL4_TimeoutReply_SPSR_EL1,
    seL4_TimeoutReply_X0,
    seL4_TimeoutReply_X1,
    seL4_TimeoutReply_X2,
    seL4_TimeoutReply_X3,
    seL4_TimeoutReply_X4,
    seL4_TimeoutReply_X5,
    seL4_TimeoutReply_X6,
    seL4_TimeoutReply_X7,
    seL4_TimeoutReply_X8,
    seL4_TimeoutReply_X16,
    seL4_TimeoutReply_X17,
    seL4_TimeoutReply_X18,
    seL4_TimeoutReply_X29,
    seL4_TimeoutReply_X30,
    seL4_TimeoutReply_X9,
    seL4_TimeoutReply_X10,
    seL4_TimeoutReply_X11,
    seL4_TimeoutReply_X12,
    seL4_TimeoutReply_X13,
    seL4_TimeoutReply_X14,
    seL4_TimeoutReply_X15,
    seL4_TimeoutReply_X19,
    seL4_TimeoutReply_X20,
    seL4_TimeoutReply_X21,
    seL4_TimeoutReply_X22,
    seL4_TimeoutReply_X23,
    seL4_TimeoutReply_X24,
    seL4_TimeoutReply_X25,
    seL4_TimeoutReply_X26,
    seL4_TimeoutReply_X27,
    seL4_TimeoutReply_X28,
    seL4_TimeoutReply_Length
};

enum { seL4_VGICMaintenance_IDX, seL4_VGICMaintenance_Length };
enum { seL4_VCPUFault_HSR, seL4_VCPUFault_Length };
enum { seL4_VPPIEvent_IRQ, seL4_VPPIEvent_Length };
enum {
    seL4_DebugException_FaultIP,
    seL4_DebugException_ExceptionReason,
    seL4_DebugException_TriggerAddress,
    seL4_DebugException_BreakpointNumber,
    seL4_DebugException_Length
};

/** A fault as read from the IPC buffer: the type, then the words. */
typedef struct seL4_Fault {
    seL4_Word type;
    seL4_Word words[seL4_UnknownSyscall_Length];
} seL4_Fault_t;

static inline seL4_FaultType seL4_Fault_get_seL4_FaultType(seL4_Fault_t fault)
{
    return (seL4_FaultType)fault.type;
}

/** The fault message just received, whose info is `tag`. */
static inline seL4_Fault_t seL4_getFault(seL4_MessageInfo_t tag)
{
    seL4_Fault_t fault = {seL4_MessageInfo_get_label(tag), {0}};
    seL4_Word length = seL4_MessageInfo_get_length(tag);
    for (int i = 0; i < seL4_UnknownSyscall_Length && (seL4_Word)i < length; i++) {
        fault.words[i] = seL4_GetMR(i);
    }
    return fault;
}

#define VESICLE_FAULT(fault)                                                                                           \
    static inline seL4_Bool seL4_is##fault##_tag(seL4_MessageInfo_t tag)                                               \
    {                                                                                                                  \
        return seL4_MessageInfo_get_label(tag) == (seL4_Word)seL4_Fault_##fault;                                       \
    }                                                                                                                  \
    static inline seL4_Bool seL4_isFault_##fault(seL4_Fault_t f)                                                       \
    {                                                                                                                  \
        return f.type == (seL4_Word)seL4_Fault_##fault;                                                                \
    }
VESICLE_FAULT(NullFault)
VESICLE_FAULT(CapFault)
VESICLE_FAULT(UnknownSyscall)
VESICLE_FAULT(UserException)
VESICLE_FAULT(Timeout)
VESICLE_FAULT(VMFault)
VESICLE_FAULT(VGICMaintenance)
VESICLE_FAULT(VCPUFault)
VESICLE_FAULT(VPPIEvent)
VESICLE_FAULT(DebugException)
#undef VESICLE_FAULT

/* seL4_Fault_<Fault>_get_<Word>(fault) */
#define VESICLE_FAULT_WORD(fault, word)                                                                                \
    static inline seL4_Word seL4_Fault_##fault##_get_##word(seL4_Fault_t f)                                            \
    {                                                                                                                  \
        return f.words[seL4_##fault##_##word];                                                                         \
    }
VESICLE_FAULT_WORD(CapFault, IP)
VESICLE_FAULT_WORD(CapFault, Addr)
VESICLE_FAULT_WORD(CapFault, InRecvPhase)
VESICLE_FAULT_WORD(CapFault, LookupFailureType)
VESICLE_FAULT_WORD(CapFault, BitsLeft)
VESICLE_FAULT_WORD(CapFault, DepthMismatch_BitsFound)
VESICLE_FAULT_WORD(CapFault, GuardMismatch_GuardFound)
VESICLE_FAULT_WORD(CapFault, GuardMismatch_BitsFound)
VESICLE_FAULT_WORD(UnknownSyscall, X0)
VESICLE_FAULT_WORD(UnknownSyscall, X1)
VESICLE_FAULT_WORD(UnknownSyscall, X2)
VESICLE_FAULT_WORD(UnknownSyscall, X3)
VESICLE_FAULT_WORD(UnknownSyscall, X4)
VESICLE_FAULT_WORD(UnknownSyscall, X5)
VESICLE_FAULT_WORD(UnknownSyscall, X6)
VESICLE_FAULT_WORD(UnknownSyscall, X7)
VESICLE_FAULT_WORD(UnknownSyscall, FaultIP)
VESICLE_FAULT_WORD(UnknownSyscall, SP)
VESICLE_FAULT_WORD(UnknownSyscall, LR)
VESICLE_FAULT_WORD(UnknownSyscall, SPSR)
VESICLE_FAULT_WORD(UnknownSyscall, Syscall)
VESICLE_FAULT_WORD(UserException, FaultIP)
VESICLE_FAULT_WORD(UserException, SP)
VESICLE_FAULT_WORD(UserException, SPSR)
VESICLE_FAULT_WORD(UserException, Number)
VESICLE_FAULT_WORD(UserException, Code)
VESICLE_FAULT_WORD(VMFault, IP)
VESICLE_FAULT_WORD(VMFault, Addr)
VESICLE_FAULT_WORD(VMFault, PrefetchFault)
VESICLE_FAULT_WORD(VMFault, FSR)
VESICLE_FAULT_WORD(VGICMaintenance, IDX)
VESICLE_FAULT_WORD(VCPUFault, HSR)
VESICLE_FAULT_WORD(VPPIEvent, IRQ)
VESICLE_FAULT_WORD(DebugException, FaultIP)
VESICLE_FAULT_WORD(DebugException, ExceptionReason)
VESICLE_FAULT_WORD(DebugException, TriggerAddress)
VESICLE_FAULT_WORD(DebugException, BreakpointNumber)
#undef VESICLE_FAULT_WORD

/* The reference spells these in its own way. */
static inline seL4_Bool seL4_isTimeoutFault_tag(seL4_MessageInfo_t tag)
{
    return seL4_isTimeout_tag(tag);
}

static inline seL4_Word seL4_Fault_Timeout_get_data(seL4_Fault_t f)
{
    return f.words[seL4_Timeout_Data];
}

static inline seL4_Word seL4_Fault_Timeout_get_consumed(seL4_Fault_t f)
{
    return f.words[seL4_Timeout_Consumed];
}

/**
 * Prepares the reply to a timeout fault in the IPC buffer: the thread goes on (`resume`) with the first
 * `length` registers of `regs`. Returns the message info to send on the reply object.
 */
static inline seL4_MessageInfo_t seL4_TimeoutReply_new(seL4_Bool resume, seL4_UserContext regs, seL4_Word length)
{
    const seL4_Word *word = &regs.pc;
    if (length > seL4_TimeoutReply_Length) {
        length = seL4_TimeoutReply_Length;
    }
    for (int i = 0; (seL4_Word)i < length; i++) {
        seL4_SetMR(i, word[i]);
    }
    return seL4_MessageInfo_new(resume ? 0 : 1, 0, 0, length);
}

#endif
