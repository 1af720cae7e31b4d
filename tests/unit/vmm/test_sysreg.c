/* SPDX-License-Identifier: BSD-2-Clause */
/* System registers that trap. */
#include "fixture.h"

#include "vmm/exit.h"
#include "vmm/machine.h"

#define ISS(op0, op1, crn, crm, op2, rt, read)                                                                         \
    ((uint64_t)EC_SYSREG << 26 | 1ull << 25 | (op0) << 20 | (op2) << 17 | (op1) << 14 | (crn) << 10 | (rt) << 5 |      \
     (crm) << 1 | (read))

static struct vesicle_exit_frame *frame(void)
{
    return fixture_vcpu(0)->frame;
}

static uint64_t mrs(unsigned op0, unsigned op1, unsigned crn, unsigned crm, unsigned op2)
{
    uint64_t pc = frame()->pc;
    frame()->x[7] = 0xdead;
    CHECK(fixture_exit(0, ISS(op0, op1, crn, crm, op2, 7u, 1u)));
    CHECK_EQ(frame()->pc, pc + 4);
    return frame()->x[7];
}

static void msr(unsigned op0, unsigned op1, unsigned crn, unsigned crm, unsigned op2, uint64_t value)
{
    uint64_t pc = frame()->pc;
    frame()->x[7] = value;
    CHECK(fixture_exit(0, ISS(op0, op1, crn, crm, op2, 7u, 0u)));
    CHECK_EQ(frame()->pc, pc + 4);
}

static void id_registers(void)
{
    fixture_start(1);
    CHECK_EQ(mrs(3, 0, 0, 4, 0) & 0xffff, 0x0011); /* EL0 and EL1 in AArch64 only, no EL2, no EL3 */
    CHECK_EQ(mrs(3, 0, 0, 4, 0) >> 24 & 0xf, 1);   /* the GIC's registers */
    CHECK_EQ(mrs(3, 0, 0, 5, 0) >> 8 & 0xf, 0);    /* no PMU */
    CHECK_EQ(mrs(3, 0, 0, 7, 0) & 0xf, 2);         /* 40 bits */
    CHECK_EQ(mrs(3, 0, 0, 7, 1) >> 8 & 0xf, 0);    /* no VHE */
    CHECK_EQ(mrs(3, 0, 0, 1, 0), 0);               /* no AArch32 */
    CHECK_EQ(mrs(3, 0, 0, 7, 7), 0);
    CHECK_EQ(fixture.fake[0].id_regs[VESICLE_IDREG(4, 0)], mrs(3, 0, 0, 4, 0));
    fixture_end();
}

static void debug_registers(void)
{
    fixture_start(1);
    CHECK_EQ(mrs(2, 0, 1, 1, 4), 0xa); /* OSLSR_EL1: locked after reset */
    msr(2, 0, 1, 0, 4, 0);             /* OSLAR_EL1 */
    CHECK_EQ(mrs(2, 0, 1, 1, 4), 0x8);
    msr(2, 0, 0, 2, 2, ~0ull); /* MDSCR_EL1 */
    CHECK_EQ(mrs(2, 0, 0, 2, 2), 0xb001);
    CHECK_EQ(fixture.fake[0].regs[seL4_VCPUReg_MDSCR], 0xb001);
    msr(2, 0, 1, 3, 4, 1); /* OSDLR_EL1 */
    CHECK_EQ(mrs(2, 0, 1, 3, 4), 1);
    for (unsigned n = 0; n < 16; n++) {
        for (unsigned op2 = 4; op2 < 8; op2++) {
            msr(2, 0, 0, n, op2, ~0ull);
            CHECK_EQ(mrs(2, 0, 0, n, op2), 0);
        }
    }
    fixture_end();
}

/* The loop that serves a vCPU remembers the register of the last access. */
static void the_same_again(void)
{
    fixture_start(1);
    for (unsigned i = 0; i < 3; i++) {
        CHECK_EQ(mrs(2, 0, 1, 1, 4), i == 0 ? 0xa : 0x8); /* OSLSR_EL1 */
        CHECK_EQ(mrs(2, 0, 1, 1, 4), i == 0 ? 0xa : 0x8);
        msr(2, 0, 1, 0, 4, 0); /* OSLAR_EL1 */
        msr(2, 0, 1, 0, 4, 0);
        msr(2, 0, 0, 2, 2, 1ull << 15); /* MDSCR_EL1 */
        CHECK_EQ(mrs(2, 0, 0, 2, 2), 1ull << 15);
        CHECK(fixture_exit(0, ISS(2, 0, 0, 2, 2, 31u, 0u)));
        CHECK_EQ(mrs(2, 0, 0, 2, 2), 0);
        CHECK(fixture_exit(0, ISS(2, 0, 0, 2, 2, 31u, 1u)));
    }
    /* It can be read, but not written. */
    CHECK_EQ(mrs(2, 0, 1, 1, 4), 0x8);
    uint64_t pc = frame()->pc;
    CHECK(fixture_exit(0, ISS(2, 0, 1, 1, 4, 7u, 0u)));
    CHECK(frame()->pc != pc + 4);
    fixture_end();
}

