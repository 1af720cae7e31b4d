/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kernel records and counts of guests. */
#include "cases.h"
#include "guests.h"
#include "kernel/lib/clock.h"
#include "kernel/lib/objects.h"
#include "kernel/lib/tracing.h"
#include "kernel/lib/worker.h"
#include "lib/vm.h"
#include <sel4/sel4.h>

#define MMIO  0x09000000ul
#define EXITS (VESICLE_TRACE_EVENT(vesicle_Trace_Exit) | VESICLE_TRACE_EVENT(vesicle_Trace_Entry))
#define PSCI  0x84000000ul

enum { PAGE_BITS = seL4_PageBits, BIG_BITS = seL4_LargePageBits };

static struct vm *start(const char *entry)
{
    struct vm *vm = vm_new(guest_start, guest_end);
    vm_start(vm, guest_start, entry);
    return vm;
}

static struct vesicle_trace_record next(struct vm *vm)
{
    return tracing_next_of(0, vm->tcb);
}

/* The next record is an Exit with this reason and, of the syndrome, these low bits. */
static struct vesicle_trace_record expect_exit(struct vm *vm, unsigned reason, seL4_Word iss, seL4_Word mask)
{
    struct vesicle_trace_record r = next(vm);
    CHECK_EQ(r.kind, vesicle_Trace_Exit);
    CHECK_EQ(r.reason, reason);
    CHECK_EQ(r.b & mask, iss);
    return r;
}

static void expect_entry(struct vm *vm, unsigned reason)
{
    struct vesicle_trace_record r = next(vm);
    CHECK_EQ(r.kind, vesicle_Trace_Entry);
    CHECK_EQ(r.reason, reason);
}

/* Each exit once, in order, with the right reason, PC and place where it ended. */
static void order(void)
{
    struct vm *vm = start(guest_const);
    vm_expect_hvc(vm, HVC_READY);
    REQUIRE_OK(vesicle_VCPU_SetConstCall(vm->vcpu, PSCI, 0x10001));
    REQUIRE_OK(vesicle_VCPU_SetConstIDReg(vm->vcpu, VESICLE_IDREG(7, 0), 0x1122));
    tracing_start(0, PAGE_BITS, EXITS);
    seL4_Word ready = vm->exit->pc;
    REQUIRE_EQ(vm_resume(vm, 0, 0), seL4_Fault_VCPUFault);
    CHECK_EQ(vm->exit->x[1], 0x10001);
    CHECK_EQ(vm->exit->x[9], 0x9999);
    seL4_Word unknown = vm->exit->pc;
    vm_resume_to_hvc(vm, HVC_DONE);
    tracing_stop(0);

    struct vesicle_trace_record r = next(vm); /* what it waited in was not seen */
    CHECK_EQ(r.kind, vesicle_Trace_Entry);
    CHECK_EQ(r.reason, vesicle_Exit_Other);
    CHECK_EQ(r.a, ready);
    CHECK_EQ(r.b, 0);
    seL4_Word before = r.time;
    r = expect_exit(vm, vesicle_Exit_ConstCall, PSCI << 32, ~0ul);
    CHECK_EQ(r.a, ready + 3 * 4); /* behind the HVC */
    r = expect_exit(vm, vesicle_Exit_ConstCall, PSCI << 32, ~0ul);
    CHECK_EQ(r.a, ready + 5 * 4); /* at the SMC */
    CHECK(r.time >= before);
    r = expect_exit(vm, vesicle_Exit_SysReg, 0, 0);
    CHECK_EQ(ESR_EC(r.b), ESR_EC_SYSREG);
    CHECK_EQ(r.a, ready + 7 * 4);
    r = next(vm);
    CHECK_EQ(r.kind, vesicle_Trace_Entry);
    CHECK_EQ(r.reason, vesicle_Exit_SysReg);
    CHECK_EQ(r.a, ready + 8 * 4);
    r = expect_exit(vm, vesicle_Exit_HVC, (PSCI + 1) << 32, ~0ul << 32);
    CHECK_EQ(r.a, unknown);
    before = r.time;
    r = next(vm);
    CHECK_EQ(r.kind, vesicle_Trace_Entry);
    CHECK_EQ(r.reason, vesicle_Exit_HVC | VESICLE_TRACE_VMM);
    CHECK_EQ(r.b, r.time - before);
    expect_exit(vm, vesicle_Exit_HVC, HVC_DONE, 0xffff);
    CHECK_EQ(tracing_lost(0), 0);
}

