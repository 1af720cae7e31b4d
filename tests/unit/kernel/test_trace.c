/* SPDX-License-Identifier: BSD-2-Clause */
/* Trace rings and exit counters: the hooks as the vectors call them, and the methods. */
#include "core_fixture.h"

#include "arch/timer.h"
#include "arch/trace.h"
#include "check/invariants.h"
#include "cpu.h"
#include "lib/unit.h"
#include "object/vcpu.h"
#include "sched/scheduler.h"
#include "trace/count.h"
#include "trace/trace.h"
#include <sel4/trace.h>
#include <string.h>

enum { CPTR_TRACE = CPTR_SCHED_CONTROL + 1, PAGE_RECORDS = 126 };

#define ESR(ec, iss)   ((uint64_t)(ec) << 26 | (iss))
#define EXITS          (VESICLE_TRACE_EVENT(vesicle_Trace_Exit) | VESICLE_TRACE_EVENT(vesicle_Trace_Entry))
#define SWITCHES       VESICLE_TRACE_EVENT(vesicle_Trace_Switch)
#define EXPECT_GOOD(a) CHECK_EQ((a).error, seL4_NoError)

static const struct vesicle_trace_ring *ring;
static seL4_CPtr buffer;
static seL4_Word next, lost;

static void setup(void)
{
    core_setup();
    slot_insert_root(cap_make(CAP_TRACE, (paddr_t){0}, 0, 0), machine_slot(CPTR_TRACE));
}

static void set_events(word_t events)
{
    EXPECT_GOOD(invoke(CPTR_TRACE, TraceSetEvents, WORDS(0, events)));
}

/* A page is the ring of core 0, which records `events`. */
static void start(word_t events)
{
    buffer = machine_new(seL4_ARM_SmallPageObject);
    ring = cap_object(machine_cap(buffer));
    next = lost = 0;
    EXPECT_GOOD(invoke(CPTR_TRACE, TraceSetBuffer, CAPS(buffer), WORDS(0)));
    fake_now = 1000;
    set_events(events);
}

static struct vesicle_trace_record take(void)
{
    struct vesicle_trace_record r;

    CHECK(vesicle_trace_read(ring, &next, &lost, &r));
    return r;
}

static void check_end(void)
{
    struct vesicle_trace_record r;

    CHECK(!vesicle_trace_read(ring, &next, &lost, &r));
}

/* The running thread is a guest. */
static struct tcb *guest(struct vcpu **v)
{
    struct tcb *t = core_thread(10);
    seL4_CPtr vcpu = machine_new(seL4_ARM_VCPUObject);

    EXPECT_GOOD(invoke(vcpu, VCPUSetTCB, CAPS(core_cptr(t))));
    *v = t->vcpu;
    t->state = THREAD_RUNNING;
    cpus[0].current = t;
    return t;
}

static void exit_by(uint64_t esr, ticks_t at)
{
    fake_trace.esr = esr;
    fake_now = at;
    trace_enter();
}

static void resume(struct tcb *t, ticks_t at)
{
    fake_now = at;
    cpus[0].current = t;
    CHECK(trace_leave(t) == t);
}

static void header(void)
{
    static const struct {
        word_t type, size;
    } frames[] = {{seL4_ARM_SmallPageObject, 1ul << 12}, {seL4_ARM_LargePageObject, 1ul << 21}};

    for (unsigned i = 0; i < 2; i++) {
        seL4_CPtr frame = machine_new(frames[i].type);
        const struct vesicle_trace_ring *r = cap_object(machine_cap(frame));
        EXPECT_GOOD(invoke(CPTR_TRACE, TraceSetBuffer, CAPS(frame), WORDS(0)));
        CHECK_EQ(r->version, VESICLE_TRACE_VERSION);
        CHECK_EQ(r->record_size, 32);
        CHECK_EQ(r->capacity, (frames[i].size - 64) / 32);
        CHECK_EQ(r->written, 0);
        CHECK_EQ(r->frequency, 1000000);
        CHECK_EQ(r->core, 0);
    }
}

