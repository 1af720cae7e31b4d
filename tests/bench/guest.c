/* SPDX-License-Identifier: BSD-2-Clause */
/* Exits of a guest that a passive VMM thread serves, and what the kernel does alone. */
#include "bench.h"

#include "guests.h"
#include "kernel/lib/objects.h"
#include "kernel/lib/test.h"
#include "kernel/lib/tracing.h"
#include "kernel/lib/worker.h"
#include "vm/lib/vm.h"
#include <sel4/sel4.h>

enum { FEW = 1000, MANY = 9000 };
#define VIRQ        vesicle_virq(40, 0xa0, 1, 0)
#define PSCI_CALL   0x84000000ul
#define DEVICE_SIZE 0x1000ul
#define EXITS_AND_SWITCHES                                                                                             \
    (VESICLE_TRACE_EVENT(vesicle_Trace_Exit) | VESICLE_TRACE_EVENT(vesicle_Trace_Entry) |                              \
     VESICLE_TRACE_EVENT(vesicle_Trace_Switch))

/* The VMM thread's arguments. */
enum { ARG_VM, ARG_FINISHED, ARG_REPLY };

static struct vm *vm_of(const struct worker *w)
{
    return (struct vm *)w->arg[ARG_VM];
}

/* Resumes the guest and waits for its next exit; returns the syndrome. */
VESICLE_INLINE seL4_Word next_exit(seL4_CPtr ep, seL4_CPtr reply)
{
    seL4_Word esr = 0;
    seL4_ReplyRecvWithMRs(ep, seL4_MessageInfo_new(0, 0, 0, 0), 0, &esr, 0, 0, 0, reply);
    return esr;
}

static void first_exit(const struct vm *vm)
{
    seL4_RecvWithMRs(vm->ep, 0, 0, 0, 0, 0, vm->reply);
}

static void finish(struct worker *w, struct counters start, struct counters end)
{
    struct counters d = counters_between(start, end);
    w->result[0] = d.insns;
    w->result[1] = d.ticks;
    seL4_Signal(w->arg[ARG_FINISHED]);
}

static void vmm_hvc(struct worker *w)
{
    seL4_CPtr ep = vm_of(w)->ep, reply = vm_of(w)->reply;
    first_exit(vm_of(w));
    for (unsigned i = 0; i < WARM; i++) {
        next_exit(ep, reply);
    }
    struct counters start = counters_now();
    for (unsigned i = 0; i < ROUNDS; i++) {
        next_exit(ep, reply);
    }
    finish(w, start, counters_now());
}

/* A device of 32-bit registers that read as their number. */
VESICLE_INLINE bool emulate_read(volatile struct vesicle_exit_frame *frame, seL4_Word esr)
{
    seL4_Word offset = frame->ipa - GUEST_MMIO;
    if (ESR_EC(esr) != ESR_EC_DATA_LOWER || !ESR_DATA_ISV(esr) || ESR_DATA_WRITE(esr) || offset >= DEVICE_SIZE) {
        return false;
    }
    seL4_Word bits = 8 * ESR_DATA_BYTES(esr);
    seL4_Word value = (offset + 7) & (~0ul >> (seL4_WordBits - bits));
    if (ESR_DATA_REG(esr) != 31) {
        frame->x[ESR_DATA_REG(esr)] = value;
    }
    frame->pc += 4;
    return true;
}

static void vmm_mmio(struct worker *w)
{
    volatile struct vesicle_exit_frame *frame = vm_of(w)->exit;
    seL4_CPtr ep = vm_of(w)->ep, reply = vm_of(w)->reply;
    seL4_Word esr, bad = 0;
    seL4_RecvWithMRs(ep, 0, &esr, 0, 0, 0, reply);
    for (unsigned i = 0; i < WARM; i++) {
        bad += !emulate_read(frame, esr);
        esr = next_exit(ep, reply);
    }
    struct counters start = counters_now();
    for (unsigned i = 0; i < ROUNDS; i++) {
        bad += !emulate_read(frame, esr);
        esr = next_exit(ep, reply);
    }
    finish(w, start, counters_now());
    w->result[2] = bad;
}

