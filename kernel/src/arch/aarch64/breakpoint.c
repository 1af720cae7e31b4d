/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/breakpoint.h"

#include "arch/vcpu.h"
#include "arch/aarch64/sysreg.h"
#include "cpu.h"
#include "object/tcb.h"

/* Of the core that has least. */
unsigned arch_breakpoints = seL4_NumExclusiveBreakpoints, arch_watchpoints = seL4_NumExclusiveWatchpoints;

#define BREAKPOINT_CASES(X) X(0) X(1) X(2) X(3) X(4) X(5)
#define WATCHPOINT_CASES(X) X(0) X(1) X(2) X(3)

static void set_breakpoint(unsigned n, uint64_t value, uint64_t control)
{
    switch (n) {
#define SET(i)                                                                                                         \
    case i:                                                                                                            \
        write_sysreg(dbgbvr##i##_el1, value);                                                                          \
        write_sysreg(dbgbcr##i##_el1, control);                                                                        \
        break;
        BREAKPOINT_CASES(SET)
#undef SET
    default:
        break;
    }
}

static void set_watchpoint(unsigned n, uint64_t value, uint64_t control)
{
    switch (n) {
#define SET(i)                                                                                                         \
    case i:                                                                                                            \
        write_sysreg(dbgwvr##i##_el1, value);                                                                          \
        write_sysreg(dbgwcr##i##_el1, control);                                                                        \
        break;
        WATCHPOINT_CASES(SET)
#undef SET
    default:
        break;
    }
}

_Static_assert(seL4_NumExclusiveBreakpoints == 6 && seL4_NumExclusiveWatchpoints == 4, "the lists of cases");

static void clear(void)
{
    write_sysreg(mdscr_el1, 0);
    for (unsigned i = 0; i < arch_breakpoints; i++) {
        set_breakpoint(i, 0, 0);
    }
    for (unsigned i = 0; i < arch_watchpoints; i++) {
        set_watchpoint(i, 0, 0);
    }
}

static unsigned count(uint64_t id, unsigned shift, unsigned limit)
{
    unsigned found = ((unsigned)(id >> shift) & ID_FIELD_MASK) + 1;

    return found < limit ? found : limit;
}

void arch_breakpoint_init(void)
{
    uint64_t id = read_sysreg(id_aa64dfr0_el1);

    arch_breakpoints = count(id, ID_AA64DFR0_BRPS_SHIFT, arch_breakpoints);
    arch_watchpoints = count(id, ID_AA64DFR0_WRPS_SHIFT, arch_watchpoints);
    clear();
    write_sysreg(oslar_el1, 0);
    isb();
}

/* A doubleword and which of its bytes. */
static void load_watchpoint(unsigned n, const struct breakpoint *p)
{
    static const uint64_t access[] = {
        [seL4_BreakOnRead] = DBGWCR_LOAD,
        [seL4_BreakOnWrite] = DBGWCR_STORE,
        [seL4_BreakOnReadWrite] = DBGWCR_LOAD | DBGWCR_STORE,
    };
    uint64_t bytes = ((1ull << p->size) - 1) << (p->vaddr & 7);

    set_watchpoint(n, p->vaddr & ~7ull,
                   p->enabled ? DBGCR_ENABLE | DBGCR_EL0 | access[p->access] | bytes << DBGCR_BAS_SHIFT : 0);
}

void arch_breakpoint_load(struct cpu *cpu, const struct tcb *t)
{
    const struct breakpoint *p = t->debug.point;

    if (cpu->vcpu) {
        arch_vcpu_park_debug(cpu->vcpu);
    }
    for (unsigned i = 0; i < arch_breakpoints; i++, p++) {
        set_breakpoint(i, p->vaddr, p->enabled ? DBGCR_ENABLE | DBGCR_EL0 | DBGBCR_BAS_A64 : 0);
    }
    p = &t->debug.point[seL4_FirstWatchpoint];
    for (unsigned i = 0; i < arch_watchpoints; i++, p++) {
        load_watchpoint(i, p);
    }
    write_sysreg(mdscr_el1, MDSCR_MDE | (t->debug.step_count ? MDSCR_SS : 0));
    cpu->debug_loaded = true;
}

void arch_breakpoint_unload(struct cpu *cpu)
{
    clear();
    cpu->debug_loaded = false;
}

void arch_breakpoint_update(struct tcb *t)
{
    struct cpu *cpu = t->cpu;

    if (cpu->current != t) {
        return;
    }
    if (t->debugged) {
        arch_breakpoint_load(cpu, t);
    } else if (cpu->debug_loaded) {
        arch_breakpoint_unload(cpu);
    }
}
