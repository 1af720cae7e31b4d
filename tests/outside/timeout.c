/* SPDX-License-Identifier: BSD-2-Clause */
/* A thread that uses up its budget, and the handler that decides what becomes of it. */
#include <assert.h>
#include <sel4/sel4.h>
#include <stdio.h>

#define ROOT   seL4_CapInitThreadCNode
#define DEPTH  seL4_WordBits
#define BUDGET 2000
#define PERIOD (1000 * 1000)

static seL4_CPtr empty;
static char stack[2048] __attribute__((aligned(16)));
static volatile seL4_Word rounds;

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

static void spin(void)
{
    for (;;) {
        rounds++;
    }
}

static void finish(seL4_CPtr notification, seL4_Word x1)
{
    if (x1 == 0x1001) {
        seL4_Signal(notification);
    }
    spin();
}

static void configure(seL4_CPtr sc, seL4_Time period)
{
    seL4_CPtr control = seL4_GetBootInfo()->schedcontrol.start;
    assert(seL4_SchedControl_Configure(control, sc, BUDGET, period, 0, 0x77) == seL4_NoError);
}

static void expect_timeout(seL4_MessageInfo_t tag, seL4_Word badge)
{
    assert(seL4_isTimeoutFault_tag(tag) && badge == 0xbad);
    assert(seL4_MessageInfo_get_length(tag) == seL4_Timeout_Length);
    seL4_Fault_t fault = seL4_getFault(tag);
    assert(seL4_Fault_get_seL4_FaultType(fault) == seL4_Fault_Timeout);
    assert(seL4_Fault_Timeout_get_data(fault) == 0x77 && seL4_GetMR(seL4_Timeout_Data) == 0x77);
    printf("consumed %lu us after %lu rounds\n", seL4_GetMR(seL4_Timeout_Consumed), rounds);
    assert(seL4_GetMR(seL4_Timeout_Consumed) >= BUDGET - 100);
}

int main(void)
{
    empty = seL4_GetBootInfo()->empty.start;
    seL4_CPtr endpoint = create(seL4_EndpointObject, 0), reply = create(seL4_ReplyObject, 0);
    seL4_CPtr tcb = create(seL4_TCBObject, 0), sc = create(seL4_SchedContextObject, seL4_MinSchedContextBits);
    seL4_CPtr faults = empty++, done = create(seL4_NotificationObject, 0);
    assert(seL4_CNode_Mint(ROOT, faults, DEPTH, ROOT, endpoint, DEPTH, seL4_AllRights, 0xbad) == seL4_NoError);
    assert(seL4_TCB_Configure(tcb, ROOT, 0, seL4_CapInitThreadVSpace, 0, 0, 0) == seL4_NoError);
    configure(sc, PERIOD);
    assert(seL4_TCB_SetSchedParams(tcb, seL4_CapInitThreadTCB, 0, 10, sc, seL4_CapNull) == seL4_NoError);
    assert(seL4_TCB_SetTimeoutEndpoint(tcb, done) == seL4_InvalidCapability);
    assert(seL4_TCB_SetTimeoutEndpoint(tcb, faults) == seL4_NoError);
    seL4_UserContext regs = {.pc = (seL4_Word)spin, .sp = (seL4_Word)(stack + sizeof stack)};
    assert(seL4_TCB_WriteRegisters(tcb, 1, 0, sizeof regs / sizeof(seL4_Word), &regs) == seL4_NoError);

    seL4_Word badge, before = 0;
    seL4_MessageInfo_t tag = seL4_Recv(endpoint, &badge, reply);
    for (int i = 0; i < 3; i++) {
        expect_timeout(tag, badge);
        assert(rounds > before);
        before = rounds;
        configure(sc, PERIOD + (seL4_Time)i); /* new budget, at once */
        tag = seL4_ReplyRecv(endpoint, seL4_MessageInfo_new(0, 0, 0, 0), &badge, reply);
    }
    expect_timeout(tag, badge);

    /* Sent somewhere else, with other registers. */
    configure(sc, PERIOD);
    regs.pc = (seL4_Word)finish;
    regs.x0 = done;
    regs.x1 = 0x1001;
    tag = seL4_TimeoutReply_new(1, regs, seL4_TimeoutReply_Length);
    seL4_NBSendWait(reply, tag, done, &badge);

    /* Without a handler it just waits for its next period. */
    seL4_Recv(endpoint, &badge, reply);
    assert(seL4_TCB_SetTimeoutEndpoint(tcb, seL4_CapNull) == seL4_NoError);
    configure(sc, 2 * BUDGET);
    before = rounds;
    seL4_Send(reply, seL4_MessageInfo_new(0, 0, 0, 0));
    seL4_SchedContext_Consumed_t used;
    for (seL4_Time sum = 0; sum < 4 * BUDGET; sum += used.consumed) {
        /* Time passes here while the other runs: this thread has the lower priority now. */
        assert(seL4_TCB_SetPriority(seL4_CapInitThreadTCB, seL4_CapInitThreadTCB, 5) == seL4_NoError);
        used = seL4_SchedContext_Consumed(sc);
        assert(used.error == seL4_NoError);
    }
    assert(rounds > before);
    return 0;
}
