/* SPDX-License-Identifier: BSD-2-Clause */
/* Fault messages, word for word, and what a reply does. */
#include "cases.h"
#include "lib/objects.h"
#include "lib/worker.h"
#include <sel4/sel4.h>

#define NOWHERE 0x123456789000ul

static seL4_CPtr fault_ep, reply;

/* Runs `fn` until it faults; returns the message's info. */
static seL4_MessageInfo_t run_to_fault(struct worker **w, worker_fn fn, seL4_Word argument)
{
    fault_ep = new_endpoint();
    reply = new_reply();
    *w = worker_new(fn, MAIN_PRIORITY + 1);
    (*w)->arg[0] = argument;
    worker_set_fault_ep(*w, MAIN_PRIORITY + 1, new_badged(fault_ep, 0xfa));
    worker_run(*w);
    seL4_Word badge = 0;
    seL4_MessageInfo_t info = seL4_NBRecv(fault_ep, &badge, reply);
    CHECK_EQ(badge, 0xfa);
    return info;
}

/* Places in the code below. */
extern char fault_at_load[], fault_at_store[], fault_at_svc[], fault_at_udf[];

static __attribute__((noinline)) seL4_Word load_from(seL4_Word address)
{
    seL4_Word value;
    __asm__ volatile(".global fault_at_load\nfault_at_load: ldr %0, [%1]" : "=r"(value) : "r"(address) : "memory");
    return value;
}

static __attribute__((noinline)) void store_to(seL4_Word address)
{
    __asm__ volatile(".global fault_at_store\nfault_at_store: str xzr, [%0]" : : "r"(address) : "memory");
}

static void load(struct worker *w)
{
    w->result[0] = load_from(w->arg[0]);
}

static void store(struct worker *w)
{
    store_to(w->arg[0]);
}

static void jump(struct worker *w)
{
    ((void (*)(void))w->arg[0])();
}

static void vm_read(void)
{
    struct worker *w;
    seL4_MessageInfo_t info = run_to_fault(&w, load, WINDOW + 0x18);
    REQUIRE_EQ(seL4_MessageInfo_get_label(info), seL4_Fault_VMFault);
    CHECK_EQ(seL4_MessageInfo_get_length(info), seL4_VMFault_Length);
    CHECK_EQ(seL4_GetMR(seL4_VMFault_IP), (seL4_Word)fault_at_load);
    CHECK_EQ(seL4_GetMR(seL4_VMFault_Addr), WINDOW + 0x18);
    CHECK_EQ(seL4_GetMR(seL4_VMFault_PrefetchFault), 0);
    CHECK_EQ(seL4_GetMR(seL4_VMFault_FSR) & 0x3c, 0x04); /* translation fault, some level */
    CHECK_EQ(seL4_GetMR(seL4_VMFault_FSR) >> 6 & 1, 0);  /* a read */
    CHECK(seL4_isVMFault_tag(info));
    CHECK_EQ(seL4_Fault_VMFault_get_Addr(seL4_getFault(info)), WINDOW + 0x18);
    /* The page is brought, and the thread tries again. */
    new_page_at(WINDOW);
    ((volatile seL4_Word *)WINDOW)[3] = 0x99;
    seL4_Send(reply, seL4_MessageInfo_new(0, 0, 0, 0));
    CHECK_EQ(w->result[0], 0x99);
}

static void vm_write(void)
{
    struct worker *w;
    seL4_MessageInfo_t info = run_to_fault(&w, store, NOWHERE);
    REQUIRE_EQ(seL4_MessageInfo_get_label(info), seL4_Fault_VMFault);
    CHECK_EQ(seL4_GetMR(seL4_VMFault_IP), (seL4_Word)fault_at_store);
    CHECK_EQ(seL4_GetMR(seL4_VMFault_Addr), NOWHERE);
    CHECK_EQ(seL4_GetMR(seL4_VMFault_FSR) >> 6 & 1, 1);
}

