/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers of the kernel API: errors, object types and sizes, attributes, flags. Usable from C and assembler-free code only. */
#ifndef SEL4_CONSTANTS_H
#define SEL4_CONSTANTS_H

typedef enum {
    seL4_NoError = 0,
    seL4_InvalidArgument,
    seL4_InvalidCapability,
    seL4_IllegalOperation,
    seL4_RangeError,
    seL4_AlignmentError,
    seL4_FailedLookup,
    seL4_TruncatedMessage,
    seL4_DeleteFirst,
    seL4_RevokeFirst,
    seL4_NotEnoughMemory,
    seL4_NumErrors
} seL4_Error;

typedef enum {
    seL4_NoFailure = 0,
    seL4_InvalidRoot,
    seL4_MissingCapability,
    seL4_DepthMismatch,
    seL4_GuardMismatch
} seL4_LookupFailureType;

typedef enum {
    seL4_UntypedObject = 0,
    seL4_TCBObject,
    seL4_EndpointObject,
    seL4_NotificationObject,
    seL4_CapTableObject,
    seL4_SchedContextObject,
    seL4_ReplyObject,
    seL4_ARM_HugePageObject,
    seL4_ARM_VSpaceObject,
    seL4_ARM_SmallPageObject,
    seL4_ARM_LargePageObject,
    seL4_ARM_PageTableObject,
    seL4_ARM_VCPUObject,
    /* Extension, see sel4/vesicle.h */
    vesicle_Stage2VSpaceObject,
    seL4_ObjectTypeCount
} seL4_ObjectType;

/* Message limits. */
enum {
    seL4_MsgLengthBits = 7,
    seL4_MsgExtraCapBits = 2,
    seL4_MsgMaxLength = 120,
    seL4_MsgMaxExtraCaps = 3,
    seL4_FastMessageRegisters = 4,
};

/* Object sizes, as log2 of bytes. */
enum {
    seL4_WordBits = 64,
    seL4_WordSizeBits = 3,
    seL4_SlotBits = 5,
    seL4_TCBBits = 11,
    seL4_EndpointBits = 4,
    seL4_NotificationBits = 6,
    seL4_ReplyBits = 5,
    seL4_MinSchedContextBits = 7,
    seL4_PageBits = 12,
    seL4_LargePageBits = 21,
    seL4_HugePageBits = 30,
    seL4_PageTableBits = 12,
    seL4_PageTableEntryBits = 3,
    seL4_PageTableIndexBits = 9,
    seL4_VSpaceBits = 12,
    seL4_VSpaceIndexBits = 9,
    seL4_VSpaceEntryBits = 3,
    vesicle_Stage2VSpaceBits = 13,
    seL4_ASIDPoolBits = 12,
    seL4_ASIDPoolIndexBits = 9,
    seL4_NumASIDPoolsBits = 7,
    seL4_VCPUBits = 12,
    seL4_MinUntypedBits = 4,
    seL4_MaxUntypedBits = 47,
    seL4_IPCBufferSizeBits = 10,
    seL4_UntypedRetypeMaxObjects = 256,
};
#define seL4_CoreSchedContextBytes      128
#define seL4_RefillSizeBytes            16
#define seL4_MaxExtraRefills(size_bits) (((1ull << (size_bits)) - seL4_CoreSchedContextBytes) / seL4_RefillSizeBytes)

/* Priorities. */
enum { seL4_MinPrio = 0, seL4_MaxPrio = 255, seL4_NumPriorities = 256 };

typedef enum {
    seL4_ARM_PageCacheable = 1,
    seL4_ARM_ParityEnabled = 2,
    seL4_ARM_Default_VMAttributes = 3,
    seL4_ARM_ExecuteNever = 4,
    vesicle_ARM_SmallEntries = 8, /* seL4_ARM_Page_Map */
} seL4_ARM_VMAttributes;
#define seL4_Default_VMAttributes seL4_ARM_Default_VMAttributes

typedef enum { seL4_SchedContext_NoFlag = 0, seL4_SchedContext_Sporadic = 1 } seL4_SchedContextFlag;
typedef enum { seL4_TCBFlag_NoFlag = 0, seL4_TCBFlag_fpuDisabled = 1 } seL4_TCBFlag;

/* Breakpoints (debug API). */
typedef enum {
    seL4_DataBreakpoint = 0,
    seL4_InstructionBreakpoint,
    seL4_SingleStep,
    seL4_SoftwareBreakRequest
} seL4_BreakpointType;
typedef enum {
    seL4_BreakOnRead = 0,
    seL4_BreakOnWrite,
    seL4_BreakOnReadWrite,
    seL4_MaxBreakpointAccess
} seL4_BreakpointAccess;
/* Their numbers: first those for instructions, then those for data. A core with fewer of one kind has the first of it. */
enum {
    seL4_NumExclusiveBreakpoints = 6,
    seL4_NumExclusiveWatchpoints = 4,
    seL4_NumDualFunctionMonitors = 0,
    seL4_NumHWBreakpoints = 10,
    seL4_FirstBreakpoint = 0,
    seL4_FirstWatchpoint = 6,
    seL4_FirstDualFunctionMonitor = -1,
};

/* Initial capabilities of the root task. */
enum {
    seL4_CapNull = 0,
    seL4_CapInitThreadTCB,
    seL4_CapInitThreadCNode,
    seL4_CapInitThreadVSpace,
    seL4_CapIRQControl,
    seL4_CapASIDControl,
    seL4_CapInitThreadASIDPool,
    seL4_CapIOPortControl,
    seL4_CapIOSpace,
    seL4_CapBootInfoFrame,
    seL4_CapInitThreadIPCBuffer,
    seL4_CapDomain,
    seL4_CapSMMUSIDControl,
    seL4_CapSMMUCBControl,
    seL4_CapInitThreadSC,
    seL4_CapSMC,
    seL4_NumInitialCaps
};

/* Fault labels. */
typedef enum {
    seL4_Fault_NullFault = 0,
    seL4_Fault_CapFault,
    seL4_Fault_UnknownSyscall,
    seL4_Fault_UserException,
    seL4_Fault_Timeout,
    seL4_Fault_VMFault,
    seL4_Fault_VGICMaintenance,
    seL4_Fault_VCPUFault,
    seL4_Fault_VPPIEvent,
    seL4_Fault_DebugException,
} seL4_FaultType;

#endif
