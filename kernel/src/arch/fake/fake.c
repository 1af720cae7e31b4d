/* SPDX-License-Identifier: BSD-2-Clause */
#include "fake.h"

#include "arch/breakpoint.h"
#include "arch/cache.h"
#include "arch/context.h"
#include "arch/irq.h"
#include "arch/pmu.h"
#include "arch/preempt.h"
#include "arch/remote.h"
#include "arch/timer.h"
#include "arch/tlb.h"
#include "arch/trace.h"
#include "arch/vcpu.h"
#include "cpu.h"
#include "debug.h"
#include "lib/printf.h"
#include "object/slot.h"
#include "object/smc.h"
#include "object/tcb.h"
#include "object/vcpu.h"
#include "object/vspace.h"
#include <stdio.h>
#include <string.h>

struct fake_tlb fake_tlb;
struct fake_cache fake_cache;
struct fake_irq fake_irq;
struct fake_vcpu fake_vcpu;
struct fake_pmu fake_pmu;
struct fake_trace fake_trace;
ticks_t fake_now, fake_deadline;
long fake_preempt_after;
unsigned fake_kicks[MAX_CPUS];
unsigned vcpu_list_registers;
char fake_console[1 << 16];

void fake_reset(void)
{
    fake_tlb = (struct fake_tlb){0};
    fake_cache = (struct fake_cache){0};
    fake_irq = (struct fake_irq){0};
    fake_vcpu = (struct fake_vcpu){0};
    fake_pmu = (struct fake_pmu){0};
    fake_trace = (struct fake_trace){0};
    fake_now = 0;
    fake_deadline = ~0ull;
    fake_preempt_after = -1;
    fake_console[0] = 0;
    vcpu_list_registers = FAKE_LIST_REGISTERS;
    slot_list = (struct slot){0};
}

/* Threads: registers live in their TCBs, so that a switch is an assignment. */

void context_switch(struct cpu *cpu, struct tcb *to)
{
    bool stage2;

    pmu_unload(cpu);
    cpu->current = to;
    pmu_load(cpu, to);
    /* A space may have lost its ASID, a thread its VCPU. */
    if (to->vspace &&
        (asid_find(cap_vspace_asid(to->slots[TCB_VSPACE].cap), &stage2) != to->vspace || stage2 != (to->vcpu != 0))) {
        to->vspace = 0;
    }
    if (to->vcpu) {
        cpu->stage2 = to->vspace;
    } else {
        cpu->vspace = to->vspace;
    }
}

void context_set_aside(struct cpu *cpu)
{
    pmu_unload(cpu);
    cpu->current = cpu->idle;
}

void context_save(struct tcb *t)
{
    (void)t;
}
void context_update_tls(struct tcb *t)
{
    (void)t;
}
void context_update_space(struct tcb *t)
{
    (void)t;
}

void context_forget_fp(struct tcb *t)
{
    for (unsigned i = 0; i < cpu_count; i++) {
        if (cpus[i].fp_owner == t) {
            cpus[i].fp_owner = 0;
        }
    }
}

void context_forget(struct tcb *t)
{
    context_forget_fp(t);
    if (t->vcpu) {
        vcpu_evict(t->vcpu);
    }
}

void vspace_evict(struct vspace *space)
{
    for (unsigned i = 0; i < cpu_count; i++) {
        if (cpus[i].vspace == space) {
            cpus[i].vspace = 0;
        }
        if (cpus[i].stage2 == space) {
            cpus[i].stage2 = 0;
        }
    }
}

/* Fewer than the API numbers. */
unsigned arch_breakpoints = 2, arch_watchpoints = 2;

void arch_breakpoint_update(struct tcb *t)
{
    (void)t;
}

/* VCPUs */

uint64_t arch_lr_read(unsigned n)
{
    return fake_vcpu.lr[n];
}
void arch_lr_write(unsigned n, uint64_t value)
{
    fake_vcpu.lr[n] = value;
}
void arch_set_underflow_notice(bool on)
{
    fake_vcpu.underflow_notice = on;
}

bool arch_vcpu_park_debug(struct vcpu *v)
{
    (void)v;
    return false;
}

