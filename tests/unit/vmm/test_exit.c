/* SPDX-License-Identifier: BSD-2-Clause */
/* Exits that nobody answers, and what becomes of the guest. */
#include "fixture.h"

#include "vmm/exit.h"
#include "vmm/machine.h"

#include <string.h>

#define NOWHERE 0x20000000ull
#define VECTORS 0x40010000ull

static struct vesicle_exit_frame *frame(void)
{
    return fixture_vcpu(0)->frame;
}

static uint64_t *reg(seL4_VCPUReg which)
{
    return &fixture.fake[0].regs[which];
}

static void start(uint64_t pstate)
{
    fixture_start(1);
    *reg(seL4_VCPUReg_VBAR) = VECTORS;
    frame()->pstate = pstate;
    frame()->pc = MACHINE_RAM_BASE + 0x40;
    frame()->ipa = NOWHERE;
    frame()->far = 0xffff000012345678;
    frame()->flags = VESICLE_EXIT_IPA_VALID;
}

static void unmapped_access_is_an_external_abort(void)
{
    start(0x60000005);
    CHECK(fixture_exit(0, (uint64_t)EC_DABT_LOWER << 26 | 1ull << 25 | 1ull << 24 | 1ull << 6));
    CHECK_EQ(frame()->pc, VECTORS + 0x200);
    CHECK_EQ(*reg(seL4_VCPUReg_ELR_EL1), MACHINE_RAM_BASE + 0x40);
    CHECK_EQ(*reg(seL4_VCPUReg_SPSR_EL1), 0x60000005);
    CHECK_EQ(*reg(seL4_VCPUReg_FAR), 0xffff000012345678);
    CHECK_EQ(*reg(seL4_VCPUReg_ESR), 0x25ull << 26 | 1 << 25 | 1 << 6 | 0x10);
    CHECK_EQ(frame()->pstate & 0x3df, 0x3c5);
    CHECK(strstr(fixture.log, "external abort") != NULL);
    CHECK_EQ(fixture.ends, 0);
    fixture_end();
}

/* The guest's own tables are where nothing is: at level 0, or at what an entry there says. */
static void tables_that_are_no_memory(void)
{
    for (unsigned level = 0; level < 3; level++) {
        start(5);
        uint64_t *tables = memory_at(&fixture.vm.memory, ipa_of(MACHINE_RAM_BASE + 0x10000), 0x2000);
        tables[0] = (MACHINE_RAM_BASE + 0x11000) | 3;
        tables[512] = NOWHERE | 3;
        if (level == 1) {
            tables[0] = NOWHERE | 3;
        }
        *reg(seL4_VCPUReg_SCTLR) = 1;
        *reg(seL4_VCPUReg_TCR) = 16;
        *reg(seL4_VCPUReg_TTBR0) = level == 0 ? NOWHERE : MACHINE_RAM_BASE + 0x10000;
        frame()->far = 0x1000;
        CHECK(fixture_exit(0, (uint64_t)EC_DABT_LOWER << 26 | 1ull << 25 | 1ull << 7));
        CHECK_EQ(*reg(seL4_VCPUReg_ESR), 0x25ull << 26 | 1 << 25 | 0x14 | level);
        frame()->pstate = 0;
        frame()->pc = MACHINE_RAM_BASE;
        CHECK(fixture_exit(0, (uint64_t)EC_IABT_LOWER << 26 | 1ull << 25 | 1ull << 7));
        CHECK_EQ(*reg(seL4_VCPUReg_ESR), 0x20ull << 26 | 1 << 25 | 0x14 | level);
        fixture_end();
    }
}

