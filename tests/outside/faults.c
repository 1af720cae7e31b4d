/* SPDX-License-Identifier: BSD-2-Clause */
/* Faults other than of memory, each looked at, put right and answered. */
#include <assert.h>
#include <sel4/sel4.h>
#include <stddef.h>

#define ROOT     seL4_CapInitThreadCNode
#define DEPTH    seL4_WordBits
#define SPSR_EL0 0

static seL4_CPtr empty, faults, reply, nothing;
static char stack[4096] __attribute__((aligned(16)));

static seL4_CPtr create(seL4_Word type, seL4_Word bits)
{
    seL4_BootInfo *bi = seL4_GetBootInfo();
    for (seL4_CPtr untyped = bi->untyped.start; untyped < bi->untyped.end; untyped++) {
        if (!bi->untypedList[untyped - bi->untyped.start].isDevice &&
            seL4_Untyped_Retype(untyped, type, bits, ROOT, 0, 0, empty, 1) == seL4_NoError) {
            return empty++;
        }
    }
    return seL4_CapNull;
}

/* A system call that there is none of, with words in x0 to x6; an undefined instruction; a breakpoint. */
seL4_Word strange_call(seL4_Word a, seL4_Word b);
void undefined(void);
void breakpoint(void);
__asm__(".global strange_call, undefined, breakpoint\n"
        "strange_call: mov x6, #66\n"
        "mov x7, #12345\n"
        "strange_svc: svc #0\n"
        "ret\n"
        "undefined: udf #0\n"
        "ret\n"
        "breakpoint: brk #7\n"
        "ret\n");
extern char strange_svc[];

static void entry(seL4_CPtr cap, seL4_CPtr done)
{
    seL4_Signal(cap);
    seL4_WaitWithMRs(cap, NULL, NULL, NULL, NULL, NULL);
    if (strange_call(1000, 2000) == 3000) {
        seL4_Signal(done);
    }
    undefined();
    seL4_Signal(done);
    breakpoint();
    seL4_Signal(done);
    undefined();
}

static void cap_fault(seL4_CPtr done)
{
    seL4_MessageInfo_t tag = seL4_Recv(faults, NULL, reply);
    assert(seL4_isCapFault_tag(tag) && seL4_MessageInfo_get_label(tag) == seL4_Fault_CapFault);
    assert(seL4_GetMR(seL4_CapFault_Addr) == nothing && seL4_GetMR(seL4_CapFault_InRecvPhase) == 0);
    seL4_Word failure = seL4_GetMR(seL4_CapFault_LookupFailureType);
    assert(failure == seL4_MissingCapability);
    assert(seL4_GetMR(seL4_CapFault_BitsLeft) == 0);
    seL4_Word ip = seL4_GetMR(seL4_CapFault_IP);
    assert(ip - (seL4_Word)entry < 0x200);
    /* A capability is put there, and the call is made once more. */
    assert(seL4_CNode_Mint(ROOT, nothing, DEPTH, ROOT, done, DEPTH, seL4_AllRights, 1) == seL4_NoError);
    seL4_Send(reply, seL4_MessageInfo_new(0, 0, 0, 0));
    seL4_Word badge = 0;
    seL4_Wait(done, &badge);
    assert(badge == 1);
}

static void unknown_syscall(seL4_CPtr done)
{
    seL4_MessageInfo_t tag = seL4_Recv(faults, NULL, reply);
    assert(seL4_isUnknownSyscall_tag(tag) && seL4_MessageInfo_get_length(tag) == seL4_UnknownSyscall_Length);
    assert(seL4_GetMR(seL4_UnknownSyscall_Syscall) == 12345);
    assert(seL4_GetMR(seL4_UnknownSyscall_X0) == 1000 && seL4_GetMR(seL4_UnknownSyscall_X1) == 2000);
    assert(seL4_GetMR(seL4_UnknownSyscall_X6) == 66 && seL4_GetMR(seL4_UnknownSyscall_X7) == 12345);
    seL4_Word sp = seL4_GetMR(seL4_UnknownSyscall_SP), lr = seL4_GetMR(seL4_UnknownSyscall_LR);
    assert(sp > (seL4_Word)stack && sp <= (seL4_Word)(stack + sizeof stack) && lr - (seL4_Word)entry < 0x200);
    seL4_SetMR(seL4_UnknownSyscall_X0, seL4_GetMR(seL4_UnknownSyscall_X0) + seL4_GetMR(seL4_UnknownSyscall_X1));
    seL4_SetMR(seL4_UnknownSyscall_FaultIP, (seL4_Word)strange_svc + 4);
    seL4_Send(reply, seL4_MessageInfo_new(0, 0, 0, seL4_UnknownSyscall_Length));
    seL4_Wait(done, NULL);
}