static void no_pmu(void)
{
    fixture_start(1);
    CHECK_EQ(mrs(3, 3, 9, 12, 0), 0); /* PMCR_EL0 */
    msr(3, 3, 9, 12, 0, ~0ull);
    CHECK_EQ(mrs(3, 3, 9, 12, 6), 0);  /* PMCEID0_EL0 */
    CHECK_EQ(mrs(3, 3, 14, 8, 0), 0);  /* PMEVCNTR0_EL0 */
    CHECK_EQ(mrs(3, 3, 14, 15, 7), 0); /* PMCCFILTR_EL0 */
    msr(3, 0, 9, 14, 2, ~0ull);        /* PMINTENCLR_EL1 */
    CHECK_EQ(mrs(3, 0, 1, 0, 1), 0);   /* ACTLR_EL1 */
    fixture_end();
}

static void physical_timer(void)
{
    fixture_start(1);
    fixture.counter = 1000;
    msr(3, 3, 14, 2, 0, 0xffffffffull); /* TVAL = -1 */
    CHECK_EQ(mrs(3, 3, 14, 2, 2), 999);
    CHECK_EQ(mrs(3, 3, 14, 0, 1), 1000); /* CNTPCT */
    CHECK_EQ(mrs(3, 3, 14, 2, 1), 0);
    msr(3, 3, 14, 2, 1, 1);
    CHECK_EQ(mrs(3, 3, 14, 2, 1), 5); /* enabled, and due */
    CHECK(fixture_vcpu(0)->local[30].line);
    msr(3, 3, 14, 2, 2, 1010);
    CHECK_EQ(mrs(3, 3, 14, 2, 0), 10);
    CHECK(!fixture_vcpu(0)->local[30].line);
    fixture.counter = 1010;
    CHECK_EQ(mrs(3, 3, 14, 2, 1), 5);
    CHECK(fixture_vcpu(0)->local[30].line);
    msr(3, 3, 14, 2, 1, 3);
    CHECK(!fixture_vcpu(0)->local[30].line);
    fixture_end();
}

static void software_interrupts(void)
{
    fixture_start(2);
    fixture_write(0, MACHINE_GICD_BASE, 4, 2);
    fixture_write(1, MACHINE_GICR_BASE + GICR_SIZE + 0x10080, 4, ~0u);
    fixture_write(1, MACHINE_GICR_BASE + GICR_SIZE + 0x10100, 4, ~0u);
    msr(3, 0, 12, 11, 5, 2ull << 24 | 2); /* ICC_SGI1R_EL1 */
    CHECK_EQ(fixture_ack(1), 2);
    fixture_end();
}

static void xzr(void)
{
    fixture_start(1);
    frame()->sp_el0 = 1;
    CHECK(fixture_exit(0, ISS(2u, 0u, 1u, 0u, 4u, 31u, 0u)));
    CHECK_EQ(mrs(2, 0, 1, 1, 4), 0x8);
    CHECK(fixture_exit(0, ISS(2u, 0u, 1u, 1u, 4u, 31u, 1u)));
    CHECK_EQ(frame()->sp_el0, 1);
    fixture_end();
}

/* Every encoding, read and written, as a guest may try them: something answers, and the guest goes on. */
static void every_encoding(void)
{
    fixture_start(1);
    for (uint64_t iss = 0; iss < 1u << 22; iss++) {
        frame()->pc = MACHINE_RAM_BASE;
        if (!fixture_exit(0, (uint64_t)EC_SYSREG << 26 | iss)) {
            CHECK(false);
        }
    }
    CHECK_EQ(fixture.ends, 0);
    fixture_end();
}

/* The kernel has counters: the guest is told, and its accesses that come here all the same find nothing. */
static void has_pmu(void)
{
    fixture_pmu_counters = 6;
    fixture_start(2);
    CHECK_EQ(mrs(3, 0, 0, 5, 0) >> 8 & 0xf, 4); /* PMUVer */
    CHECK_EQ(fixture.fake[1].id_regs[VESICLE_IDREG(5, 0)], mrs(3, 0, 0, 5, 0));
    fixture_end();
    fixture_pmu_counters = 0;
}

int main(void)
{
    static const struct test_case cases[] = {
        {"id_registers", id_registers},
        {"debug_registers", debug_registers},
        {"the_same_again", the_same_again},
        {"no_pmu", no_pmu},
        {"has_pmu", has_pmu},
        {"physical_timer", physical_timer},
        {"software_interrupts", software_interrupts},
        {"xzr", xzr},
        {"every_encoding", every_encoding},
    };
    return test_main("vmm-sysreg", cases, sizeof cases / sizeof cases[0]);
}