/* Device accesses tell where they went. */
static void addresses(void)
{
    static const unsigned offsets[] = {0, 2, 4, 8, 16, 17, 18, 20, 24, 32, 34, 36};
    struct vm *vm = vm_new(guest_start, guest_end);
    tracing_start(0, PAGE_BITS, EXITS);
    vm_start(vm, guest_start, guest_mmio);
    for (unsigned i = 0; i < sizeof offsets / sizeof *offsets; i++) {
        REQUIRE_EQ(i == 0 ? vm_wait(vm) : vm_resume(vm, 0, 0), seL4_Fault_VCPUFault);
        vm->exit->pc += 4;
    }
    vm_resume_to_hvc(vm, HVC_DONE);
    tracing_stop(0);
    expect_entry(vm, vesicle_Exit_Other);
    for (unsigned i = 0; i < sizeof offsets / sizeof *offsets; i++) {
        struct vesicle_trace_record r = next(vm);
        seL4_Uint64 ipa;
        CHECK_EQ(r.reason, vesicle_Exit_DataAbort);
        CHECK(vesicle_trace_ipa(&r, &ipa));
        CHECK_EQ(ipa, MMIO + offsets[i]);
        CHECK_EQ(ESR_DATA_WRITE(r.b), i < 5);
        expect_entry(vm, vesicle_Exit_DataAbort | VESICLE_TRACE_VMM);
    }
    expect_exit(vm, vesicle_Exit_HVC, HVC_DONE, 0xffff);
}

/* Guest, VMM, guest: who runs is known at all times. */
static void switches(void)
{
    struct vm *vm = start(guest_hvc_loop);
    vm_expect_hvc(vm, HVC_READY);
    tracing_start(0, PAGE_BITS, EXITS | VESICLE_TRACE_EVENT(vesicle_Trace_Switch));
    vm_resume_to_hvc(vm, HVC_READY);
    vm_resume_to_hvc(vm, HVC_READY);
    tracing_stop(0);
    seL4_Uint32 guest = tracing_number(vm->tcb), vmm = tracing_number(seL4_CapInitThreadTCB), running = vmm;
    struct vesicle_trace_record r;
    unsigned to_guest = 0, to_vmm = 0;
    while (tracing_next(0, &r)) {
        if (r.kind != vesicle_Trace_Switch) {
            CHECK_EQ(r.thread, running);
            continue;
        }
        CHECK_EQ(r.a, running);
        if (r.a == vmm && r.thread == guest) {
            to_guest++;
            CHECK_EQ(r.reason, vesicle_TraceState_Receiving);
        } else if (r.a == guest && r.thread == vmm) {
            to_vmm++;
            CHECK_EQ(r.reason, vesicle_TraceState_Calling);
        }
        running = r.thread;
    }
    CHECK_EQ(to_guest, 2);
    CHECK_EQ(to_vmm, 2);
}

/* A guest that sleeps that often, 5 ms each time, once it is resumed. */
static struct vm *start_timer_guest(seL4_Word times)
{
    struct vm *vm = start(guest_timer);
    vm_expect_hvc(vm, HVC_READY);
    vm->exit->x[25] = times;
    vm->exit->x[26] = gpi_time_frequency() / 200;
    REQUIRE_OK(vesicle_VCPU_SetVPPI(vm->vcpu, VESICLE_VTIMER_PPI, 1, 0x80, 1));
    return vm;
}