/* The VCPU is resident: its guest waits for our answer. */
static void vmm_inject(struct worker *w)
{
    struct vm *vm = vm_of(w);
    struct counters total = {0, 0};
    first_exit(vm);
    for (unsigned i = 0; i < WARM + ROUNDS; i++) {
        struct counters start = counters_now();
        vesicle_VCPU_Inject(vm->vcpu, VIRQ);
        struct counters d = counters_between(start, counters_now());
        if (i >= WARM) {
            counters_add(&total, d);
        }
        vesicle_VCPU_Withdraw(vm->vcpu, VIRQ);
    }
    w->result[0] = total.insns;
    w->result[1] = total.ticks;
    seL4_Signal(w->arg[ARG_FINISHED]);
}

/* Two guests of one thread: when the one is answered, the other one waits for its answer. */
static void vmm_two(struct worker *w)
{
    seL4_CPtr ep = vm_of(w)->ep, reply[2] = {vm_of(w)->reply, w->arg[ARG_REPLY]};
    seL4_RecvWithMRs(ep, 0, 0, 0, 0, 0, reply[0]);
    seL4_RecvWithMRs(ep, 0, 0, 0, 0, 0, reply[1]);
    for (unsigned i = 0; i < WARM; i += 2) {
        next_exit(ep, reply[0]);
        next_exit(ep, reply[1]);
    }
    struct counters start = counters_now();
    for (unsigned i = 0; i < ROUNDS; i += 2) {
        next_exit(ep, reply[0]);
        next_exit(ep, reply[1]);
    }
    finish(w, start, counters_now());
}

/* Two visits of different length, so that what a visit costs itself drops out. */
static void vmm_count(struct worker *w)
{
    struct vm *vm = vm_of(w);
    struct counters d[2];
    seL4_Word own[2];
    first_exit(vm);
    vm->exit->x[25] = WARM;
    vm->exit->x[24] = PSCI_CALL;
    next_exit(vm->ep, vm->reply);
    for (unsigned i = 0; i < 2; i++) {
        seL4_Word turns = vm->exit->x[28];
        vm->exit->x[25] = i ? MANY : FEW;
        struct counters start = counters_now();
        next_exit(vm->ep, vm->reply);
        d[i] = counters_since(start, counters_now());
        own[i] = (vm->exit->x[28] - turns) * TIMER_WAIT_INSNS;
    }
    w->result[0] = d[1].insns - d[0].insns;
    w->result[1] = d[1].ticks - d[0].ticks;
    w->result[3] = own[1] - own[0];
    seL4_Signal(w->arg[ARG_FINISHED]);
}

static struct vm *new_guest(void)
{
    struct vm *vm = vm_new(guest_start, guest_end);
    REQUIRE_OK(vesicle_VCPU_SetVPPI(vm->vcpu, VESICLE_VTIMER_PPI, 1, 0x80, 1));
    REQUIRE_OK(vesicle_VCPU_SetConstCall(vm->vcpu, PSCI_CALL, 0x10001));
    return vm;
}

/* The passive thread that serves the guest's exits; it waits already. */
static struct worker *new_vmm(worker_fn vmm, struct vm *vm, seL4_CPtr finished, seL4_CPtr reply)
{
    struct worker *w = worker_new(vmm, MAIN_PRIORITY + 1);
    w->arg[ARG_VM] = (seL4_Word)vm;
    w->arg[ARG_FINISHED] = finished;
    w->arg[ARG_REPLY] = reply;
    worker_run(w);
    REQUIRE_OK(seL4_SchedContext_Unbind(w->sc));
    return w;
}

static struct counters result_of(const struct worker *w)
{
    return (struct counters){w->result[0], w->result[1]};
}

static void guest_row_end(void)
{
    vm_forget_all();
    row_end();
}

/* Records written while the last guest ran. */
static seL4_Word records;

