/* SPDX-License-Identifier: BSD-2-Clause */
/* Objects deleted while another core uses them, and their memory put to another use at once. */
#include "cases.h"

#include "kernel/lib/objects.h"
#include <sel4/sel4.h>
#include <string.h>

enum { ROUNDS = 12 };
#define NORMAL      (seL4_ARM_Default_VMAttributes | seL4_ARM_ExecuteNever)
#define REUSED      (WINDOW + 0x1000000ul)
#define SHARED      (WINDOW + 0x2000000ul)
#define SHARED_ELSE 0x600000000ul /* in the space of the thread that uses it */

/* Counts at [x22]; makes no calls and has no stack. */
static void count_without_stack(void)
{
    __asm__ volatile("1: ldr x21, [x22]\n\tadd x21, x21, #1\n\tstr x21, [x22]\n\tb 1b");
}
/* The same with a system call (Poll of x23) each time. */
static void poll_without_stack(void)
{
    __asm__ volatile("1: ldr x21, [x22]\n\tadd x21, x21, #1\n\tstr x21, [x22]\n\t"
                     "mov x0, x23\n\tmov x7, %0\n\tsvc #0\n\tb 1b" ::"i"(vesicle_SysNBWait));
}

/* A thread without stack. Its objects may come from memory of the case's choice. */
struct bare {
    seL4_CPtr tcb, sc, vspace, cspace, polled;
    void (*code)(void);
    volatile seL4_Word *counter;
    seL4_Word counter_there; /* its address in the thread's space */
};

static void start(const struct bare *b, unsigned core)
{
    seL4_UserContext regs = {.pc = (seL4_Word)b->code, .x22 = b->counter_there, .x23 = b->polled, .x19 = 0, .sp = 0};
    *b->counter = 0;
    REQUIRE_OK(seL4_SchedControl_Configure(sched_control(core), b->sc, 5000, 5000, 0, 0));
    REQUIRE_OK(seL4_TCB_Configure(b->tcb, b->cspace, 0, b->vspace, 0, 0, 0));
    REQUIRE_OK(seL4_TCB_SetSchedParams(b->tcb, seL4_CapInitThreadTCB, 0, MAIN_PRIORITY - 1, b->sc, 0));
    REQUIRE_OK(seL4_TCB_WriteRegisters(b->tcb, 1, 0, sizeof regs / sizeof(seL4_Word), &regs));
    await(b->counter, 10);
}

static struct bare bare(void (*code)(void))
{
    static volatile seL4_Word counter;
    return (struct bare){.tcb = new_object(seL4_TCBObject, 0),
                         .sc = new_object(seL4_SchedContextObject, seL4_MinSchedContextBits),
                         .vspace = seL4_CapInitThreadVSpace,
                         .cspace = ROOT_CNODE,
                         .polled = new_notification(),
                         .code = code,
                         .counter = &counter,
                         .counter_there = (seL4_Word)&counter};
}

/* What was made of `ut` goes; pages are made of it instead, filled, and must stay as they are. */
static void reuse(seL4_CPtr ut, unsigned bits, seL4_CPtr slot)
{
    seL4_Word size = 1ul << bits;
    REQUIRE_OK(seL4_CNode_Revoke(ROOT_CNODE, ut, DEPTH));
    REQUIRE_OK(seL4_Untyped_Retype(ut, seL4_ARM_SmallPageObject, 0, ROOT_CNODE, 0, 0, slot, size >> seL4_PageBits));
    for (seL4_Word at = 0; at < size; at += 1ul << seL4_PageBits) {
        REQUIRE_OK(map_with_tables(slot + (at >> seL4_PageBits), seL4_CapInitThreadVSpace, REUSED + at, seL4_ReadWrite,
                                   NORMAL));
    }
    volatile seL4_Word *words = (volatile seL4_Word *)REUSED;
    for (seL4_Word i = 0; i < size / sizeof *words; i++) {
        CHECK_EQ(words[i], 0);
        words[i] = i ^ 0x5a5a;
    }
    for (unsigned k = 0; k < 30; k++) {
        seL4_DebugCapIdentify(slot); /* the other core gets the lock now and then */
    }
    for (seL4_Word i = 0; i < size / sizeof *words; i++) {
        CHECK_EQ(words[i], i ^ 0x5a5a);
    }
    REQUIRE_OK(seL4_CNode_Revoke(ROOT_CNODE, ut, DEPTH));
}

