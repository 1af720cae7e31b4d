/* SPDX-License-Identifier: BSD-2-Clause */
#include "object/pmu.h"

#include "arch/pmu.h"
#include "cpu.h"
#include "object/vcpu.h"

/* ISS of a trapped access: where the register's encoding stands. */
#define ISS_READ     1u
#define ISS_CRM(iss) ((unsigned)((iss) >> 1) & 15)
#define ISS_CRN(iss) ((unsigned)((iss) >> 10) & 15)
#define ISS_OP1(iss) ((unsigned)((iss) >> 14) & 7)
#define ISS_OP2(iss) ((unsigned)((iss) >> 17) & 7)
#define ISS_OP0(iss) ((unsigned)((iss) >> 20) & 3)

#define PMCR_KEPT    (PMCR_E | PMCR_D | PMCR_DP | PMCR_LC)
#define PMCR_N_SHIFT 11
#define CYCLES       (1u << PMU_CYCLES_NUMBER)
#define SELECT_MASK  31u
#define USER_MASK    0xfu
#define EVENT_VALUE  0xffffffffull
#define EVENT_SW_INC 0u

enum { CRN_CONTROL = 9, CRN_COUNTERS = 14, CRM_CONTROL = 12, CRM_COUNTER = 8, CRM_TYPE = 12 };

/* Bits of masks that stand for a counter. */
static uint32_t counters(void)
{
    return CYCLES | ((1u << arch_pmu_events) - 1);
}

unsigned pmu_index(word_t number)
{
    return number < arch_pmu_events ? (unsigned)number : number == PMU_CYCLES_NUMBER ? PMU_CYCLES : PMU_COUNTERS;
}

static uint64_t read_counter(const struct pmu *p, unsigned i)
{
    return i < PMU_COUNTERS ? p->value[i] : 0;
}

static void write_counter(struct pmu *p, unsigned i, uint64_t value)
{
    if (i < PMU_COUNTERS) {
        p->value[i] = i == PMU_CYCLES ? value : value & EVENT_VALUE;
    }
}

static uint64_t read_type(const struct pmu *p, unsigned i)
{
    return i < PMU_COUNTERS ? p->type[i] : 0;
}

static void write_type(struct pmu *p, unsigned i, uint64_t value)
{
    if (i < PMU_COUNTERS) {
        p->type[i] = (uint32_t)value & (i == PMU_CYCLES ? PMTYPE_FILTERS : PMTYPE_FILTERS | PMTYPE_EVENT);
    }
}

uint64_t pmu_read_control(const struct pmu *p)
{
    return p->control | arch_pmu_events << PMCR_N_SHIFT;
}

void pmu_write_control(struct pmu *p, uint64_t value)
{
    if (value & PMCR_P) {
        for (unsigned i = 0; i < PMU_EVENTS; i++) {
            p->value[i] = 0;
        }
    }
    if (value & PMCR_C) {
        p->value[PMU_CYCLES] = 0;
    }
    p->control = (uint32_t)value & PMCR_KEPT;
}

static uint64_t read_enabled(const struct pmu *p)
{
    return p->enabled;
}
static void write_cntenset(struct pmu *p, uint64_t value)
{
    p->enabled |= (uint32_t)value & counters();
}
static void write_cntenclr(struct pmu *p, uint64_t value)
{
    p->enabled &= (uint32_t)~value;
}

static uint64_t read_overflowed(const struct pmu *p)
{
    return p->overflowed;
}
static void write_ovsset(struct pmu *p, uint64_t value)
{
    p->overflowed |= (uint32_t)value & counters();
}
static void write_ovsclr(struct pmu *p, uint64_t value)
{
    p->overflowed &= (uint32_t)~value;
}

static uint64_t read_interrupts(const struct pmu *p)
{
    return p->interrupts;
}
static void write_intenset(struct pmu *p, uint64_t value)
{
    p->interrupts |= (uint32_t)value & counters();
}
static void write_intenclr(struct pmu *p, uint64_t value)
{
    p->interrupts &= (uint32_t)~value;
}

/* Counters of this event count writes. */
static void write_swinc(struct pmu *p, uint64_t value)
{
    for (unsigned i = 0; i < arch_pmu_events; i++) {
        if (value & pmu_running(p) & 1u << i && (p->type[i] & PMTYPE_EVENT) == EVENT_SW_INC) {
            p->value[i] = (p->value[i] + 1) & EVENT_VALUE;
            p->overflowed |= p->value[i] == 0 ? 1u << i : 0;
        }
    }
}

static uint64_t read_selr(const struct pmu *p)
{
    return p->selected;
}
static void write_selr(struct pmu *p, uint64_t value)
{
    p->selected = (uint32_t)value & SELECT_MASK;
}

static uint64_t read_ceid0(const struct pmu *p)
{
    (void)p;
    return arch_pmu_implemented(0);
}
static uint64_t read_ceid1(const struct pmu *p)
{
    (void)p;
    return arch_pmu_implemented(1);
}

static uint64_t read_ccntr(const struct pmu *p)
{
    return p->value[PMU_CYCLES];
}
static void write_ccntr(struct pmu *p, uint64_t value)
{
    p->value[PMU_CYCLES] = value;
}