/* Runs one guest with one VMM thread to its end, while these events are traced; returns what was measured. */
static struct counters run_traced(worker_fn vmm, const char *entry, seL4_Word count, seL4_Word own_insns,
                                  seL4_Word events)
{
    struct vm *vm = new_guest();
    seL4_CPtr finished = new_notification();
    struct worker *w = new_vmm(vmm, vm, finished, 0);
    if (events) {
        tracing_start(0, seL4_LargePageBits, events);
    }
    vm_start(vm, guest_start, entry);
    seL4_Wait(finished, 0);
    REQUIRE_OK(seL4_TCB_Suspend(vm->tcb));
    if (events) {
        tracing_stop(0);
        records = tracing_ring(0)->written;
    }
    CHECK_EQ(w->result[2], 0);
    struct counters total = result_of(w);
    total.insns -= own_insns ? own_insns * count + w->result[3] : 0;
    guest_row_end();
    return total;
}

static struct counters run(worker_fn vmm, const char *entry, seL4_Word count, seL4_Word own_insns)
{
    return run_traced(vmm, entry, count, own_insns, 0);
}

static struct counters run_two(void)
{
    struct vm *a = new_guest(), *b = new_guest();
    seL4_CPtr finished = new_notification();
    struct worker *w = new_vmm(vmm_two, a, finished, b->reply);
    REQUIRE_OK(seL4_TCB_SetSchedParams(b->tcb, seL4_CapInitThreadTCB, 0, GUEST_PRIORITY, b->sc, a->ep));
    vm_start(a, guest_start, guest_hvc);
    vm_start(b, guest_start, guest_hvc);
    seL4_Wait(finished, 0);
    REQUIRE_OK(seL4_TCB_Suspend(a->tcb));
    REQUIRE_OK(seL4_TCB_Suspend(b->tcb));
    struct counters total = result_of(w);
    guest_row_end();
    return total;
}

static void row(const char *name, worker_fn vmm, const char *entry, seL4_Word count, seL4_Word own_insns)
{
    report(name, run(vmm, entry, count, own_insns), count);
}

/* What a record costs, and a count; and a record of a call that is answered at once. */
static void record_row(const char *name, struct counters hvc, seL4_Word events, seL4_Word each_round)
{
    report_above(name, run_traced(vmm_hvc, guest_hvc, ROUNDS, 0, events), hvc, ROUNDS * each_round);
    CHECK_IN(records, (WARM + ROUNDS) * each_round, (WARM + ROUNDS) * each_round + 100);
}

static void trace_rows(struct counters hvc, struct counters const_hvc)
{
    /* A guest's Exit, a Switch, (the VMM's Return and Trap,) a Switch, the guest's Entry. */
    record_row("trace_record", hvc, EXITS_AND_SWITCHES, 4);
    record_row("trace_record_all", hvc, TRACE_RECORDS, 6);
    report_above("trace_count", run_traced(vmm_hvc, guest_hvc, ROUNDS, 0, VESICLE_TRACE_COUNT), hvc, ROUNDS);
    struct counters traced = run_traced(vmm_count, guest_const, MANY - FEW, 0, TRACE_RECORDS);
    report_above("trace_const_hvc", traced, const_hvc, MANY - FEW);
    CHECK_IN(records, MANY + FEW, MANY + FEW + WARM + 100);
}

void bench_guest(void)
{
    struct counters hvc = run(vmm_hvc, guest_hvc, ROUNDS, 0);
    report("exit_hvc_vmm", hvc, ROUNDS);
    report_above("exit_two_guests", run_two(), hvc, ROUNDS);
    row("exit_mmio_read", vmm_mmio, guest_mmio, ROUNDS, 0);
    row("vcpu_inject", vmm_inject, guest_hvc, ROUNDS, 0);
    row("vtimer_irq", vmm_count, guest_timer, MANY - FEW, TIMER_ROUND_INSNS);
    struct counters const_hvc = run(vmm_count, guest_const, MANY - FEW, 0);
    report("const_hvc", const_hvc, MANY - FEW);
    trace_rows(hvc, const_hvc);
}
