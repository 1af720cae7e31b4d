/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads: registers, stopping and going on, priorities, spaces, flags. */
#include "cases.h"
#include "lib/clock.h"
#include "lib/errors.h"
#include "lib/objects.h"
#include "lib/worker.h"
#include <gpi/tls.h>
#include <sel4/sel4.h>

static void count_up(struct worker *w)
{
    for (;;) {
        w->result[0]++;
    }
}

static void set_flag(struct worker *w)
{
    w->result[0] = w->arg[0];
}

static void registers(void)
{
    struct worker *w = worker_new(set_flag, MAIN_PRIORITY + 1);
    seL4_UserContext in, out;
    seL4_Word *words = &in.pc, *back = &out.pc;
    for (unsigned i = 0; i < VESICLE_USER_CONTEXT_WORDS; i++) {
        words[i] = 0x1000ul * (i + 1);
        back[i] = 0;
    }
    in.spsr = 1ul << 30; /* Z */
    REQUIRE_OK(seL4_TCB_WriteRegisters(w->tcb, 0, 0, VESICLE_USER_CONTEXT_WORDS, &in));
    REQUIRE_OK(seL4_TCB_ReadRegisters(w->tcb, 0, 0, VESICLE_USER_CONTEXT_WORDS, &out));
    for (unsigned i = 0; i < VESICLE_USER_CONTEXT_WORDS; i++) {
        CHECK_EQ(back[i], words[i]);
    }
    /* Fewer words change nothing else. */
    in.pc = 0x4444;
    in.x0 = 0x5555;
    REQUIRE_OK(seL4_TCB_WriteRegisters(w->tcb, 0, 0, 1, &in));
    REQUIRE_OK(seL4_TCB_ReadRegisters(w->tcb, 0, 0, VESICLE_USER_CONTEXT_WORDS, &out));
    CHECK_EQ(out.pc, 0x4444);
    CHECK_EQ(out.x0, 0x4000);
}

/* A thread stays in user mode, whatever PSTATE is asked for. */
static void pstate_is_sanitised(void)
{
    struct worker *w = worker_new(set_flag, MAIN_PRIORITY + 1);
    seL4_UserContext regs = {0};
    REQUIRE_OK(seL4_TCB_ReadRegisters(w->tcb, 0, 0, VESICLE_USER_CONTEXT_WORDS, &regs));
    regs.spsr = 0x3c9 | 1ul << 29; /* EL2h, DAIF masked, C */
    REQUIRE_OK(seL4_TCB_WriteRegisters(w->tcb, 0, 0, VESICLE_USER_CONTEXT_WORDS, &regs));
    REQUIRE_OK(seL4_TCB_ReadRegisters(w->tcb, 0, 0, VESICLE_USER_CONTEXT_WORDS, &regs));
    CHECK_EQ(regs.spsr & 0x3ff, 0);
    CHECK_EQ(regs.spsr >> 29 & 1, 1);
}

static void register_errors(void)
{
    struct worker *w = worker_new(set_flag, MAIN_PRIORITY + 1);
    seL4_UserContext regs = {0};
    seL4_CPtr self = seL4_CapInitThreadTCB;
    CHECK_EQ(seL4_TCB_ReadRegisters(self, 0, 0, 2, &regs), seL4_IllegalOperation);
    CHECK_EQ(seL4_TCB_WriteRegisters(self, 0, 0, 2, &regs), seL4_IllegalOperation);
    CHECK_RANGE_ERROR(seL4_TCB_ReadRegisters(w->tcb, 0, 0, 0, &regs), 1, VESICLE_USER_CONTEXT_WORDS);
    CHECK_RANGE_ERROR(seL4_TCB_ReadRegisters(w->tcb, 0, 0, VESICLE_USER_CONTEXT_WORDS + 1, &regs), 1,
                      VESICLE_USER_CONTEXT_WORDS);
    /* Fewer registers in the message than it says. */
    CHECK_EQ(vesicle_invoke4(w->tcb, vesicle_TCBWriteRegisters, 0, 4, 0, 3, 1, 2), seL4_TruncatedMessage);
    CHECK_EQ(vesicle_invoke4(w->tcb, vesicle_TCBWriteRegisters, 0, 2, 0, ~0ul, 0, 0), seL4_TruncatedMessage);
    CHECK_INVALID_CAPABILITY(seL4_TCB_CopyRegisters(w->tcb, new_endpoint(), 0, 0, 1, 1, 0), 1);
}

