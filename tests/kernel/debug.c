/* SPDX-License-Identifier: BSD-2-Clause */
/* Breakpoints, watchpoints and single steps of threads. */
#include "cases.h"
#include "lib/errors.h"
#include "lib/objects.h"
#include "lib/worker.h"
#include <sel4/sel4.h>

static seL4_CPtr fault_ep, reply;
static seL4_Word fault[seL4_DebugException_Length];

/* Places in the code below. */
extern char debug_first[], debug_second[], debug_third[], debug_end[];

/* Four instructions on their own, before and after them a nop. */
static __attribute__((noinline)) void four(volatile seL4_Word *count)
{
    seL4_Word value;
    __asm__ volatile("nop\n"
                     ".global debug_first, debug_second, debug_third, debug_end\n"
                     "debug_first:  ldr %0, [%1]\n"
                     "debug_second: add %0, %0, #1\n"
                     "debug_third:  str %0, [%1]\n"
                     "debug_end:    nop\n"
                     : "=&r"(value)
                     : "r"(count)
                     : "memory");
}

static void loop(struct worker *w)
{
    for (seL4_Word i = 0; i < w->arg[0]; i++) {
        four(&w->result[0]);
    }
}

/* A thread with a fault handler, not started. */
static struct worker *debuggee(worker_fn fn, seL4_Word argument)
{
    fault_ep = new_endpoint();
    reply = new_reply();
    struct worker *w = worker_new(fn, MAIN_PRIORITY + 1);
    w->arg[0] = argument;
    worker_set_fault_ep(w, MAIN_PRIORITY + 1, fault_ep);
    return w;
}

/* Takes the next debug exception; false if there is none. */
static bool take(void)
{
    seL4_Word badge;
    seL4_MessageInfo_t info = seL4_NBRecv(fault_ep, &badge, reply);
    if (seL4_MessageInfo_get_label(info) != seL4_Fault_DebugException ||
        seL4_MessageInfo_get_length(info) != seL4_DebugException_Length) {
        return false;
    }
    for (int i = 0; i < seL4_DebugException_Length; i++) {
        fault[i] = seL4_GetMR(i);
    }
    return true;
}

static void expect(seL4_BreakpointType reason, seL4_Word ip, seL4_Word address, seL4_Word number)
{
    REQUIRE(take());
    CHECK_EQ(fault[seL4_DebugException_ExceptionReason], reason);
    CHECK_EQ(fault[seL4_DebugException_FaultIP], ip);
    CHECK_EQ(fault[seL4_DebugException_TriggerAddress], address);
    CHECK_EQ(fault[seL4_DebugException_BreakpointNumber], number);
}

static void go_on(void)
{
    seL4_Send(reply, seL4_MessageInfo_new(0, 0, 0, 0));
}

static void go_on_steps(seL4_Word steps)
{
    seL4_SetMR(0, steps);
    seL4_Send(reply, seL4_MessageInfo_new(0, 0, 0, 1));
}

static seL4_Error set_instruction(struct worker *w, seL4_Uint16 number, const char *where)
{
    return seL4_TCB_SetBreakpoint(w->tcb, number, (seL4_Word)where, seL4_InstructionBreakpoint, 0, seL4_BreakOnRead);
}

static void breakpoint(void)
{
    struct worker *w = debuggee(loop, 2), *other = worker_new(loop, MAIN_PRIORITY + 1);
    REQUIRE_OK(set_instruction(w, seL4_FirstBreakpoint, debug_second));
    worker_run(w);
    expect(seL4_InstructionBreakpoint, (seL4_Word)debug_second, (seL4_Word)debug_second, seL4_FirstBreakpoint);
    /* Nobody else stops there. */
    other->arg[0] = 5;
    worker_run(other);
    CHECK_EQ(other->done, 1);
    /* It goes on where it stopped, and so stops again. */
    go_on();
    expect(seL4_InstructionBreakpoint, (seL4_Word)debug_second, (seL4_Word)debug_second, seL4_FirstBreakpoint);
    CHECK_EQ(w->result[0], 0);
    REQUIRE_OK(seL4_TCB_UnsetBreakpoint(w->tcb, seL4_FirstBreakpoint));
    go_on();
    CHECK_EQ(w->done, 1);
    CHECK_EQ(w->result[0], 2);
}

