/* SPDX-License-Identifier: BSD-2-Clause */
/* Reply objects: who waits for what is in the server's hands. */
#include <assert.h>
#include <sel4/sel4.h>
#include <stddef.h>

#define ROOT  seL4_CapInitThreadCNode
#define DEPTH seL4_WordBits

static seL4_CPtr empty, done;
static char stacks[3][2048] __attribute__((aligned(16)));
static volatile seL4_Word results[3];

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

static void client(seL4_CPtr server, seL4_Word number, seL4_CPtr signal)
{
    for (seL4_Word word = number;;) {
        seL4_MessageInfo_t tag = seL4_MessageInfo_new(number, 0, 0, 1);
        tag = seL4_CallWithMRs(server, tag, &word, NULL, NULL, NULL);
        results[number] = seL4_MessageInfo_get_length(tag) == 1 ? word : 0;
        seL4_Signal(signal);
    }
}

/** A client whose badge is 10 + number; its signal's badge is 1 << number. */
static seL4_CPtr start(seL4_CPtr endpoint, seL4_Word number)
{
    seL4_CPtr tcb = create(seL4_TCBObject, 0), sc = create(seL4_SchedContextObject, seL4_MinSchedContextBits);
    seL4_CPtr badged = empty++, signal = empty++;
    assert(seL4_CNode_Mint(ROOT, badged, DEPTH, ROOT, endpoint, DEPTH, seL4_CapRights_new(1, 0, 0, 1), 10 + number) ==
           seL4_NoError);
    assert(seL4_CNode_Mint(ROOT, signal, DEPTH, ROOT, done, DEPTH, seL4_CanWrite, 1ul << number) == seL4_NoError);
    assert(seL4_TCB_Configure(tcb, ROOT, 0, seL4_CapInitThreadVSpace, 0, 0, 0) == seL4_NoError);
    assert(seL4_SchedControl_Configure(seL4_GetBootInfo()->schedcontrol.start, sc, 1000, 1000, 0, 0) == seL4_NoError);
    assert(seL4_TCB_SetSchedParams(tcb, seL4_CapInitThreadTCB, 0, 100 - number, sc, seL4_CapNull) == seL4_NoError);
    seL4_UserContext regs = {.pc = (seL4_Word)client, .sp = (seL4_Word)(stacks[number] + sizeof stacks[number])};
    regs.x0 = badged;
    regs.x1 = number;
    regs.x2 = signal;
    assert(seL4_TCB_WriteRegisters(tcb, 1, 0, sizeof regs / sizeof(seL4_Word), &regs) == seL4_NoError);
    return tcb;
}

static seL4_MessageInfo_t answer(seL4_Word word)
{
    seL4_SetMR(0, word);
    return seL4_MessageInfo_new(0, 0, 0, 1);
}

static void out_of_order(seL4_CPtr endpoint, const seL4_CPtr *reply)
{
    seL4_Word badge;
    for (seL4_Word i = 0; i < 3; i++) {
        seL4_Recv(endpoint, &badge, reply[i]);
        assert(badge == 10 + i && seL4_GetMR(0) == i);
    }
    /* The last asked is answered first, through a copy of the reply object's capability at that. */
    seL4_CPtr copy = empty++;
    assert(seL4_CNode_Copy(ROOT, copy, DEPTH, ROOT, reply[2], DEPTH, seL4_AllRights) == seL4_NoError);
    seL4_Send(copy, answer(102));
    seL4_Wait(done, &badge);
    assert(badge == 4 && results[2] == 102 && results[0] == 0);
    seL4_NBSend(reply[0], answer(100));
    seL4_Send(reply[1], answer(101));
    for (seL4_Word seen = 0; seen != 3; seen |= badge) {
        seL4_Wait(done, &badge);
    }
    assert(results[0] == 100 && results[1] == 101);
    seL4_Send(reply[1], answer(1)); /* nobody waits for that */
}

static void combined(seL4_CPtr endpoint, const seL4_CPtr *reply)
{
    seL4_Word badge;
    /* They have called again, with the word they got; the highest priority first. */
    seL4_MessageInfo_t tag = seL4_Recv(endpoint, &badge, reply[0]);
    for (seL4_Word i = 0; i < 12; i++) {
        seL4_Word number = badge - 10, word = seL4_GetMR(0);
        assert(number < 3 && seL4_MessageInfo_get_label(tag) == number && word >= 100);
        seL4_SetMR(0, word + 10);
        tag = i & 1 ? seL4_NBSendRecv(reply[0], seL4_MessageInfo_new(0, 0, 0, 1), endpoint, &badge, reply[0])
                    : seL4_ReplyRecv(endpoint, seL4_MessageInfo_new(0, 0, 0, 1), &badge, reply[0]);
    }
    assert(results[0] + results[1] + results[2] == 100 + 101 + 102 + 12 * 10);
    /* Answer, and wait for what the client signals then. */
    seL4_Poll(done, &badge);
    assert(badge != 0);
    tag = answer(777);
    seL4_NBSendWait(reply[0], tag, done, &badge);
    assert(badge == 1 || badge == 2 || badge == 4);
    assert(results[0] == 777 || results[1] == 777 || results[2] == 777);
}

int main(void)
{
    empty = seL4_GetBootInfo()->empty.start;
    done = create(seL4_NotificationObject, 0);
    seL4_CPtr endpoint = create(seL4_EndpointObject, 0);
    seL4_CPtr reply[3];
    for (seL4_Word i = 0; i < 3; i++) {
        reply[i] = create(seL4_ReplyObject, 0);
        start(endpoint, i);
    }
    out_of_order(endpoint, reply);
    combined(endpoint, reply);
    return 0;
}
