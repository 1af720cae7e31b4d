/* SPDX-License-Identifier: BSD-2-Clause */
/* What all methods have in common: short messages, methods of other objects, capabilities that have none. */
#include "cases.h"
#include "lib/objects.h"
#include "lib/worker.h"
#include <sel4/sel4.h>

enum service {
    UNTYPED,
    TCB,
    CNODE,
    IRQ_CONTROL,
    IRQ_HANDLER,
    DOMAIN_SET,
    SCHED_CONTROL,
    SCHED_CONTEXT,
    PAGE_TABLE,
    PAGE,
    ASID_CONTROL,
    ASID_POOL,
    VSPACE,
    SMC,
    VCPU,
    TRACE,
    SERVICES
};

/* Every method with what it needs at least. */
static const struct method {
    enum service service;
    seL4_Word label, words, caps;
} methods[] = {
    {UNTYPED, vesicle_UntypedRetype, 6, 1},
    {TCB, vesicle_TCBReadRegisters, 2, 0},
    {TCB, vesicle_TCBWriteRegisters, 2, 0},
    {TCB, vesicle_TCBCopyRegisters, 1, 1},
    {TCB, vesicle_TCBConfigure, 3, 3},
    {TCB, vesicle_TCBSetPriority, 1, 1},
    {TCB, vesicle_TCBSetMCPriority, 1, 1},
    {TCB, vesicle_TCBSetSchedParams, 2, 3},
    {TCB, vesicle_TCBSetTimeoutEndpoint, 0, 1},
    {TCB, vesicle_TCBSetIPCBuffer, 1, 1},
    {TCB, vesicle_TCBSetSpace, 2, 3},
    {TCB, vesicle_TCBSuspend, 0, 0},
    {TCB, vesicle_TCBResume, 0, 0},
    {TCB, vesicle_TCBBindNotification, 0, 1},
    {TCB, vesicle_TCBUnbindNotification, 0, 0},
    {TCB, vesicle_TCBSetBreakpoint, 5, 0},
    {TCB, vesicle_TCBGetBreakpoint, 1, 0},
    {TCB, vesicle_TCBUnsetBreakpoint, 1, 0},
    {TCB, vesicle_TCBConfigureSingleStepping, 2, 0},
    {TCB, vesicle_TCBSetTLSBase, 1, 0},
    {TCB, vesicle_TCBSetFlags, 2, 0},
    {TCB, vesicle_TCBSwitchVSpace, 0, 1},
    {CNODE, vesicle_CNodeRevoke, 2, 0},
    {CNODE, vesicle_CNodeDelete, 2, 0},
    {CNODE, vesicle_CNodeCancelBadgedSends, 2, 0},
    {CNODE, vesicle_CNodeCopy, 5, 1},
    {CNODE, vesicle_CNodeMint, 6, 1},
    {CNODE, vesicle_CNodeMove, 4, 1},
    {CNODE, vesicle_CNodeMutate, 5, 1},
    {CNODE, vesicle_CNodeRotate, 8, 2},
    {IRQ_CONTROL, vesicle_IRQControlGet, 3, 1},
    {IRQ_CONTROL, vesicle_IRQControlGetTrigger, 4, 1},
    {IRQ_CONTROL, vesicle_IRQControlGetTriggerCore, 5, 1},
    {IRQ_CONTROL, vesicle_IRQControlIssueSGISignal, 4, 1},
    {IRQ_HANDLER, vesicle_IRQHandlerAck, 0, 0},
    {IRQ_HANDLER, vesicle_IRQHandlerSetNotification, 0, 1},
    {IRQ_HANDLER, vesicle_IRQHandlerClear, 0, 0},
    {IRQ_HANDLER, vesicle_IRQHandlerSetDeadline, 1, 0},
    {SCHED_CONTROL, vesicle_SchedControlConfigureFlags, 5, 1},
    {SCHED_CONTEXT, vesicle_SchedContextBind, 0, 1},
    {SCHED_CONTEXT, vesicle_SchedContextUnbind, 0, 0},
    {SCHED_CONTEXT, vesicle_SchedContextUnbindObject, 0, 1},
    {SCHED_CONTEXT, vesicle_SchedContextConsumed, 0, 0},
    {SCHED_CONTEXT, vesicle_SchedContextYieldTo, 0, 0},
    {PAGE_TABLE, vesicle_PageTableMap, 2, 1},
    {PAGE_TABLE, vesicle_PageTableUnmap, 0, 0},
    {PAGE, vesicle_PageMap, 3, 1},
    {PAGE, vesicle_PageUnmap, 0, 0},
    {PAGE, vesicle_PageCleanData, 2, 0},
    {PAGE, vesicle_PageInvalidateData, 2, 0},
    {PAGE, vesicle_PageCleanInvalidateData, 2, 0},
    {PAGE, vesicle_PageUnifyInstruction, 2, 0},
    {PAGE, vesicle_PageGetAddress, 0, 0},
    {PAGE, vesicle_PageMapRange, 4, 1},
    {PAGE, vesicle_PageUnmapRange, 1, 0},
    {ASID_CONTROL, vesicle_ASIDControlMakePool, 2, 2},
    {ASID_POOL, vesicle_ASIDPoolAssign, 0, 1},
    {VSPACE, vesicle_VSpaceCleanData, 2, 0},
    {VSPACE, vesicle_VSpaceInvalidateData, 2, 0},
    {VSPACE, vesicle_VSpaceCleanInvalidateData, 2, 0},
    {VSPACE, vesicle_VSpaceUnifyInstruction, 2, 0},
    {SMC, vesicle_SMCCall, 8, 0},
    {VCPU, vesicle_VCPUSetTCB, 0, 1},
    {VCPU, vesicle_VCPUInjectIRQ, 4, 0},
    {VCPU, vesicle_VCPUReadRegs, 1, 0},
    {VCPU, vesicle_VCPUWriteRegs, 2, 0},
    {VCPU, vesicle_VCPUAckVPPI, 1, 0},
    {VCPU, vesicle_VCPUSetExitFrame, 0, 1},
    {VCPU, vesicle_VCPUInject, 1, 0},
    {VCPU, vesicle_VCPUWithdraw, 1, 0},
    {VCPU, vesicle_VCPUGetIRQState, 1, 0},
    {VCPU, vesicle_VCPUSetIRQState, 2, 0},
    {VCPU, vesicle_VCPUSetVPPI, 4, 0},
    {VCPU, vesicle_VCPUSetConstCall, 2, 0},
    {VCPU, vesicle_VCPUSetConstIDReg, 2, 0},
    {VCPU, vesicle_VCPUReadCounters, 1, 0},
    {VCPU, vesicle_VCPUResetCounters, 0, 0},
    {TRACE, vesicle_TraceSetBuffer, 1, 1},
    {TRACE, vesicle_TraceSetEvents, 2, 0},
    {TRACE, vesicle_TraceGetEvents, 1, 0},
    {TRACE, vesicle_TraceGetThread, 0, 1},
    {TCB, vesicle_TCBSetCounter, 2, 0},
    {TCB, vesicle_TCBReadCounter, 1, 0},
};
enum { METHODS = sizeof(methods) / sizeof(methods[0]) };