static void kernel_exit(void)
{
    struct vcpu *v;
    struct tcb *t = guest(&v);

    t->pc = 0x40001000;
    t->regs->x[0] = 0x1111111184000001;
    start(EXITS | VESICLE_TRACE_COUNT);
    CHECK(fake_trace.hooks);
    exit_by(ESR(0x16, 7), 2000);
    t->pc = 0x40001004;
    resume(t, 2500);

    struct vesicle_trace_record r = take();
    CHECK_EQ(r.kind, vesicle_Trace_Exit);
    CHECK_EQ(r.reason, vesicle_Exit_HVC);
    CHECK_EQ(r.time, 2000);
    CHECK_EQ(r.thread, t->number);
    CHECK_EQ(r.a, 0x40001000);
    CHECK_EQ(r.b, 0x8400000158000007);
    r = take();
    CHECK_EQ(r.kind, vesicle_Trace_Entry);
    CHECK_EQ(r.reason, vesicle_Exit_HVC);
    CHECK_EQ(r.time, 2500);
    CHECK_EQ(r.thread, t->number);
    CHECK_EQ(r.a, 0x40001004);
    CHECK_EQ(r.b, 500);
    check_end();
    CHECK_EQ(v->counters[vesicle_Exit_HVC].count, 1);
    CHECK_EQ(v->counters[vesicle_Exit_HVC].ticks, 500);
}

/* All reasons a trap can have, and what each tells. */
static void reasons(void)
{
    static const struct {
        uint8_t ec, reason;
    } traps[] = {{0x01, vesicle_Exit_WFx},       {0x07, vesicle_Exit_FP},     {0x16, vesicle_Exit_HVC},
                 {0x17, vesicle_Exit_SMC},       {0x18, vesicle_Exit_SysReg}, {0x20, vesicle_Exit_InstructionAbort},
                 {0x24, vesicle_Exit_DataAbort}, {0x2f, vesicle_Exit_SError}, {0x3c, vesicle_Exit_Debug},
                 {0x00, vesicle_Exit_Other},     {0x3f, vesicle_Exit_Other}};
    struct vcpu *v;
    struct tcb *t = guest(&v);

    start(EXITS | VESICLE_TRACE_COUNT);
    for (unsigned i = 0; i < sizeof traps / sizeof *traps; i++) {
        exit_by(ESR(traps[i].ec, 5), 2000);
        resume(t, 2001);
        CHECK_EQ(take().reason, traps[i].reason);
        CHECK_EQ(take().reason, traps[i].reason);
    }
    CHECK_EQ(v->counters[vesicle_Exit_Other].count, 2);
    CHECK_EQ(v->counters[vesicle_Exit_WFx].count, 1);
}

static void aborts(void)
{
    enum { TRANSLATION = 0x07, PERMISSION = 0x0f, ON_WALK = 1 << 7 };
    struct vcpu *v;
    struct tcb *t = guest(&v);
    seL4_Uint64 ipa;

    start(EXITS);
    fake_trace.ipa = 0xff09000abcull;
    exit_by(ESR(0x24, TRANSLATION), 2000);
    resume(t, 2001);
    struct vesicle_trace_record r = take();
    CHECK(vesicle_trace_ipa(&r, &ipa));
    CHECK_EQ(ipa, 0xff09000abc);
    CHECK_EQ((uint32_t)r.b, ESR(0x24, TRANSLATION));
    take();
    exit_by(ESR(0x20, PERMISSION), 2000);
    r = take();
    CHECK(!vesicle_trace_ipa(&r, &ipa));
    exit_by(ESR(0x20, PERMISSION | ON_WALK), 2000);
    r = take();
    CHECK(vesicle_trace_ipa(&r, &ipa));
    exit_by(ESR(0x16, 0), 2000);
    r = take();
    CHECK(!vesicle_trace_ipa(&r, &ipa));
}

/* Of an interrupt the reason is known only when it is acknowledged. */
static void interrupts(void)
{
    static const struct {
        uint16_t intid;
        uint8_t reason;
    } taken[] = {{3, vesicle_Exit_SGI},           {25, vesicle_Exit_Maintenance}, {26, vesicle_Exit_Timer},
                 {27, vesicle_Exit_VirtualTimer}, {33, vesicle_Exit_IRQ},         {1019, vesicle_Exit_IRQ}};
    struct vcpu *v;
    struct tcb *t = guest(&v);

    start(VESICLE_TRACE_ALL);
    for (unsigned i = 0; i < sizeof taken / sizeof *taken; i++) {
        fake_now = 2000;
        trace_enter_irq();
        fake_now = 2002;
        trace_irq_taken(&cpus[0], taken[i].intid);
        resume(t, 2005);
        struct vesicle_trace_record r = take();
        CHECK_EQ(r.kind, vesicle_Trace_Exit);
        CHECK_EQ(r.reason, vesicle_Exit_IRQ);
        CHECK_EQ(r.b, 0);
        r = take();
        CHECK_EQ(r.kind, vesicle_Trace_IRQ);
        CHECK_EQ(r.detail, taken[i].intid);
        CHECK_EQ(r.thread, t->number);
        CHECK_EQ(r.time, 2002);
        r = take();
        CHECK_EQ(r.kind, vesicle_Trace_Entry);
        CHECK_EQ(r.reason, taken[i].reason);
    }
    CHECK_EQ(v->counters[vesicle_Exit_IRQ].count, 2);
    CHECK_EQ(v->counters[vesicle_Exit_VirtualTimer].ticks, 5);
}