/* Every register; the last ones are hit by turns. */
static void all_breakpoints(void)
{
    enum { A = seL4_NumExclusiveBreakpoints - 2, B = seL4_NumExclusiveBreakpoints - 1 };
    struct worker *w = debuggee(loop, 1);
    for (seL4_Uint16 i = 0; i < seL4_NumExclusiveBreakpoints; i++) {
        REQUIRE_OK(set_instruction(w, i, i == A ? debug_first : i == B ? debug_third : (char *)0x1000 + 4 * i));
    }
    worker_run(w);
    expect(seL4_InstructionBreakpoint, (seL4_Word)debug_first, (seL4_Word)debug_first, A);
    REQUIRE_OK(seL4_TCB_UnsetBreakpoint(w->tcb, A));
    go_on();
    expect(seL4_InstructionBreakpoint, (seL4_Word)debug_third, (seL4_Word)debug_third, B);
    REQUIRE_OK(seL4_TCB_UnsetBreakpoint(w->tcb, B));
    go_on();
    CHECK_EQ(w->done, 1);
}

static volatile seL4_Word watched[4];
static volatile seL4_Uint8 *const bytes = (volatile seL4_Uint8 *)watched;

static void access_byte(struct worker *w)
{
    if (w->arg[1]) {
        bytes[w->arg[0]] = 1;
    } else {
        w->result[0] = bytes[w->arg[0]];
    }
}

/* Accesses byte `offset`: was that seen by watchpoint `number`? */
static bool is_seen(seL4_Uint16 number, seL4_Word start, seL4_Word size, seL4_Word rw, seL4_Word offset, bool write)
{
    struct worker *w = debuggee(access_byte, offset);
    w->arg[1] = write;
    REQUIRE_OK(seL4_TCB_SetBreakpoint(w->tcb, number, (seL4_Word)&bytes[start], seL4_DataBreakpoint, size, rw));
    worker_run(w);
    bool seen = take();
    if (seen) {
        CHECK_EQ(fault[seL4_DebugException_ExceptionReason], seL4_DataBreakpoint);
        CHECK_EQ(fault[seL4_DebugException_TriggerAddress], (seL4_Word)&bytes[offset]);
        CHECK_EQ(fault[seL4_DebugException_BreakpointNumber], number);
        CHECK_EQ(w->done, 0);
        REQUIRE_OK(seL4_TCB_UnsetBreakpoint(w->tcb, number));
        go_on();
    }
    CHECK_EQ(w->done, 1);
    workers_destroy();
    objects_free();
    return seen;
}

static void watch_sizes(void)
{
    for (seL4_Word size = 1; size <= 8; size *= 2) {
        for (seL4_Word start = 8; start < 16; start += size) {
            CHECK(!is_seen(seL4_FirstWatchpoint, start, size, seL4_BreakOnReadWrite, start - 1, false));
            CHECK(is_seen(seL4_FirstWatchpoint, start, size, seL4_BreakOnReadWrite, start, false));
            CHECK(is_seen(seL4_FirstWatchpoint, start, size, seL4_BreakOnReadWrite, start + size - 1, true));
            CHECK(!is_seen(seL4_FirstWatchpoint, start, size, seL4_BreakOnReadWrite, start + size, true));
        }
    }
}

static void watch_access(void)
{
    static const struct {
        seL4_BreakpointAccess access;
        bool read, write;
    } kinds[] = {
        {seL4_BreakOnRead, true, false}, {seL4_BreakOnWrite, false, true}, {seL4_BreakOnReadWrite, true, true}};
    for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        seL4_Uint16 number = (seL4_Uint16)(seL4_FirstWatchpoint + i);
        CHECK_EQ(is_seen(number, 16, 8, kinds[i].access, 20, false), kinds[i].read);
        CHECK_EQ(is_seen(number, 16, 8, kinds[i].access, 20, true), kinds[i].write);
    }
}

