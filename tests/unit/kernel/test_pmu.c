/* SPDX-License-Identifier: BSD-2-Clause */
/* A guest's PMU registers, when its counters are in the hardware, and its interrupt; what native threads count. */
#include "arch/pmu.h"
#include "arch/vcpu.h"
#include "core_fixture.h"
#include "cpu.h"
#include "arch/context.h"
#include "lib/unit.h"
#include "object/pmu.h"
#include "object/vcpu.h"
#include <sel4/vesicle.h>

#define COUNTERS 0x8000000fu /* of the fake architecture */
#define SYSREG   0x18ull
#define PMCR     3, 9, 12, 0
#define CNTENSET 3, 9, 12, 1
#define CNTENCLR 3, 9, 12, 2
#define OVSCLR   3, 9, 12, 3
#define SWINC    3, 9, 12, 4
#define SELR     3, 9, 12, 5
#define CEID0    3, 9, 12, 6
#define CCNTR    3, 9, 13, 0
#define XEVTYPER 3, 9, 13, 1
#define XEVCNTR  3, 9, 13, 2
#define USERENR  3, 9, 14, 0
#define OVSSET   3, 9, 14, 3
#define INTENSET 0, 9, 14, 1
#define INTENCLR 0, 9, 14, 2
#define EVCNTR1  3, 14, 8, 1
#define EVCNTR31 3, 14, 11, 7
#define EVTYPER1 3, 14, 12, 1
#define CCFILTR  3, 14, 15, 7

static struct vcpu *v;
static struct tcb *guest;

static void setup(void)
{
    seL4_CPtr vcpu = machine_new(seL4_ARM_VCPUObject);
    v = cap_object(machine_cap(vcpu));
    guest = core_thread(5);
    CHECK_EQ(invoke(vcpu, VCPUSetTCB, CAPS(core_cptr(guest))).error, seL4_NoError);
    CHECK_EQ(invoke(vcpu, VCPUSetVPPI, WORDS(VESICLE_PMU_PPI, 1, 0x80, 1)).error, seL4_NoError);
    vcpu_load(&cpus[0], v);
    cpus[0].current = guest;
}

static uint64_t syndrome(unsigned op1, unsigned crn, unsigned crm, unsigned op2, bool read)
{
    return SYSREG << 26 | 3u << 20 | op2 << 17 | op1 << 14 | crn << 10 | 7u << 5 | crm << 1 | read;
}

static void put(unsigned op1, unsigned crn, unsigned crm, unsigned op2, uint64_t value)
{
    word_t pc = guest->pc;
    guest->regs->x[7] = value;
    CHECK(vcpu_pmu_access(&cpus[0], guest, syndrome(op1, crn, crm, op2, false)));
    CHECK_EQ(guest->pc, pc + 4);
}

static uint64_t get(unsigned op1, unsigned crn, unsigned crm, unsigned op2)
{
    guest->regs->x[7] = 0xdead;
    CHECK(vcpu_pmu_access(&cpus[0], guest, syndrome(op1, crn, crm, op2, true)));
    return guest->regs->x[7];
}

static bool pending(void)
{
    for (unsigned i = 0; i < FAKE_LIST_REGISTERS; i++) {
        if ((fake_vcpu.lr[i] & (LR_PENDING | LR_VINTID_MASK)) == (LR_PENDING | VESICLE_PMU_PPI)) {
            return true;
        }
    }
    return false;
}

static void registers(void)
{
    setup();
    put(PMCR, ~0ull & ~1ull);
    CHECK_EQ(get(PMCR), 0x68u | 4u << 11);
    put(CNTENSET, ~0ull);
    CHECK_EQ(get(CNTENSET), COUNTERS);
    put(CNTENCLR, 3);
    CHECK_EQ(get(CNTENCLR), COUNTERS & ~3u);
    put(INTENSET, ~0ull);
    put(INTENCLR, 1);
    CHECK_EQ(get(INTENSET), COUNTERS & ~1u);
    put(OVSSET, ~0ull);
    put(OVSCLR, 0x80000000);
    CHECK_EQ(get(OVSSET), COUNTERS & ~0x80000000u);
    put(SELR, 0x41);
    CHECK_EQ(get(SELR), 1);
    put(XEVTYPER, ~0ull);
    CHECK_EQ(get(EVTYPER1), 0xc000ffff);
    put(EVTYPER1, 0x11);
    CHECK_EQ(get(XEVTYPER), 0x11);
    put(XEVCNTR, 0x123456789);
    CHECK_EQ(get(EVCNTR1), 0x23456789);
    put(SELR, 31);
    put(XEVTYPER, ~0ull);
    CHECK_EQ(get(CCFILTR), 0xc0000000);
    put(CCNTR, ~0ull);
    put(XEVCNTR, 1);
    CHECK_EQ(get(XEVCNTR), 0);
    CHECK_EQ(get(EVCNTR31), 0);
    CHECK_EQ(get(CCNTR), ~0ull);
    put(PMCR, PMCR_P);
    CHECK_EQ(get(EVCNTR1), 0);
    CHECK_EQ(get(CCNTR), ~0ull);
    put(PMCR, PMCR_C);
    CHECK_EQ(get(CCNTR), 0);
    CHECK_EQ(get(SWINC), 0);
    CHECK(get(CEID0) != 0);
    put(CEID0, 0);
    /* What is none of these goes to the VMM. */
    static const unsigned others[][4] = {{3, 9, 13, 4}, {3, 9, 13, 3}, {3, 9, 14, 1}, {0, 9, 14, 3}, {0, 9, 14, 6},
                                         {0, 9, 12, 0}, {3, 14, 7, 0}, {0, 14, 8, 0}, {3, 9, 11, 0}};
    for (unsigned i = 0; i < sizeof others / sizeof others[0]; i++) {
        const unsigned *o = others[i];
        CHECK(!vcpu_pmu_access(&cpus[0], guest, syndrome(o[0], o[1], o[2], o[3], true)));
    }
    guest->regs->x[7] = 5;
    CHECK(vcpu_pmu_access(&cpus[0], guest, syndrome(PMCR, true) | 31u << 5)); /* into XZR */
    CHECK_EQ(guest->regs->x[7], 5);
}