static void copied_registers(struct worker *from, struct worker *to, bool frame, bool integer)
{
    seL4_UserContext in, out;
    seL4_Word *words = &in.pc, *back = &out.pc;
    enum { FRAME = 17, INTEGER = VESICLE_USER_CONTEXT_WORDS - 2 }; /* PC to x30; the rest but the thread pointers */
    for (unsigned i = 0; i < VESICLE_USER_CONTEXT_WORDS; i++) {
        words[i] = 0x100ul + 4 * i;
    }
    in.spsr = 0;
    REQUIRE_OK(seL4_TCB_WriteRegisters(to->tcb, 0, 0, VESICLE_USER_CONTEXT_WORDS, &in));
    for (unsigned i = 0; i < VESICLE_USER_CONTEXT_WORDS; i++) {
        words[i] += 0x10000;
    }
    in.spsr = 1ul << 31;
    REQUIRE_OK(seL4_TCB_WriteRegisters(from->tcb, 0, 0, VESICLE_USER_CONTEXT_WORDS, &in));
    REQUIRE_OK(seL4_TCB_CopyRegisters(to->tcb, from->tcb, 0, 0, frame, integer, 0));
    REQUIRE_OK(seL4_TCB_ReadRegisters(to->tcb, 0, 0, VESICLE_USER_CONTEXT_WORDS, &out));
    for (unsigned i = 0; i < VESICLE_USER_CONTEXT_WORDS; i++) {
        bool copied = i < FRAME ? frame : i < INTEGER && integer;
        seL4_Word old = i == 2 ? 0 : words[i] - 0x10000;
        CHECK_EQ(back[i], copied ? words[i] : old);
    }
}

/* Either half of the registers, both, none. */
static void copy_halves(void)
{
    struct worker *a = worker_new(set_flag, MAIN_PRIORITY + 1), *b = worker_new(set_flag, MAIN_PRIORITY + 1);
    for (unsigned i = 0; i < 4; i++) {
        copied_registers(a, b, i & 1, i & 2);
    }
}

/* Reading and copying may stop the source. */
static void suspend_source(void)
{
    struct worker *other = worker_new(set_flag, MAIN_PRIORITY - 1);
    for (unsigned i = 0; i < 2; i++) {
        struct worker *w = worker_new(count_up, MAIN_PRIORITY - 1);
        seL4_UserContext regs;
        worker_run(w);
        worker_wait(&w->result[0]);
        REQUIRE_OK(i == 0 ? seL4_TCB_ReadRegisters(w->tcb, 1, 0, 1, &regs)
                          : seL4_TCB_CopyRegisters(other->tcb, w->tcb, 1, 0, 0, 0, 0));
        seL4_Word stopped = w->result[0];
        sleep_us(10000);
        CHECK_EQ(w->result[0], stopped);
    }
}

static void copy_registers(void)
{
    struct worker *a = worker_new(set_flag, MAIN_PRIORITY + 1), *b = worker_new(set_flag, MAIN_PRIORITY + 1);
    a->arg[0] = 77;
    REQUIRE_OK(seL4_TCB_CopyRegisters(b->tcb, a->tcb, 0, 1, 1, 1, 0));
    CHECK_EQ(a->result[0], 77); /* b ran as a */
    CHECK_EQ(b->result[0], 0);
}

static void suspend_resume(void)
{
    struct worker *w = worker_new(count_up, MAIN_PRIORITY - 1);
    worker_run(w);
    worker_wait(&w->result[0]);
    REQUIRE_OK(seL4_TCB_Suspend(w->tcb));
    seL4_Word stopped = w->result[0];
    sleep_us(20000);
    CHECK_EQ(w->result[0], stopped);
    w->result[0] = 0;
    REQUIRE_OK(seL4_TCB_Resume(w->tcb));
    worker_wait(&w->result[0]);
}

static void wait_for(struct worker *w)
{
    seL4_Word badge;
    w->result[1] = 1;
    seL4_Wait(w->arg[0], &badge);
    w->result[0] = badge;
}