/* A guest that sleeps, and is woken by its timer: exits that the kernel ends, the core idles between. */
static void timer(void)
{
    enum { TIMES = 3 };
    struct vm *vm = start_timer_guest(TIMES);
    REQUIRE_OK(vesicle_VCPU_ResetCounters(vm->vcpu));
    tracing_start(0, BIG_BITS, VESICLE_TRACE_ALL);
    vm_resume_to_hvc(vm, HVC_DONE);
    tracing_stop(0);
    seL4_Uint32 guest = tracing_number(vm->tcb);
    struct vesicle_trace_record r;
    unsigned sleeps = 0, idle = 0, fired = 0, timer_entries = 0;
    seL4_Word asleep = 0;
    while (tracing_next(0, &r)) {
        sleeps += r.kind == vesicle_Trace_Exit && r.reason == vesicle_Exit_WFx;
        idle += r.kind == vesicle_Trace_Switch && r.thread == 0 && r.a == guest && r.reason == vesicle_TraceState_WFI;
        fired += r.kind == vesicle_Trace_IRQ && r.detail == VESICLE_VTIMER_PPI;
        timer_entries += r.kind == vesicle_Trace_Entry && r.reason == vesicle_Exit_VirtualTimer;
        asleep += r.kind == vesicle_Trace_Entry && r.reason == vesicle_Exit_WFx ? r.b : 0;
    }
    CHECK_EQ(fired, TIMES);
    CHECK_IN(sleeps, 1, TIMES);
    CHECK(idle >= 1);
    vesicle_VCPU_ReadCounters_t wfx = vesicle_VCPU_ReadCounters(vm->vcpu, vesicle_Exit_WFx);
    CHECK_EQ(wfx.kernel_exits, sleeps);
    CHECK_EQ(wfx.kernel_ticks, asleep);
    CHECK_EQ(wfx.vmm_exits, 0);
    CHECK_EQ(vesicle_VCPU_ReadCounters(vm->vcpu, vesicle_Exit_VirtualTimer).kernel_exits, timer_entries);
}

/* A fault that is none of a guest's exits to its VMM, for want of an exit frame. */
static void fault(void)
{
    struct vm *vm = vm_new_without_frame(guest_start, guest_end);
    tracing_start(0, PAGE_BITS, VESICLE_TRACE_EVENT(vesicle_Trace_Fault));
    vm_start(vm, guest_start, guest_mmio);
    REQUIRE_EQ(vm_wait(vm), seL4_Fault_VMFault);
    tracing_stop(0);
    struct vesicle_trace_record r = next(vm);
    CHECK_EQ(r.kind, vesicle_Trace_Fault);
    CHECK_EQ(r.reason, seL4_Fault_VMFault);
    CHECK_EQ(r.b, MMIO);
}

/* More exits than the ring holds: what is gone is known. */
static void losses(void)
{
    enum { TIMES = 1000 };
    struct vm *vm = start(guest_hvc_loop);
    vm_expect_hvc(vm, HVC_READY);
    tracing_start(0, PAGE_BITS, VESICLE_TRACE_EVENT(vesicle_Trace_Exit));
    for (unsigned i = 0; i < TIMES; i++) {
        vm_resume_to_hvc(vm, HVC_READY);
    }
    tracing_stop(0);
    struct vesicle_trace_record r;
    seL4_Word seen = 0, last = 0;
    while (tracing_next(0, &r)) {
        CHECK(r.time >= last);
        last = r.time;
        seen++;
    }
    CHECK_EQ(seen, tracing_ring(0)->capacity - VESICLE_TRACE_MARGIN);
    CHECK_EQ(seen + tracing_lost(0), tracing_ring(0)->written);
    CHECK(tracing_ring(0)->written >= TIMES);
    CHECK_EQ(vesicle_Trace_GetEvents(vesicle_CapTrace, 0).written, tracing_ring(0)->written);
}

