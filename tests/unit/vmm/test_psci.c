/* SPDX-License-Identifier: BSD-2-Clause */
/* PSCI, SMCCC and TRNG by HVC and SMC. */
#include "fixture.h"

#include "vmm/exit.h"
#include "vmm/machine.h"
#include "vmm/psci.h"
#include "vmm/trng.h"

#define SMC64 0x40000000u

static bool goes_on;

static uint64_t call(unsigned id, unsigned ec, uint32_t function, uint64_t x1, uint64_t x2, uint64_t x3)
{
    struct vesicle_exit_frame *frame = fixture_vcpu(id)->frame;
    frame->x[0] = function;
    frame->x[1] = x1;
    frame->x[2] = x2;
    frame->x[3] = x3;
    uint64_t pc = frame->pc;
    goes_on = fixture_exit(id, (uint64_t)ec << 26 | 1ull << 25);
    if (goes_on) {
        CHECK_EQ(frame->pc, pc + (ec == EC_SMC64 ? 4 : 0));
    }
    return frame->x[0];
}

static uint64_t hvc(uint32_t function, uint64_t x1, uint64_t x2, uint64_t x3)
{
    return call(0, EC_HVC64, function, x1, x2, x3);
}

static void versions_and_features(void)
{
    fixture_start(1);
    CHECK_EQ(hvc(PSCI_VERSION, 0, 0, 0), 0x10001);
    CHECK_EQ(call(0, EC_SMC64, PSCI_VERSION, 0, 0, 0), 0x10001);
    CHECK_EQ(hvc(0x80000000, 0, 0, 0), 0x10001);
    CHECK_EQ(hvc(0x80000001, 0x80000000, 0, 0), 0);
    CHECK_EQ(hvc(0x80000001, 0x80008000, 0, 0), (uint64_t)-1);
    CHECK_EQ(hvc(PSCI_MIGRATE_INFO_TYPE, 0, 0, 0), 2);
    CHECK_EQ(hvc(PSCI_FEATURES, PSCI_CPU_ON | SMC64, 0, 0), 0);
    CHECK_EQ(hvc(PSCI_FEATURES, PSCI_SYSTEM_OFF, 0, 0), 0);
    CHECK_EQ(hvc(PSCI_FEATURES, 0x80000000, 0, 0), 0);
    CHECK_EQ(hvc(PSCI_FEATURES, PSCI_SYSTEM_RESET2, 0, 0), 0);
    CHECK_EQ(hvc(PSCI_FEATURES, PSCI_SYSTEM_RESET2 | SMC64, 0, 0), 0);
    CHECK_EQ(hvc(PSCI_FEATURES, 0x84000010, 0, 0), (uint64_t)-1); /* PSCI_STAT_RESIDENCY */
    CHECK_EQ(hvc(PSCI_FEATURES, TRNG_VERSION, 0, 0), (uint64_t)-1);
    CHECK_EQ(hvc(0x84000010, 0, 0, 0), (uint64_t)-1);
    CHECK_EQ(hvc(0, 0, 0, 0), (uint64_t)-1);
    CHECK_EQ(hvc(PSCI_CPU_SUSPEND | SMC64, 0, 0, 0), 0);
    fixture_end();
}

static void where_it_called_is_known(void)
{
    fixture_start(1);
    fixture_vcpu(0)->frame->pc = MACHINE_RAM_BASE + 0x104; /* behind the HVC */
    hvc(PSCI_VERSION, 0, 0, 0);
    CHECK_EQ(fixture_vcpu(0)->psci_at, MACHINE_RAM_BASE + 0x100);
    fixture_vcpu(0)->frame->pc = MACHINE_RAM_BASE + 0x200; /* at the SMC */
    call(0, EC_SMC64, PSCI_AFFINITY_INFO | SMC64, 0, 0, 0);
    CHECK_EQ(fixture_vcpu(0)->psci_at, MACHINE_RAM_BASE + 0x200);
    hvc(TRNG_VERSION, 0, 0, 0); /* from elsewhere */
    hvc(0x80000000, 0, 0, 0);
    CHECK_EQ(fixture_vcpu(0)->psci_at, MACHINE_RAM_BASE + 0x200);
    fixture_end();
}