/* The fast path leaves nothing but the guest's mode; the long way sends a fault. Both are exits that the VMM serves. */
static void vmm_exits(void)
{
    struct vcpu *v;
    struct tcb *t = guest(&v), *vmm = core_thread(20);

    start(EXITS | SWITCHES | VESICLE_TRACE_COUNT);
    exit_by(ESR(0x16, 1), 2000);
    t->mode.word = MODE_EXITED;
    vmm->mode.word = MODE_RUNNING;
    resume(vmm, 2100);
    exit_by(ESR(0x15, 0), 2200); /* the VMM's own call */
    vmm->mode.word = MODE_RECEIVING;
    t->mode.word = MODE_RUNNING;
    resume(t, 2300);
    CHECK_EQ(take().kind, vesicle_Trace_Exit);
    struct vesicle_trace_record r = take();
    CHECK_EQ(r.kind, vesicle_Trace_Switch);
    CHECK_EQ(r.time, 2100);
    CHECK_EQ(r.thread, vmm->number);
    CHECK_EQ(r.a, t->number);
    CHECK_EQ(r.reason, vesicle_TraceState_Calling);
    r = take();
    CHECK_EQ(r.kind, vesicle_Trace_Switch);
    CHECK_EQ(r.thread, t->number);
    CHECK_EQ(r.a, vmm->number);
    CHECK_EQ(r.reason, vesicle_TraceState_Receiving);
    r = take();
    CHECK_EQ(r.kind, vesicle_Trace_Entry);
    CHECK_EQ(r.reason, vesicle_Exit_HVC | VESICLE_TRACE_VMM);
    CHECK_EQ(r.b, 300);

    exit_by(ESR(0x24, 0), 3000);
    t->fault.type = seL4_Fault_VCPUFault;
    trace_fault_sent(&cpus[0], t);
    resume(t, 3007);
    CHECK_EQ(take().kind, vesicle_Trace_Exit);
    CHECK_EQ(take().reason, vesicle_Exit_DataAbort | VESICLE_TRACE_VMM);
    check_end();
    CHECK_EQ(v->counters[vesicle_Exit_HVC].count, 0);
    CHECK_EQ(v->counters[vesicle_Exit_HVC | VESICLE_TRACE_VMM].count, 1);
    CHECK_EQ(v->counters[vesicle_Exit_HVC | VESICLE_TRACE_VMM].ticks, 300);
    CHECK_EQ(v->counters[vesicle_Exit_DataAbort | VESICLE_TRACE_VMM].ticks, 7);
}

static void native_traps(void)
{
    struct tcb *t = core_active_thread(10);

    start(VESICLE_TRACE_ALL);
    t->pc = 0x1004;
    t->regs->x[0] = 0x123;
    t->regs->x[7] = vesicle_SysWait;
    exit_by(ESR(0x15, 0), 2000);
    resume(t, 2010);
    fake_now = 2020;
    trace_enter_irq();
    resume(t, 2030);
    struct vesicle_trace_record r = take();
    CHECK_EQ(r.kind, vesicle_Trace_Trap);
    CHECK_EQ(r.reason, vesicle_Exit_SystemCall);
    CHECK_EQ(r.detail, vesicle_SysWait);
    CHECK_EQ(r.thread, t->number);
    CHECK_EQ(r.a, 0x1004);
    CHECK_EQ(r.b, 0x12354000000);
    r = take();
    CHECK_EQ(r.kind, vesicle_Trace_Return);
    CHECK_EQ(r.time, 2010);
    CHECK_EQ(r.a, 0x1004);
    r = take();
    CHECK_EQ(r.kind, vesicle_Trace_Trap);
    CHECK_EQ(r.reason, vesicle_Exit_IRQ);
    CHECK_EQ(r.b, 0);
    CHECK_EQ(take().kind, vesicle_Trace_Return);
    check_end();
}