/* Read while it is written, nothing is missing. */
static void read_along(void)
{
    enum { TIMES = 500 };
    struct vm *vm = start(guest_hvc_loop);
    vm_expect_hvc(vm, HVC_READY);
    tracing_start(0, PAGE_BITS, EXITS);
    for (unsigned i = 0; i < TIMES; i++) {
        vm_resume_to_hvc(vm, HVC_READY);
        expect_entry(vm, i == 0 ? (unsigned)vesicle_Exit_Other : vesicle_Exit_HVC | VESICLE_TRACE_VMM);
        expect_exit(vm, vesicle_Exit_HVC, HVC_READY, 0xffff);
    }
    CHECK_EQ(tracing_lost(0), 0);
}

/* The frame's memory is taken away while exits are recorded: it is never written again. */
static void revoked(void)
{
    struct vm *vm = start(guest_hvc_loop);
    vm_expect_hvc(vm, HVC_READY);
    seL4_CPtr frame = new_page_at(WINDOW);
    tracing_stop(0);
    REQUIRE_OK(vesicle_VCPU_ResetCounters(vm->vcpu));
    REQUIRE_OK(vesicle_Trace_SetBuffer(vesicle_CapTrace, 0, frame));
    REQUIRE_OK(vesicle_Trace_SetEvents(vesicle_CapTrace, 0, VESICLE_TRACE_ALL));
    vm_resume_to_hvc(vm, HVC_READY);
    volatile seL4_Word *word = (volatile seL4_Word *)WINDOW;
    CHECK(((volatile struct vesicle_trace_ring *)WINDOW)->written > 0);
    REQUIRE_OK(seL4_CNode_Revoke(ROOT_CNODE, frame, DEPTH));
    for (unsigned i = 0; i < 512; i++) {
        word[i] = i;
    }
    for (unsigned i = 0; i < 300; i++) {
        vm_resume_to_hvc(vm, HVC_READY);
    }
    for (unsigned i = 0; i < 512; i++) {
        CHECK_EQ(word[i], i);
    }
    CHECK_EQ(vesicle_Trace_GetEvents(vesicle_CapTrace, 0).events, VESICLE_TRACE_COUNT);
    CHECK_EQ(vesicle_VCPU_ReadCounters(vm->vcpu, vesicle_Exit_HVC).vmm_exits, 300);
}

/* What the guest did, reason by reason, is what was counted. */
static void counters(void)
{
    static const struct {
        unsigned reason;
        seL4_Word kernel, vmm;
    } expected[] = {
        {vesicle_Exit_HVC, 0, 2}, /* the last exit is not over */
        {vesicle_Exit_SMC, 0, 0}, {vesicle_Exit_ConstCall, 2, 0}, {vesicle_Exit_SysReg, 1, 0},
        {vesicle_Exit_WFx, 0, 0}, {vesicle_Exit_DataAbort, 0, 0}, {vesicle_Exit_InstructionAbort, 0, 0},
    };
    struct vm *vm = vm_new(guest_start, guest_end);
    REQUIRE_OK(vesicle_VCPU_SetConstCall(vm->vcpu, PSCI, 0x10001));
    REQUIRE_OK(vesicle_VCPU_SetConstIDReg(vm->vcpu, VESICLE_IDREG(7, 0), 0x1122));
    REQUIRE_OK(vesicle_Trace_SetEvents(vesicle_CapTrace, 0, VESICLE_TRACE_COUNT));
    vm_start(vm, guest_start, guest_const);
    vm_expect_hvc(vm, HVC_READY);
    REQUIRE_EQ(vm_resume(vm, 0, 0), seL4_Fault_VCPUFault);
    vm_resume_to_hvc(vm, HVC_DONE);
    for (unsigned i = 0; i < sizeof expected / sizeof *expected; i++) {
        vesicle_VCPU_ReadCounters_t c = vesicle_VCPU_ReadCounters(vm->vcpu, expected[i].reason);
        CHECK_OK(c.error);
        CHECK_EQ(c.kernel_exits, expected[i].kernel);
        CHECK_EQ(c.vmm_exits, expected[i].vmm);
        CHECK(c.vmm_exits != 0 || c.vmm_ticks == 0);
    }
    REQUIRE_OK(vesicle_Trace_SetEvents(vesicle_CapTrace, 0, 0));
    REQUIRE_OK(vesicle_VCPU_ResetCounters(vm->vcpu));
    for (unsigned reason = 0; reason < vesicle_NumExitReasons; reason++) {
        vesicle_VCPU_ReadCounters_t c = vesicle_VCPU_ReadCounters(vm->vcpu, reason);
        CHECK_EQ(c.kernel_exits | c.kernel_ticks | c.vmm_exits | c.vmm_ticks, 0);
    }
    CHECK_EQ(vesicle_VCPU_ReadCounters(vm->vcpu, vesicle_NumExitReasons).error, seL4_RangeError);
}