static void vm_fetch(void)
{
    struct worker *w;
    seL4_MessageInfo_t info = run_to_fault(&w, jump, NOWHERE);
    REQUIRE_EQ(seL4_MessageInfo_get_label(info), seL4_Fault_VMFault);
    CHECK_EQ(seL4_GetMR(seL4_VMFault_IP), NOWHERE);
    CHECK_EQ(seL4_GetMR(seL4_VMFault_Addr), NOWHERE);
    CHECK_EQ(seL4_GetMR(seL4_VMFault_PrefetchFault), 1);
}

/* The kernel's half of the address space is out of reach. */
static void kernel_memory(void)
{
    struct worker *w;
    seL4_MessageInfo_t info = run_to_fault(&w, load, 0xffff800000000000);
    CHECK_EQ(seL4_MessageInfo_get_label(info), seL4_Fault_VMFault);
    workers_destroy();
    info = run_to_fault(&w, store, 0xffffffffffff0000);
    CHECK_EQ(seL4_MessageInfo_get_label(info), seL4_Fault_VMFault);
}

static void strange_call(struct worker *w)
{
    register seL4_Word x0 __asm__("x0") = 10;
    register seL4_Word x1 __asm__("x1") = 11;
    register seL4_Word x2 __asm__("x2") = 12;
    register seL4_Word x3 __asm__("x3") = 13;
    register seL4_Word x4 __asm__("x4") = 14;
    register seL4_Word x5 __asm__("x5") = 15;
    register seL4_Word x6 __asm__("x6") = 16;
    register seL4_Word x7 __asm__("x7") = w->arg[0];
    __asm__ volatile(".global fault_at_svc\nfault_at_svc: svc #0"
                     : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3), "+r"(x4), "+r"(x5), "+r"(x6), "+r"(x7)
                     :
                     : "memory");
    w->result[0] = x0;
    w->result[1] = x1;
    w->result[6] = x6;
    w->result[7] = x7;
}

static void unknown_syscall(void)
{
    struct worker *w;
    seL4_MessageInfo_t info = run_to_fault(&w, strange_call, 0x5555);
    REQUIRE_EQ(seL4_MessageInfo_get_label(info), seL4_Fault_UnknownSyscall);
    CHECK_EQ(seL4_MessageInfo_get_length(info), seL4_UnknownSyscall_Length);
    for (int i = 0; i < 7; i++) {
        CHECK_EQ(seL4_GetMR(seL4_UnknownSyscall_X0 + i), 10 + (seL4_Word)i);
    }
    CHECK_EQ(seL4_GetMR(seL4_UnknownSyscall_X7), 0x5555);
    CHECK_EQ(seL4_GetMR(seL4_UnknownSyscall_Syscall), 0x5555);
    CHECK_EQ(seL4_GetMR(seL4_UnknownSyscall_FaultIP), (seL4_Word)fault_at_svc + 4);
    CHECK_IN(seL4_GetMR(seL4_UnknownSyscall_SP), w->stack_top - WORKER_STACK, w->stack_top);
    CHECK_EQ(seL4_GetMR(seL4_UnknownSyscall_SPSR) & 0x1f, 0);
    /* The first words of the reply become registers. */
    seL4_SetMR(0, 1000);
    seL4_SetMR(1, 1001);
    seL4_Send(reply, seL4_MessageInfo_new(0, 0, 0, 2));
    CHECK_EQ(w->done, 1);
    CHECK_EQ(w->result[0], 1000);
    CHECK_EQ(w->result[1], 1001);
    CHECK_EQ(w->result[6], 16);
    CHECK_EQ(w->result[7], 0x5555);
}

static void undefined(struct worker *w)
{
    __asm__ volatile(".global fault_at_udf\nfault_at_udf: udf #0" : : : "memory");
    w->result[0] = 1;
}