/* Idling is number 0. */
static void idling(void)
{
    struct tcb *t = core_active_thread(10);

    start(SWITCHES);
    exit_by(ESR(0x15, 0), 2000);
    t->state = THREAD_BLOCKED_ON_NOTIFICATION;
    cpus[0].current = cpus[0].idle;
    trace_thread_leaves(&cpus[0]);
    trace_thread_leaves(&cpus[0]);
    t->state = THREAD_RUNNING;
    resume(t, 2100);
    struct vesicle_trace_record r = take();
    CHECK_EQ(r.thread, 0);
    CHECK_EQ(r.a, t->number);
    CHECK_EQ(r.reason, vesicle_TraceState_Waiting);
    r = take();
    CHECK_EQ(r.thread, t->number);
    CHECK_EQ(r.a, 0);
    CHECK_EQ(r.reason, vesicle_TraceState_Idle);
    CHECK_EQ(r.time, 2100);
    check_end();
}

static void faults(void)
{
    struct tcb *t = core_active_thread(10);

    start(VESICLE_TRACE_EVENT(vesicle_Trace_Fault));
    t->pc = 0x3000;
    t->fault = (struct fault){.type = seL4_Fault_VMFault, .word = {0x7000}};
    fault_send(t); /* nobody handles it */
    struct vesicle_trace_record r = take();
    CHECK_EQ(r.kind, vesicle_Trace_Fault);
    CHECK_EQ(r.reason, seL4_Fault_VMFault);
    CHECK_EQ(r.thread, t->number);
    CHECK_EQ(r.a, 0x3000);
    CHECK_EQ(r.b, 0x7000);
    t->fault.type = seL4_Fault_VCPUFault;
    trace_fault_sent(&cpus[0], t);
    check_end();
}

/* Only what was asked for. */
static void masks(void)
{
    struct vcpu *v;
    struct tcb *t = guest(&v), *other = core_thread(10);

    for (unsigned kind = 0; kind < vesicle_Trace_Sample; kind++) {
        start(VESICLE_TRACE_EVENT(kind));
        cpus[0].current = t;
        exit_by(ESR(0x16, 0), 2000);
        resume(other, 2000);
        exit_by(ESR(0x15, 0), 2000);
        trace_irq_taken(&cpus[0], 30);
        other->fault.type = seL4_Fault_VMFault;
        trace_fault_sent(&cpus[0], other);
        resume(t, 2000);
        set_events(0);
        CHECK(!fake_trace.hooks);
        struct vesicle_trace_record r;
        while (vesicle_trace_read(ring, &next, &lost, &r)) {
            CHECK_EQ(r.kind, kind);
        }
        CHECK_EQ(next, kind == 0 ? 0 : kind == vesicle_Trace_Switch ? 2 : 1);
    }
    CHECK_EQ(v->counters[vesicle_Exit_HVC].count, 1); /* kind 0 is the counters */
}

/* Records overwritten before they were read are counted. */
static void losses(void)
{
    struct vcpu *v;
    struct tcb *t = guest(&v);

    start(VESICLE_TRACE_EVENT(vesicle_Trace_Exit));
    CHECK_EQ(ring->capacity, PAGE_RECORDS);
    for (unsigned i = 0; i < 100; i++) {
        exit_by(ESR(0x16, 0), 2000 + i);
    }
    for (unsigned i = 0; i < 50; i++) {
        CHECK_EQ(take().time, 2000 + i);
    }
    for (unsigned i = 100; i < 1000; i++) {
        exit_by(ESR(0x16, 0), 2000 + i);
    }
    unsigned oldest = 1000 - (PAGE_RECORDS - VESICLE_TRACE_MARGIN);
    for (unsigned i = oldest; i < 1000; i++) {
        CHECK_EQ(take().time, 2000 + i);
    }
    check_end();
    CHECK_EQ(lost, oldest - 50);
    CHECK_EQ(next, 1000);
    CHECK_EQ(ring->written, 1000);
    CHECK_EQ(invoke(CPTR_TRACE, TraceGetEvents, WORDS(0)).word[1], 1000);
    (void)t;
}

/* The frame's words past and before the records stay as they are, and nothing in it steers the kernel. */
static void page_is_not_believed(void)
{
    struct vcpu *v;
    struct tcb *t = guest(&v);
    uint8_t *page;

    start(EXITS);
    page = cap_object(machine_cap(buffer));
    for (unsigned round = 0; round < 10; round++) {
        for (unsigned i = 0; i < 1000; i++) {
            exit_by(ESR(0x16, 0), 2000);
            resume(t, 2000);
            if (i % 10 == 0) {
                memset(page, (int)unit_random(256), 4096);
            }
        }
    }
    CHECK_EQ(ring->written, 20000);
    CHECK_EQ(page[4096], 0xa5); /* untyped memory as the machine made it */
}