/* A VMM thread; its arguments. */
enum { ARG_VM, ARG_EXITS, ARG_USES_FP };

/* Answers whoever wants to know that it waits, serves so many exits, and is done when one more has come. What is no call is skipped. */
static void serve(struct worker *w)
{
    struct vm *vm = (struct vm *)w->arg[ARG_VM];
    seL4_Word badge, esr;
    seL4_RecvWithMRs(vm->ep, &badge, &esr, 0, 0, 0, vm->reply);
    seL4_ReplyRecvWithMRs(vm->ep, seL4_MessageInfo_new(0, 0, 0, 0), &badge, &esr, 0, 0, 0, vm->reply);
    for (seL4_Word i = 0; i < w->arg[ARG_EXITS]; i++) {
        if (ESR_EC(esr) != ESR_EC_HVC64) {
            vm->exit->pc += 4;
        }
        if (w->arg[ARG_USES_FP] && i % 2) {
            __asm__ volatile("fmov d5, #1.0");
        }
        seL4_ReplyRecvWithMRs(vm->ep, seL4_MessageInfo_new(0, 0, 0, 0), &badge, &esr, 0, 0, 0, vm->reply);
    }
    w->done = true;
}

struct vmm {
    bool passive, uses_fp;
    seL4_Word priority;
};

/* A guest that makes so many exits of that reason, and one more. */
static void count(struct vmm vmm, const char *entry, unsigned exits, unsigned reason)
{
    struct vm *vm = vm_new(guest_start, guest_end);
    struct worker *w = worker_new(serve, vmm.priority);
    w->arg[ARG_VM] = (seL4_Word)vm;
    w->arg[ARG_EXITS] = exits;
    w->arg[ARG_USES_FP] = vmm.uses_fp;
    worker_run(w);
    seL4_Call(vm->ep, seL4_MessageInfo_new(0, 0, 0, 0)); /* from now on it waits for the guest */
    if (vmm.passive) {
        REQUIRE_OK(seL4_SchedContext_Unbind(w->sc));
    }
    REQUIRE_OK(vesicle_Trace_SetEvents(vesicle_CapTrace, 0, VESICLE_TRACE_COUNT));
    vm_start(vm, guest_start, entry);
    worker_wait(&w->done);
    tracing_stop(0);
    for (unsigned i = 0; i < vesicle_NumExitReasons; i++) {
        vesicle_VCPU_ReadCounters_t c = vesicle_VCPU_ReadCounters(vm->vcpu, i);
        CHECK_EQ(c.vmm_exits, i == reason ? exits : 0);
        CHECK((c.vmm_ticks != 0) == (c.vmm_exits != 0));
        CHECK(c.kernel_exits == 0 || (i >= vesicle_Exit_IRQ && i <= vesicle_Exit_Timer));
    }
}

/* Where a core only counts, the fast paths do it themselves: whatever way an exit goes, it is counted once. */
static void count_all(struct vmm vmm)
{
    count(vmm, guest_hvc_loop, 60, vesicle_Exit_HVC);
    count(vmm, guest_mmio, 12, vesicle_Exit_DataAbort);
}

static void counting_passive(void)
{
    count_all((struct vmm){.passive = true, .priority = MAIN_PRIORITY + 1});
}

static void counting_fp(void)
{
    count_all((struct vmm){.passive = true, .uses_fp = true, .priority = MAIN_PRIORITY + 1});
}