static void other_immediates_are_undefined(void)
{
    fixture_start(1);
    fixture.fake[0].regs[seL4_VCPUReg_VBAR] = 0x40010000;
    fixture_vcpu(0)->frame->pc = MACHINE_RAM_BASE + 0x104; /* behind the HVC */
    CHECK(fixture_exit(0, (uint64_t)EC_HVC64 << 26 | 1));
    CHECK_EQ(fixture_vcpu(0)->frame->pc, 0x40010200);
    CHECK_EQ(fixture.fake[0].regs[seL4_VCPUReg_ELR_EL1], MACHINE_RAM_BASE + 0x100);
    CHECK_EQ(fixture.fake[0].regs[seL4_VCPUReg_ESR], 1u << 25);
    fixture_end();
}

static void cpu_on_and_off(void)
{
    uint64_t entry = MACHINE_RAM_BASE + 0x1000;
    fixture_start(2);
    CHECK_EQ(hvc(PSCI_AFFINITY_INFO | SMC64, 1, 0, 0), 1);
    CHECK_EQ(hvc(PSCI_CPU_ON | SMC64, 1, entry, 0x1122334455667788), 0);
    CHECK_EQ(fixture.fake[1].starts, 1);
    CHECK_EQ(fixture.fake[1].settles, 1); /* before */
    CHECK_EQ(fixture_vcpu(1)->frame->pc, entry);
    CHECK_EQ(fixture_vcpu(1)->frame->x[0], 0x1122334455667788);
    CHECK_EQ(fixture_vcpu(1)->frame->pstate, 0x3c5);
    CHECK_EQ(fixture.fake[1].regs[seL4_VCPUReg_SCTLR], 0x30d00800);
    CHECK_EQ(fixture.fake[1].regs[seL4_VCPUReg_VMPIDR_EL2], 0x80000001);
    CHECK_EQ(hvc(PSCI_AFFINITY_INFO | SMC64, 1, 0, 0), 0);
    CHECK_EQ(hvc(PSCI_CPU_ON | SMC64, 1, entry, 0), (uint64_t)-4);
    CHECK_EQ(hvc(PSCI_CPU_ON | SMC64, 0, entry, 0), (uint64_t)-4);
    call(1, EC_HVC64, PSCI_CPU_OFF, 0, 0, 0);
    CHECK(!goes_on);
    CHECK_EQ(fixture.ends, 0);
    CHECK_EQ(hvc(PSCI_AFFINITY_INFO, 1, 0, 0), 1);
    /* Off and on again; the 32-bit form uses 32 bits of its arguments. */
    CHECK_EQ(hvc(PSCI_CPU_ON, 0xffffffff00000001, entry, 0x1122334455667788), 0);
    CHECK_EQ(fixture.fake[1].starts, 2);
    CHECK_EQ(fixture_vcpu(1)->frame->x[0], 0x55667788);
    fixture_end();
}

static void suspend(void)
{
    fixture_start(1);
    CHECK_EQ(hvc(PSCI_CPU_SUSPEND | SMC64, 0x0300ffff, 1, 0), 0); /* standby: no entry point is looked at */
    CHECK_EQ(hvc(PSCI_CPU_SUSPEND | SMC64, 1 << 16, MACHINE_RAM_BASE, 0), 0);
    CHECK_EQ(hvc(PSCI_CPU_SUSPEND | SMC64, 1 << 16, 0x1000, 0), (uint64_t)-9);
    CHECK_EQ(hvc(PSCI_CPU_SUSPEND | SMC64, 1 << 17, MACHINE_RAM_BASE, 0), (uint64_t)-2);
    CHECK_EQ(hvc(PSCI_CPU_SUSPEND | SMC64, 1 << 26, MACHINE_RAM_BASE, 0), (uint64_t)-2);
    CHECK_EQ(hvc(PSCI_FEATURES, PSCI_CPU_SUSPEND | SMC64, 0, 0), 0);
    fixture_end();
}