/* A thread stopped while it waits starts to wait again. */
static void suspend_while_waiting(void)
{
    seL4_CPtr n = new_notification(), badged = new_badged(n, 3);
    struct worker *w = worker_new(wait_for, MAIN_PRIORITY + 1);
    w->arg[0] = n;
    worker_run(w);
    CHECK_EQ(w->result[1], 1);
    REQUIRE_OK(seL4_TCB_Suspend(w->tcb));
    seL4_Signal(badged);
    CHECK_EQ(w->result[0], 0);
    REQUIRE_OK(seL4_TCB_Resume(w->tcb));
    CHECK_EQ(w->result[0], 3);
}

static void resume_runs_at_once(void)
{
    struct worker *above = worker_new(set_flag, MAIN_PRIORITY + 1), *below = worker_new(set_flag, MAIN_PRIORITY - 1);
    above->arg[0] = below->arg[0] = 1;
    worker_run(below);
    CHECK_EQ(below->result[0], 0);
    worker_run(above);
    CHECK_EQ(above->result[0], 1);
    CHECK_EQ(below->result[0], 0);
}

static void priority_change(void)
{
    struct worker *w = worker_new(set_flag, MAIN_PRIORITY - 1);
    w->arg[0] = 5;
    worker_run(w);
    CHECK_EQ(w->result[0], 0);
    REQUIRE_OK(seL4_TCB_SetPriority(w->tcb, seL4_CapInitThreadTCB, MAIN_PRIORITY + 1));
    CHECK_EQ(w->result[0], 5);
}

static void priority_authority(void)
{
    struct worker *w = worker_new(set_flag, 10), *low = worker_new(set_flag, 20);
    REQUIRE_OK(seL4_TCB_SetMCPriority(low->tcb, seL4_CapInitThreadTCB, 50));
    CHECK_OK(seL4_TCB_SetPriority(w->tcb, low->tcb, 50));
    CHECK_RANGE_ERROR(seL4_TCB_SetPriority(w->tcb, low->tcb, 51), seL4_MinPrio, 50);
    CHECK_RANGE_ERROR(seL4_TCB_SetMCPriority(w->tcb, low->tcb, 51), seL4_MinPrio, 50);
    CHECK_RANGE_ERROR(seL4_TCB_SetSchedParams(w->tcb, low->tcb, 51, 1, w->sc, 0), seL4_MinPrio, 50);
    CHECK_RANGE_ERROR(seL4_TCB_SetSchedParams(w->tcb, low->tcb, 1, 51, w->sc, 0), seL4_MinPrio, 50);
    CHECK_RANGE_ERROR(seL4_TCB_SetPriority(w->tcb, seL4_CapInitThreadTCB, 256), seL4_MinPrio, seL4_MaxPrio);
    CHECK_RANGE_ERROR(seL4_TCB_SetMCPriority(w->tcb, seL4_CapInitThreadTCB, ~0ul), seL4_MinPrio, seL4_MaxPrio);
    CHECK_INVALID_CAPABILITY(seL4_TCB_SetPriority(w->tcb, new_endpoint(), 1), 1);
    CHECK_INVALID_CAPABILITY(seL4_TCB_SetMCPriority(w->tcb, new_endpoint(), 1), 1);
}