/* A wide access whose first byte lies before what is watched; two registers, of which the other is hit. */
static void watch_which(void)
{
    struct worker *w = debuggee(loop, 1);
    enum { LAST = seL4_FirstWatchpoint + seL4_NumExclusiveWatchpoints - 1 };
    seL4_Word last_byte = (seL4_Word)&w->result[0] + 7;
    REQUIRE_OK(seL4_TCB_SetBreakpoint(w->tcb, seL4_FirstWatchpoint, (seL4_Word)&w->result[1], seL4_DataBreakpoint, 8,
                                      seL4_BreakOnWrite));
    REQUIRE_OK(seL4_TCB_SetBreakpoint(w->tcb, LAST, last_byte, seL4_DataBreakpoint, 1, seL4_BreakOnWrite));
    worker_run(w);
    REQUIRE(take());
    CHECK_EQ(fault[seL4_DebugException_FaultIP], (seL4_Word)debug_third);
    CHECK_EQ(fault[seL4_DebugException_BreakpointNumber], LAST);
    CHECK_IN(fault[seL4_DebugException_TriggerAddress], last_byte - 7, last_byte);
    CHECK_EQ(w->result[0], 0);
    REQUIRE_OK(seL4_TCB_UnsetBreakpoint(w->tcb, LAST));
    go_on();
    CHECK_EQ(w->result[0], 1);
}

static void get(void)
{
    struct worker *w = debuggee(loop, 1);
    REQUIRE_OK(set_instruction(w, 1, debug_end));
    REQUIRE_OK(seL4_TCB_SetBreakpoint(w->tcb, seL4_FirstWatchpoint + 1, 0x2004, seL4_DataBreakpoint, 4,
                                      seL4_BreakOnReadWrite));
    seL4_TCB_GetBreakpoint_t b = seL4_TCB_GetBreakpoint(w->tcb, 1);
    CHECK_OK(b.error);
    CHECK_EQ(b.vaddr, (seL4_Word)debug_end);
    CHECK_EQ(b.type, seL4_InstructionBreakpoint);
    CHECK_EQ(b.size, 0);
    CHECK_EQ(b.rw, seL4_BreakOnRead);
    CHECK_EQ(b.is_enabled, 1);
    b = seL4_TCB_GetBreakpoint(w->tcb, seL4_FirstWatchpoint + 1);
    CHECK_OK(b.error);
    CHECK_EQ(b.vaddr, 0x2004);
    CHECK_EQ(b.type, seL4_DataBreakpoint);
    CHECK_EQ(b.size, 4);
    CHECK_EQ(b.rw, seL4_BreakOnReadWrite);
    CHECK_EQ(b.is_enabled, 1);
    REQUIRE_OK(seL4_TCB_UnsetBreakpoint(w->tcb, 1));
    b = seL4_TCB_GetBreakpoint(w->tcb, 1);
    CHECK_OK(b.error);
    CHECK_EQ(b.vaddr, 0);
    CHECK_EQ(b.is_enabled, 0);
    CHECK_EQ(seL4_TCB_GetBreakpoint(w->tcb, seL4_FirstWatchpoint).is_enabled, 0);
    CHECK_OK(seL4_TCB_UnsetBreakpoint(w->tcb, 1)); /* nothing is there */
}