static void wrong_arguments(void)
{
    fixture_start(2);
    CHECK_EQ(hvc(PSCI_CPU_ON | SMC64, 9, MACHINE_RAM_BASE, 0), (uint64_t)-2);
    CHECK_EQ(hvc(PSCI_CPU_ON | SMC64, 1, 0x1000, 0), (uint64_t)-9);
    CHECK_EQ(hvc(PSCI_CPU_ON | SMC64, 1, MACHINE_RAM_BASE + FIXTURE_RAM_SIZE, 0), (uint64_t)-9);
    CHECK_EQ(hvc(PSCI_CPU_ON | SMC64, 1, MACHINE_RAM_BASE + 2, 0), (uint64_t)-9);
    CHECK_EQ(hvc(PSCI_AFFINITY_INFO | SMC64, 9, 0, 0), (uint64_t)-2);
    CHECK_EQ(hvc(PSCI_AFFINITY_INFO | SMC64, 0, 4, 0), (uint64_t)-2);
    CHECK_EQ(hvc(PSCI_AFFINITY_INFO | SMC64, 0, 1, 0), 0);
    CHECK_EQ(hvc(PSCI_AFFINITY_INFO | SMC64, 0, 3, 0), 0);
    CHECK_EQ(fixture.fake[1].starts, 0);
    fixture_end();
}

static void system_off_and_reset(void)
{
    fixture_start(2);
    hvc(PSCI_SYSTEM_OFF, 0, 0, 0);
    CHECK(!goes_on);
    CHECK_EQ(fixture.ends, 1);
    CHECK_EQ(fixture.end, VM_OFF);
    CHECK_EQ(fixture.fake[1].stops, 1);
    CHECK_EQ(fixture.fake[0].stops, 0);
    call(1, EC_HVC64, PSCI_SYSTEM_RESET, 0, 0, 0);
    CHECK_EQ(fixture.ends, 1);
    fixture_end();
    fixture_start(1);
    hvc(PSCI_SYSTEM_RESET, 0, 0, 0);
    CHECK_EQ(fixture.end, VM_RESET);
    fixture_end();
    for (unsigned wide = 0; wide < 2; wide++) {
        uint32_t reset2 = PSCI_SYSTEM_RESET2 | (wide ? SMC64 : 0);
        fixture_start(1);
        CHECK_EQ(hvc(reset2, 1, 0, 0), (uint64_t)-2);        /* reserved */
        CHECK_EQ(hvc(reset2, 1u << 31, 0, 0), (uint64_t)-2); /* somebody's own */
        CHECK_EQ(fixture.ends, 0);
        hvc(reset2, 0, 0x1234, 0);
        CHECK(!goes_on);
        CHECK_EQ(fixture.end, VM_RESET);
        fixture_end();
    }
    fixture_start(1);
    hvc(PSCI_CPU_OFF, 0, 0, 0); /* the last one */
    CHECK(!goes_on);
    CHECK_EQ(fixture.end, VM_OFF);
    fixture_end();
}

static void random_numbers(void)
{
    fixture_start(1);
    CHECK_EQ(hvc(TRNG_VERSION, 0, 0, 0), 0x10000);
    CHECK_EQ(hvc(TRNG_FEATURES, TRNG_RND | SMC64, 0, 0), 0);
    CHECK_EQ(hvc(TRNG_FEATURES, PSCI_VERSION, 0, 0), (uint64_t)-1);
    CHECK_EQ(hvc(TRNG_RND | SMC64, 72, 7, 7), 0);
    const seL4_Word *x = fixture_vcpu(0)->frame->x;
    CHECK_EQ(x[3], 0xa5a5a5a5a5a5a5a5);
    CHECK_EQ(x[2], 0xa5);
    CHECK_EQ(x[1], 0);
    CHECK_EQ(hvc(TRNG_RND, 96, 0, 0), 0);
    CHECK_EQ(x[1], 0xa5a5a5a5);
    CHECK_EQ(hvc(TRNG_RND, 97, 0, 0), (uint64_t)-2);
    CHECK_EQ(hvc(TRNG_RND | SMC64, 0, 0, 0), (uint64_t)-2);
    hvc(TRNG_GET_UUID, 0, 0, 0);
    CHECK(x[0] != 0xffffffff);
    fixture.no_random = true;
    CHECK_EQ(hvc(TRNG_VERSION, 0, 0, 0), (uint64_t)-1);
    fixture_end();
}

int main(void)
{
    static const struct test_case cases[] = {
        {"versions_and_features", versions_and_features},
        {"where_it_called_is_known", where_it_called_is_known},
        {"other_immediates_are_undefined", other_immediates_are_undefined},
        {"cpu_on_and_off", cpu_on_and_off},
        {"suspend", suspend},
        {"wrong_arguments", wrong_arguments},
        {"system_off_and_reset", system_off_and_reset},
        {"random_numbers", random_numbers},
    };
    return test_main("vmm-psci", cases, sizeof cases / sizeof cases[0]);
}