static void make_services(seL4_CPtr service[SERVICES])
{
    service[UNTYPED] = new_untyped(12);
    service[TCB] = new_object(seL4_TCBObject, 0);
    service[CNODE] = new_cnode(2);
    service[IRQ_CONTROL] = seL4_CapIRQControl;
    service[IRQ_HANDLER] = new_slot();
    REQUIRE_OK(seL4_IRQControl_Get(seL4_CapIRQControl, VESICLE_TIMER_PPI, ROOT_CNODE, service[IRQ_HANDLER], DEPTH));
    service[DOMAIN_SET] = seL4_CapDomain;
    service[SCHED_CONTROL] = sched_control(0);
    service[SCHED_CONTEXT] = new_object(seL4_SchedContextObject, seL4_MinSchedContextBits);
    service[PAGE_TABLE] = new_object(seL4_ARM_PageTableObject, 0);
    service[PAGE] = new_frame(seL4_PageBits);
    service[ASID_CONTROL] = seL4_CapASIDControl;
    service[ASID_POOL] = seL4_CapInitThreadASIDPool;
    service[VSPACE] = new_vspace();
    service[SMC] = seL4_CapSMC;
    service[VCPU] = new_object(seL4_ARM_VCPUObject, 0);
    service[TRACE] = vesicle_CapTrace;
}