static void errors(void)
{
    struct worker *w = debuggee(loop, 1);
    seL4_CPtr t = w->tcb;
    CHECK_RANGE_ERROR(seL4_TCB_SetBreakpoint(t, seL4_NumHWBreakpoints, 0x1000, seL4_InstructionBreakpoint, 0, 0), 0,
                      seL4_NumHWBreakpoints - 1);
    CHECK_EQ(seL4_TCB_GetBreakpoint(t, seL4_NumHWBreakpoints).error, seL4_RangeError);
    CHECK_EQ(seL4_TCB_UnsetBreakpoint(t, 0xffff), seL4_RangeError);
    /* The kind must be the register's. */
    CHECK_INVALID_ARGUMENT(seL4_TCB_SetBreakpoint(t, seL4_FirstWatchpoint, 0x1000, seL4_InstructionBreakpoint, 0, 0),
                           1);
    CHECK_INVALID_ARGUMENT(seL4_TCB_SetBreakpoint(t, seL4_FirstBreakpoint, 0x1000, seL4_DataBreakpoint, 4, 0), 1);
    CHECK_INVALID_ARGUMENT(seL4_TCB_SetBreakpoint(t, 0, 1ul << 48, seL4_InstructionBreakpoint, 0, 0), 2);
    CHECK_INVALID_ARGUMENT(seL4_TCB_SetBreakpoint(t, 0, 0x1000, seL4_SingleStep, 0, 0), 3);
    CHECK_INVALID_ARGUMENT(seL4_TCB_SetBreakpoint(t, 0, 0x1000, seL4_InstructionBreakpoint, 4, 0), 4);
    static const seL4_Word sizes[] = {0, 3, 16, ~0ul};
    for (unsigned i = 0; i < 4; i++) {
        CHECK_INVALID_ARGUMENT(
            seL4_TCB_SetBreakpoint(t, seL4_FirstWatchpoint, 0x1000, seL4_DataBreakpoint, sizes[i], 0), 4);
    }
    CHECK_INVALID_ARGUMENT(seL4_TCB_SetBreakpoint(t, 0, 0x1000, seL4_InstructionBreakpoint, 0, seL4_BreakOnWrite), 5);
    CHECK_INVALID_ARGUMENT(
        seL4_TCB_SetBreakpoint(t, seL4_FirstWatchpoint, 0x1000, seL4_DataBreakpoint, 4, seL4_MaxBreakpointAccess), 5);
    CHECK_EQ(seL4_TCB_SetBreakpoint(t, 0, 0x1002, seL4_InstructionBreakpoint, 0, 0), seL4_AlignmentError);
    CHECK_EQ(seL4_TCB_SetBreakpoint(t, seL4_FirstWatchpoint, 0x1002, seL4_DataBreakpoint, 4, 0), seL4_AlignmentError);
    CHECK_EQ(vesicle_invoke4(t, vesicle_TCBSetBreakpoint, 0, 4, 0, 0x1000, seL4_InstructionBreakpoint, 0),
             seL4_TruncatedMessage);
    CHECK_EQ(vesicle_invoke0(t, vesicle_TCBGetBreakpoint, 0), seL4_TruncatedMessage);
    CHECK_EQ(vesicle_invoke0(t, vesicle_TCBUnsetBreakpoint, 0), seL4_TruncatedMessage);
    CHECK_EQ(vesicle_invoke1(t, vesicle_TCBConfigureSingleStepping, 0, 0), seL4_TruncatedMessage);
    for (seL4_Uint16 i = 0; i < seL4_NumHWBreakpoints; i++) {
        CHECK_EQ(seL4_TCB_GetBreakpoint(t, i).is_enabled, 0);
    }
    worker_run(w);
    CHECK_EQ(w->done, 1);
}

/* Stops it at debug_first, and steps from there. */
static struct worker *stopped_at_first(seL4_Word loops)
{
    struct worker *w = debuggee(loop, loops);
    REQUIRE_OK(set_instruction(w, 0, debug_first));
    worker_run(w);
    REQUIRE(take());
    REQUIRE_OK(seL4_TCB_UnsetBreakpoint(w->tcb, 0));
    return w;
}

static void single_steps(void)
{
    struct worker *w = stopped_at_first(2);
    seL4_TCB_ConfigureSingleStepping_t configured = seL4_TCB_ConfigureSingleStepping(w->tcb, 0, 1);
    CHECK_OK(configured.error);
    CHECK_EQ(configured.bp_was_consumed, 0);
    go_on();
    expect(seL4_SingleStep, (seL4_Word)debug_second, (seL4_Word)debug_second, 0);
    go_on();
    expect(seL4_SingleStep, (seL4_Word)debug_third, (seL4_Word)debug_third, 0);
    CHECK_EQ(w->result[0], 0);
    go_on();
    expect(seL4_SingleStep, (seL4_Word)debug_end, (seL4_Word)debug_end, 0);
    CHECK_EQ(w->result[0], 1);
    /* Till the end of the loop and back: some instructions more. */
    seL4_Word steps = 0;
    do {
        go_on();
        REQUIRE(take());
        REQUIRE(++steps < 100);
    } while (fault[seL4_DebugException_FaultIP] != (seL4_Word)debug_first);
    REQUIRE_OK(seL4_TCB_ConfigureSingleStepping(w->tcb, 0, 0).error);
    go_on();
    CHECK_EQ(w->done, 1);
    CHECK_EQ(w->result[0], 2);
}

