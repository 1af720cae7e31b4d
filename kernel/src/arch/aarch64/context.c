/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/context.h"

#include "arch/breakpoint.h"
#include "arch/vcpu.h"
#include "arch/aarch64/context_inline.h"
#include "arch/remote.h"
#include "cpu.h"
#include "arch/aarch64/fpu.h"
#include "object/vcpu.h"
#include "object/vspace.h"
#include "sched/scheduler.h"
#include "trace/trace.h"
#include "arch/aarch64/sysreg.h"

/* Spaces without a mapping, for threads that have none (any more). Stage 2 needs both tables, 8 KiB aligned. */
static uint64_t empty_table[1024] __attribute__((aligned(8192)));
static paddr_t empty_paddr;

void context_init(paddr_t empty)
{
    empty_paddr = empty;
}
const void *context_empty_table(void)
{
    return empty_table;
}

/* Brings `t->table_base` up to date: its space if that still has its ASID, else none. */
static __attribute__((noinline)) void find_table_anew(struct tcb *t)
{
    word_t asid = cap_vspace_asid(t->slots[TCB_VSPACE].cap);
    bool stage2;

    /* A thread that lost its VCPU may still hold a stage-2 space: the two formats give different rights. */
    if (t->vspace && asid_find(asid, &stage2) == t->vspace && stage2 == (t->vcpu != 0)) {
        t->table_base = virt_to_phys(t->vspace).raw | asid << TTBR_ASID_SHIFT;
    } else {
        t->vspace = 0;
        t->table_base = empty_paddr.raw;
    }
    t->table_epoch = t->special ? TCB_NO_EPOCH : t->cpu->asid_epoch;
}

static inline void find_table(const struct cpu *cpu, struct tcb *t)
{
    if (t->table_epoch != cpu->asid_epoch || !t->vspace) {
        find_table_anew(t);
    }
}

/* What few guests have. */
static __attribute__((noinline)) void load_special_guest(struct cpu *cpu, struct tcb *t)
{
    if (t->vcpu->fresh) {
        t->vcpu->fresh = false;
        fpu_trap(cpu, t);
    }
    if (t->vcpu->debug_parked) {
        arch_vcpu_unpark_debug(t->vcpu);
    }
    if (t->vcpu->pmu_in_use) {
        cpu->ready_guest = 0;
        pmu_load(cpu, t);
    }
}

static void load_guest(struct cpu *cpu, struct tcb *t)
{
    if (cpu->ready_guest == t && t->table_epoch == cpu->asid_epoch) {
        context_set_hcr(HCR_GUEST); /* it slept, and nobody else's state came into the hardware */
        return;
    }
    find_table(cpu, t);
    if (cpu->stage2 != t->vspace || !t->vspace) {
        write_sysreg(vttbr_el2, t->table_base);
        cpu->stage2 = t->vspace;
    }
    /* Two VCPUs of one VMID may use one ASID for different tables. */
    struct vcpu **last = &cpu->last_vcpu[(t->table_base >> TTBR_ASID_SHIFT) % LAST_VCPUS];
    if (*last != t->vcpu) {
        *last = t->vcpu;
        context_set_hcr(HCR_GUEST);
        isb();
        arch_flush_guest_stage1();
    }
    vcpu_load(cpu, t->vcpu);
    vcpu_enable_vtimer(cpu, t->vcpu);
    write_sysreg(hcr_el2, HCR_GUEST); /* seldom does it hold that */
    cpu->ready_guest = cpu->vtimer_enabled && t->vspace && t->vcpu->ended_count == 0 ? t : 0;
    if (t->vcpu->special) {
        load_special_guest(cpu, t);
    }
}

/* What few native threads have. */
static __attribute__((noinline)) void load_special(struct cpu *cpu, struct tcb *t)
{
    if (t->debugged) {
        arch_breakpoint_load(cpu, t);
    }
    if (cpu->pmu) {
        pmu_unload(cpu); /* the running thread's space was changed: it is the same one */
    }
    pmu_load(cpu, t);
}

static __attribute__((noinline)) void unload_special(struct cpu *cpu)
{
    if (cpu->debug_loaded) {
        arch_breakpoint_unload(cpu);
    }
    pmu_unload(cpu);
}

static void load_native(struct cpu *cpu, struct tcb *t)
{
    find_table(cpu, t);
    if (cpu->vspace != t->vspace || !t->vspace) {
        write_sysreg(ttbr0_el2, t->table_base);
        cpu->vspace = t->vspace;
    }
    context_set_hcr(HCR_NATIVE);
    if (t->special) {
        load_special(cpu, t);
    }
}

void context_switch(struct cpu *cpu, struct tcb *to)
{
    struct tcb *from = cpu->current;

    if (from != cpu->idle) {
        context_save_user(from);
    }
    if (cpu->loaded) {
        unload_special(cpu);
    }
    cpu->current = to;
    if (to == cpu->idle) {
        return;
    }
    if (to->vcpu) {
        load_guest(cpu, to);
        fpu_update_guest_trap(cpu, to);
    } else {
        load_native(cpu, to);
        fpu_update_native_trap(cpu, to);
    }
    context_load_user(to);
}

void context_set_aside(struct cpu *cpu)
{
    struct tcb *t = cpu->current;
    uint64_t ec = ESR_EC(cpu->entry_esr);

    if (ec == EC_SVC64 || ec == EC_HVC64) {
        tcb_retry_syscall(t);
    }
    if (cpu->trace.records) {
        trace_thread_leaves(cpu);
    }
    context_switch(cpu, cpu->idle);
}

static void save_current(struct cpu *cpu, void *unused)
{
    (void)unused;
    context_save_user(cpu->current);
}

void context_save(struct tcb *t)
{
    if (t->cpu->current == t) {
        remote_call(t->cpu, save_current, 0);
    }
}

void context_update_tls(struct tcb *t)
{
    if (t->cpu->current == t) {
        write_sysreg(tpidr_el0, t->tpidr_el0);
        write_sysreg(tpidrro_el0, t->tpidrro_el0);
    }
}

void context_update_space(struct tcb *t)
{
    if (t->cpu->current == t && !t->vcpu) {
        load_native(t->cpu, t);
    }
}

static void release_fp(struct cpu *cpu, void *unused)
{
    (void)unused;
    fpu_release(cpu);
    fpu_update_trap(cpu, cpu->current);
}

void context_forget_fp(struct tcb *t)
{
    if (t->cpu->fp_owner == t) {
        remote_call(t->cpu, release_fp, 0);
    }
}

void context_forget(struct tcb *t)
{
    sched_set_aside(t);
    context_forget_fp(t);
    if (t->cpu->current == t) {
        pmu_unload(t->cpu);
    }
    if (t->vcpu) {
        vcpu_evict(t->vcpu);
    }
}

static void evict(struct cpu *cpu, void *space)
{
    if (cpu->vspace == space) {
        cpu->vspace = 0;
        write_sysreg(ttbr0_el2, empty_paddr.raw);
    }
    if (cpu->stage2 == space) {
        cpu->stage2 = 0;
        cpu->ready_guest = 0;
        write_sysreg(vttbr_el2, empty_paddr.raw);
    }
    isb();
}

void vspace_evict(struct vspace *space)
{
    for (unsigned i = 0; i < cpu_count; i++) {
        if (cpus[i].vspace == space || cpus[i].stage2 == space) {
            remote_call(&cpus[i], evict, space);
        }
    }
}
