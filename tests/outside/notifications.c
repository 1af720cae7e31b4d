/* SPDX-License-Identifier: BSD-2-Clause */
/* Notifications: bits that are collected, waited for, polled, and heard by a thread that waits for messages. */
#include <assert.h>
#include <sel4/sel4.h>
#include <stddef.h>

#define ROOT  seL4_CapInitThreadCNode
#define DEPTH seL4_WordBits
#define SELF  seL4_CapInitThreadTCB

static seL4_CPtr empty;
static char stack[2048] __attribute__((aligned(16)));
static volatile seL4_Word seen;

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

static seL4_CPtr mint(seL4_CPtr cap, seL4_Word badge)
{
    assert(seL4_CNode_Mint(ROOT, empty, DEPTH, ROOT, cap, DEPTH, seL4_AllRights, badge) == seL4_NoError);
    return empty++;
}

static void collect(seL4_CPtr n)
{
    seL4_CPtr one = mint(n, 1), two = mint(n, 2), high = mint(n, 1ul << 63);
    seL4_Word badge = 5;
    seL4_Poll(n, &badge);
    assert(badge == 0);
    seL4_Signal(one);
    seL4_Signal(two);
    seL4_Signal(one);
    seL4_Poll(n, &badge);
    assert(badge == 3);
    seL4_NBWait(n, &badge);
    assert(badge == 0);
    seL4_Signal(high);
    seL4_NBSend(two, seL4_MessageInfo_new(0, 0, 0, 0)); /* a send is a signal */
    seL4_Wait(n, &badge);
    assert(badge == (1ul << 63 | 2));
    seL4_Send(one, seL4_MessageInfo_new(0, 0, 0, 0));
    seL4_NBWait(n, &badge);
    assert(badge == 1);
}

static void bound(seL4_CPtr n, seL4_CPtr other)
{
    seL4_CPtr endpoint = create(seL4_EndpointObject, 0);
    seL4_CPtr reply = create(seL4_ReplyObject, 0);
    seL4_CPtr eight = mint(n, 8);
    seL4_Word badge = 0;
    assert(seL4_TCB_BindNotification(SELF, n) == seL4_NoError);
    assert(seL4_TCB_BindNotification(SELF, other) == seL4_IllegalOperation);
    seL4_Signal(eight);
    seL4_Recv(endpoint, &badge, reply);
    assert(badge == 8);
    seL4_NBRecv(endpoint, &badge, reply);
    assert(badge == 0);
    seL4_Signal(eight);
    seL4_NBRecv(endpoint, &badge, reply);
    assert(badge == 8);
    seL4_Signal(eight);
    seL4_Wait(endpoint, &badge);
    assert(badge == 8);
    assert(seL4_TCB_UnbindNotification(SELF) == seL4_NoError);
    assert(seL4_TCB_UnbindNotification(SELF) == seL4_IllegalOperation);
    seL4_Signal(eight);
    badge = 77;
    seL4_NBRecv(endpoint, &badge, reply);
    assert(badge == 0);
    seL4_Poll(n, &badge);
    assert(badge == 8);
    /* Deleting a bound notification unbinds it. */
    assert(seL4_TCB_BindNotification(SELF, other) == seL4_NoError);
    assert(seL4_CNode_Delete(ROOT, other, DEPTH) == seL4_NoError);
    assert(seL4_TCB_BindNotification(SELF, n) == seL4_NoError);
    assert(seL4_TCB_UnbindNotification(SELF) == seL4_NoError);
}

static void waiter(seL4_CPtr from, seL4_CPtr to)
{
    for (;;) {
        seL4_Word badge;
        seL4_WaitWithMRs(from, &badge, NULL, NULL, NULL, NULL);
        seen += badge;
        seL4_Signal(to);
    }
}

static void ping_pong(seL4_CPtr from, seL4_CPtr to)
{
    seL4_CPtr tcb = create(seL4_TCBObject, 0), sc = create(seL4_SchedContextObject, seL4_MinSchedContextBits);
    assert(seL4_TCB_Configure(tcb, ROOT, 0, seL4_CapInitThreadVSpace, 0, 0, 0) == seL4_NoError);
    assert(seL4_SchedControl_Configure(seL4_GetBootInfo()->schedcontrol.start, sc, 1000, 1000, 0, 0) == seL4_NoError);
    assert(seL4_TCB_SetSchedParams(tcb, SELF, 0, seL4_MaxPrio, sc, seL4_CapNull) == seL4_NoError);
    seL4_UserContext regs = {.pc = (seL4_Word)waiter, .sp = (seL4_Word)(stack + sizeof stack), .x0 = from, .x1 = to};
    assert(seL4_TCB_WriteRegisters(tcb, 1, 0, sizeof regs / sizeof(seL4_Word), &regs) == seL4_NoError);
    seL4_CPtr three = mint(from, 3);
    for (seL4_Word i = 1; i <= 10; i++) {
        seL4_Signal(three);
        seL4_Wait(to, NULL);
        assert(seen == 3 * i);
    }
    /* One thread has one notification, and one notification has one thread. */
    assert(seL4_TCB_BindNotification(tcb, to) == seL4_NoError);
    assert(seL4_TCB_BindNotification(SELF, to) == seL4_IllegalOperation);
}

int main(void)
{
    empty = seL4_GetBootInfo()->empty.start;
    seL4_CPtr n = create(seL4_NotificationObject, 0);
    collect(n);
    bound(n, create(seL4_NotificationObject, 0));
    ping_pong(create(seL4_NotificationObject, 0), create(seL4_NotificationObject, 0));
    return 0;
}