/* `words` zeroes and `caps` capabilities, which exist. */
static seL4_Error call(seL4_CPtr service, seL4_Word label, seL4_Word words, seL4_Word caps)
{
    for (seL4_Word i = 0; i < caps; i++) {
        seL4_SetCap((int)i, service);
    }
    for (seL4_Word i = 4; i < words; i++) {
        seL4_SetMR((int)i, 0);
    }
    return vesicle_invoke4(service, label, caps, words, 0, 0, 0, 0);
}

/* One word or one capability is missing: nothing is done. */
static void short_messages(void)
{
    seL4_CPtr service[SERVICES];
    make_services(service);
    for (unsigned i = 0; i < METHODS; i++) {
        const struct method *m = &methods[i];
        if (m->words > 0) {
            CHECK_EQ(call(service[m->service], m->label, m->words - 1, m->caps), seL4_TruncatedMessage);
        }
        if (m->caps > 0) {
            CHECK_EQ(call(service[m->service], m->label, m->words, m->caps - 1), seL4_TruncatedMessage);
        }
    }
}

static bool is_method(enum service s, seL4_Word label)
{
    for (unsigned i = 0; i < METHODS; i++) {
        if (methods[i].service == s && methods[i].label == label) {
            return true;
        }
    }
    return false;
}

/* What is no method of an object is an illegal operation, whatever the message is. */
static void foreign_methods(void)
{
    static const seL4_Word strange[] = {0, vesicle_NumInvocations, vesicle_NumInvocations + 1, 0xfffffffffffff};
    seL4_CPtr service[SERVICES];
    make_services(service);
    for (unsigned s = 0; s < SERVICES; s++) {
        for (seL4_Word label = 1; label < vesicle_NumInvocations; label++) {
            if (!is_method(s, label)) {
                CHECK_EQ(call(service[s], label, 0, 0), seL4_IllegalOperation);
                CHECK_EQ(call(service[s], label, 12, 3), seL4_IllegalOperation);
            }
        }
        for (unsigned i = 0; i < 4; i++) {
            CHECK_EQ(call(service[s], strange[i], 8, 1), seL4_IllegalOperation);
        }
    }
}

static void domains(void)
{
    CHECK_EQ(seL4_DomainSet_Set(seL4_CapDomain, 0, seL4_CapInitThreadTCB), seL4_IllegalOperation);
    CHECK_EQ(seL4_DomainSet_ScheduleConfigure(seL4_CapDomain, 0, 0, 1), seL4_IllegalOperation);
    CHECK_EQ(seL4_DomainSet_ScheduleSetStart(seL4_CapDomain, 0), seL4_IllegalOperation);
}

static void invoke_with_long_message(struct worker *w)
{
    register seL4_Word x0 __asm__("x0") = w->arg[0];
    register seL4_Word x1 __asm__("x1") = seL4_MessageInfo_new(w->arg[1], 0, w->arg[3], w->arg[2]).words[0];
    register seL4_Word x2 __asm__("x2") = 0;
    register seL4_Word x3 __asm__("x3") = 0;
    register seL4_Word x4 __asm__("x4") = 0;
    register seL4_Word x5 __asm__("x5") = 0;
    register seL4_Word x7 __asm__("x7") = vesicle_SysCall;
    __asm__ volatile("svc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3), "+r"(x4), "+r"(x5) : "r"(x7) : "memory");
    w->result[0] = x1 >> 12;
}

/* A thread without IPC buffer has four words and no capabilities, whatever its message says. */
static void no_buffer(void)
{
    seL4_CPtr service[SERVICES];
    make_services(service);
    for (unsigned i = 0; i < METHODS; i++) {
        const struct method *m = &methods[i];
        if (m->words <= seL4_FastMessageRegisters && m->caps == 0) {
            continue;
        }
        struct worker *w = worker_new(invoke_with_long_message, MAIN_PRIORITY + 1);
        REQUIRE_OK(seL4_TCB_SetIPCBuffer(w->tcb, 0, 0));
        w->arg[0] = service[m->service];
        w->arg[1] = m->label;
        w->arg[2] = m->words;
        w->arg[3] = m->caps;
        worker_run(w);
        CHECK_EQ(w->done, 1);
        CHECK_EQ(w->result[0], seL4_TruncatedMessage);
        workers_destroy();
    }
}

const struct test_case methods_cases[] = {
    {"methods_short_messages", short_messages},
    {"methods_foreign_methods", foreign_methods},
    {"methods_domains", domains},
    {"methods_no_buffer", no_buffer},
    {0, 0},
};