/* Wrong arguments of Configure, SetSpace and SetIPCBuffer are illegal operations, and nothing of the thread changes. */
static void configure_errors(void)
{
    struct worker *w = worker_new(set_flag, MAIN_PRIORITY + 1);
    seL4_CPtr ep = new_endpoint(), unassigned = new_object(seL4_ARM_VSpaceObject, 0), vspace = seL4_CapInitThreadVSpace;
    seL4_CPtr read_only = new_copy(w->ipc_buffer_frame, seL4_CanRead), device = new_device_page_at(0x9010000, WINDOW);
    seL4_Word too_long = seL4_CNode_CapData_new(0, 60).words[0]; /* more than 64 bits with the radix */
    CHECK_EQ(seL4_TCB_Configure(w->tcb, ep, 0, vspace, 0, 0, 0), seL4_IllegalOperation);
    CHECK_EQ(seL4_TCB_Configure(w->tcb, ROOT_CNODE, too_long, vspace, 0, 0, 0), seL4_IllegalOperation);
    CHECK_EQ(seL4_TCB_Configure(w->tcb, ROOT_CNODE, 0, unassigned, 0, 0, 0), seL4_IllegalOperation);
    CHECK_EQ(seL4_TCB_Configure(w->tcb, ROOT_CNODE, 0, ep, 0, 0, 0), seL4_IllegalOperation);
    CHECK_EQ(seL4_TCB_Configure(w->tcb, ROOT_CNODE, 0, vspace, 0, WINDOW, ep), seL4_IllegalOperation);
    CHECK_EQ(seL4_TCB_Configure(w->tcb, ROOT_CNODE, 0, vspace, 0, WINDOW + 8, w->ipc_buffer_frame),
             seL4_AlignmentError);
    CHECK_EQ(seL4_TCB_SetSpace(w->tcb, 0, ep, 0, vspace, 0), seL4_IllegalOperation);
    CHECK_EQ(seL4_TCB_SetSpace(w->tcb, 0, ROOT_CNODE, too_long, vspace, 0), seL4_IllegalOperation);
    CHECK_EQ(seL4_TCB_SetSpace(w->tcb, 0, ROOT_CNODE, 0, ep, 0), seL4_IllegalOperation);
    CHECK_EQ(seL4_TCB_SetSpace(w->tcb, 0, ROOT_CNODE, 0, unassigned, 0), seL4_IllegalOperation);
    CHECK_EQ(seL4_TCB_SetIPCBuffer(w->tcb, 0x1008, w->ipc_buffer_frame), seL4_AlignmentError);
    CHECK_EQ(seL4_TCB_SetIPCBuffer(w->tcb, 0x1000, ep), seL4_IllegalOperation);
    CHECK_EQ(seL4_TCB_SetIPCBuffer(w->tcb, 0x1000, read_only), seL4_IllegalOperation);
    CHECK_EQ(seL4_TCB_SetIPCBuffer(w->tcb, 0x1000, device), seL4_IllegalOperation);
    w->arg[0] = 3;
    worker_run(w);
    CHECK_EQ(w->result[0], 3);
}

/* Handlers are endpoints to which can be sent, and which can be answered. */
static void handler_errors(void)
{
    struct worker *w = worker_new(set_flag, 10);
    seL4_CPtr ep = new_endpoint();
    const seL4_CPtr wrong[] = {new_notification(), new_copy(ep, seL4_CanRead), new_copy(ep, seL4_CanWrite),
                               new_copy(ep, seL4_CapRights_new(1, 1, 1, 0))};
    const seL4_CPtr right[] = {ep, new_copy(ep, seL4_CapRights_new(1, 0, 0, 1)),
                               new_copy(ep, seL4_CapRights_new(0, 1, 0, 1)), seL4_CapNull};
    for (unsigned i = 0; i < 4; i++) {
        CHECK_INVALID_CAPABILITY(seL4_TCB_SetSpace(w->tcb, wrong[i], ROOT_CNODE, 0, seL4_CapInitThreadVSpace, 0), 1);
        CHECK_INVALID_CAPABILITY(seL4_TCB_SetTimeoutEndpoint(w->tcb, wrong[i]), 1);
        CHECK_INVALID_CAPABILITY(seL4_TCB_SetSchedParams(w->tcb, seL4_CapInitThreadTCB, 10, 10, w->sc, wrong[i]), 5);
        CHECK_OK(seL4_TCB_SetSpace(w->tcb, right[i], ROOT_CNODE, 0, seL4_CapInitThreadVSpace, 0));
        CHECK_OK(seL4_TCB_SetTimeoutEndpoint(w->tcb, right[i]));
        CHECK_OK(seL4_TCB_SetSchedParams(w->tcb, seL4_CapInitThreadTCB, 10, 10, w->sc, right[i]));
    }
}

