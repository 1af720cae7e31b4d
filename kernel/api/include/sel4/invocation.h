/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers that never appear in a program's source: system calls and invocation labels. */
#ifndef SEL4_INVOCATION_H
#define SEL4_INVOCATION_H

/*
 * System call convention: SVC #0 with
 *   in   x0 capability (the one received from, where there are two), x1 message info, x2..x5 message
 *        words 0..3, x6 reply capability, x7 system call number, x8 second capability (destination of NBSendRecv and
 *        NBSendWait)
 *   out  x0 badge, x1 message info, x2..x5 message words 0..3
 * All other registers are preserved.
 */
enum vesicle_syscall {
    vesicle_SysCall = 0,
    vesicle_SysReplyRecv,
    vesicle_SysRecv,
    vesicle_SysNBRecv,
    vesicle_SysSend,
    vesicle_SysNBSend,
    vesicle_SysNBSendRecv,
    vesicle_SysNBSendWait,
    vesicle_SysWait,
    vesicle_SysNBWait,
    vesicle_SysYield,
    /* Debug calls. The argument is in x0; x1 and x2 where said. */
    vesicle_SysDebugPutChar,
    vesicle_SysDebugHalt,
    vesicle_SysDebugSnapshot,    /* x0 where to begin -> x0 where to go on, 0: that was all */
    vesicle_SysDebugCapIdentify, /* x0 cap -> x0 type */
    vesicle_SysDebugNameThread,  /* x0 tcb cap, name in the IPC buffer's message words, NUL-terminated */
    vesicle_SysDebugDumpScheduler,
    vesicle_SysDebugFPSwitches, /* -> x0 how often this core has exchanged the FP registers */
    vesicle_SysDebugCheck,      /* -> x0 enum vesicle_debug_check */
    vesicle_NumSyscalls
};

/* One label a method, interface by interface. 0 is no method. */
enum vesicle_invocation {
    vesicle_InvalidInvocation = 0,
    vesicle_UntypedRetype,
    vesicle_TCBReadRegisters,
    vesicle_TCBWriteRegisters,
    vesicle_TCBCopyRegisters,
    vesicle_TCBConfigure,
    vesicle_TCBSetPriority,
    vesicle_TCBSetMCPriority,
    vesicle_TCBSetSchedParams,
    vesicle_TCBSetTimeoutEndpoint,
    vesicle_TCBSetIPCBuffer,
    vesicle_TCBSetSpace,
    vesicle_TCBSuspend,
    vesicle_TCBResume,
    vesicle_TCBBindNotification,
    vesicle_TCBUnbindNotification,
    vesicle_TCBSetBreakpoint,
    vesicle_TCBGetBreakpoint,
    vesicle_TCBUnsetBreakpoint,
    vesicle_TCBConfigureSingleStepping,
    vesicle_TCBSetTLSBase,
    vesicle_TCBSetFlags,
    vesicle_TCBSwitchVSpace,
    vesicle_CNodeRevoke,
    vesicle_CNodeDelete,
    vesicle_CNodeCancelBadgedSends,
    vesicle_CNodeCopy,
    vesicle_CNodeMint,
    vesicle_CNodeMove,
    vesicle_CNodeMutate,
    vesicle_CNodeRotate,
    vesicle_IRQControlGet,
    vesicle_IRQControlGetTrigger,
    vesicle_IRQControlGetTriggerCore,
    vesicle_IRQControlIssueSGISignal,
    vesicle_IRQHandlerAck,
    vesicle_IRQHandlerSetNotification,
    vesicle_IRQHandlerClear,
    vesicle_DomainSetSet,
    vesicle_DomainSetScheduleConfigure,
    vesicle_DomainSetScheduleSetStart,
    vesicle_SchedControlConfigureFlags,
    vesicle_SchedContextBind,
    vesicle_SchedContextUnbind,
    vesicle_SchedContextUnbindObject,
    vesicle_SchedContextConsumed,
    vesicle_SchedContextYieldTo,
    vesicle_PageTableMap,
    vesicle_PageTableUnmap,
    vesicle_PageMap,
    vesicle_PageUnmap,
    vesicle_PageCleanData,
    vesicle_PageInvalidateData,
    vesicle_PageCleanInvalidateData,
    vesicle_PageUnifyInstruction,
    vesicle_PageGetAddress,
    vesicle_ASIDControlMakePool,
    vesicle_ASIDPoolAssign,
    vesicle_VCPUSetTCB,
    vesicle_VCPUInjectIRQ,
    vesicle_VCPUReadRegs,
    vesicle_VCPUWriteRegs,
    vesicle_VCPUAckVPPI,
    vesicle_VSpaceCleanData,
    vesicle_VSpaceInvalidateData,
    vesicle_VSpaceCleanInvalidateData,
    vesicle_VSpaceUnifyInstruction,
    vesicle_SMCCall,
    /* Extensions, see sel4/vesicle.h */
    vesicle_VCPUSetExitFrame,
    vesicle_VCPUInject,
    vesicle_VCPUWithdraw,
    vesicle_VCPUGetIRQState,
    vesicle_VCPUSetIRQState,
    vesicle_VCPUSetVPPI,
    vesicle_VCPUSetConstCall,
    vesicle_VCPUSetConstIDReg,
    vesicle_PageMapRange,
    vesicle_PageUnmapRange,
    vesicle_TraceSetBuffer,
    vesicle_TraceSetEvents,
    vesicle_TraceGetEvents,
    vesicle_TraceGetThread,
    vesicle_VCPUReadCounters,
    vesicle_VCPUResetCounters,
    vesicle_IRQHandlerSetDeadline,
    vesicle_TCBSetCounter,
    vesicle_TCBReadCounter,
    vesicle_NumInvocations
};

#endif