static void check_good(void)
{
    struct violation found;

    if (!invariants_hold(&found)) {
        unit_fail(__FILE__, __LINE__, found.what);
    }
}

static void revoke(void)
{
    struct tcb *t = core_active_thread(10);

    start(VESICLE_TRACE_ALL);
    check_good();
    exit_by(ESR(0x15, 0), 2000);
    resume(t, 2001);
    CHECK_EQ(ring->written, 2);
    EXPECT_GOOD(invoke(CPTR_CNODE, CNodeRevoke, WORDS(buffer, seL4_WordBits)));
    CHECK(slot_is_empty(&trace_buffers[0]));
    exit_by(ESR(0x15, 0), 2000);
    resume(t, 2001);
    CHECK_EQ(ring->written, 2);
    CHECK_EQ(invoke(CPTR_TRACE, TraceSetEvents, WORDS(0, EXITS)).error, seL4_IllegalOperation);
    check_good();
}

/* Counting goes on without a buffer. */
static void revoke_while_counting(void)
{
    struct vcpu *v;
    struct tcb *t = guest(&v);

    start(VESICLE_TRACE_ALL);
    exit_by(ESR(0x16, 0), 2000);
    EXPECT_GOOD(invoke(CPTR_CNODE, CNodeRevoke, WORDS(buffer, seL4_WordBits)));
    resume(t, 2001);
    exit_by(ESR(0x16, 0), 2000);
    resume(t, 2001);
    CHECK_EQ(invoke(CPTR_TRACE, TraceGetEvents, WORDS(0)).word[0], VESICLE_TRACE_COUNT);
    CHECK(fake_trace.hooks);
    CHECK_EQ(v->counters[vesicle_Exit_HVC].count, 2);
}

/* A new buffer begins with nothing; taking it away, or the memory below, detaches it. */
static void buffers(void)
{
    struct vcpu *v;
    struct tcb *t = guest(&v);

    start(EXITS);
    const struct vesicle_trace_ring *first = ring;
    exit_by(ESR(0x16, 0), 2000);
    seL4_CPtr old = buffer;
    start(EXITS);
    exit_by(ESR(0x16, 0), 2000);
    CHECK_EQ(first->written, 1);
    CHECK_EQ(ring->written, 1);
    CHECK(!slot_has_children(machine_slot(old)));
    /* The same frame once more. */
    EXPECT_GOOD(invoke(CPTR_TRACE, TraceSetBuffer, CAPS(buffer), WORDS(0)));
    CHECK_EQ(ring->written, 0);
    CHECK_EQ(invoke(CPTR_TRACE, TraceGetEvents, WORDS(0)).word[0], 0);
    set_events(EXITS);
    EXPECT_GOOD(invoke(CPTR_TRACE, TraceSetBuffer, CAPS(0), WORDS(0)));
    CHECK_EQ(invoke(CPTR_TRACE, TraceGetEvents, WORDS(0)).word[0], 0);
    CHECK(!fake_trace.hooks);
    start(EXITS);
    exit_by(ESR(0x16, 0), 2000);
    EXPECT_GOOD(invoke(CPTR_CNODE, CNodeRevoke, WORDS(CPTR_UNTYPED, seL4_WordBits)));
    CHECK(!cpus[0].trace.ring);
    CHECK_EQ(cpus[0].trace.events, 0);
    (void)t;
}

/* A copy of the buffer's capability is a frame like others. */
static void held_capability(void)
{
    start(EXITS);
    struct cap held = trace_buffers[0].cap;
    CHECK(cap_info(held) & FRAME_TRACE);
    CHECK(slot_is_parent(machine_slot(buffer), &trace_buffers[0]));
    CHECK(!(cap_info(machine_cap(machine_copy(buffer, seL4_AllRights))) & FRAME_HELD));
    machine_delete(buffer); /* ours keeps it alive */
    CHECK(!slot_is_empty(&trace_buffers[0]));
}

