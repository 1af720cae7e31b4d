/* SPDX-License-Identifier: BSD-2-Clause */
#include "methods.h"

const struct method methods[] = {
    {vesicle_UntypedRetype, KIND_UNTYPED, "tzjdon", "C"},

    {vesicle_TCBReadRegisters, KIND_TCB, "fn", ""},
    {vesicle_TCBWriteRegisters, KIND_TCB, "fx", ""},
    {vesicle_TCBCopyRegisters, KIND_TCB, "f", "T"},
    {vesicle_TCBConfigure, KIND_TCB, "gwu", "CVF"},
    {vesicle_TCBSetPriority, KIND_TCB, "p", "T"},
    {vesicle_TCBSetMCPriority, KIND_TCB, "p", "T"},
    {vesicle_TCBSetSchedParams, KIND_TCB, "pp", "TSE"},
    {vesicle_TCBSetTimeoutEndpoint, KIND_TCB, "", "E"},
    {vesicle_TCBSetIPCBuffer, KIND_TCB, "u", "F"},
    {vesicle_TCBSetSpace, KIND_TCB, "gw", "ECV"},
    {vesicle_TCBSuspend, KIND_TCB, "", ""},
    {vesicle_TCBResume, KIND_TCB, "", ""},
    {vesicle_TCBResume, KIND_TCB, "", ""},
    {vesicle_TCBBindNotification, KIND_TCB, "", "N"},
    {vesicle_TCBUnbindNotification, KIND_TCB, "", ""},
    {vesicle_TCBSetBreakpoint, KIND_TCB, "yvfff", ""},
    {vesicle_TCBGetBreakpoint, KIND_TCB, "y", ""},
    {vesicle_TCBUnsetBreakpoint, KIND_TCB, "y", ""},
    {vesicle_TCBConfigureSingleStepping, KIND_TCB, "yn", ""},
    {vesicle_TCBSetTLSBase, KIND_TCB, "w", ""},
    {vesicle_TCBSetFlags, KIND_TCB, "ff", ""},
    {vesicle_TCBSwitchVSpace, KIND_TCB, "", "V"},
    {vesicle_TCBSetCounter, KIND_TCB, "yf", ""},
    {vesicle_TCBReadCounter, KIND_TCB, "y", ""},

    {vesicle_CNodeRevoke, KIND_CNODE, "id", ""},
    {vesicle_CNodeDelete, KIND_CNODE, "id", ""},
    {vesicle_CNodeCancelBadgedSends, KIND_CNODE, "id", ""},
    {vesicle_CNodeCopy, KIND_CNODE, "edidr", "C"},
    {vesicle_CNodeMint, KIND_CNODE, "edidrb", "C"},
    {vesicle_CNodeMove, KIND_CNODE, "edid", "C"},
    {vesicle_CNodeMutate, KIND_CNODE, "edidb", "C"},
    {vesicle_CNodeRotate, KIND_CNODE, "edbidbid", "CC"},

    {vesicle_SchedContextBind, KIND_SCHED_CONTEXT, "", "B"},
    {vesicle_SchedContextUnbind, KIND_SCHED_CONTEXT, "", ""},
    {vesicle_SchedContextUnbindObject, KIND_SCHED_CONTEXT, "", "B"},
    {vesicle_SchedContextConsumed, KIND_SCHED_CONTEXT, "", ""},
    {vesicle_SchedContextYieldTo, KIND_SCHED_CONTEXT, "", ""},

    {vesicle_PageMap, KIND_FRAME, "vra", "V"},
    {vesicle_PageUnmap, KIND_FRAME, "", ""},
    {vesicle_PageCleanData, KIND_FRAME, "ss", ""},
    {vesicle_PageInvalidateData, KIND_FRAME, "ss", ""},
    {vesicle_PageCleanInvalidateData, KIND_FRAME, "ss", ""},
    {vesicle_PageUnifyInstruction, KIND_FRAME, "ss", ""},
    {vesicle_PageGetAddress, KIND_FRAME, "", ""},
    {vesicle_PageMapRange, KIND_FRAME, "vran", "V"},
    {vesicle_PageUnmapRange, KIND_FRAME, "n", ""},

    {vesicle_PageTableMap, KIND_TABLE, "va", "V"},
    {vesicle_PageTableUnmap, KIND_TABLE, "", ""},

    {vesicle_VSpaceCleanData, KIND_VSPACE, "vv", ""},
    {vesicle_VSpaceInvalidateData, KIND_VSPACE, "vv", ""},
    {vesicle_VSpaceCleanInvalidateData, KIND_VSPACE, "vv", ""},
    {vesicle_VSpaceUnifyInstruction, KIND_VSPACE, "vv", ""},

    {vesicle_ASIDPoolAssign, KIND_ASID_POOL, "", "V"},

    {vesicle_VCPUSetTCB, KIND_VCPU, "", "T"},
    {vesicle_VCPUInjectIRQ, KIND_VCPU, "qpff", ""},
    {vesicle_VCPUReadRegs, KIND_VCPU, "k", ""},
    {vesicle_VCPUWriteRegs, KIND_VCPU, "kw", ""},
    {vesicle_VCPUAckVPPI, KIND_VCPU, "h", ""},
    {vesicle_VCPUSetExitFrame, KIND_VCPU, "", "F"},
    {vesicle_VCPUInject, KIND_VCPU, "q", ""},
    {vesicle_VCPUWithdraw, KIND_VCPU, "q", ""},
    {vesicle_VCPUGetIRQState, KIND_VCPU, "q", ""},
    {vesicle_VCPUSetIRQState, KIND_VCPU, "qf", ""},
    {vesicle_VCPUSetVPPI, KIND_VCPU, "hfpf", ""},
    {vesicle_VCPUSetConstCall, KIND_VCPU, "lw", ""},
    {vesicle_VCPUSetConstIDReg, KIND_VCPU, "kw", ""},

    {vesicle_IRQHandlerAck, KIND_IRQ_HANDLER, "", ""},
    {vesicle_IRQHandlerSetNotification, KIND_IRQ_HANDLER, "", "N"},
    {vesicle_IRQHandlerClear, KIND_IRQ_HANDLER, "", ""},
    {vesicle_IRQHandlerSetDeadline, KIND_IRQ_HANDLER, "w", ""},

    {vesicle_SchedControlConfigureFlags, KIND_SCHED_CONTROL, "mmnbf", "S"},

    {vesicle_ASIDControlMakePool, KIND_ASID_CONTROL, "ed", "UC"},

    {vesicle_DomainSetSet, KIND_DOMAIN, "w", "T"},
    {vesicle_DomainSetScheduleConfigure, KIND_DOMAIN, "www", ""},
    {vesicle_DomainSetScheduleSetStart, KIND_DOMAIN, "w", ""},
};
const unsigned method_count = sizeof methods / sizeof *methods;
