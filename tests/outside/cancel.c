/* SPDX-License-Identifier: BSD-2-Clause */
/* A server takes back a badge: who waits with it fails, the others go on. */
#include <assert.h>
#include <sel4/sel4.h>
#include <stddef.h>

#define ROOT  seL4_CapInitThreadCNode
#define DEPTH seL4_WordBits

static seL4_CPtr empty;
static char stacks[3][1024] __attribute__((aligned(16)));

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

static seL4_CPtr mint(seL4_CPtr cap, seL4_CapRights_t rights, seL4_Word badge)
{
    assert(seL4_CNode_Mint(ROOT, empty, DEPTH, ROOT, cap, DEPTH, rights, badge) == seL4_NoError);
    return empty++;
}

static void client(seL4_CPtr server, seL4_Word number)
{
    for (;;) {
        seL4_Word word = number;
        seL4_SendWithMRs(server, seL4_MessageInfo_new(42, 0, 0, 1), &word, NULL, NULL, NULL);
    }
}

static void start(seL4_CPtr server, seL4_CPtr faults, seL4_Word number)
{
    seL4_CPtr tcb = create(seL4_TCBObject, 0), sc = create(seL4_SchedContextObject, seL4_MinSchedContextBits);
    assert(seL4_TCB_Configure(tcb, ROOT, 0, seL4_CapInitThreadVSpace, 0, 0, 0) == seL4_NoError);
    assert(seL4_SchedControl_Configure(seL4_GetBootInfo()->schedcontrol.start, sc, 1000, 1000, 0, 0) == seL4_NoError);
    assert(seL4_TCB_SetSchedParams(tcb, seL4_CapInitThreadTCB, 0, 50, sc, faults) == seL4_NoError);
    seL4_UserContext regs = {.pc = (seL4_Word)client, .sp = (seL4_Word)(stacks[number] + sizeof stacks[number])};
    regs.x0 = server;
    regs.x1 = number;
    assert(seL4_TCB_WriteRegisters(tcb, 1, 0, sizeof regs / sizeof(seL4_Word), &regs) == seL4_NoError);
}

/** The number of the client that found nothing where its capability was. */
static seL4_Word faulted(seL4_CPtr faults, seL4_CPtr reply, const seL4_CPtr *caps)
{
    seL4_Word badge;
    seL4_MessageInfo_t tag = seL4_Recv(faults, &badge, reply);
    assert(seL4_MessageInfo_get_label(tag) == seL4_Fault_CapFault && badge >= 0xf0 && badge <= 0xf2);
    assert(seL4_GetMR(seL4_CapFault_Addr) == caps[badge - 0xf0] && seL4_GetMR(seL4_CapFault_InRecvPhase) == 0);
    assert(seL4_GetMR(seL4_CapFault_LookupFailureType) == seL4_MissingCapability);
    return badge - 0xf0;
}

int main(void)
{
    empty = seL4_GetBootInfo()->empty.start;
    seL4_CPtr endpoint = create(seL4_EndpointObject, 0), faults = create(seL4_EndpointObject, 0);
    seL4_CPtr reply[3], client_cap[3];
    seL4_CPtr first = mint(endpoint, seL4_AllRights, 1), second = mint(endpoint, seL4_AllRights, 2);
    for (seL4_Word i = 0; i < 3; i++) {
        reply[i] = create(seL4_ReplyObject, 0);
        client_cap[i] = empty;
        seL4_CPtr from = i == 1 ? second : first;
        assert(seL4_CNode_Copy(ROOT, empty++, DEPTH, ROOT, from, DEPTH, seL4_CanWrite) == seL4_NoError);
        start(client_cap[i], mint(faults, seL4_AllRights, 0xf0 + i), i);
    }
    /* Let them all get to their send: each has been heard twice. */
    seL4_Word badge, heard[3] = {0};
    while (heard[0] < 2 || heard[1] < 2 || heard[2] < 2) {
        seL4_MessageInfo_t tag = seL4_Wait(endpoint, &badge);
        assert(seL4_MessageInfo_get_label(tag) == 42 && badge == (seL4_GetMR(0) == 1 ? 2 : 1));
        heard[seL4_GetMR(0)]++;
    }

    /* Only who could do everything with the endpoint can do that. */
    assert(seL4_CNode_CancelBadgedSends(ROOT, client_cap[0], DEPTH) == seL4_IllegalOperation);
    assert(seL4_CNode_CancelBadgedSends(ROOT, faults + 1000, DEPTH) != seL4_NoError);
    assert(seL4_CNode_Revoke(ROOT, first, DEPTH) == seL4_NoError);
    assert(seL4_DebugCapIdentify(client_cap[0]) == 0 && seL4_DebugCapIdentify(client_cap[2]) == 0);
    assert(seL4_CNode_CancelBadgedSends(ROOT, first, DEPTH) == seL4_NoError);
    seL4_Word one = faulted(faults, reply[0], client_cap), other = faulted(faults, reply[2], client_cap);
    assert(one + other == 2 && one != other);
    seL4_CPtr second_reply = other == 2 ? reply[2] : reply[0];
    for (int i = 0; i < 5; i++) {
        seL4_Wait(endpoint, &badge);
        assert(badge == 2 && seL4_GetMR(0) == 1);
    }
    /* The one whose fault is answered finds the capability that stands there now. */
    assert(seL4_CNode_Mint(ROOT, client_cap[2], DEPTH, ROOT, endpoint, DEPTH, seL4_CanWrite, 9) == seL4_NoError);
    seL4_Send(second_reply, seL4_MessageInfo_new(0, 0, 0, 0));
    do {
        seL4_Wait(endpoint, &badge);
    } while (badge != 9);
    assert(seL4_GetMR(0) == 2);

    /* The endpoint goes: so do all capabilities, and who waits at it finds that out. */
    assert(seL4_CNode_Revoke(ROOT, endpoint, DEPTH) == seL4_NoError);
    assert(seL4_CNode_Delete(ROOT, endpoint, DEPTH) == seL4_NoError);
    one = faulted(faults, second_reply, client_cap);
    other = faulted(faults, reply[1], client_cap);
    assert(one + other == 3 && one != other);
    return 0;
}