/* More than one instruction from fault to fault; the reply says how many next, or that it is enough. */
static void counted_steps(void)
{
    struct worker *w = stopped_at_first(3);
    REQUIRE_OK(seL4_TCB_ConfigureSingleStepping(w->tcb, 0, 2).error);
    go_on();
    expect(seL4_SingleStep, (seL4_Word)debug_third, (seL4_Word)debug_third, 0);
    go_on_steps(1);
    expect(seL4_SingleStep, (seL4_Word)debug_end, (seL4_Word)debug_end, 0);
    seL4_Word steps = 0;
    do {
        go_on(); /* one at a time still */
        REQUIRE(take());
        REQUIRE(++steps < 100);
    } while (fault[seL4_DebugException_FaultIP] != (seL4_Word)debug_first);
    go_on_steps(steps + 3); /* a whole round */
    expect(seL4_SingleStep, (seL4_Word)debug_first, (seL4_Word)debug_first, 0);
    CHECK_EQ(w->result[0], 2);
    go_on_steps(0);
    CHECK_EQ(w->done, 1);
    CHECK_EQ(w->result[0], 3);
}

/* A reply with a label leaves it stopped; resumed, it goes on stepping. */
static void stopped_between_steps(void)
{
    struct worker *w = stopped_at_first(1);
    REQUIRE_OK(seL4_TCB_ConfigureSingleStepping(w->tcb, 0, 1).error);
    go_on();
    REQUIRE(take());
    seL4_Send(reply, seL4_MessageInfo_new(1, 0, 0, 0));
    CHECK(!take());
    REQUIRE_OK(seL4_TCB_Resume(w->tcb));
    expect(seL4_SingleStep, (seL4_Word)debug_third, (seL4_Word)debug_third, 0);
    /* Elsewhere it steps too. */
    seL4_UserContext regs = {.pc = (seL4_Word)debug_first};
    REQUIRE_OK(seL4_TCB_WriteRegisters(w->tcb, 1, 0, 1, &regs));
    expect(seL4_SingleStep, (seL4_Word)debug_second, (seL4_Word)debug_second, 0);
}

extern char debug_svc[];

/* A system call with its instruction at a known place. */
static void call(struct worker *w)
{
    register seL4_Word x0 __asm__("x0") = w->arg[0];
    register seL4_Word x1 __asm__("x1") = seL4_MessageInfo_new(0, 0, 0, 1).words[0];
    register seL4_Word x2 __asm__("x2") = 5;
    register seL4_Word x3 __asm__("x3");
    register seL4_Word x4 __asm__("x4");
    register seL4_Word x5 __asm__("x5");
    register seL4_Word x7 __asm__("x7") = vesicle_SysCall;
    __asm__ volatile(".global debug_svc\n"
                     "debug_svc: svc #0\n"
                     : "+r"(x0), "+r"(x1), "+r"(x2), "=r"(x3), "=r"(x4), "=r"(x5), "+r"(x7)
                     :
                     : "memory");
    w->result[0] = x2;
}

static void server(struct worker *w)
{
    seL4_Word badge;
    seL4_Recv(w->arg[0], &badge, w->arg[1]);
    for (;;) {
        w->result[0]++;
        seL4_SetMR(0, seL4_GetMR(0) + 1);
        seL4_ReplyRecv(w->arg[0], seL4_MessageInfo_new(0, 0, 0, 1), &badge, w->arg[1]);
    }
}

static struct worker *start_server(seL4_CPtr ep)
{
    struct worker *s = worker_new(server, MAIN_PRIORITY + 2);
    s->arg[0] = ep;
    s->arg[1] = new_reply();
    worker_run(s);
    REQUIRE_OK(seL4_SchedContext_Unbind(s->sc));
    return s;
}