static void user_exception(seL4_CPtr done)
{
    seL4_MessageInfo_t tag = seL4_Recv(faults, NULL, reply);
    assert(seL4_isUserException_tag(tag) && seL4_MessageInfo_get_length(tag) == seL4_UserException_Length);
    assert(seL4_GetMR(seL4_UserException_FaultIP) == (seL4_Word)undefined);
    seL4_Word sp = seL4_GetMR(seL4_UserException_SP);
    assert(sp > (seL4_Word)stack && sp <= (seL4_Word)(stack + sizeof stack));
    assert((seL4_GetMR(seL4_UserException_SPSR) & 0xf) == SPSR_EL0);
    /* One word: on behind the instruction, all else as it was. */
    seL4_SetMR(seL4_UserException_FaultIP, (seL4_Word)undefined + 4);
    seL4_Send(reply, seL4_MessageInfo_new(0, 0, 0, 1));
    seL4_Wait(done, NULL);
}

static void debug_exception(seL4_CPtr done, seL4_CPtr tcb)
{
    seL4_MessageInfo_t tag = seL4_Recv(faults, NULL, reply);
    assert(seL4_MessageInfo_get_label(tag) == seL4_Fault_DebugException);
    assert(seL4_GetMR(seL4_DebugException_FaultIP) == (seL4_Word)breakpoint);
    assert(seL4_GetMR(seL4_DebugException_ExceptionReason) == seL4_SoftwareBreakRequest);
    /* Its registers are set as those of any thread; started so, it waits for no answer. */
    seL4_UserContext regs;
    assert(seL4_TCB_ReadRegisters(tcb, 0, 0, 1, &regs) == seL4_NoError && regs.pc == (seL4_Word)breakpoint);
    regs.pc += 4;
    assert(seL4_TCB_WriteRegisters(tcb, 1, 0, 1, &regs) == seL4_NoError);
    seL4_Wait(done, NULL);
}

int main(void)
{
    seL4_CPtr control = seL4_GetBootInfo()->schedcontrol.start;
    empty = seL4_GetBootInfo()->empty.start;
    nothing = seL4_GetBootInfo()->empty.end - 1;
    faults = create(seL4_EndpointObject, 0);
    reply = create(seL4_ReplyObject, 0);
    seL4_CPtr done = create(seL4_NotificationObject, 0);
    seL4_CPtr tcb = create(seL4_TCBObject, 0), sc = create(seL4_SchedContextObject, seL4_MinSchedContextBits);
    assert(seL4_TCB_Configure(tcb, ROOT, 0, seL4_CapInitThreadVSpace, 0, 0, 0) == seL4_NoError);
    assert(seL4_SchedControl_Configure(control, sc, 5000, 5000, 0, 0) == seL4_NoError);
    assert(seL4_TCB_SetSchedParams(tcb, seL4_CapInitThreadTCB, 0, 20, sc, faults) == seL4_NoError);
    seL4_UserContext regs = {.pc = (seL4_Word)entry, .sp = (seL4_Word)(stack + sizeof stack)};
    regs.x0 = nothing;
    regs.x1 = done;
    assert(seL4_TCB_WriteRegisters(tcb, 1, 0, sizeof regs / sizeof(seL4_Word), &regs) == seL4_NoError);
    cap_fault(done);
    /* It waits for that notification now. */
    seL4_Signal(done);
    unknown_syscall(done);
    user_exception(done);
    debug_exception(done, tcb);
    seL4_Recv(faults, NULL, reply);
    /* The handler gone, the next fault is the thread's end, and nobody else's. */
    assert(seL4_CNode_Delete(ROOT, faults, DEPTH) == seL4_NoError);
    seL4_Send(reply, seL4_MessageInfo_new(0, 0, 0, 0));
    return 0;
}