/* The object named by `*member` of a running thread is made of memory that is reused under it. */
static void deleted_under(seL4_Word type, unsigned bits, seL4_CPtr *member, struct bare *b)
{
    unsigned n = cores(2), ut_bits = bits < seL4_PageBits ? seL4_PageBits : bits;
    seL4_CPtr ut = new_untyped(ut_bits), slots = new_slots(8), object = new_slot();
    void (*const codes[])(void) = {count_without_stack, poll_without_stack};

    *member = object;
    for (unsigned round = 0; round < ROUNDS; round++) {
        unsigned size = type == seL4_SchedContextObject ? bits : 0;
        REQUIRE_OK(seL4_Untyped_Retype(ut, type, size, ROOT_CNODE, 0, 0, object, 1));
        b->code = codes[round % 2];
        start(b, 1 + round % (n - 1));
        reuse(ut, ut_bits, slots);
        seL4_Word stopped_at = *b->counter;
        for (unsigned k = 0; k < 20; k++) {
            seL4_DebugCapIdentify(object);
        }
        CHECK_EQ(*b->counter, stopped_at);
        if (type != seL4_TCBObject) {
            REQUIRE_OK(seL4_TCB_Suspend(b->tcb));
        }
        if (type != seL4_SchedContextObject) {
            seL4_SchedContext_Unbind(b->sc);
        }
    }
}

static void tcb(void)
{
    struct bare b = bare(0);
    deleted_under(seL4_TCBObject, seL4_TCBBits, &b.tcb, &b);
}

static void sched_context(void)
{
    struct bare b = bare(0);
    deleted_under(seL4_SchedContextObject, seL4_MinSchedContextBits, &b.sc, &b);
}

/* A space of its own, which goes while the thread runs in it: root table, page tables and frames are reused. */
static void vspace(void)
{
    unsigned n = cores(2);
    struct bare b = bare(count_without_stack);
    seL4_CPtr space = new_untyped(seL4_PageBits), slots = new_slots(8), frame = new_page_at(SHARED);
    b.vspace = new_slot();
    b.counter = (volatile seL4_Word *)SHARED;
    b.counter_there = SHARED_ELSE;
    for (unsigned round = 0; round < 10; round++) {
        seL4_CPtr copy = new_copy(frame, seL4_AllRights);
        REQUIRE_OK(seL4_Untyped_Retype(space, seL4_ARM_VSpaceObject, 0, ROOT_CNODE, 0, 0, b.vspace, 1));
        REQUIRE_OK(seL4_ARM_ASIDPool_Assign(seL4_CapInitThreadASIDPool, b.vspace));
        map_image(b.vspace);
        REQUIRE_OK(map_with_tables(copy, b.vspace, SHARED_ELSE, seL4_ReadWrite, NORMAL));
        start(&b, 1 + round % (n - 1));
        reuse(space, seL4_PageBits, slots);
        CHECK(!is_moving(b.counter));
        REQUIRE_OK(seL4_TCB_Suspend(b.tcb));
    }
}

/* A page goes while another core writes to it: when Unmap has returned, nothing is written any more. */
static void page(void)
{
    unsigned n = cores(2);
    struct bare b = bare(count_without_stack);
    seL4_CPtr frame = new_page_at(SHARED), copy = new_copy(frame, seL4_AllRights);
    b.counter = (volatile seL4_Word *)SHARED;
    b.counter_there = SHARED + (1ul << seL4_PageBits);
    for (unsigned round = 0; round < ROUNDS; round++) {
        REQUIRE_OK(map_with_tables(copy, seL4_CapInitThreadVSpace, b.counter_there, seL4_ReadWrite, NORMAL));
        start(&b, 1 + round % (n - 1));
        REQUIRE_OK(seL4_ARM_Page_Unmap(copy));
        seL4_Word stopped_at = *b.counter;
        for (unsigned k = 0; k < 1000; k++) {
            CHECK_EQ(*b.counter, stopped_at);
        }
        REQUIRE_OK(seL4_TCB_Suspend(b.tcb));
    }
}

/* The CSpace of a thread that makes calls. */
static void cspace(void)
{
    unsigned n = cores(2);
    struct bare b = bare(poll_without_stack);
    seL4_CPtr ut = new_untyped(seL4_PageBits), slots = new_slots(8), ntfn = b.polled;
    b.cspace = new_slot();
    for (unsigned round = 0; round < ROUNDS; round++) {
        enum { RADIX = seL4_PageBits - seL4_SlotBits };
        REQUIRE_OK(seL4_Untyped_Retype(ut, seL4_CapTableObject, RADIX, ROOT_CNODE, 0, 0, b.cspace, 1));
        REQUIRE_OK(seL4_CNode_Copy(b.cspace, 3, RADIX, ROOT_CNODE, ntfn, DEPTH, seL4_AllRights));
        b.polled = 3;
        REQUIRE_OK(seL4_CNode_Mutate(ROOT_CNODE, slots, DEPTH, ROOT_CNODE, b.cspace, DEPTH,
                                     seL4_CNode_CapData_new(0, seL4_WordBits - RADIX).words[0]));
        REQUIRE_OK(seL4_CNode_Move(ROOT_CNODE, b.cspace, DEPTH, ROOT_CNODE, slots, DEPTH));
        start(&b, 1 + round % (n - 1));
        reuse(ut, seL4_PageBits, slots);
        REQUIRE_OK(seL4_TCB_Suspend(b.tcb));
    }
}