/* Priorities, scheduling context and handler at once: checked before any of it changes. */
static void sched_params(void)
{
    struct worker *w = worker_new(set_flag, MAIN_PRIORITY - 1), *other = worker_new(set_flag, 10);
    seL4_CPtr self = seL4_CapInitThreadTCB, free_sc = new_object(seL4_SchedContextObject, seL4_MinSchedContextBits);
    CHECK_INVALID_CAPABILITY(seL4_TCB_SetSchedParams(w->tcb, ROOT_CNODE, 10, 10, w->sc, 0), 1);
    CHECK_INVALID_CAPABILITY(seL4_TCB_SetSchedParams(w->tcb, self, 10, 10, new_endpoint(), 0), 4);
    CHECK_EQ(seL4_TCB_SetSchedParams(w->tcb, self, 10, 10, other->sc, 0), seL4_IllegalOperation); /* in use */
    CHECK_EQ(seL4_TCB_SetSchedParams(w->tcb, self, 10, 10, free_sc, 0), seL4_IllegalOperation);   /* it has one */
    CHECK_EQ(seL4_TCB_SetSchedParams(self, self, 255, MAIN_PRIORITY, 0, 0), seL4_IllegalOperation);
    w->arg[0] = 1;
    worker_run(w);
    CHECK_EQ(w->result[0], 0);
    REQUIRE_OK(seL4_TCB_SetSchedParams(w->tcb, self, MAIN_PRIORITY + 1, MAIN_PRIORITY + 1, w->sc, 0));
    CHECK_EQ(w->result[0], 1);
    CHECK_OK(seL4_TCB_SetPriority(other->tcb, w->tcb, MAIN_PRIORITY + 1)); /* its new authority */
    /* Without a context, then with another one. */
    REQUIRE_OK(seL4_TCB_SetSchedParams(other->tcb, self, 0, MAIN_PRIORITY + 1, 0, 0));
    other->arg[0] = 2;
    worker_run(other);
    CHECK_EQ(other->result[0], 0);
    REQUIRE_OK(seL4_SchedControl_Configure(sched_control(0), free_sc, 1000, 1000, 0, 0));
    REQUIRE_OK(seL4_TCB_SetSchedParams(other->tcb, self, 0, MAIN_PRIORITY + 1, free_sc, 0));
    CHECK_EQ(other->result[0], 2);
}

static void read_tls(struct worker *w)
{
    w->result[0] = gpi_tls_get();
    seL4_Wait(w->arg[0], 0);
    w->result[1] = gpi_tls_get();
}

static void tls_base(void)
{
    seL4_CPtr n = new_notification();
    struct worker *w = worker_new(read_tls, MAIN_PRIORITY + 1);
    w->arg[0] = n;
    worker_run(w);
    CHECK(w->result[0] != gpi_tls_get());
    CHECK(w->result[0] != 0);
    /* Its IPC buffer variable moves along: the new block is the first thread's. */
    REQUIRE_OK(seL4_TCB_SetTLSBase(w->tcb, gpi_tls_get()));
    seL4_Signal(n);
    CHECK_EQ(w->result[1], gpi_tls_get());
}

static void ipc_buffer_moves(struct worker *w)
{
    seL4_Word badge;
    seL4_Wait(w->arg[0], &badge);
    w->result[0] = ((seL4_IPCBuffer *)WINDOW)->msg[10];
    w->result[1] = w->ipc_buffer->msg[10];
}

static void ipc_buffer(void)
{
    seL4_CPtr ep = new_endpoint(), frame = new_page_at(WINDOW);
    struct worker *w = worker_new(ipc_buffer_moves, MAIN_PRIORITY + 1);
    w->arg[0] = ep;
    w->ipc_buffer->msg[10] = 1;
    REQUIRE_OK(seL4_TCB_SetIPCBuffer(w->tcb, WINDOW, frame));
    worker_run(w);
    seL4_SetMR(10, 1234);
    seL4_Send(ep, seL4_MessageInfo_new(0, 0, 0, 11));
    CHECK_EQ(w->result[0], 1234);
    CHECK_EQ(w->result[1], 1);
}

static void use_fp(struct worker *w)
{
    __asm__ volatile("fmov d0, #1.0\n fmov %0, d0" : "=r"(w->result[0]));
}

