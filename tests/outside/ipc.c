/* SPDX-License-Identifier: BSD-2-Clause */
/* A server that two clients call: badges, words in registers and in the buffer, a capability handed over. */
#include <assert.h>
#include <sel4/sel4.h>
#include <stddef.h>

#define ROOT   seL4_CapInitThreadCNode
#define DEPTH  seL4_WordBits
#define BUFFER 0x2000000000ul

enum { ADD = 7, SUM, GIVE };

static seL4_CPtr empty, done, never;
static char stacks[2][4096] __attribute__((aligned(16)));
static char tls[2][256] __attribute__((aligned(16)));

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

static void map(seL4_CPtr frame, seL4_Word vaddr)
{
    while (seL4_ARM_Page_Map(frame, seL4_CapInitThreadVSpace, vaddr, seL4_ReadWrite, seL4_ARM_Default_VMAttributes) ==
           seL4_FailedLookup) {
        seL4_CPtr table = create(seL4_ARM_PageTableObject, 0);
        assert(seL4_ARM_PageTable_Map(table, seL4_CapInitThreadVSpace, vaddr, seL4_ARM_Default_VMAttributes) ==
               seL4_NoError);
    }
}

static void client(seL4_CPtr server, seL4_Word number)
{
    seL4_SetIPCBuffer((seL4_IPCBuffer *)(BUFFER + (number << seL4_PageBits)));
    /* Two words in registers: the sum comes back. */
    seL4_Word a = 30 + number, b = 12, c = 0, d = 0;
    seL4_MessageInfo_t tag = seL4_CallWithMRs(server, seL4_MessageInfo_new(ADD, 0, 0, 2), &a, &b, &c, &d);
    assert(seL4_MessageInfo_get_label(tag) == ADD && seL4_MessageInfo_get_length(tag) == 1 && a == 42 + number);
    /* Forty words. */
    seL4_Word sum = 0;
    for (int i = 0; i < 40; i++) {
        seL4_SetMR(i, number + (seL4_Word)i);
        sum += number + (seL4_Word)i;
    }
    tag = seL4_Call(server, seL4_MessageInfo_new(SUM, 0, 0, 40));
    assert(seL4_MessageInfo_get_length(tag) == 1 && seL4_GetMR(0) == sum);
    /* Please give me a capability; the server puts it where I say. */
    seL4_CPtr slot = seL4_GetBootInfo()->empty.end - 1 - number;
    seL4_SetCapReceivePath(ROOT, slot, DEPTH);
    tag = seL4_Call(server, seL4_MessageInfo_new(GIVE, 0, 0, 0));
    assert(seL4_MessageInfo_get_extraCaps(tag) == 1 && seL4_MessageInfo_get_capsUnwrapped(tag) == 0);
    seL4_Signal(slot);
    seL4_Wait(never, NULL);
}

static void start(seL4_CPtr endpoint, seL4_Word number)
{
    seL4_CPtr tcb = create(seL4_TCBObject, 0);
    seL4_CPtr sc = create(seL4_SchedContextObject, seL4_MinSchedContextBits);
    seL4_CPtr frame = create(seL4_ARM_SmallPageObject, 0);
    map(frame, BUFFER + (number << seL4_PageBits));
    assert(seL4_TCB_Configure(tcb, ROOT, 0, seL4_CapInitThreadVSpace, 0, BUFFER + (number << seL4_PageBits), frame) ==
           seL4_NoError);
    assert(seL4_SchedControl_Configure(seL4_GetBootInfo()->schedcontrol.start, sc, 10000, 10000, 0, 0) == seL4_NoError);
    assert(seL4_TCB_SetSchedParams(tcb, seL4_CapInitThreadTCB, 0, 100, sc, seL4_CapNull) == seL4_NoError);
    seL4_CPtr badged = empty++;
    assert(seL4_CNode_Mint(ROOT, badged, DEPTH, ROOT, endpoint, DEPTH, seL4_AllRights, 100 + number) == seL4_NoError);
    seL4_UserContext regs = {.pc = (seL4_Word)client, .sp = (seL4_Word)(stacks[number] + sizeof stacks[number])};
    regs.x0 = badged;
    regs.x1 = number;
    regs.tpidr_el0 = (seL4_Word)tls[number];
    assert(seL4_TCB_WriteRegisters(tcb, 1, 0, sizeof regs / sizeof(seL4_Word), &regs) == seL4_NoError);
}

int main(void)
{
    empty = seL4_GetBootInfo()->empty.start;
    seL4_CPtr endpoint = create(seL4_EndpointObject, 0);
    seL4_CPtr reply = create(seL4_ReplyObject, 0);
    done = create(seL4_NotificationObject, 0);
    never = create(seL4_NotificationObject, 0);
    start(endpoint, 0);
    start(endpoint, 1);

    seL4_Word badge, given = 0;
    seL4_MessageInfo_t tag = seL4_Recv(endpoint, &badge, reply);
    for (int calls = 0; calls < 6; calls++) {
        assert(badge == 100 || badge == 101);
        seL4_Word length = seL4_MessageInfo_get_length(tag), label = seL4_MessageInfo_get_label(tag), sum = 0;
        assert(label == ADD || label == SUM || label == GIVE);
        given += label == GIVE;
        for (int i = 0; i < (int)length; i++) {
            sum += seL4_GetMR(i);
        }
        seL4_SetMR(0, sum);
        seL4_SetCap(0, done);
        tag = seL4_MessageInfo_new(label, 0, label == GIVE, label != GIVE);
        if (calls < 5) {
            tag = seL4_ReplyRecv(endpoint, tag, &badge, reply);
        } else {
            seL4_Send(reply, tag);
        }
    }
    seL4_Wait(done, NULL);
    return given != 2;
}
