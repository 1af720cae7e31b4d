/* SPDX-License-Identifier: BSD-2-Clause */
/* Long messages, wide labels, and capabilities in messages: taken, unwrapped, left behind. */
#include <assert.h>
#include <sel4/sel4.h>
#include <stddef.h>

#define ROOT   seL4_CapInitThreadCNode
#define DEPTH  seL4_WordBits
#define BUFFER 0x2000000000ul
#define LABEL  0xfedcba9876543ul /* 52 bits */

static seL4_CPtr empty;
static char stack[4096] __attribute__((aligned(16)));
static char tls[256] __attribute__((aligned(16)));

struct sender {
    seL4_CPtr endpoint, with_grant, without, one, two, notification;
};
static struct sender senders;

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

static void send_caps(seL4_CPtr through, seL4_CPtr a, seL4_CPtr b, seL4_CPtr c)
{
    seL4_SetCap(0, a);
    seL4_SetCap(1, b);
    seL4_SetCap(2, c);
    seL4_SetMR(0, 1234);
    seL4_Send(through, seL4_MessageInfo_new(1, 0, 3, 1));
}

static void sender(const struct sender *s)
{
    seL4_SetIPCBuffer((seL4_IPCBuffer *)BUFFER);
    for (int i = 0; i < seL4_MsgMaxLength; i++) {
        seL4_SetMR(i, (seL4_Word)i * 0x100000001);
    }
    seL4_Send(s->with_grant, seL4_MessageInfo_new(LABEL, 0, 0, seL4_MsgMaxLength));
    seL4_Send(s->with_grant, seL4_MessageInfo_new(2, 0, 0, 127)); /* longer than there is */
    send_caps(s->with_grant, s->one, s->notification, s->two);
    send_caps(s->with_grant, s->notification, s->notification, s->one);
    send_caps(s->with_grant, s->notification, s->one, s->two);
    send_caps(s->without, s->one, s->notification, s->two);
    seL4_SetCapReceivePath(ROOT, 1, DEPTH); /* taken: nothing comes */
    seL4_MessageInfo_t tag = seL4_Call(s->with_grant, seL4_MessageInfo_new(3, 0, 0, 0));
    seL4_SetMR(0, seL4_MessageInfo_get_length(tag));
    seL4_SetMR(1, seL4_MessageInfo_get_extraCaps(tag));
    seL4_SetMR(2, seL4_GetMR(99));
    seL4_Call(s->with_grant, seL4_MessageInfo_new(4, 0, 0, 3));
}

static seL4_CPtr mint(seL4_CPtr cap, seL4_CapRights_t rights, seL4_Word badge)
{
    assert(seL4_CNode_Mint(ROOT, empty, DEPTH, ROOT, cap, DEPTH, rights, badge) == seL4_NoError);
    return empty++;
}

static void start(seL4_CPtr endpoint)
{
    seL4_CPtr tcb = create(seL4_TCBObject, 0), frame = create(seL4_ARM_SmallPageObject, 0);
    seL4_CPtr sc = create(seL4_SchedContextObject, seL4_MinSchedContextBits);
    senders.with_grant = mint(endpoint, seL4_AllRights, 7);
    senders.without = mint(endpoint, seL4_CanWrite, 8);
    senders.one = mint(endpoint, seL4_AllRights, 0x111);
    senders.two = mint(endpoint, seL4_AllRights, 0x222);
    senders.notification = create(seL4_NotificationObject, 0);
    map(frame, BUFFER);
    assert(seL4_TCB_Configure(tcb, ROOT, 0, seL4_CapInitThreadVSpace, 0, BUFFER, frame) == seL4_NoError);
    assert(seL4_SchedControl_Configure(seL4_GetBootInfo()->schedcontrol.start, sc, 1000, 1000, 0, 0) == seL4_NoError);
    assert(seL4_TCB_SetSchedParams(tcb, seL4_CapInitThreadTCB, 0, 1, sc, seL4_CapNull) == seL4_NoError);
    seL4_UserContext regs = {.pc = (seL4_Word)sender, .sp = (seL4_Word)(stack + sizeof stack)};
    regs.x0 = (seL4_Word)&senders;
    regs.tpidr_el0 = (seL4_Word)tls;
    assert(seL4_TCB_WriteRegisters(tcb, 1, 0, sizeof regs / sizeof(seL4_Word), &regs) == seL4_NoError);
}

static void expect_caps(seL4_CPtr endpoint, seL4_Word from, seL4_Word count, seL4_Word unwrapped)
{
    seL4_Word badge;
    seL4_MessageInfo_t tag = seL4_Recv(endpoint, &badge, senders.endpoint);
    assert(badge == from && seL4_MessageInfo_get_length(tag) == 1 && seL4_GetMR(0) == 1234);
    assert(seL4_MessageInfo_get_extraCaps(tag) == count);
    assert(seL4_MessageInfo_get_capsUnwrapped(tag) == unwrapped);
}

int main(void)
{
    empty = seL4_GetBootInfo()->empty.start;
    seL4_CPtr endpoint = create(seL4_EndpointObject, 0), reply = create(seL4_ReplyObject, 0), slot = empty++;
    senders.endpoint = reply;
    start(endpoint);
    seL4_Word badge;
    seL4_MessageInfo_t tag = seL4_Recv(endpoint, &badge, reply);
    assert(badge == 7 && seL4_MessageInfo_get_label(tag) == LABEL);
    assert(seL4_MessageInfo_get_length(tag) == 120);
    for (int i = 0; i < 120; i++) {
        assert(seL4_GetMR(i) == (seL4_Word)i * 0x100000001);
    }
    tag = seL4_Recv(endpoint, &badge, reply);
    assert(seL4_MessageInfo_get_label(tag) == 2 && seL4_MessageInfo_get_length(tag) == 120);

    /* What leads to this endpoint comes as its badge; one capability has a place to go. */
    seL4_SetCapReceivePath(ROOT, slot, DEPTH);
    expect_caps(endpoint, 7, 3, 5);
    assert(seL4_GetBadge(0) == 0x111 && seL4_GetBadge(2) == 0x222);
    seL4_Signal(slot);
    seL4_Poll(senders.notification, &badge);
    assert(seL4_DebugCapIdentify(slot) == seL4_DebugCapIdentify(senders.notification));
    assert(seL4_CNode_Delete(ROOT, slot, DEPTH) == seL4_NoError);
    expect_caps(endpoint, 7, 1, 0); /* the place is used up by the first */
    assert(seL4_DebugCapIdentify(slot) != 0);
    expect_caps(endpoint, 7, 0, 0); /* and taken now */
    assert(seL4_CNode_Delete(ROOT, slot, DEPTH) == seL4_NoError);
    expect_caps(endpoint, 8, 0, 0);
    assert(seL4_DebugCapIdentify(slot) == 0);

    /* The other way round, in a reply. */
    tag = seL4_Recv(endpoint, &badge, reply);
    assert(seL4_MessageInfo_get_label(tag) == 3);
    for (int i = 0; i < 100; i++) {
        seL4_SetMR(i, 5000 + (seL4_Word)i);
    }
    seL4_SetCap(0, endpoint);
    tag = seL4_ReplyRecv(endpoint, seL4_MessageInfo_new(0, 0, 1, 100), &badge, reply);
    assert(seL4_MessageInfo_get_label(tag) == 4 && seL4_GetMR(0) == 100 && seL4_GetMR(1) == 0);
    assert(seL4_GetMR(2) == 5099);
    return 0;
}