/* Senders of several cores wait at an endpoint, and a server at a reply object, that go. */
static void send_for_ever(struct worker *w)
{
    for (;;) {
        w->result[0]++;
        seL4_Call(w->arg[0], seL4_MessageInfo_new(0, 0, 0, 1));
    }
}
static void receive_for_ever(struct worker *w)
{
    for (;;) {
        w->result[0]++;
        seL4_Recv(w->arg[0], 0, w->arg[1]);
        seL4_Send(w->arg[1], seL4_MessageInfo_new(0, 0, 0, 1));
    }
}

static void endpoint_and_reply(void)
{
    unsigned n = cores(3);
    seL4_CPtr ut = new_untyped(seL4_PageBits), slots = new_slots(8), ep = new_slot(), reply = new_slot();
    struct worker *server = run_on(1, receive_for_ever, ep, reply);
    struct worker *clients[3];
    seL4_CPtr handler = new_endpoint();
    worker_set_fault_ep(server, MAIN_PRIORITY - 1, handler); /* faults wait there, and are cancelled by Suspend */
    for (unsigned i = 0; i < 3; i++) {
        clients[i] = run_on(1 + i % (n - 1), send_for_ever, ep, 0);
        worker_set_fault_ep(clients[i], MAIN_PRIORITY - 1, handler);
    }
    for (unsigned round = 0; round < ROUNDS / 2; round++) {
        seL4_Word before = clients[0]->result[0];
        REQUIRE_OK(seL4_Untyped_Retype(ut, seL4_EndpointObject, 0, ROOT_CNODE, 0, 0, ep, 1));
        REQUIRE_OK(seL4_Untyped_Retype(ut, seL4_ReplyObject, 0, ROOT_CNODE, 0, 0, reply, 1));
        for (unsigned i = 0; i < 4; i++) {
            seL4_CPtr t = i < 3 ? clients[i]->tcb : server->tcb;
            REQUIRE_OK(seL4_TCB_Suspend(t));
            REQUIRE_OK(seL4_TCB_Resume(t));
        }
        await(&clients[0]->result[0], before + 5);
        if (round % 2) {
            REQUIRE_OK(seL4_CNode_Delete(ROOT_CNODE, reply, DEPTH));
        }
        reuse(ut, seL4_PageBits, slots);
    }
    for (unsigned i = 0; i < 4; i++) {
        REQUIRE_OK(seL4_TCB_Suspend(i < 3 ? clients[i]->tcb : server->tcb));
    }
}

/* Cores copy, delete and revoke in one tree. arg 0: a slot of its own, arg 1: the capability all copy from */
static void copy_and_delete(struct worker *w)
{
    for (unsigned i = 0; i < 50; i++) {
        seL4_CPtr own = w->arg[0];
        seL4_CNode_Copy(ROOT_CNODE, own, DEPTH, ROOT_CNODE, w->arg[1], DEPTH, seL4_AllRights);
        seL4_CNode_Mint(ROOT_CNODE, own + 1, DEPTH, ROOT_CNODE, own, DEPTH, seL4_AllRights, 5);
        seL4_CNode_Move(ROOT_CNODE, own + 2, DEPTH, ROOT_CNODE, own + 1, DEPTH);
        if (i % 3 == 0) {
            seL4_CNode_Revoke(ROOT_CNODE, w->arg[1], DEPTH);
        }
        seL4_CNode_Delete(ROOT_CNODE, own, DEPTH);
        seL4_CNode_Delete(ROOT_CNODE, own + 2, DEPTH);
        w->result[0]++;
    }
}

static void revoke_storm(void)
{
    unsigned n = cores(2);
    seL4_CPtr ut = new_untyped(seL4_PageBits), ep = new_slot(), slots[8];
    struct worker *w[8];
    REQUIRE_OK(seL4_Untyped_Retype(ut, seL4_EndpointObject, 0, ROOT_CNODE, 0, 0, ep, 1));
    for (unsigned i = 1; i < n; i++) {
        slots[i] = new_slots(4);
        w[i] = run_on(i, copy_and_delete, slots[i], ep);
    }
    for (unsigned i = 0; i < 20; i++) {
        REQUIRE_OK(seL4_CNode_Revoke(ROOT_CNODE, ut, DEPTH));
        REQUIRE_OK(seL4_Untyped_Retype(ut, seL4_EndpointObject, 0, ROOT_CNODE, 0, 0, ep, 1));
    }
    for (unsigned i = 1; i < n; i++) {
        await(&w[i]->done, 1);
    }
    REQUIRE_OK(seL4_CNode_Revoke(ROOT_CNODE, ut, DEPTH));
    for (unsigned i = 1; i < n; i++) {
        for (unsigned k = 0; k < 3; k++) {
            CHECK(slot_is_empty(slots[i] + k));
        }
    }
}

const struct test_case deletion_cases[] = {
    {"smp_delete_tcb", tcb},
    {"smp_delete_sched_context", sched_context},
    {"smp_delete_vspace", vspace},
    {"smp_unmap_page", page},
    {"smp_delete_cspace", cspace},
    {"smp_delete_endpoint_and_reply", endpoint_and_reply},
    {"smp_revoke_storm", revoke_storm},
    {0, 0},
};
