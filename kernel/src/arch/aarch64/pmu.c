/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/pmu.h"

#include "arch/aarch64/sysreg.h"
#include "object/pmu.h"
#include <stdbool.h>

unsigned arch_pmu_events;
static bool is_open, is_known;

#define EVENT_CASES(X) X(0) X(1) X(2) X(3) X(4) X(5)
#define EVENT_VALUE    0xffffffffull
#define ALL            0xffffffffull
_Static_assert(PMU_EVENTS == 6, "the list of cases");

static uint64_t read_event(unsigned n)
{
    switch (n) {
#define READ(i)                                                                                                        \
    case i:                                                                                                            \
        return read_sysreg(pmevcntr##i##_el0);
        EVENT_CASES(READ)
#undef READ
    default:
        return 0;
    }
}

static void set_event(unsigned n, uint64_t type, uint64_t value)
{
    switch (n) {
#define SET(i)                                                                                                         \
    case i:                                                                                                            \
        write_sysreg(pmevtyper##i##_el0, type);                                                                        \
        write_sysreg(pmevcntr##i##_el0, value);                                                                        \
        break;
        EVENT_CASES(SET)
#undef SET
    default:
        break;
    }
}

void arch_pmu_open(void)
{
    is_open = true;
}

uint64_t arch_pmu_init(void)
{
    unsigned version = (unsigned)(read_sysreg(id_aa64dfr0_el1) >> ID_AA64DFR0_PMUVER_SHIFT) & ID_FIELD_MASK;

    if (version == ID_AA64DFR0_PMUVER_NONE || version == ID_AA64DFR0_PMUVER_OTHER) {
        return MDCR_TPM;
    }
    unsigned events = (unsigned)(read_sysreg(pmcr_el0) >> PMCR_N_SHIFT) & PMCR_N_MASK;
    write_sysreg(pmcntenclr_el0, ALL);
    write_sysreg(pmintenclr_el1, ALL);
    write_sysreg(pmovsclr_el0, ALL);
    write_sysreg(pmcr_el0, 0);
    write_sysreg(pmuserenr_el0, is_open ? PMUSERENR_EN : 0);
    if (is_open) {
        return events;
    }
    /* All cores are alike; where one has less, nobody gets more. */
    events = version < ID_AA64DFR0_PMUVER_V3P1 ? 0 : events < PMU_EVENTS ? events : PMU_EVENTS;
    if (!is_known || events < arch_pmu_events) {
        arch_pmu_events = events;
        is_known = true;
    }
    return MDCR_TPM | events;
}

uint64_t arch_pmu_implemented(unsigned n)
{
    return n == 0 ? read_sysreg(pmceid0_el0) : read_sysreg(pmceid1_el0);
}

void arch_pmu_load(const struct pmu *p)
{
    uint32_t running = pmu_running(p);

    for (uint32_t events = running & ((1u << PMU_EVENTS) - 1); events; events &= events - 1) {
        unsigned i = (unsigned)__builtin_ctz(events);
        set_event(i, p->type[i], p->value[i] & EVENT_VALUE);
    }
    if (running >> PMU_CYCLES_NUMBER) {
        write_sysreg(pmccfiltr_el0, p->type[PMU_CYCLES]);
        write_sysreg(pmccntr_el0, p->value[PMU_CYCLES]);
    }
    write_sysreg(pmuserenr_el0, p->user);
    write_sysreg(pmcr_el0, p->control);
    write_sysreg(pmintenset_el1, p->interrupts & running);
    write_sysreg(pmcntenset_el0, running);
}

uint32_t arch_pmu_save(struct pmu *p)
{
    uint32_t running = pmu_running(p);

    write_sysreg(pmcntenclr_el0, ALL);
    isb();
    for (uint32_t events = running & ((1u << PMU_EVENTS) - 1); events; events &= events - 1) {
        unsigned i = (unsigned)__builtin_ctz(events);
        p->value[i] = (p->value[i] & ~EVENT_VALUE) | (read_event(i) & EVENT_VALUE);
    }
    if (running >> PMU_CYCLES_NUMBER) {
        p->value[PMU_CYCLES] = read_sysreg(pmccntr_el0);
    }
    uint32_t fresh = (uint32_t)read_sysreg(pmovsclr_el0);
    write_sysreg(pmovsclr_el0, ALL);
    write_sysreg(pmintenclr_el1, ALL);
    write_sysreg(pmuserenr_el0, 0);
    return fresh & running;
}