static void fpu_disabled(void)
{
    seL4_CPtr fault_ep = new_endpoint(), reply = new_reply();
    struct worker *w = worker_new(use_fp, MAIN_PRIORITY + 1);
    worker_set_fault_ep(w, MAIN_PRIORITY + 1, fault_ep);
    seL4_TCB_SetFlags_t flags = seL4_TCB_SetFlags(w->tcb, 0, seL4_TCBFlag_fpuDisabled);
    CHECK_OK(flags.error);
    CHECK_EQ(flags.flags, seL4_TCBFlag_fpuDisabled);
    worker_run(w);
    seL4_Word badge;
    seL4_MessageInfo_t info = seL4_NBRecv(fault_ep, &badge, reply);
    REQUIRE_EQ(seL4_MessageInfo_get_label(info), seL4_Fault_UserException);
    CHECK_EQ(seL4_TCB_SetFlags(w->tcb, seL4_TCBFlag_fpuDisabled, 0).flags, 0);
    seL4_Send(reply, seL4_MessageInfo_new(0, 0, 0, 0)); /* tries again */
    CHECK_EQ(w->result[0], 0x3ff0000000000000);
    CHECK_EQ(seL4_TCB_SetFlags(w->tcb, 0, ~0ul).flags, seL4_TCBFlag_fpuDisabled); /* there are no others */
    CHECK_EQ(seL4_TCB_SetFlags(w->tcb, 0, 0).flags, seL4_TCBFlag_fpuDisabled);
    CHECK_EQ(seL4_TCB_SetFlags(w->tcb, seL4_TCBFlag_fpuDisabled, seL4_TCBFlag_fpuDisabled).flags,
             seL4_TCBFlag_fpuDisabled);
}

static void bind_errors(void)
{
    struct worker *a = worker_new(set_flag, 10), *b = worker_new(set_flag, 10);
    seL4_CPtr n = new_notification(), m = new_notification();
    CHECK_EQ(seL4_TCB_UnbindNotification(a->tcb), seL4_IllegalOperation);
    REQUIRE_OK(seL4_TCB_BindNotification(a->tcb, n));
    CHECK_EQ(seL4_TCB_BindNotification(a->tcb, m), seL4_IllegalOperation);
    CHECK_EQ(seL4_TCB_BindNotification(b->tcb, n), seL4_IllegalOperation);
    CHECK_INVALID_CAPABILITY(seL4_TCB_BindNotification(b->tcb, new_endpoint()), 1);
    CHECK_INVALID_CAPABILITY(seL4_TCB_BindNotification(b->tcb, new_copy(m, seL4_CanWrite)), 1);
    /* Somebody waits at it. */
    struct worker *waiter = worker_new(wait_for, MAIN_PRIORITY + 1);
    waiter->arg[0] = m;
    worker_run(waiter);
    CHECK_EQ(seL4_TCB_BindNotification(b->tcb, m), seL4_IllegalOperation);
    REQUIRE_OK(seL4_TCB_UnbindNotification(a->tcb));
    CHECK_OK(seL4_TCB_BindNotification(b->tcb, n));
}

/* Deleting a thread that runs, waits or was never started leaves nothing behind. */
static void delete_thread(void)
{
    seL4_CPtr ep = new_endpoint();
    for (unsigned i = 0; i < 3; i++) {
        struct worker *w = worker_new(i == 0 ? count_up : wait_for, MAIN_PRIORITY + (i == 0 ? -1 : 1));
        w->arg[0] = ep;
        if (i < 2) {
            worker_run(w);
        }
        if (i == 0) {
            sleep_us(2000);
        }
        workers_destroy();
    }
    seL4_NBSend(ep, seL4_MessageInfo_new(0, 0, 0, 0)); /* nobody waits any more */
}

static void without_sched_context(void)
{
    struct worker *w = worker_new(set_flag, MAIN_PRIORITY + 1);
    w->arg[0] = 6;
    REQUIRE_OK(seL4_SchedContext_Unbind(w->sc));
    worker_run(w);
    CHECK_EQ(w->result[0], 0);
    REQUIRE_OK(seL4_SchedContext_Bind(w->sc, w->tcb));
    CHECK_EQ(w->result[0], 6);
}

/* Reads a word that is another one in its second space, and goes back; as often as it is told. */
static void look_elsewhere(struct worker *w)
{
    volatile seL4_Word *word = (volatile seL4_Word *)w->arg[3];
    for (unsigned i = 0; i < 4; i += 2) {
        w->result[i] = *word;
        w->result[8] += vesicle_TCB_SwitchVSpace(w->arg[0], w->arg[2]);
        w->result[i + 1] = *word;
        w->result[8] += vesicle_TCB_SwitchVSpace(w->arg[0], w->arg[1]);
    }
}