/* Counters are in the hardware while some run, or EL0 may look. */
static void in_use(void)
{
    setup();
    put(CNTENSET, ~0ull);
    CHECK(!v->pmu_in_use);
    CHECK(!cpus[0].pmu);
    put(PMCR, PMCR_E);
    CHECK(v->pmu_in_use);
    CHECK(cpus[0].pmu == &v->pmu);
    CHECK(!guest->quick_exits);
    fake_pmu.counts = 10;
    CHECK_EQ(get(EVCNTR1), 10);
    CHECK_EQ(get(CCNTR), 20);
    context_switch(&cpus[0], &machine_thread);
    CHECK(!cpus[0].pmu);
    unsigned saves = fake_pmu.saves;
    context_switch(&cpus[0], guest);
    CHECK(cpus[0].pmu == &v->pmu);
    CHECK_EQ(fake_pmu.saves, saves);
    put(PMCR, 0);
    CHECK(!cpus[0].pmu);
    put(USERENR, 0xff);
    CHECK_EQ(get(USERENR), 0xf);
    CHECK(cpus[0].pmu == &v->pmu);
    put(USERENR, 0);
    CHECK(!v->pmu_in_use);
}

static void line(void)
{
    setup();
    put(CNTENSET, 1);
    put(INTENSET, 1);
    put(PMCR, PMCR_E);
    CHECK(!pending());
    fake_pmu.fresh = 1;
    pmu_irq(&cpus[0]);
    CHECK(pending());
    CHECK(cpus[0].pmu == &v->pmu);
    CHECK_EQ(get(OVSSET), 1);
    put(OVSCLR, 1);
    CHECK(!pending()); /* the line fell before it was taken */
    put(INTENCLR, 1);
    put(OVSSET, 1);
    CHECK(!pending());
    put(INTENSET, 1);
    CHECK(pending());
    put(PMCR, 0);
    CHECK(!pending());
    /* Software increments overflow, too. */
    put(OVSCLR, 1);
    put(PMCR, PMCR_E);
    fake_pmu.counts = 0;
    put(3, 14, 8, 0, 0xffffffff);
    put(SWINC, 0xe);
    CHECK(!pending());
    put(SWINC, 1);
    CHECK(pending());
    CHECK_EQ(get(3, 14, 8, 0), 0);
}

/* An overflow is taken in before the guest falls asleep: it would not wake otherwise. */
static void sleep_with_overflow(void)
{
    setup();
    put(CNTENSET, 1);
    put(INTENSET, 1);
    put(PMCR, PMCR_E);
    guest->state = THREAD_RUNNING;
    fake_pmu.fresh = 1;
    vcpu_wfi(guest);
    CHECK_EQ(guest->state, THREAD_RUNNING);
    CHECK(pending());
}

static void native(void)
{
    struct tcb *t = core_active_thread(5);
    seL4_CPtr tcb = core_cptr(t);
    CHECK_EQ(invoke(tcb, TCBSetCounter, WORDS(0, 8)).error, seL4_NoError);
    CHECK_EQ(invoke(tcb, TCBSetCounter, WORDS(31, 0)).error, seL4_NoError);
    CHECK(t->special);
    CHECK_EQ(t->fast_limit, 0);
    context_switch(&cpus[0], t);
    CHECK(cpus[0].pmu == &t->counters);
    fake_pmu.counts = 7;
    fake_pmu.fresh = 1; /* the 32 bits of counter 0 */
    context_switch(&cpus[0], &machine_thread);
    CHECK_EQ(invoke(tcb, TCBReadCounter, WORDS(0)).word[0], 7 + (1ull << 32));
    CHECK_EQ(invoke(tcb, TCBReadCounter, WORDS(31)).word[0], 7);
    CHECK_EQ(invoke(tcb, TCBReadCounter, WORDS(4)).error, seL4_RangeError);
    CHECK_EQ(invoke(tcb, TCBSetCounter, WORDS(1, 9)).error, seL4_InvalidArgument);
    CHECK_EQ(invoke(tcb, TCBSetCounter, WORDS(0, VESICLE_COUNTER_OFF)).error, seL4_NoError);
    CHECK_EQ(invoke(tcb, TCBSetCounter, WORDS(31, VESICLE_COUNTER_OFF)).error, seL4_NoError);
    CHECK(!t->special);
    context_switch(&cpus[0], t);
    CHECK(!cpus[0].pmu);
}

int main(void)
{
    static const struct unit_case cases[] = {
        {"registers", registers}, {"in_use", in_use}, {"line", line}, {"sleep_with_overflow", sleep_with_overflow},
        {"native", native},
    };
    return unit_run("pmu", cases, UNIT_COUNT(cases), core_setup);
}