static void user_exception(void)
{
    struct worker *w;
    seL4_MessageInfo_t info = run_to_fault(&w, undefined, 0);
    REQUIRE_EQ(seL4_MessageInfo_get_label(info), seL4_Fault_UserException);
    CHECK_EQ(seL4_MessageInfo_get_length(info), seL4_UserException_Length);
    CHECK_EQ(seL4_GetMR(seL4_UserException_FaultIP), (seL4_Word)fault_at_udf);
    CHECK_IN(seL4_GetMR(seL4_UserException_SP), w->stack_top - WORKER_STACK, w->stack_top);
    /* Goes on behind the instruction. */
    seL4_SetMR(0, (seL4_Word)fault_at_udf + 4);
    seL4_Send(reply, seL4_MessageInfo_new(0, 0, 0, 1));
    CHECK_EQ(w->result[0], 1);
}

/* A reply with another label leaves the thread stopped; Resume lets it try again. */
static void reply_with_label(void)
{
    struct worker *w;
    run_to_fault(&w, undefined, 0);
    seL4_Send(reply, seL4_MessageInfo_new(1, 0, 0, 0));
    CHECK_EQ(w->done, 0);
    seL4_NBRecv(fault_ep, 0, reply);
    REQUIRE_OK(seL4_TCB_Resume(w->tcb));
    seL4_MessageInfo_t info = seL4_NBRecv(fault_ep, 0, reply);
    CHECK_EQ(seL4_MessageInfo_get_label(info), seL4_Fault_UserException);
}

static void send_to(struct worker *w)
{
    seL4_Send(w->arg[0], seL4_MessageInfo_new(0, 0, 0, 0));
    w->result[0] = 1;
}

static void receive_from(struct worker *w)
{
    seL4_Wait(w->arg[0], 0);
}

/* A capability that was not found: where it should be, in which phase, and why. */
static void check_cap_fault(seL4_MessageInfo_t info, seL4_Word address, seL4_Word receiving, seL4_Word failure)
{
    REQUIRE_EQ(seL4_MessageInfo_get_label(info), seL4_Fault_CapFault);
    CHECK_EQ(seL4_GetMR(seL4_CapFault_Addr), address);
    CHECK_EQ(seL4_GetMR(seL4_CapFault_InRecvPhase), receiving);
    CHECK_EQ(seL4_GetMR(seL4_CapFault_LookupFailureType), failure);
}

static void cap_fault_in_send(void)
{
    struct worker *w;
    seL4_CPtr empty = new_slot();
    seL4_MessageInfo_t info = run_to_fault(&w, send_to, empty);
    check_cap_fault(info, empty, 0, seL4_MissingCapability);
    CHECK_EQ(seL4_GetMR(seL4_CapFault_BitsLeft), 0);
    CHECK_EQ(*(seL4_Uint32 *)seL4_GetMR(seL4_CapFault_IP), 0xd4000001); /* svc #0 */
    /* With something there the call is made again. */
    REQUIRE_OK(cspace_copy(&root_cspace, empty, &root_cspace, new_notification(), seL4_AllRights));
    seL4_Send(reply, seL4_MessageInfo_new(0, 0, 0, 0));
    CHECK_EQ(w->result[0], 1);
}

static void cap_fault_in_receive(void)
{
    struct worker *w;
    seL4_MessageInfo_t info = run_to_fault(&w, receive_from, 1ul << 40);
    check_cap_fault(info, 1ul << 40, 1, seL4_GuardMismatch);
    CHECK_EQ(seL4_GetMR(seL4_CapFault_BitsLeft), 64);
    CHECK_EQ(seL4_GetMR(seL4_CapFault_GuardMismatch_GuardFound), 0);
    CHECK_EQ(seL4_GetMR(seL4_CapFault_GuardMismatch_BitsFound), 64 - seL4_GetBootInfo()->initThreadCNodeSizeBits);
}

/* A space of one CNode of radix 4 behind a guard of 8 bits; slot 3 holds an endpoint. What follows is up to 52 bits more. */
static void fault_in_small_space(bool receiving, seL4_Word address, seL4_Word failure)
{
    workers_destroy(); /* of the time before */
    seL4_CPtr cnode = new_cnode(4), ep = new_endpoint();
    fault_ep = new_endpoint();
    reply = new_reply();
    struct worker *w = worker_new(receiving ? receive_from : send_to, MAIN_PRIORITY + 1);
    w->arg[0] = address;
    REQUIRE_OK(seL4_CNode_Copy(cnode, 3, 4, ROOT_CNODE, ep, DEPTH, seL4_AllRights));
    REQUIRE_OK(seL4_TCB_SetSpace(w->tcb, fault_ep, cnode, seL4_CNode_CapData_new(0xab, 8).words[0],
                                 seL4_CapInitThreadVSpace, 0));
    worker_run(w);
    check_cap_fault(seL4_NBRecv(fault_ep, 0, reply), address, receiving, failure);
}