static void switches_its_space(void)
{
    enum { MARK_HERE = 1111, MARK_THERE = 2222 };
    struct worker *w = worker_new(look_elsewhere, MAIN_PRIORITY + 1);
    seL4_CPtr there = new_vspace(), frame[2] = {new_frame(seL4_PageBits), new_frame(seL4_PageBits)};
    seL4_Word at = 0x7000000000ul;
    map_image(there);
    REQUIRE_OK(map_with_tables(new_copy(w->ipc_buffer_frame, seL4_AllRights), there, (seL4_Word)w->ipc_buffer,
                               seL4_ReadWrite, seL4_ARM_Default_VMAttributes));
    for (unsigned i = 0; i < 2; i++) {
        REQUIRE_OK(
            map_with_tables(frame[i], seL4_CapInitThreadVSpace, at, seL4_ReadWrite, seL4_ARM_Default_VMAttributes));
        *(volatile seL4_Word *)at = i ? MARK_THERE : MARK_HERE;
        if (i) {
            REQUIRE_OK(seL4_ARM_Page_Unmap(frame[1]));
            REQUIRE_OK(map_with_tables(frame[1], there, at, seL4_ReadWrite, seL4_ARM_Default_VMAttributes));
            REQUIRE_OK(
                map_with_tables(frame[0], seL4_CapInitThreadVSpace, at, seL4_ReadWrite, seL4_ARM_Default_VMAttributes));
        } else {
            REQUIRE_OK(seL4_ARM_Page_Unmap(frame[0]));
        }
    }
    w->arg[0] = new_copy(w->tcb, seL4_CanRead);
    w->arg[1] = new_copy(seL4_CapInitThreadVSpace, seL4_CanRead);
    w->arg[2] = new_copy(there, seL4_CanRead);
    w->arg[3] = at;
    worker_run(w);
    worker_wait(&w->done);
    CHECK_EQ(w->result[8], 0);
    for (unsigned i = 0; i < 4; i += 2) {
        CHECK_EQ(w->result[i], MARK_HERE);
        CHECK_EQ(w->result[i + 1], MARK_THERE);
    }
    /* The capabilities that are good for this are good for nothing else. */
    seL4_UserContext regs;
    CHECK_EQ(seL4_TCB_Suspend(w->arg[0]), seL4_IllegalOperation);
    CHECK_EQ(seL4_TCB_ReadRegisters(w->arg[0], 0, 0, 1, &regs), seL4_IllegalOperation);
    CHECK_EQ(seL4_TCB_SetPriority(w->tcb, w->arg[0], 1), seL4_InvalidCapability);
    CHECK_EQ(seL4_TCB_CopyRegisters(w->tcb, w->arg[0], 0, 0, 1, 0, 0), seL4_InvalidCapability);
    REQUIRE_OK(seL4_ARM_Page_Unmap(frame[0]));
    CHECK_EQ(seL4_ARM_Page_Map(frame[0], w->arg[1], at, seL4_ReadWrite, seL4_ARM_Default_VMAttributes),
             seL4_InvalidCapability);
    CHECK_EQ(vesicle_TCB_SwitchVSpace(w->tcb, frame[0]), seL4_IllegalOperation);
}

const struct test_case tcb_cases[] = {
    {"tcb_registers", registers},
    {"tcb_pstate_is_sanitised", pstate_is_sanitised},
    {"tcb_register_errors", register_errors},
    {"tcb_copy_halves", copy_halves},
    {"tcb_suspend_source", suspend_source},
    {"tcb_copy_registers", copy_registers},
    {"tcb_suspend_resume", suspend_resume},
    {"tcb_switches_its_space", switches_its_space},
    {"tcb_suspend_while_waiting", suspend_while_waiting},
    {"tcb_resume_runs_at_once", resume_runs_at_once},
    {"tcb_priority_change", priority_change},
    {"tcb_priority_authority", priority_authority},
    {"tcb_configure_errors", configure_errors},
    {"tcb_handler_errors", handler_errors},
    {"tcb_sched_params", sched_params},
    {"tcb_tls_base", tls_base},
    {"tcb_ipc_buffer", ipc_buffer},
    {"tcb_fpu_disabled", fpu_disabled},
    {"tcb_bind_errors", bind_errors},
    {"tcb_delete_thread", delete_thread},
    {"tcb_without_sched_context", without_sched_context},
    {0, 0},
};