/* What began while nobody looked is not counted. */
static void half_an_exit(void)
{
    struct vcpu *v;
    struct tcb *t = guest(&v);

    vcpu_load(&cpus[0], v);
    start(EXITS | VESICLE_TRACE_COUNT);
    resume(t, 2000);
    struct vesicle_trace_record r = take();
    CHECK_EQ(r.kind, vesicle_Trace_Entry);
    CHECK_EQ(r.reason, vesicle_Exit_Other);
    CHECK_EQ(r.b, 0);
    exit_by(ESR(0x16, 0), 2100);
    take();
    set_events(0);
    fake_now = 5000; /* the guest went on, and was left again */
    set_events(EXITS | VESICLE_TRACE_COUNT);
    resume(t, 5100);
    CHECK_EQ(take().b, 0);
    /* The same while another VCPU was in the hardware. */
    exit_by(ESR(0x16, 0), 5110);
    take();
    vcpu_evict(v);
    set_events(0);
    fake_now = 5120;
    set_events(EXITS | VESICLE_TRACE_COUNT);
    vcpu_load(&cpus[0], v);
    resume(t, 5130);
    CHECK_EQ(take().b, 0);
    /* Went on at a core that does not record. */
    exit_by(ESR(0x16, 0), 5200);
    take();
    vcpu_evict(v);
    cpu_count = 2;
    cpu_init(1, 0);
    vcpu_load(&cpus[1], v);
    resume(t, 5300);
    CHECK_EQ(take().b, 0);
    for (unsigned i = 0; i < TRACE_COUNTERS; i++) {
        CHECK_EQ(v->counters[i].count, 0);
    }
    cpus[1].vcpu = 0;
}

static void counters(void)
{
    struct vcpu *v;
    struct tcb *t = guest(&v);
    seL4_CPtr vcpu = machine_new(seL4_ARM_VCPUObject);

    EXPECT_GOOD(invoke(vcpu, VCPUSetTCB, CAPS(core_cptr(t))));
    v = t->vcpu;
    t->state = THREAD_RUNNING;
    set_events(VESICLE_TRACE_COUNT); /* wants no buffer */
    for (unsigned i = 1; i <= 5; i++) {
        exit_by(ESR(0x18, 0), 2000);
        if (i > 2) {
            trace_fault_sent(&cpus[0], t);
        }
        resume(t, 2000 + i);
    }
    struct answer a = invoke(vcpu, VCPUReadCounters, WORDS(vesicle_Exit_SysReg));
    EXPECT_GOOD(a);
    CHECK_EQ(a.word[0], 2);
    CHECK_EQ(a.word[1], 3);
    CHECK_EQ(a.word[2], 3);
    CHECK_EQ(a.word[3], 12);
    a = invoke(vcpu, VCPUReadCounters, WORDS(vesicle_NumExitReasons));
    CHECK_EQ(a.error, seL4_RangeError);
    CHECK_EQ(a.word[1], vesicle_NumExitReasons - 1);
    CHECK_EQ(invoke(vcpu, VCPUReadCounters, ).error, seL4_TruncatedMessage);
    EXPECT_GOOD(invoke(vcpu, VCPUResetCounters, ));
    a = invoke(vcpu, VCPUReadCounters, WORDS(vesicle_Exit_SysReg));
    CHECK_EQ(a.word[0] | a.word[1] | a.word[2] | a.word[3], 0);
}