/* Every failure of a lookup, with its words. */
static void cap_fault_words(void)
{
    for (unsigned receiving = 0; receiving < 2; receiving++) {
        fault_in_small_space(receiving, 0xacul << 56 | 3ul << 52, seL4_GuardMismatch);
        CHECK_EQ(seL4_GetMR(seL4_CapFault_BitsLeft), 64);
        CHECK_EQ(seL4_GetMR(seL4_CapFault_GuardMismatch_GuardFound), 0xab);
        CHECK_EQ(seL4_GetMR(seL4_CapFault_GuardMismatch_BitsFound), 8);
        fault_in_small_space(receiving, 0xabul << 56 | 3ul << 52, seL4_DepthMismatch);
        CHECK_EQ(seL4_GetMR(seL4_CapFault_BitsLeft), 52);
        CHECK_EQ(seL4_GetMR(seL4_CapFault_DepthMismatch_BitsFound), 12);
        fault_in_small_space(receiving, 0xabul << 56 | 4ul << 52, seL4_MissingCapability);
        CHECK_EQ(seL4_GetMR(seL4_CapFault_BitsLeft), 52);
    }
}

/* No CSpace at all. */
static void cap_fault_without_root(void)
{
    fault_ep = new_endpoint();
    reply = new_reply();
    struct worker *w = worker_new(send_to, MAIN_PRIORITY + 1);
    seL4_CPtr cnode = new_cnode(4);
    REQUIRE_OK(seL4_TCB_SetSpace(w->tcb, fault_ep, cnode, 0, seL4_CapInitThreadVSpace, 0));
    REQUIRE_OK(cspace_revoke(&root_cspace, cnode)); /* the thread's, too */
    w->arg[0] = 5;
    worker_run(w);
    check_cap_fault(seL4_NBRecv(fault_ep, 0, reply), 5, 0, seL4_InvalidRoot);
}

static void receive_with_reply(struct worker *w)
{
    seL4_Word badge;
    seL4_Recv(w->arg[0], &badge, w->arg[1]);
    w->result[0] = 1;
}

/* What is to take the reply is no reply object: the address told is that one. */
static void cap_fault_of_reply(void)
{
    seL4_CPtr ep = new_endpoint(), empty = new_slot();
    fault_ep = new_endpoint();
    reply = new_reply();
    struct worker *w = worker_new(receive_with_reply, MAIN_PRIORITY + 1);
    worker_set_fault_ep(w, MAIN_PRIORITY + 1, fault_ep);
    w->arg[0] = ep;
    w->arg[1] = empty;
    worker_run(w);
    check_cap_fault(seL4_NBRecv(fault_ep, 0, reply), empty, 1, seL4_MissingCapability);
    /* With one there it is done again. */
    REQUIRE_OK(cspace_copy(&root_cspace, empty, &root_cspace, new_reply(), seL4_AllRights));
    seL4_Send(reply, seL4_MessageInfo_new(0, 0, 0, 0));
    seL4_Send(ep, seL4_MessageInfo_new(0, 0, 0, 0));
    CHECK_EQ(w->result[0], 1);
}

static void invoke_with_caps(struct worker *w)
{
    seL4_SetCap(0, w->tcb);
    seL4_SetCap(1, w->arg[0]);
    seL4_SetCap(2, seL4_CapNull);
    w->result[0] = (seL4_Word)vesicle_invoke2(w->tcb, vesicle_TCBSetSchedParams, 3, 0, 0);
    w->result[1] = 1;
}