/* A system call is one step, also where it would take the fast path; the server does not step. */
static void step_over_call(void)
{
    seL4_CPtr ep = new_endpoint();
    struct worker *s = start_server(ep), *w = debuggee(call, ep);
    REQUIRE_OK(set_instruction(w, 0, debug_svc));
    worker_run(w);
    expect(seL4_InstructionBreakpoint, (seL4_Word)debug_svc, (seL4_Word)debug_svc, 0);
    REQUIRE_OK(seL4_TCB_UnsetBreakpoint(w->tcb, 0));
    REQUIRE_OK(seL4_TCB_ConfigureSingleStepping(w->tcb, 0, 1).error);
    CHECK_EQ(s->result[0], 0);
    go_on();
    expect(seL4_SingleStep, (seL4_Word)debug_svc + 4, (seL4_Word)debug_svc + 4, 0);
    CHECK_EQ(s->result[0], 1);
    go_on_steps(0);
    CHECK_EQ(w->done, 1);
    CHECK_EQ(w->result[0], 6);
}

/* A server is debugged: its clients' calls reach it with its breakpoints, and they themselves have none. */
static void debugged_server(void)
{
    seL4_CPtr ep = new_endpoint();
    struct worker *s = start_server(ep), *w = worker_new(call, MAIN_PRIORITY + 1);
    fault_ep = new_endpoint();
    reply = new_reply();
    REQUIRE_OK(seL4_TCB_SetSchedParams(s->tcb, seL4_CapInitThreadTCB, 0, MAIN_PRIORITY + 2, 0, fault_ep));
    REQUIRE_OK(seL4_TCB_SetBreakpoint(s->tcb, seL4_FirstWatchpoint, (seL4_Word)&s->result[0], seL4_DataBreakpoint, 8,
                                      seL4_BreakOnWrite));
    w->arg[0] = ep;
    worker_run(w);
    REQUIRE(take());
    CHECK_EQ(fault[seL4_DebugException_BreakpointNumber], seL4_FirstWatchpoint);
    CHECK_EQ(w->done, 0);
    s->result[0] = 10; /* not seen: it is not our watchpoint */
    REQUIRE_OK(seL4_TCB_UnsetBreakpoint(s->tcb, seL4_FirstWatchpoint));
    go_on();
    CHECK_EQ(w->done, 1);
    CHECK_EQ(w->result[0], 6);
    /* Not debugged any more, it serves as before. */
    seL4_SetMR(0, 7);
    seL4_Call(ep, seL4_MessageInfo_new(0, 0, 0, 1));
    CHECK_EQ(seL4_GetMR(0), 8);
}

static void wait(struct worker *w)
{
    w->result[1] = 1;
    seL4_Wait(w->arg[0], 0);
    w->result[0] = 1;
}

/* A call that is cancelled and made again is still one step. */
static void step_over_retried_call(void)
{
    seL4_CPtr n = new_notification();
    struct worker *w = debuggee(wait, n);
    worker_run(w);
    CHECK_EQ(w->result[1], 1);
    REQUIRE_OK(seL4_TCB_ConfigureSingleStepping(w->tcb, 0, 1).error);
    REQUIRE_OK(seL4_TCB_Suspend(w->tcb));
    REQUIRE_OK(seL4_TCB_Resume(w->tcb));
    CHECK(!take());
    seL4_Signal(n);
    REQUIRE(take());
    CHECK_EQ(fault[seL4_DebugException_ExceptionReason], seL4_SingleStep);
    CHECK_EQ(*(seL4_Uint32 *)(fault[seL4_DebugException_FaultIP] - 4), 0xd4000001); /* svc #0 */
    go_on_steps(0);
    CHECK_EQ(w->done, 1);
}

/* Interrupts on the way are no steps: all that is counted are its own instructions. */
static void steps_under_interrupts(void)
{
    enum { ROUNDS = 2000 };
    struct worker *w = stopped_at_first(1);
    REQUIRE_OK(seL4_TCB_ConfigureSingleStepping(w->tcb, 0, 3).error);
    go_on();
    expect(seL4_SingleStep, (seL4_Word)debug_end, (seL4_Word)debug_end, 0);
    seL4_UserContext regs = {.pc = (seL4_Word)debug_first};
    for (unsigned i = 0; i < ROUNDS; i++) {
        REQUIRE_OK(seL4_TCB_WriteRegisters(w->tcb, 0, 0, 1, &regs));
        go_on();
        expect(seL4_SingleStep, (seL4_Word)debug_end, (seL4_Word)debug_end, 0);
    }
    CHECK_EQ(w->result[0], ROUNDS + 1);
}