static void counting_active(void)
{
    count_all((struct vmm){.priority = MAIN_PRIORITY + 1});
}

static void counting_less_urgent(void)
{
    count_all((struct vmm){.passive = true, .priority = GUEST_PRIORITY - 1});
}

/* The guest is interrupted for somebody else, who waits again soon: it goes on from there. */
static void counting_interrupted(void)
{
    enum { TIMES = 10, MOST = 10000 };
    struct vm *vm = start(guest_spin);
    vm_expect_hvc(vm, HVC_READY);
    REQUIRE_OK(vesicle_Trace_SetEvents(vesicle_CapTrace, 0, VESICLE_TRACE_COUNT));
    vm_reply(vm, 0);
    vesicle_VCPU_ReadCounters_t timer = {0};
    for (unsigned i = 0; i < MOST && timer.kernel_exits < TIMES; i++) {
        sleep_us(1000);
        timer = vesicle_VCPU_ReadCounters(vm->vcpu, vesicle_Exit_Timer);
    }
    tracing_stop(0);
    CHECK(timer.kernel_exits >= TIMES);
    CHECK(timer.kernel_ticks > 0);
}

/* The guest sleeps, and is woken or interrupted by its timer. */
static void counting_sleep(void)
{
    enum { TIMES = 3 };
    struct vm *vm = start_timer_guest(TIMES);
    tracing_stop(0);
    REQUIRE_OK(vesicle_VCPU_ResetCounters(vm->vcpu));
    REQUIRE_OK(vesicle_Trace_SetEvents(vesicle_CapTrace, 0, VESICLE_TRACE_COUNT));
    vm_resume_to_hvc(vm, HVC_DONE);
    tracing_stop(0);
    vesicle_VCPU_ReadCounters_t wfx = vesicle_VCPU_ReadCounters(vm->vcpu, vesicle_Exit_WFx);
    vesicle_VCPU_ReadCounters_t fired = vesicle_VCPU_ReadCounters(vm->vcpu, vesicle_Exit_VirtualTimer);
    CHECK_IN(wfx.kernel_exits, 1, TIMES);
    CHECK_EQ(wfx.vmm_exits, 0);
    CHECK(wfx.kernel_ticks + fired.kernel_ticks > 0);
    CHECK_IN(fired.kernel_exits, TIMES - wfx.kernel_exits, TIMES);
    CHECK_EQ(vesicle_VCPU_ReadCounters(vm->vcpu, vesicle_Exit_HVC).vmm_exits, 0); /* neither saw both its ends */
}

/* Nothing is counted or written by a core that does neither. */
static void off(void)
{
    struct vm *vm = start(guest_hvc_loop);
    vm_expect_hvc(vm, HVC_READY);
    tracing_start(0, PAGE_BITS, VESICLE_TRACE_ALL);
    tracing_stop(0);
    REQUIRE_OK(vesicle_VCPU_ResetCounters(vm->vcpu));
    seL4_Word written = tracing_ring(0)->written;
    for (unsigned i = 0; i < 20; i++) {
        vm_resume_to_hvc(vm, HVC_READY);
    }
    CHECK_EQ(tracing_ring(0)->written, written);
    CHECK_EQ(vesicle_VCPU_ReadCounters(vm->vcpu, vesicle_Exit_HVC).vmm_exits, 0);
}

const struct test_case trace_cases[] = {
    {"trace_order", order},
    {"trace_addresses", addresses},
    {"trace_switches", switches},
    {"trace_timer", timer},
    {"trace_fault", fault},
    {"trace_losses", losses},
    {"trace_read_along", read_along},
    {"trace_revoked", revoked},
    {"trace_counters", counters},
    {"trace_counting_passive", counting_passive},
    {"trace_counting_fp", counting_fp},
    {"trace_counting_active", counting_active},
    {"trace_counting_less_urgent", counting_less_urgent},
    {"trace_counting_interrupted", counting_interrupted},
    {"trace_counting_sleep", counting_sleep},
    {"trace_off", off},
    {0, 0},
};