/* A capability that goes with a method and cannot be found. */
static void cap_fault_of_extra_cap(void)
{
    struct worker *w;
    seL4_MessageInfo_t info = run_to_fault(&w, invoke_with_caps, 1ul << 40);
    check_cap_fault(info, 1ul << 40, 0, seL4_GuardMismatch);
    CHECK_EQ(w->result[1], 0);
}

/* Registers a handler sets, in the order of the message, and those it leaves out. */
static void unknown_syscall_reply(void)
{
    struct worker *w;
    run_to_fault(&w, strange_call, 0x5555);
    seL4_Word sp = seL4_GetMR(seL4_UnknownSyscall_SP), lr = seL4_GetMR(seL4_UnknownSyscall_LR);
    for (int i = 0; i < 8; i++) {
        seL4_SetMR(i, 2000 + (seL4_Word)i);
    }
    seL4_SetMR(seL4_UnknownSyscall_FaultIP, (seL4_Word)fault_at_svc); /* again */
    seL4_SetMR(seL4_UnknownSyscall_SP, sp);
    seL4_SetMR(seL4_UnknownSyscall_LR, lr);
    seL4_SetMR(seL4_UnknownSyscall_SPSR, 5ul << 28 | 0x3c9); /* Z and V; the rest is not its to set */
    seL4_Send(reply, seL4_MessageInfo_new(0, 0, 0, seL4_UnknownSyscall_Length));
    seL4_MessageInfo_t info = seL4_NBRecv(fault_ep, 0, reply);
    REQUIRE_EQ(seL4_MessageInfo_get_label(info), seL4_Fault_UnknownSyscall);
    for (int i = 0; i < 8; i++) {
        CHECK_EQ(seL4_GetMR(i), 2000 + (seL4_Word)i);
    }
    CHECK_EQ(seL4_GetMR(seL4_UnknownSyscall_FaultIP), (seL4_Word)fault_at_svc + 4);
    CHECK_EQ(seL4_GetMR(seL4_UnknownSyscall_SP), sp);
    CHECK_EQ(seL4_GetMR(seL4_UnknownSyscall_LR), lr);
    CHECK_EQ(seL4_GetMR(seL4_UnknownSyscall_SPSR), 5ul << 28);
    CHECK_EQ(seL4_GetMR(seL4_UnknownSyscall_Syscall), 2007);
    seL4_Send(reply, seL4_MessageInfo_new(0, 0, 0, 0));
    CHECK_EQ(w->done, 1);
}

static void user_exception_reply(void)
{
    struct worker *w;
    run_to_fault(&w, undefined, 0);
    seL4_Word sp = seL4_GetMR(seL4_UserException_SP);
    CHECK_EQ(seL4_GetMR(seL4_UserException_SPSR) & 0x1f, 0);
    seL4_SetMR(seL4_UserException_FaultIP, (seL4_Word)fault_at_udf);
    seL4_SetMR(seL4_UserException_SP, sp);
    seL4_SetMR(seL4_UserException_SPSR, 9ul << 28 | 0xf);
    seL4_Send(reply, seL4_MessageInfo_new(0, 0, 0, 3));
    seL4_MessageInfo_t info = seL4_NBRecv(fault_ep, 0, reply);
    REQUIRE_EQ(seL4_MessageInfo_get_label(info), seL4_Fault_UserException);
    CHECK_EQ(seL4_GetMR(seL4_UserException_SP), sp);
    CHECK_EQ(seL4_GetMR(seL4_UserException_SPSR), 9ul << 28);
    CHECK_EQ(seL4_GetMR(seL4_UserException_Number), 0); /* exception class: unknown reason */
    CHECK_EQ(seL4_GetMR(seL4_UserException_Code) >> 26, 0);
}