/* A core that counts, and does no more, has hooks of its own. */
static void counting(void)
{
    struct vcpu *v;
    struct tcb *t = guest(&v), *vmm = core_thread(20);

    vcpu_load(&cpus[0], v);
    count_begin(v, 900, vesicle_Exit_SMC); /* before it counted */
    start(VESICLE_TRACE_COUNT);
    CHECK(fake_trace.hooks);
    CHECK(!fake_trace.records);
    fake_now = 1900;
    CHECK(trace_leave_counting(t) == t);
    /* Ended by the kernel; nothing begins twice. */
    count_begin(v, 2000, vesicle_Exit_WFx);
    fake_now = 2004;
    CHECK(trace_leave_counting(vmm) == vmm);
    CHECK(trace_leave_counting(t) == t);
    CHECK(trace_leave_counting(t) == t);
    CHECK_EQ(v->counters[vesicle_Exit_WFx].count, 1);
    CHECK_EQ(v->counters[vesicle_Exit_WFx].ticks, 4);
    /* By the VMM: known at the beginning, or when the fault is sent, or both. */
    for (unsigned i = 0; i < 3; i++) {
        count_begin(v, 3000, vesicle_Exit_SMC | (i != 1 ? VESICLE_TRACE_VMM : 0));
        if (i > 0) {
            trace_fault_sent(&cpus[0], t);
        }
        fake_now = 3010;
        trace_leave_counting(t);
    }
    CHECK_EQ(v->counters[vesicle_Exit_SMC].count, 0);
    CHECK_EQ(v->counters[vesicle_Exit_SMC | VESICLE_TRACE_VMM].count, 3);
    CHECK_EQ(v->counters[vesicle_Exit_SMC | VESICLE_TRACE_VMM].ticks, 30);
    /* An interrupt is what it turns out to be. */
    count_begin(v, 4000, vesicle_Exit_IRQ);
    trace_irq_taken(&cpus[0], VESICLE_VTIMER_PPI);
    trace_leave_counting(t);
    CHECK_EQ(v->counters[vesicle_Exit_IRQ].count, 0);
    CHECK_EQ(v->counters[vesicle_Exit_VirtualTimer].count, 1);
    CHECK_EQ(ring->written, 0);
    /* From counting to recording and back, an exit is one. */
    count_begin(v, 5000, vesicle_Exit_HVC | VESICLE_TRACE_VMM);
    cpus[0].current = vmm;
    set_events(EXITS | SWITCHES | VESICLE_TRACE_COUNT);
    CHECK(fake_trace.records);
    resume(vmm, 5010);
    resume(t, 5020);
    struct vesicle_trace_record r = take();
    CHECK_EQ(r.kind, vesicle_Trace_Switch);
    CHECK_EQ(r.a, vmm->number);
    r = take();
    CHECK_EQ(r.kind, vesicle_Trace_Entry);
    CHECK_EQ(r.reason, vesicle_Exit_HVC | VESICLE_TRACE_VMM);
    CHECK_EQ(r.b, 20);
    check_end();
    exit_by(ESR(0x16, 0), 5030);
    set_events(VESICLE_TRACE_COUNT);
    CHECK(fake_trace.hooks);
    CHECK(!fake_trace.records);
    fake_now = 5040;
    trace_leave_counting(t);
    CHECK_EQ(v->counters[vesicle_Exit_HVC | VESICLE_TRACE_VMM].count, 1);
    CHECK_EQ(v->counters[vesicle_Exit_HVC].count, 1);
    CHECK_EQ(v->counters[vesicle_Exit_HVC].ticks, 10);
}

static void errors(void)
{
    seL4_CPtr page = machine_new(seL4_ARM_SmallPageObject);
    seL4_CPtr read_only = machine_copy(page, seL4_CapRights_new(0, 0, 1, 0));
    seL4_CPtr write_only = machine_copy(page, seL4_CapRights_new(0, 0, 0, 1));
    seL4_CPtr device = machine_retype(CPTR_DEVICE_UNTYPED, seL4_ARM_SmallPageObject, 0, 1);
    const seL4_CPtr bad[] = {read_only, write_only, device, CPTR_TCB};
    struct answer a;

    a = invoke(CPTR_TRACE, TraceSetBuffer, CAPS(page), WORDS(1));
    CHECK_EQ(a.error, seL4_RangeError);
    CHECK_EQ(a.word[1], 0);
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
        a = invoke(CPTR_TRACE, TraceSetBuffer, CAPS(bad[i]), WORDS(0));
        CHECK_EQ(a.error, seL4_InvalidCapability);
        CHECK_EQ(a.word[0], 2);
    }
    CHECK_EQ(invoke(CPTR_TRACE, TraceSetBuffer, WORDS(0)).error, seL4_TruncatedMessage);
    CHECK_EQ(invoke(CPTR_TRACE, TraceSetBuffer, CAPS(page)).error, seL4_TruncatedMessage);
    CHECK(!cpus[0].trace.ring);
    CHECK_EQ(invoke(CPTR_TRACE, TraceSetEvents, WORDS(1, 0)).error, seL4_RangeError);
    CHECK_EQ(invoke(CPTR_TRACE, TraceSetEvents, WORDS(0)).error, seL4_TruncatedMessage);
    CHECK_EQ(invoke(CPTR_TRACE, TraceSetEvents, WORDS(0, EXITS)).error, seL4_IllegalOperation);
    a = invoke(CPTR_TRACE, TraceSetEvents, WORDS(0, VESICLE_TRACE_ALL + 1));
    CHECK_EQ(a.error, seL4_RangeError);
    CHECK_EQ(a.word[1], VESICLE_TRACE_ALL);
    CHECK_EQ(invoke(CPTR_TRACE, TraceGetEvents, WORDS(1)).error, seL4_RangeError);
    CHECK_EQ(invoke(CPTR_TRACE, TraceGetEvents, ).error, seL4_TruncatedMessage);
    a = invoke(CPTR_TRACE, TraceGetThread, CAPS(page));
    CHECK_EQ(a.error, seL4_InvalidCapability);
    CHECK_EQ(a.word[0], 1);
    CHECK_EQ(invoke(CPTR_TRACE, TraceGetThread, ).error, seL4_TruncatedMessage);
    CHECK_EQ(invoke(CPTR_TRACE, PageMap, WORDS(0, 0, 0)).error, seL4_IllegalOperation);
    CHECK_EQ(invoke(CPTR_TCB, TraceGetEvents, WORDS(0)).error, seL4_IllegalOperation);
}