static void debug_itself(struct worker *w)
{
    w->result[1] = (seL4_Word)seL4_TCB_SetBreakpoint(w->tcb, seL4_FirstWatchpoint, (seL4_Word)&watched[3],
                                                     seL4_DataBreakpoint, 8, seL4_BreakOnWrite);
    watched[3] = 1;
    w->result[0] = 1;
}

static void own_breakpoint(void)
{
    struct worker *w = debuggee(debug_itself, 0);
    worker_run(w);
    CHECK_EQ(w->result[1], seL4_NoError);
    REQUIRE(take());
    CHECK_EQ(fault[seL4_DebugException_TriggerAddress], (seL4_Word)&watched[3]);
    CHECK_EQ(w->result[0], 0);
}

static void watch_loop(struct worker *w)
{
    for (;;) {
        w->result[0]++;
    }
}

/* A thread goes while it runs with its breakpoints. */
static void delete_debugged(void)
{
    struct worker *w = worker_new(watch_loop, MAIN_PRIORITY - 1);
    REQUIRE_OK(seL4_TCB_SetBreakpoint(w->tcb, seL4_FirstWatchpoint, (seL4_Word)&watched[0], seL4_DataBreakpoint, 8,
                                      seL4_BreakOnReadWrite));
    worker_run(w);
    worker_wait(&w->result[0]);
    watched[0] = 1;
    workers_destroy();
    watched[0] = 2;
    struct worker *next = worker_new(access_byte, MAIN_PRIORITY + 1);
    worker_run(next);
    CHECK_EQ(next->done, 1);
    CHECK_EQ(next->result[0], 2);
}

extern char debug_brk[];

static void breaks(struct worker *w)
{
    __asm__ volatile(".global debug_brk\ndebug_brk: brk #0x123" : : : "memory");
    w->result[0] = 1;
}

static void software_break(void)
{
    struct worker *w = debuggee(breaks, 0);
    worker_run(w);
    expect(seL4_SoftwareBreakRequest, (seL4_Word)debug_brk, (seL4_Word)debug_brk, 0x123);
    seL4_UserContext regs = {.pc = (seL4_Word)debug_brk + 4};
    REQUIRE_OK(seL4_TCB_WriteRegisters(w->tcb, 0, 0, 1, &regs));
    go_on();
    CHECK_EQ(w->done, 1);
    CHECK_EQ(w->result[0], 1);
}

/* All that is there is printed, in parts (the driver measures how long each masks interrupts); one from nowhere ends at once. */
static void snapshot(void)
{
    seL4_DebugNameThread(worker_new(loop, MAIN_PRIORITY - 1)->tcb, "snapped");
    seL4_DebugSnapshot();
    CHECK_EQ(vesicle_debug_call(vesicle_SysDebugSnapshot, ~0ul), 0);
}

const struct test_case debug_cases[] = {
    {"debug_breakpoint", breakpoint},
    {"debug_all_breakpoints", all_breakpoints},
    {"debug_watch_sizes", watch_sizes},
    {"debug_watch_access", watch_access},
    {"debug_watch_which", watch_which},
    {"debug_get", get},
    {"debug_errors", errors},
    {"debug_single_steps", single_steps},
    {"debug_counted_steps", counted_steps},
    {"debug_stopped_between_steps", stopped_between_steps},
    {"debug_step_over_call", step_over_call},
    {"debug_debugged_server", debugged_server},
    {"debug_step_over_retried_call", step_over_retried_call},
    {"debug_steps_under_interrupts", steps_under_interrupts},
    {"debug_own_breakpoint", own_breakpoint},
    {"debug_delete_debugged", delete_debugged},
    {"debug_software_break", software_break},
    {"debug_snapshot", snapshot},
    {0, 0},
};