/* A fault waits until its handler receives, and may be taken back. */
static void blocked_fault(void)
{
    fault_ep = new_endpoint();
    reply = new_reply();
    struct worker *first = worker_new(undefined, MAIN_PRIORITY + 1), *second = worker_new(load, MAIN_PRIORITY + 1);
    worker_set_fault_ep(first, MAIN_PRIORITY + 1, new_badged(fault_ep, 1));
    worker_set_fault_ep(second, MAIN_PRIORITY + 1, new_badged(fault_ep, 2));
    second->arg[0] = NOWHERE;
    worker_run(first);
    worker_run(second);
    REQUIRE_OK(seL4_TCB_Suspend(first->tcb));
    seL4_Word badge = 0;
    seL4_MessageInfo_t info = seL4_NBRecv(fault_ep, &badge, reply);
    CHECK_EQ(badge, 2);
    CHECK_EQ(seL4_MessageInfo_get_label(info), seL4_Fault_VMFault);
    /* It goes while its handler looks at the fault. */
    REQUIRE_OK(seL4_TCB_Suspend(second->tcb));
    seL4_Send(reply, seL4_MessageInfo_new(0, 0, 0, 0));
    badge = 0;
    seL4_NBRecv(fault_ep, &badge, reply);
    CHECK_EQ(badge, 0);
    /* Resumed, it faults anew. */
    REQUIRE_OK(seL4_TCB_Resume(first->tcb));
    info = seL4_NBRecv(fault_ep, &badge, reply);
    CHECK_EQ(badge, 1);
    CHECK_EQ(seL4_MessageInfo_get_label(info), seL4_Fault_UserException);
}

/* The handler's endpoint goes: what waited there stops, and the next fault finds nobody. */
static void handler_goes(void)
{
    fault_ep = new_endpoint();
    struct worker *w = worker_new(undefined, MAIN_PRIORITY + 1);
    worker_set_fault_ep(w, MAIN_PRIORITY + 1, fault_ep);
    worker_run(w);
    REQUIRE_OK(cspace_revoke(&root_cspace, fault_ep)); /* the thread's */
    REQUIRE_OK(cspace_delete(&root_cspace, fault_ep));
    CHECK_EQ(w->done, 0);
    REQUIRE_OK(seL4_TCB_Resume(w->tcb));
    CHECK_EQ(w->done, 0);
}

/* Nobody to tell: the thread stops, the system does not. */
static void no_handler(void)
{
    struct worker *w = worker_new(undefined, MAIN_PRIORITY + 1);
    worker_run(w);
    CHECK_EQ(w->done, 0);
    struct worker *v = worker_new(load, MAIN_PRIORITY + 1);
    v->arg[0] = NOWHERE;
    worker_run(v);
    CHECK_EQ(v->done, 0);
}

/* A thread without rights cannot reach system registers. */
static void privileged(struct worker *w)
{
    __asm__ volatile("mrs %0, sctlr_el1" : "=r"(w->result[0]));
    w->result[1] = 1;
}

static void privileged_register(void)
{
    struct worker *w;
    seL4_MessageInfo_t info = run_to_fault(&w, privileged, 0);
    CHECK_EQ(seL4_MessageInfo_get_label(info), seL4_Fault_UserException);
    CHECK_EQ(w->result[1], 0);
}

const struct test_case fault_cases[] = {
    {"fault_vm_read", vm_read},
    {"fault_vm_write", vm_write},
    {"fault_vm_fetch", vm_fetch},
    {"fault_kernel_memory", kernel_memory},
    {"fault_unknown_syscall", unknown_syscall},
    {"fault_user_exception", user_exception},
    {"fault_reply_with_label", reply_with_label},
    {"fault_cap_fault_in_send", cap_fault_in_send},
    {"fault_cap_fault_in_receive", cap_fault_in_receive},
    {"fault_cap_fault_words", cap_fault_words},
    {"fault_cap_fault_without_root", cap_fault_without_root},
    {"fault_cap_fault_of_reply", cap_fault_of_reply},
    {"fault_cap_fault_of_extra_cap", cap_fault_of_extra_cap},
    {"fault_unknown_syscall_reply", unknown_syscall_reply},
    {"fault_user_exception_reply", user_exception_reply},
    {"fault_blocked_fault", blocked_fault},
    {"fault_handler_goes", handler_goes},
    {"fault_no_handler", no_handler},
    {"fault_privileged_register", privileged_register},
    {0, 0},
};
