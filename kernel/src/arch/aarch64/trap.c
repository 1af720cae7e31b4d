/* SPDX-License-Identifier: BSD-2-Clause */
/* What happens at each kind of entry from user level: a table by exception class for native threads, one for guests. */
#include "arch/aarch64/trap.h"

#include "arch/trace.h"
#include "arch/vcpu.h"
#include "arch/aarch64/fastpath.h"
#include "arch/aarch64/fpu.h"
#include "arch/aarch64/gicv3.h"
#include "arch/aarch64/lock.h"
#include "ipc/message.h"
#include "lib/printf.h"
#include "object/irq.h"
#include "object/vcpu.h"
#include "arch/aarch64/offsets.h"
#include "arch/aarch64/panic.h"
#include "sched/scheduler.h"
#include "trace/trace.h"
#include "syscall.h"
#include "arch/aarch64/sysreg.h"
#include "arch/aarch64/timer.h"
#include <sel4/invocation.h>
#include <sel4/vesicle.h>

_Static_assert(__builtin_offsetof(struct cpu, current) == CPU_CURRENT, "vectors.S");
_Static_assert(__builtin_offsetof(struct cpu, kernel_stack) == CPU_KERNEL_STACK, "vectors.S");
_Static_assert(__builtin_offsetof(struct tcb, regs) == TCB_REGS, "vectors.S");
_Static_assert(__builtin_offsetof(struct tcb, pc) == TCB_PC, "vectors.S");
_Static_assert(__builtin_offsetof(struct tcb, pstate) == TCB_PC + 8, "vectors.S");
_Static_assert(__builtin_offsetof(struct cpu, const_calls) == CPU_CONST_CALLS, "vectors.S");
_Static_assert(sizeof(struct const_call) == 16, "vectors.S");
_Static_assert(VCPU_CONST_CALLS == CONST_CALL_HASH_MASK + 1, "vectors.S");
_Static_assert(__builtin_offsetof(struct cpu, vcpu) == CPU_VCPU, "vectors.S");
_Static_assert(__builtin_offsetof(struct cpu, trace.events) == CPU_TRACE_EVENTS, "vectors.S");
_Static_assert(__builtin_offsetof(struct cpu, trace.next) == CPU_TRACE_NEXT, "vectors.S");
_Static_assert(__builtin_offsetof(struct cpu, trace.written) == CPU_TRACE_NEXT + 8, "vectors.S");
_Static_assert(__builtin_offsetof(struct cpu, trace.end) == CPU_TRACE_END, "vectors.S");
_Static_assert(__builtin_offsetof(struct cpu, trace.ring) == CPU_TRACE_END + 8, "vectors.S");
_Static_assert(__builtin_offsetof(struct tcb, number) == TCB_NUMBER, "vectors.S");
_Static_assert(__builtin_offsetof(struct tcb, vcpu) == TCB_VCPU, "vectors.S");
_Static_assert(__builtin_offsetof(struct vcpu, exit.time) == VCPU_EXIT, "vectors.S");
_Static_assert(__builtin_offsetof(struct vcpu, exit.counter) == VCPU_EXIT + 8, "vectors.S");
_Static_assert(__builtin_offsetof(struct vcpu, counters[vesicle_Exit_ConstCall].count) == VCPU_CONST_CALL_COUNT,
               "vectors.S");
_Static_assert(__builtin_offsetof(struct vcpu, counters[vesicle_Exit_SysReg].count) == VCPU_SYSREG_COUNT, "vectors.S");
_Static_assert(__builtin_offsetof(struct vcpu, counters[vesicle_Exit_IRQ]) == VCPU_IRQ_COUNTER, "vectors.S");
_Static_assert(__builtin_offsetof(struct vcpu, const_id_valid) == VCPU_CONST_ID_VALID, "vectors.S");
_Static_assert(__builtin_offsetof(struct vcpu, const_id) == VCPU_CONST_ID, "vectors.S");
_Static_assert(VCPU_ID_REGS == 64, "vectors.S");
_Static_assert(VESICLE_TRACE_COUNT == 1 << TRACE_COUNT_BIT, "vectors.S");
_Static_assert(vesicle_Trace_Exit == TRACE_EXIT_BIT, "vectors.S");
_Static_assert(((uint64_t)vesicle_Trace_Exit << 56 | (uint64_t)vesicle_Exit_ConstCall << 48) == TRACE_CONST_CALL_HEAD,
               "vectors.S");
_Static_assert(sizeof(struct vesicle_trace_record) == TRACE_RECORD_SIZE, "vectors.S");
_Static_assert(__builtin_offsetof(struct vesicle_trace_ring, written) == TRACE_RING_WRITTEN, "vectors.S");
_Static_assert(__builtin_offsetof(struct vesicle_trace_ring, record) == TRACE_RING_RECORDS, "vectors.S");