void arch_vcpu_unpark_debug(struct vcpu *v)
{
    v->debug_parked = false;
}

void arch_vcpu_reset(struct vcpu *v)
{
    (void)v;
}

uint64_t arch_lr_empty(void)
{
    uint64_t empty = 0;

    for (unsigned i = 0; i < FAKE_LIST_REGISTERS; i++) {
        bool to_report = !(fake_vcpu.lr[i] & LR_HW) && fake_vcpu.lr[i] & LR_EOI;
        if (!(fake_vcpu.lr[i] & LR_STATE_MASK) && !to_report) {
            empty |= 1ull << i;
        }
    }
    return empty;
}

bool arch_lr_write_if_all_empty(uint64_t value)
{
    if (arch_lr_empty() != (1ull << vcpu_list_registers) - 1) {
        return false;
    }
    fake_vcpu.lr[0] = value;
    return true;
}

uint64_t arch_lr_ended(void)
{
    uint64_t ended = 0;

    for (unsigned i = 0; i < FAKE_LIST_REGISTERS; i++) {
        if (!(fake_vcpu.lr[i] & (LR_STATE_MASK | LR_HW)) && fake_vcpu.lr[i] & LR_EOI) {
            ended |= 1ull << i;
        }
    }
    return ended;
}

void arch_vcpu_load(struct vcpu *v)
{
    for (unsigned i = 0; i < FAKE_LIST_REGISTERS; i++) {
        fake_vcpu.lr[i] = v->lr[i];
        v->lr[i] = 0;
    }
    v->lr_used = 0;
    fake_vcpu.loads++;
}

void arch_vcpu_save(struct vcpu *v)
{
    for (unsigned i = 0; i < FAKE_LIST_REGISTERS; i++) {
        v->lr[i] = fake_vcpu.lr[i];
        v->lr_used |= (uint16_t)((v->lr[i] ? 1u : 0u) << i);
    }
    fake_vcpu.saves++;
}

void arch_vcpu_sync(struct vcpu *v)
{
    (void)v;
}
void arch_vcpu_reload(struct vcpu *v)
{
    (void)v;
}
void arch_vcpu_sync_gic(struct vcpu *v)
{
    (void)v;
}
void arch_vcpu_reload_gic(const struct vcpu *v)
{
    (void)v;
}
bool arch_vtimer_asserted(void)
{
    return fake_vcpu.vtimer_asserted;
}
void arch_vtimer_irq_enable(bool on)
{
    fake_vcpu.vtimer_enabled = on;
}
void arch_vtimer_irq_deactivate(void)
{
    fake_vcpu.vtimer_deactivations++;
}
void arch_flush_guest_stage1(void)
{
}

/* Performance monitors */

unsigned arch_pmu_events = 4;

uint64_t arch_pmu_implemented(unsigned n)
{
    return n == 0 ? 1u << 0 | 1u << 8 | 1u << 17 : 0; /* SW_INCR, INST_RETIRED, CPU_CYCLES */
}

void arch_pmu_load(const struct pmu *p)
{
    (void)p;
    fake_pmu.loads++;
}

uint32_t arch_pmu_save(struct pmu *p)
{
    uint32_t fresh = fake_pmu.fresh & pmu_running(p);

    for (unsigned i = 0; i < PMU_COUNTERS; i++) {
        unsigned number = i == PMU_CYCLES ? (unsigned)PMU_CYCLES_NUMBER : i;
        p->value[i] += pmu_running(p) >> number & 1 ? fake_pmu.counts : 0;
    }
    fake_pmu.fresh = 0;
    fake_pmu.saves++;
    return fresh;
}

/* What the build machine has none of. */

int smc_invoke(struct invocation *inv)
{
    (void)inv;
    return seL4_IllegalOperation;
}

bool debug_syscall(struct tcb *caller)
{
    (void)caller;
    return false;
}

void debug_unhandled_fault(const struct tcb *t)
{
    (void)t;
}

void kprintf(const char *format, ...)
{
    size_t length = strlen(fake_console);
    va_list args;

    va_start(args, format);
    (void)vsnprintf(fake_console + length, sizeof fake_console - length, format, args);
    va_end(args);
}
