/* SPDX-License-Identifier: BSD-2-Clause */
/* What is refused, and how: calls on nothing, on the wrong object, of methods that there are not. */
#include <assert.h>
#include <sel4/sel4.h>
#include <stdio.h>

#define ROOT         seL4_CapInitThreadCNode
#define DEPTH        seL4_WordBits
#define SELF         seL4_CapInitThreadTCB
#define PSCI_VERSION 0x84000000ul

static seL4_CPtr empty;

static void numbers(void)
{
    assert(seL4_NoError == 0 && seL4_InvalidArgument == 1 && seL4_InvalidCapability == 2);
    assert(seL4_IllegalOperation == 3 && seL4_RangeError == 4 && seL4_AlignmentError == 5);
    assert(seL4_FailedLookup == 6 && seL4_TruncatedMessage == 7 && seL4_DeleteFirst == 8);
    assert(seL4_RevokeFirst == 9 && seL4_NotEnoughMemory == 10 && seL4_NumErrors == 11);
    assert(seL4_NoFailure == 0 && seL4_InvalidRoot == 1 && seL4_MissingCapability == 2);
    assert(seL4_DepthMismatch == 3 && seL4_GuardMismatch == 4);
    assert(seL4_ARM_PageCacheable == 1 && seL4_ARM_ParityEnabled == 2 && seL4_ARM_Default_VMAttributes == 3);
    assert(seL4_ARM_ExecuteNever == 4 && seL4_SchedContext_Sporadic == 1 && seL4_TCBFlag_fpuDisabled == 1);
    assert(seL4_MsgMaxLength == 120 && seL4_MsgMaxExtraCaps == 3 && seL4_MaxPrio == 255 && seL4_MinPrio == 0);
    assert(sizeof(seL4_Word) == 8 && seL4_WordBits == 64 && sizeof(seL4_IPCBuffer) <= 1ul << seL4_IPCBufferSizeBits);
}

static void words(void)
{
    seL4_MessageInfo_t info = seL4_MessageInfo_new(0xfffffffffffff, 7, 3, 120);
    assert(seL4_MessageInfo_get_label(info) == 0xfffffffffffff && seL4_MessageInfo_get_capsUnwrapped(info) == 7);
    assert(seL4_MessageInfo_get_extraCaps(info) == 3 && seL4_MessageInfo_get_length(info) == 120);
    info = seL4_MessageInfo_set_length(seL4_MessageInfo_set_label(info, 1), 2);
    assert(info.words[0] == (1ul << 12 | 7 << 9 | 3 << 7 | 2));
    seL4_CapRights_t rights = seL4_CapRights_new(1, 0, 1, 0);
    assert(seL4_CapRights_get_capAllowGrantReply(rights) && !seL4_CapRights_get_capAllowGrant(rights));
    assert(seL4_CapRights_get_capAllowRead(rights) && !seL4_CapRights_get_capAllowWrite(rights));
    assert(seL4_CNode_CapData_new(5, 6).words[0] == (5 << 6 | 6));
    seL4_SetUserData(0x5eed);
    assert(seL4_GetUserData() == 0x5eed && seL4_GetIPCBuffer()->userData == 0x5eed);
    seL4_SetMR(119, 7);
    assert(seL4_GetIPCBuffer()->msg[119] == 7);
    seL4_SetCap(2, 9);
    assert(seL4_GetCap(2) == 9 && seL4_GetIPCBuffer()->caps_or_badges[2] == 9);
    seL4_SetCapReceivePath(1, 2, 3);
    assert(seL4_GetIPCBuffer()->receiveCNode == 1 && seL4_GetIPCBuffer()->receiveIndex == 2);
    assert(seL4_GetIPCBuffer()->receiveDepth == 3);
    seL4_SetCapReceivePath(0, 0, 0);
}

static void wrong_objects(void)
{
    assert(seL4_TCB_Suspend(ROOT) == seL4_IllegalOperation);
    assert(seL4_CNode_Delete(SELF, 1, DEPTH) == seL4_IllegalOperation);
    assert(seL4_ARM_Page_Unmap(seL4_CapInitThreadVSpace) == seL4_IllegalOperation);
    assert(seL4_IRQHandler_Ack(seL4_CapIRQControl) == seL4_IllegalOperation);
    assert(seL4_SchedContext_Unbind(seL4_CapASIDControl) == seL4_IllegalOperation);
    seL4_CPtr services[] = {SELF, ROOT, seL4_CapInitThreadVSpace, seL4_CapIRQControl, seL4_CapInitThreadSC};
    for (unsigned i = 0; i < sizeof services / sizeof services[0]; i++) {
        seL4_MessageInfo_t answer = seL4_Call(services[i], seL4_MessageInfo_new(0xfffff, 0, 0, 0));
        assert(seL4_MessageInfo_get_label(answer) == seL4_IllegalOperation);
        seL4_Send(services[i], seL4_MessageInfo_new(0xfffff, 0, 0, 0)); /* nobody is told */
    }
    assert(seL4_TCB_Configure(SELF, SELF, 0, seL4_CapInitThreadVSpace, 0, 0, 0) == seL4_IllegalOperation);
    assert(seL4_TCB_SetIPCBuffer(SELF, 0x1004, seL4_CapInitThreadIPCBuffer) == seL4_AlignmentError);
    seL4_UserContext regs = {0};
    assert(seL4_TCB_ReadRegisters(SELF, 0, 0, 1, &regs) == seL4_IllegalOperation);
    assert(seL4_TCB_WriteRegisters(SELF, 0, 0, 1, &regs) == seL4_IllegalOperation);
}

static void not_offered(void)
{
    assert(seL4_DomainSet_Set(seL4_CapDomain, 0, SELF) == seL4_IllegalOperation);
    assert(seL4_DomainSet_ScheduleConfigure(seL4_CapDomain, 0, 0, 100) == seL4_IllegalOperation);
    assert(seL4_DomainSet_ScheduleSetStart(seL4_CapDomain, 0) == seL4_IllegalOperation);
    assert(seL4_DebugCapIdentify(seL4_CapIOPortControl) == 0 && seL4_DebugCapIdentify(seL4_CapIOSpace) == 0);
}

static void firmware(void)
{
    seL4_ARM_SMCContext args = {.x0 = PSCI_VERSION}, answer;
    assert(seL4_ARM_SMC_Call(seL4_CapSMC, &args, &answer) == seL4_NoError);
    printf("PSCI %lu.%lu\n", answer.x0 >> 16, answer.x0 & 0xffff);
    assert(answer.x0 >> 16 >= 1 || answer.x0 == 2);
    args.x0 = 0x8400ffff;
    assert(seL4_ARM_SMC_Call(seL4_CapSMC, &args, &answer) == seL4_NoError);
    assert((int)answer.x0 == -1);
}

int main(void)
{
    empty = seL4_GetBootInfo()->empty.start;
    numbers();
    words();
    wrong_objects();
    not_offered();
    firmware();
    return 0;
}
