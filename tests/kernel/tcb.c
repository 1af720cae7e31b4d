/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads: registers, stopping and going on, priorities, spaces, flags. */
#include "cases.h"
#include "lib/clock.h"
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

static void read_own_registers(void)
{
    seL4_UserContext regs;
    CHECK_EQ(seL4_TCB_ReadRegisters(seL4_CapInitThreadTCB, 0, 0, 2, &regs), seL4_IllegalOperation);
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
    CHECK_EQ(seL4_TCB_SetPriority(w->tcb, low->tcb, 51), seL4_RangeError);
    CHECK_EQ(seL4_GetMR(0), seL4_MinPrio);
    CHECK_EQ(seL4_GetMR(1), 50);
    CHECK_EQ(seL4_TCB_SetMCPriority(w->tcb, low->tcb, 51), seL4_RangeError);
    CHECK_EQ(seL4_TCB_SetSchedParams(w->tcb, low->tcb, 51, 1, w->sc, 0), seL4_RangeError);
    CHECK_EQ(seL4_TCB_SetSchedParams(w->tcb, low->tcb, 1, 51, w->sc, 0), seL4_RangeError);
    CHECK_EQ(seL4_TCB_SetPriority(w->tcb, new_endpoint(), 1), seL4_InvalidCapability);
    CHECK_EQ(seL4_GetMR(0), 1);
}

static void configure_errors(void)
{
    struct worker *w = worker_new(set_flag, 10);
    seL4_CPtr ep = new_endpoint(), unassigned = new_object(seL4_ARM_VSpaceObject, 0);
    CHECK_EQ(seL4_TCB_Configure(w->tcb, ep, 0, seL4_CapInitThreadVSpace, 0, 0, 0), seL4_InvalidCapability);
    CHECK_EQ(seL4_GetMR(0), 1);
    CHECK_EQ(seL4_TCB_Configure(w->tcb, ROOT_CNODE, 0, unassigned, 0, 0, 0), seL4_InvalidCapability);
    CHECK_EQ(seL4_GetMR(0), 3);
    CHECK_EQ(seL4_TCB_Configure(w->tcb, ROOT_CNODE, 0, ep, 0, 0, 0), seL4_InvalidCapability);
    CHECK_EQ(seL4_TCB_SetIPCBuffer(w->tcb, 0x1008, w->ipc_buffer_frame), seL4_AlignmentError);
    CHECK_EQ(seL4_TCB_SetIPCBuffer(w->tcb, 0x1000, ep), seL4_InvalidCapability);
    CHECK_EQ(seL4_TCB_SetSpace(w->tcb, new_notification(), ROOT_CNODE, 0, seL4_CapInitThreadVSpace, 0),
             seL4_InvalidCapability);
    CHECK_EQ(seL4_TCB_SetTimeoutEndpoint(w->tcb, new_notification()), seL4_InvalidCapability);
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
}

static void bind_errors(void)
{
    struct worker *a = worker_new(set_flag, 10), *b = worker_new(set_flag, 10);
    seL4_CPtr n = new_notification(), m = new_notification();
    CHECK_EQ(seL4_TCB_UnbindNotification(a->tcb), seL4_IllegalOperation);
    REQUIRE_OK(seL4_TCB_BindNotification(a->tcb, n));
    CHECK_EQ(seL4_TCB_BindNotification(a->tcb, m), seL4_IllegalOperation);
    CHECK_EQ(seL4_TCB_BindNotification(b->tcb, n), seL4_IllegalOperation);
    CHECK_EQ(seL4_TCB_BindNotification(b->tcb, new_endpoint()), seL4_InvalidCapability);
    CHECK_EQ(seL4_TCB_BindNotification(b->tcb, new_copy(m, seL4_CanWrite)), seL4_InvalidCapability);
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

const struct test_case tcb_cases[] = {
    {"tcb_registers", registers},
    {"tcb_pstate_is_sanitised", pstate_is_sanitised},
    {"tcb_read_own_registers", read_own_registers},
    {"tcb_copy_registers", copy_registers},
    {"tcb_suspend_resume", suspend_resume},
    {"tcb_suspend_while_waiting", suspend_while_waiting},
    {"tcb_resume_runs_at_once", resume_runs_at_once},
    {"tcb_priority_change", priority_change},
    {"tcb_priority_authority", priority_authority},
    {"tcb_configure_errors", configure_errors},
    {"tcb_tls_base", tls_base},
    {"tcb_ipc_buffer", ipc_buffer},
    {"tcb_fpu_disabled", fpu_disabled},
    {"tcb_bind_errors", bind_errors},
    {"tcb_delete_thread", delete_thread},
    {"tcb_without_sched_context", without_sched_context},
    {0, 0},
};