static void from_el0(void)
{
    start(0);
    CHECK(fixture_exit(0, (uint64_t)EC_DABT_LOWER << 26 | 1ull << 25 | 1ull << 24));
    CHECK_EQ(frame()->pc, VECTORS + 0x400);
    CHECK_EQ(*reg(seL4_VCPUReg_ESR) >> 26, 0x24);
    fixture_end();
    start(4);
    CHECK(fixture_exit(0, (uint64_t)EC_IABT_LOWER << 26 | 1ull << 25));
    CHECK_EQ(frame()->pc, VECTORS);
    CHECK_EQ(*reg(seL4_VCPUReg_ESR) >> 26, 0x21);
    fixture_end();
}

static void pan_and_ssbs_as_sctlr_says(void)
{
    start(5);
    *reg(seL4_VCPUReg_SCTLR) = 1ull << 44; /* SPAN = 0: PAN is set; DSSBS */
    CHECK(fixture_exit(0, (uint64_t)EC_UNKNOWN << 26));
    CHECK(frame()->pstate & 1ull << 22);
    CHECK(frame()->pstate & 1ull << 12);
    fixture_end();
    start(5);
    *reg(seL4_VCPUReg_SCTLR) = 1ull << 23;
    CHECK(fixture_exit(0, (uint64_t)EC_UNKNOWN << 26));
    CHECK(!(frame()->pstate & (1ull << 22 | 1ull << 12)));
    fixture_end();
}

static void all_classes_have_an_end(void)
{
    for (uint64_t ec = 0; ec < 64; ec++) {
        start(5);
        bool resumed = fixture_exit(0, ec << 26);
        CHECK_EQ(resumed, ec != EC_SERROR);
        CHECK_EQ(fixture.ends, ec == EC_SERROR);
        fixture_end();
    }
}

/* A vector that cannot be fetched would abort for ever. */
static void unreachable_vectors_stop_the_guest(void)
{
    start(5);
    *reg(seL4_VCPUReg_VBAR) = NOWHERE;
    CHECK(fixture_exit(0, (uint64_t)EC_IABT_LOWER << 26 | 1ull << 25));
    CHECK_EQ(frame()->pc, NOWHERE + 0x200);
    CHECK(!fixture_exit(0, (uint64_t)EC_IABT_LOWER << 26 | 1ull << 25));
    CHECK_EQ(fixture.end, VM_CRASHED);
    CHECK(strstr(fixture.log, "stopped: instruction abort") != NULL);
    CHECK(strstr(fixture.log, "VBAR_EL1") != NULL);
    fixture_end();
}

static void reports_are_limited(void)
{
    start(5);
    for (unsigned i = 0; i < 1000; i++) {
        frame()->pc = MACHINE_RAM_BASE;
        CHECK(fixture_exit(0, (uint64_t)EC_DABT_LOWER << 26));
    }
    unsigned lines = 0;
    for (const char *p = fixture.log; *p != '\0'; p++) {
        lines += *p == '\n';
    }
    CHECK(lines <= 16);
    CHECK_EQ(fixture_vcpu(0)->unhandled, 1000);
    fixture_end();
}

static void cache_maintenance_of_a_device_does_nothing(void)
{
    start(5);
    CHECK(fixture_exit(0, (uint64_t)EC_DABT_LOWER << 26 | 1ull << 8 | 1ull << 6));
    CHECK_EQ(frame()->pc, MACHINE_RAM_BASE + 0x44);
    fixture_end();
}

int main(void)
{
    static const struct test_case cases[] = {
        {"unmapped_access_is_an_external_abort", unmapped_access_is_an_external_abort},
        {"tables_that_are_no_memory", tables_that_are_no_memory},
        {"from_el0", from_el0},
        {"pan_and_ssbs_as_sctlr_says", pan_and_ssbs_as_sctlr_says},
        {"all_classes_have_an_end", all_classes_have_an_end},
        {"unreachable_vectors_stop_the_guest", unreachable_vectors_stop_the_guest},
        {"reports_are_limited", reports_are_limited},
        {"cache_maintenance_of_a_device_does_nothing", cache_maintenance_of_a_device_does_nothing},
    };
    return test_main("vmm-exit", cases, sizeof cases / sizeof cases[0]);
}