enum { EC_COUNT = 64 };
typedef void trap_handler(struct cpu *cpu, struct tcb *t, uint64_t esr);

/* Native threads */

static void native_syscall(struct cpu *cpu, struct tcb *t, uint64_t esr)
{
    (void)cpu, (void)esr;
    syscall_handle(t);
}

static void native_fp(struct cpu *cpu, struct tcb *t, uint64_t esr)
{
    if (!fpu_trap(cpu, t)) {
        t->fault = (struct fault){.type = seL4_Fault_UserException, .word = {ESR_EC(esr), esr}};
        fault_send(t);
    }
}

static void native_abort(struct cpu *cpu, struct tcb *t, uint64_t esr)
{
    (void)cpu;
    t->fault =
        (struct fault){.type = seL4_Fault_VMFault, .word = {read_sysreg(far_el2), ESR_EC(esr) == EC_IABT_LOWER, esr}};
    fault_send(t);
}

static void native_exception(struct cpu *cpu, struct tcb *t, uint64_t esr)
{
    (void)cpu;
    t->fault = (struct fault){.type = seL4_Fault_UserException, .word = {ESR_EC(esr), esr}};
    fault_send(t);
}

static void native_debug(struct cpu *cpu, struct tcb *t, uint64_t esr)
{
    (void)cpu;
    enum { REASON_SOFTWARE_BREAK = seL4_SoftwareBreakRequest };
    t->fault = (struct fault){.type = seL4_Fault_DebugException, .word = {REASON_SOFTWARE_BREAK, t->pc, esr & 0xffff}};
    fault_send(t);
}

static void native_breakpoint(struct cpu *cpu, struct tcb *t, uint64_t esr)
{
    if (!tcb_debug_instruction(t)) {
        native_exception(cpu, t, esr);
    }
}

static void native_watchpoint(struct cpu *cpu, struct tcb *t, uint64_t esr)
{
    if (!tcb_debug_data(t, read_sysreg(far_el2), esr & ESR_WNR)) {
        native_exception(cpu, t, esr);
    }
}

/* The step may be a resident guest's. Where it is, the thread just goes on. */
static void native_step(struct cpu *cpu, struct tcb *t, uint64_t esr)
{
    if (!tcb_debug_stepped(t) && !(cpu->vcpu && arch_vcpu_park_debug(cpu->vcpu))) {
        native_exception(cpu, t, esr);
    }
}

static trap_handler *const native_traps[EC_COUNT] = {
    [EC_FP_ASIMD] = native_fp,           [EC_SVC64] = native_syscall,
    [EC_IABT_LOWER] = native_abort,      [EC_DABT_LOWER] = native_abort,
    [EC_BRK64] = native_debug,           [EC_STEP_LOWER] = native_step,
    [EC_BKPT_LOWER] = native_breakpoint, [EC_WATCH_LOWER] = native_watchpoint,
};

/* Guests */

static void guest_wfx(struct cpu *cpu, struct tcb *t, uint64_t esr)
{
    (void)cpu;
    if (esr & 1) {
        t->pc += 4; /* WFE never sleeps */
    } else {
        vcpu_wfi(t);
    }
}

static void guest_fp(struct cpu *cpu, struct tcb *t, uint64_t esr)
{
    if (!fpu_trap(cpu, t)) {
        vcpu_exit(t, esr, (struct vcpu_abort){0});
    }
}

static void guest_sysreg(struct cpu *cpu, struct tcb *t, uint64_t esr)
{
    struct vcpu *v = t->vcpu;

    if (trap_reads_id(esr)) {
        word_t key = VESICLE_IDREG(esr >> 1 & 15, esr >> 17 & 7);
        if (key < VCPU_ID_REGS && v->const_id_valid >> key & 1) {
            unsigned rt = esr >> 5 & 31;
            if (rt < 31) {
                t->regs->x[rt] = v->const_id[key];
            }
            t->pc += 4;
            return;
        }
    }
    if (vcpu_pmu_access(cpu, t, esr)) {
        return;
    }
    vcpu_exit(t, esr, (struct vcpu_abort){0});
}

static void guest_abort(struct cpu *cpu, struct tcb *t, uint64_t esr)
{
    (void)cpu;
    struct guest_abort_address where = guest_abort_address(esr);

    if (vcpu_has_exit_frame(t)) {
        vcpu_exit(t, esr, (struct vcpu_abort){where.far, where.ipa, where.flags});
        return;
    }
    t->fault = (struct fault){.type = seL4_Fault_VMFault, .word = {where.ipa, ESR_EC(esr) == EC_IABT_LOWER, esr}};
    fault_send(t);
}

static void guest_exit(struct cpu *cpu, struct tcb *t, uint64_t esr)
{
    (void)cpu;
    vcpu_exit(t, esr, (struct vcpu_abort){0});
}