static uint64_t read_xevtyper(const struct pmu *p)
{
    return read_type(p, pmu_index(p->selected));
}
static void write_xevtyper(struct pmu *p, uint64_t value)
{
    write_type(p, pmu_index(p->selected), value);
}

/* The cycle counter is not reached this way. */
static unsigned selected_event(const struct pmu *p)
{
    return p->selected == PMU_CYCLES_NUMBER ? (unsigned)PMU_COUNTERS : pmu_index(p->selected);
}
static uint64_t read_xevcntr(const struct pmu *p)
{
    return read_counter(p, selected_event(p));
}
static void write_xevcntr(struct pmu *p, uint64_t value)
{
    write_counter(p, selected_event(p), value);
}

/* EL0's rights are checked by the hardware, which has this value while the guest runs: what EL0 must not do never comes here. */
static uint64_t read_userenr(const struct pmu *p)
{
    return p->user;
}
static void write_userenr(struct pmu *p, uint64_t value)
{
    p->user = (uint32_t)value & USER_MASK;
}

struct pmu_register {
    uint64_t (*read)(const struct pmu *);
    void (*write)(struct pmu *, uint64_t);
};

/* CRn = 9 by CRm - 12 and op2. */
static const struct pmu_register el0_registers[3][8] = {
    [0] = {{pmu_read_control, pmu_write_control},
           {read_enabled, write_cntenset},
           {read_enabled, write_cntenclr},
           {read_overflowed, write_ovsclr},
           {0, write_swinc},
           {read_selr, write_selr},
           {read_ceid0, 0},
           {read_ceid1, 0}},
    [1] = {{read_ccntr, write_ccntr}, {read_xevtyper, write_xevtyper}, {read_xevcntr, write_xevcntr}},
    [2] = {[0] = {read_userenr, write_userenr}, [3] = {read_overflowed, write_ovsset}},
};
static const struct pmu_register el1_registers[8] = {
    [1] = {read_interrupts, write_intenset},
    [2] = {read_interrupts, write_intenclr},
};

static const struct pmu_register *find(uint64_t iss)
{
    unsigned crm = ISS_CRM(iss) - CRM_CONTROL;

    if (ISS_CRN(iss) != CRN_CONTROL || crm > 2) {
        return 0;
    }
    if (ISS_OP1(iss) == 3) {
        return &el0_registers[crm][ISS_OP2(iss)];
    }
    return ISS_OP1(iss) == 0 && crm == 2 ? &el1_registers[ISS_OP2(iss)] : 0;
}

/* PMEVCNTR<n>_EL0, PMEVTYPER<n>_EL0, PMCCFILTR_EL0 */
static bool is_counter(uint64_t iss)
{
    return ISS_OP1(iss) == 3 && ISS_CRN(iss) == CRN_COUNTERS && ISS_CRM(iss) >= CRM_COUNTER;
}

bool pmu_is_register(uint64_t esr)
{
    const struct pmu_register *r = find(esr);

    return ISS_OP0(esr) == 3 && (is_counter(esr) || (r && (r->read || r->write)));
}

static void access_counter(struct pmu *p, uint64_t iss, word_t *value)
{
    unsigned number = (ISS_CRM(iss) & 3) << 3 | ISS_OP2(iss), i = pmu_index(number);
    bool type = ISS_CRM(iss) >= CRM_TYPE;

    i = !type && number == PMU_CYCLES_NUMBER ? (unsigned)PMU_COUNTERS : i;
    if (iss & ISS_READ) {
        *value = type ? read_type(p, i) : read_counter(p, i);
    } else if (type) {
        write_type(p, i, *value);
    } else {
        write_counter(p, i, *value);
    }
}

void pmu_access(struct pmu *p, uint64_t esr, word_t *value)
{
    const struct pmu_register *r = find(esr);

    if (!r) {
        access_counter(p, esr, value);
    } else if (esr & ISS_READ) {
        *value = r->read ? r->read(p) : 0;
    } else if (r->write) {
        r->write(p, *value);
    }
}

void pmu_unload(struct cpu *cpu)
{
    struct pmu *p = cpu->pmu;

    if (!p) {
        return;
    }
    uint32_t fresh = arch_pmu_save(p);
    cpu->pmu = 0;
    cpu->pmu_loaded = false;
    if (!fresh) {
        return;
    }
    if (cpu->current->vcpu) {
        vcpu_pmu_overflowed(cpu->current->vcpu, fresh);
    } else {
        tcb_count_overflowed(p, fresh);
    }
}

void pmu_load(struct cpu *cpu, struct tcb *t)
{
    struct pmu *p = t->vcpu ? &t->vcpu->pmu : &t->counters;

    if (t->vcpu ? t->vcpu->pmu_in_use : t->counted) {
        arch_pmu_load(p);
        cpu->pmu = p;
        cpu->pmu_loaded = true;
    }
}

void pmu_irq(struct cpu *cpu)
{
    if (cpu->pmu) {
        pmu_unload(cpu);
        pmu_load(cpu, cpu->current);
    }
}