/* Numbers are given once: memory of a dead thread makes no thread of the same number. */
static void thread_numbers(void)
{
    seL4_CPtr untyped = machine_retype(CPTR_UNTYPED, seL4_UntypedObject, seL4_TCBBits, 1);
    word_t last = 0;

    for (unsigned i = 0; i < 3; i++) {
        seL4_CPtr tcb = machine_retype(untyped, seL4_TCBObject, 0, 1);
        struct answer a = invoke(CPTR_TRACE, TraceGetThread, CAPS(tcb));
        EXPECT_GOOD(a);
        CHECK(a.word[0] > last);
        last = a.word[0];
        machine_delete(tcb);
    }
}

static void sample_interrupt(ticks_t time)
{
    fake_now = time;
    trace_enter_irq();
    trace_irq_taken(&cpus[0], 26);
}

/* Where a thread was when the time came; where that was in the kernel, why it was there. The timer is set for it. */
static void samples(void)
{
    const word_t every_20_us = 20ul << VESICLE_TRACE_PERIOD_SHIFT;
    struct vesicle_trace_record r;

    struct answer a = invoke(CPTR_TRACE, TraceSetEvents, WORDS(0, every_20_us));
    CHECK_EQ(a.error, seL4_IllegalOperation); /* no ring */
    start(every_20_us);
    struct tcb *t = core_thread(5);
    cpus[0].current = t;
    t->pc = 0x4000;
    t->pstate = 0;
    CHECK(cpus[0].timer_dirty);
    sched_run(&cpus[0]);
    CHECK_EQ(fake_deadline, 1020);
    cpus[0].current = t;
    fake_trace.esr = ESR(0x15, 0);
    fake_now = 1010;
    trace_enter();
    fake_now = 1015;
    trace_leave(t);
    sample_interrupt(1025);
    r = take();
    CHECK_EQ(r.kind, vesicle_Trace_Sample);
    CHECK_EQ(r.thread, t->number);
    CHECK_EQ(r.a, 0x4000);
    CHECK_EQ(r.detail, 0);
    CHECK_EQ(r.b, 5);
    /* Due while the kernel served a system call. */
    fake_now = 1040;
    trace_enter();
    fake_now = 1060;
    trace_leave(t);
    sample_interrupt(1061);
    r = take();
    CHECK_EQ(r.detail, VESICLE_TRACE_IN_KERNEL);
    CHECK_EQ(r.reason, vesicle_Exit_SystemCall);
    CHECK_EQ(r.thread, t->number);
    /* Too early; nobody ran. */
    sample_interrupt(1070);
    cpus[0].current = cpus[0].idle;
    sample_interrupt(1100);
    seL4_Word lost_now = 0;
    CHECK(!vesicle_trace_read(ring, &next, &lost_now, &r));
    CHECK_EQ(cpus[0].trace.sample_at, 1100 + 20 + 8); /* the period, and as late as it was */
    set_events(0);
    CHECK_EQ(cpus[0].trace.sample_at, ~0ull);
    CHECK_EQ(invoke(CPTR_TRACE, TraceSetEvents, WORDS(0, 9ul << VESICLE_TRACE_PERIOD_SHIFT)).error, seL4_RangeError);
    CHECK_EQ(invoke(CPTR_TRACE, TraceSetEvents, WORDS(0, ~0ul << VESICLE_TRACE_PERIOD_SHIFT)).error, seL4_RangeError);
}

int main(void)
{
    static const struct unit_case cases[] = {
        {"header", header},
        {"kernel_exit", kernel_exit},
        {"reasons", reasons},
        {"aborts", aborts},
        {"interrupts", interrupts},
        {"vmm_exits", vmm_exits},
        {"native_traps", native_traps},
        {"idling", idling},
        {"faults", faults},
        {"masks", masks},
        {"losses", losses},
        {"page_is_not_believed", page_is_not_believed},
        {"revoke", revoke},
        {"revoke_while_counting", revoke_while_counting},
        {"buffers", buffers},
        {"held_capability", held_capability},
        {"half_an_exit", half_an_exit},
        {"counters", counters},
        {"counting", counting},
        {"errors", errors},
        {"samples", samples},
        {"thread_numbers", thread_numbers},
    };

    return unit_run("trace", cases, UNIT_COUNT(cases), setup);
}