static trap_handler *const guest_traps[EC_COUNT] = {
    [EC_WFX] = guest_wfx,          [EC_FP_ASIMD] = guest_fp,      [EC_SYSREG] = guest_sysreg,
    [EC_IABT_LOWER] = guest_abort, [EC_DABT_LOWER] = guest_abort,
};

/* Entries */

static void handle_irq(struct cpu *cpu, uint32_t intid)
{
    switch (intid) {
    case GIC_INTID_SPURIOUS:
        return;
    case GIC_INTID_HTIMER:
        gic_drop(intid);
        gic_deactivate(intid);
        timer_stop();
        sched_tick(cpu);
        break;
    case GIC_INTID_KICK: /* what there is to do stands in `cpu` */
        gic_drop(intid);
        gic_deactivate(intid);
        break;
    case GIC_INTID_VTIMER:
        gic_drop(intid);
        vcpu_vtimer_irq(cpu);
        break;
    case GIC_INTID_MAINTENANCE:
        gic_drop(intid);
        vcpu_maintenance_irq(cpu);
        gic_deactivate(intid);
        break;
    case GIC_INTID_PMU:
        gic_drop(intid);
        pmu_irq(cpu);
        gic_deactivate(intid);
        break;
    default:
        irq_deliver(intid, cpu->index);
        break;
    }
}

static inline uint32_t ack_traced(struct cpu *cpu, uint32_t events)
{
    uint32_t intid = gic_ack();

    if (events && intid != GIC_INTID_SPURIOUS) {
        trace_irq_taken(cpu, intid);
    }
    return intid;
}

/* Chooses who runs; with nobody, sleeps until an interrupt makes somebody runnable. */
static void leave_kernel(struct cpu *cpu)
{
    sched_run(cpu);
    while (cpu->current == cpu->idle) {
        if (cpu->trace.records) {
            trace_thread_leaves(cpu);
        }
        lock_release();
        __asm__ volatile("dsb sy\n\twfi" ::: "memory");
        lock_take(cpu);
        handle_irq(cpu, ack_traced(cpu, cpu->trace.records)); /* nobody's exit: there is none to count */
        sched_reschedule(cpu);
        sched_run(cpu);
    }
}

void trap_sync(struct cpu *cpu, struct tcb *t, uint64_t esr)
{
    trap_handler *handler;

    if (t->vcpu) {
        handler = guest_traps[ESR_EC(esr)];
        handler = handler ? handler : guest_exit;
    } else {
        handler = native_traps[ESR_EC(esr)];
        handler = handler ? handler : native_exception;
    }
    handler(cpu, t, esr);
    if (cpu->reschedule || cpu->timer_dirty) {
        leave_kernel(cpu);
    }
}

static __attribute__((noinline)) struct tcb *choose_who_goes_on(struct cpu *cpu)
{
    leave_kernel(cpu);
    return cpu->current;
}

struct tcb *trap_finish(void)
{
    struct cpu *cpu = cpu_this();

    return cpu->reschedule || cpu->timer_dirty ? choose_who_goes_on(cpu) : cpu->current;
}

static inline void interrupted(struct cpu *cpu, uint32_t intid)
{
    if (intid < GIC_INTID_SPI_FIRST || !fast_irq(cpu, intid)) {
        handle_irq(cpu, intid);
    }
    leave_kernel(cpu);
}

void trap_irq(struct cpu *cpu)
{
    interrupted(cpu, gic_ack());
}

/* The same ways, so that what is traced is what happens without. */
void trap_irq_traced(struct cpu *cpu)
{
    interrupted(cpu, ack_traced(cpu, cpu->trace.events));
}

void trap_nothing(struct cpu *cpu)
{
    leave_kernel(cpu);
}

void trap_serror(struct cpu *cpu, struct tcb *t, uint64_t esr)
{
    /* An asynchronous error of the machine: whoever runs is told; where it came from nobody can say. */
    if (t == cpu->idle) {
        kprintf("kernel: core %u: SError, ESR %lx\n", cpu->index, esr);
    } else if (t->vcpu) {
        vcpu_exit(t, esr, (struct vcpu_abort){0});
    } else {
        native_exception(cpu, t, esr);
    }
    leave_kernel(cpu);
}

void arch_trace_vectors(bool hooks, bool records)
{
    extern const char vectors_one[], vectors_many[], vectors_one_counting[], vectors_many_counting[],
        vectors_one_traced[], vectors_many_traced[];
    static const char *const tables[2][3] = {{vectors_one, vectors_one_counting, vectors_one_traced},
                                             {vectors_many, vectors_many_counting, vectors_many_traced}};

    write_sysreg(vbar_el1, tables[cpu_count > 1][hooks + records]);
    isb();
}

void trap_start(struct cpu *cpu)
{
    bool many = cpu_count > 1;

    arch_trace_vectors(false, false);
    fpu_init(cpu);
    sched_reschedule(cpu);
    leave_kernel(cpu);
    if (many) {
        vectors_many_return();
    }
    vectors_one_return();
}
