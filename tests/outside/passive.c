/* SPDX-License-Identifier: BSD-2-Clause */
/* A server without time of its own: it runs on its clients', and on that of a notification. */
#include <assert.h>
#include <sel4/sel4.h>
#include <stddef.h>

#define ROOT  seL4_CapInitThreadCNode
#define DEPTH seL4_WordBits
#define SELF  seL4_CapInitThreadTCB

static seL4_CPtr empty;
static char stacks[2][2048] __attribute__((aligned(16)));
static volatile seL4_Word signalled;
static volatile seL4_Word answers;

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

static void server(seL4_CPtr endpoint, seL4_CPtr ready, seL4_CPtr reply)
{
    /* The first message says that it may be made passive now; it waits in the same moment. */
    seL4_Word badge, word = 0;
    seL4_MessageInfo_t tag = seL4_MessageInfo_new(0, 0, 0, 0);
    tag = seL4_NBSendRecvWithMRs(ready, tag, endpoint, &badge, &word, NULL, NULL, NULL, reply);
    for (;;) {
        if (badge >= 100) { /* the bound notification */
            signalled += badge;
            tag = seL4_MessageInfo_new(0, 0, 0, 0);
            tag = seL4_NBSendRecvWithMRs(ready, tag, endpoint, &badge, &word, NULL, NULL, NULL, reply);
            continue;
        }
        word = word * 2 + badge;
        answers++;
        tag = seL4_MessageInfo_new(0, 0, 0, 1);
        tag = seL4_ReplyRecvWithMRs(endpoint, tag, &badge, &word, NULL, NULL, NULL, reply);
    }
}

static void client(seL4_CPtr endpoint, seL4_CPtr done)
{
    seL4_Word word = 100;
    for (int i = 0; i < 3; i++) {
        seL4_CallWithMRs(endpoint, seL4_MessageInfo_new(0, 0, 0, 1), &word, NULL, NULL, NULL);
    }
    if (word == ((100 * 2 + 2) * 2 + 2) * 2 + 2) {
        seL4_Signal(done);
    }
    seL4_WaitWithMRs(endpoint + 1, NULL, NULL, NULL, NULL, NULL);
}

static seL4_CPtr mint(seL4_CPtr cap, seL4_Word badge)
{
    assert(seL4_CNode_Mint(ROOT, empty, DEPTH, ROOT, cap, DEPTH, seL4_AllRights, badge) == seL4_NoError);
    return empty++;
}

static seL4_CPtr start(int number, seL4_CPtr sc, void (*entry)(void), seL4_Word a, seL4_Word b, seL4_Word c)
{
    seL4_CPtr tcb = create(seL4_TCBObject, 0);
    assert(seL4_TCB_Configure(tcb, ROOT, 0, seL4_CapInitThreadVSpace, 0, 0, 0) == seL4_NoError);
    assert(seL4_SchedControl_Configure(seL4_GetBootInfo()->schedcontrol.start, sc, 5000, 5000, 0, 0) == seL4_NoError);
    assert(seL4_TCB_SetSchedParams(tcb, SELF, 0, 100, sc, seL4_CapNull) == seL4_NoError);
    seL4_UserContext regs = {.pc = (seL4_Word)entry, .sp = (seL4_Word)(stacks[number] + sizeof stacks[number])};
    regs.x0 = a;
    regs.x1 = b;
    regs.x2 = c;
    assert(seL4_TCB_WriteRegisters(tcb, 1, 0, sizeof regs / sizeof(seL4_Word), &regs) == seL4_NoError);
    return tcb;
}

static seL4_Word call(seL4_CPtr endpoint, seL4_Word word)
{
    seL4_SetMR(0, word);
    seL4_MessageInfo_t tag = seL4_Call(endpoint, seL4_MessageInfo_new(0, 0, 0, 1));
    assert(seL4_MessageInfo_get_length(tag) == 1);
    return seL4_GetMR(0);
}

static void on_a_notification(seL4_CPtr tcb, seL4_CPtr sc, seL4_CPtr ready)
{
    seL4_CPtr n = create(seL4_NotificationObject, 0), hundred = mint(n, 100);
    assert(seL4_TCB_BindNotification(tcb, n) == seL4_NoError);
    assert(seL4_SchedContext_Bind(sc, n) == seL4_NoError);
    assert(seL4_SchedContext_Bind(sc, n) == seL4_IllegalOperation);
    for (seL4_Word i = 1; i <= 3; i++) {
        seL4_Signal(hundred);
        seL4_Wait(ready, NULL);
        assert(signalled == 100 * i);
    }
    assert(seL4_SchedContext_UnbindObject(sc, tcb) == seL4_IllegalOperation);
    assert(seL4_SchedContext_UnbindObject(sc, n) == seL4_NoError);
}

int main(void)
{
    empty = seL4_GetBootInfo()->empty.start;
    seL4_CPtr endpoint = create(seL4_EndpointObject, 0), ready = create(seL4_NotificationObject, 0);
    seL4_CPtr reply = create(seL4_ReplyObject, 0), done = create(seL4_NotificationObject, 0);
    seL4_CPtr sc = create(seL4_SchedContextObject, seL4_MinSchedContextBits);
    seL4_CPtr client_sc = create(seL4_SchedContextObject, seL4_MinSchedContextBits);
    seL4_CPtr tcb = start(0, sc, (void (*)(void))server, endpoint, ready, reply);
    seL4_Wait(ready, NULL);
    assert(seL4_SchedContext_Unbind(sc) == seL4_NoError);

    seL4_CPtr mine = mint(endpoint, 1);
    for (seL4_Word i = 0; i < 10; i++) {
        assert(call(mine, i) == 2 * i + 1);
    }
    start(1, client_sc, (void (*)(void))client, mint(endpoint, 2), done, 0);
    seL4_Wait(done, NULL);
    assert(answers == 13);

    on_a_notification(tcb, sc, ready);
    /* Given back its own, it is an active server again. */
    assert(seL4_SchedContext_Bind(sc, tcb) == seL4_NoError);
    assert(seL4_SchedContext_Bind(client_sc, tcb) == seL4_IllegalOperation);
    assert(call(mine, 20) == 41);
    return 0;
}
