/* SPDX-License-Identifier: BSD-2-Clause */
/* Decoding of device accesses, from the syndrome and from the instruction. */
#include "fixture.h"

#include "vmm/exit.h"
#include "vmm/insn.h"
#include "vmm/machine.h"

#define DEVICE       0x0a000000ull
#define SCRATCH_SIZE 0x1000

/* A device of plain memory. */
static struct {
    uint8_t bytes[SCRATCH_SIZE];
    unsigned reads, writes;
} scratch;

static enum mmio_result scratch_read(void *device, struct vcpu *vcpu, uint64_t offset, unsigned width, uint64_t *value)
{
    (void)device;
    (void)vcpu;
    *value = 0;
    for (unsigned i = 0; i < width; i++) {
        *value |= (uint64_t)scratch.bytes[offset + i] << (8 * i);
    }
    scratch.reads++;
    return MMIO_DONE;
}

static enum mmio_result scratch_write(void *device, struct vcpu *vcpu, uint64_t offset, unsigned width, uint64_t value)
{
    (void)device;
    (void)vcpu;
    for (unsigned i = 0; i < width; i++) {
        scratch.bytes[offset + i] = (uint8_t)(value >> (8 * i));
    }
    if (width < 8) {
        CHECK_EQ(value >> (8 * width), 0);
    }
    scratch.writes++;
    return MMIO_DONE;
}

static const struct mmio_ops scratch_ops = {.read = scratch_read, .write = scratch_write};

static void start(void)
{
    fixture_start(1);
    for (unsigned i = 0; i < SCRATCH_SIZE; i++) {
        scratch.bytes[i] = (uint8_t)(0x80 + i);
    }
    CHECK(
        mmio_add(&fixture.vm.mmio, (struct mmio_region){ipa_of(DEVICE), SCRATCH_SIZE, &scratch_ops, NULL, "scratch"}));
}

static struct vesicle_exit_frame *frame(void)
{
    return fixture_vcpu(0)->frame;
}

static bool abort_at(uint64_t ipa, uint64_t iss)
{
    frame()->ipa = ipa;
    frame()->far = ipa;
    frame()->flags = VESICLE_EXIT_IPA_VALID;
    return fixture_exit(0, (uint64_t)EC_DABT_LOWER << 26 | 1ull << 25 | iss);
}

#define ISV       (1u << 24)
#define SAS(log2) ((unsigned)(log2) << 22)
#define SSE       (1u << 21)
#define SRT(rt)   ((unsigned)(rt) << 16)
#define SF        (1u << 15)
#define WNR       (1u << 6)

static void widths_and_signs(void)
{
    start();
    frame()->x[3] = ~0ull;
    CHECK(abort_at(DEVICE, ISV | SAS(0) | SRT(3)));
    CHECK_EQ(frame()->x[3], 0x80);
    CHECK(abort_at(DEVICE, ISV | SAS(1) | SRT(3)));
    CHECK_EQ(frame()->x[3], 0x8180);
    CHECK(abort_at(DEVICE, ISV | SAS(2) | SRT(3)));
    CHECK_EQ(frame()->x[3], 0x83828180);
    CHECK(abort_at(DEVICE, ISV | SAS(3) | SF | SRT(3)));
    CHECK_EQ(frame()->x[3], 0x8786858483828180);
    CHECK(abort_at(DEVICE, ISV | SAS(0) | SSE | SRT(3)));
    CHECK_EQ(frame()->x[3], 0xffffff80);
    CHECK(abort_at(DEVICE, ISV | SAS(1) | SSE | SF | SRT(3)));
    CHECK_EQ(frame()->x[3], 0xffffffffffff8180);
    CHECK(abort_at(DEVICE, ISV | SAS(2) | SSE | SF | SRT(3)));
    CHECK_EQ(frame()->x[3], 0xffffffff83828180);
    fixture_end();
}

static void writes(void)
{
    start();
    frame()->x[30] = 0x1122334455667788;
    CHECK(abort_at(DEVICE + 8, ISV | SAS(3) | SF | SRT(30) | WNR));
    CHECK_EQ(scratch.bytes[15], 0x11);
    CHECK(abort_at(DEVICE + 16, ISV | SAS(1) | SRT(30) | WNR));
    CHECK_EQ(scratch.bytes[17], 0x77);
    CHECK_EQ(scratch.bytes[18], 0x92);
    fixture_end();
}

static void register_31_is_zero(void)
{
    start();
    frame()->sp_el0 = 0x5555;
    CHECK(abort_at(DEVICE, ISV | SAS(2) | SRT(31) | WNR));
    CHECK_EQ(scratch.bytes[0] | scratch.bytes[3], 0);
    scratch.bytes[0] = 1;
    CHECK(abort_at(DEVICE, ISV | SAS(2) | SRT(31)));
    CHECK_EQ(frame()->sp_el0, 0x5555);
    fixture_end();
}

/* Puts an instruction at the PC, with the guest's MMU off. */
static bool run(uint32_t word, uint64_t address)
{
    frame()->pc = MACHINE_RAM_BASE + 0x2000;
    *(uint32_t *)memory_at(&fixture.vm.memory, ipa_of(frame()->pc), 4) = word;
    fixture.fake[0].regs[seL4_VCPUReg_SCTLR] = 0;
    return abort_at(address, 0) && frame()->pc == MACHINE_RAM_BASE + 0x2004;
}

static void instructions(void)
{
    start();
    frame()->x[1] = DEVICE;
    CHECK(run(0xb8404422, DEVICE)); /* ldr w2, [x1], #4 */
    CHECK_EQ(frame()->x[2], 0x83828180);
    CHECK_EQ(frame()->x[1], DEVICE + 4);
    CHECK(run(0xf85fcc22, DEVICE)); /* ldr x2, [x1, #-4]! */
    CHECK_EQ(frame()->x[2], 0x8786858483828180);
    CHECK_EQ(frame()->x[1], DEVICE);
    CHECK(run(0xa9400c22, DEVICE)); /* ldp x2, x3, [x1] */
    CHECK_EQ(frame()->x[2], 0x8786858483828180);
    CHECK_EQ(frame()->x[3], 0x8f8e8d8c8b8a8988);
    CHECK(run(0x69400c22, DEVICE)); /* ldpsw x2, x3, [x1] */
    CHECK_EQ(frame()->x[3], 0xffffffff87868584);
    CHECK(run(0x39c00422, DEVICE + 1)); /* ldrsb w2, [x1, #1] */
    CHECK_EQ(frame()->x[2], 0xffffff81);
    frame()->x[4] = 0xfffffffe; /* -2 in 32 bits */
    frame()->x[1] = DEVICE + 16;
    CHECK(run(0xb864d822, DEVICE + 8)); /* ldr w2, [x1, w4, sxtw #2] */
    CHECK_EQ(frame()->x[2], 0x8b8a8988);
    frame()->x[2] = 0xa1a2a3a4;
    frame()->x[3] = 0xb1b2b3b4;
    CHECK(run(0x29bf0c22, DEVICE + 8)); /* stp w2, w3, [x1, #-8]! */
    CHECK_EQ(scratch.bytes[8], 0xa4);
    CHECK_EQ(scratch.bytes[15], 0xb1);
    CHECK_EQ(frame()->x[1], DEVICE + 8);
    frame()->x[1] = DEVICE | 0x5aull << 56; /* a tagged address */
    CHECK(run(0xf9400022, DEVICE));         /* ldr x2, [x1] */
    frame()->x[1] = DEVICE + 8;
    CHECK(run(0xb800443f, DEVICE + 8)); /* str wzr, [x1], #4 */
    CHECK_EQ(scratch.bytes[8], 0);
    fixture_end();
}

static void stack_pointer_as_base(void)
{
    start();
    fixture.fake[0].regs[seL4_VCPUReg_SP_EL1] = DEVICE;
    frame()->sp_el0 = 0x77;
    CHECK(run(0xb84047e2, DEVICE)); /* ldr w2, [sp], #4 */
    CHECK_EQ(fixture.fake[0].regs[seL4_VCPUReg_SP_EL1], DEVICE + 4);
    CHECK_EQ(frame()->sp_el0, 0x77);
    frame()->pstate = 0x3c4;
    frame()->sp_el0 = DEVICE + 4;
    CHECK(run(0xb85fc7e2, DEVICE + 4)); /* ldr w2, [sp], #-4 */
    CHECK_EQ(frame()->sp_el0, DEVICE);
    fixture_end();
}

/* Fetching through the guest's tables: 4 KiB granule, 48 bits, a block of 1 GiB. */
static void fetched_through_the_guests_tables(void)
{
    start();
    uint64_t *tables = memory_at(&fixture.vm.memory, ipa_of(MACHINE_RAM_BASE + 0x10000), 0x2000);
    tables[511] = (MACHINE_RAM_BASE + 0x11000) | 3;
    tables[512 + 1] = MACHINE_RAM_BASE | 1;
    fixture.fake[0].regs[seL4_VCPUReg_SCTLR] = 1;
    fixture.fake[0].regs[seL4_VCPUReg_TCR] = 16ull << 16 | 16 | 2ull << 30;
    fixture.fake[0].regs[seL4_VCPUReg_TTBR1] = MACHINE_RAM_BASE + 0x10000;
    *(uint32_t *)memory_at(&fixture.vm.memory, ipa_of(MACHINE_RAM_BASE + 0x3000), 4) = 0xb8404422;
    frame()->pc = 0xffffff8040003000;
    frame()->x[1] = 0xffffff8000000000;
    frame()->ipa = DEVICE;
    frame()->far = 0xffffff8000000000;
    frame()->flags = VESICLE_EXIT_IPA_VALID;
    CHECK(fixture_exit(0, (uint64_t)EC_DABT_LOWER << 26));
    CHECK_EQ(frame()->x[2], 0x83828180);
    CHECK_EQ(frame()->pc, 0xffffff8040003004);
    fixture_end();
}

static void what_has_no_meaning_is_refused(void)
{
    static const uint32_t words[] = {
        0x885f7c22, /* ldxr w2, [x1] */
        0xb8e20023, /* ldaddal w2, w3, [x1] */
        0x3dc00022, /* ldr q2, [x1] */
        0xad400c22, /* ldp q2, q3, [x1] */
        0xd503201f, /* nop */
        0xf8800022, /* prfum */
        0xd50b7b21, /* dc cvau, x1 */
    };
    struct insn_access access;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        CHECK(!insn_decode(words[i], &access));
    }
    start();
    fixture.fake[0].regs[seL4_VCPUReg_VBAR] = 0x40000000;
    frame()->x[1] = DEVICE + 0xffc;
    CHECK(!run(0xa9400c22, DEVICE + 0xffc)); /* a pair over the end of a page: an abort, not a resume behind it */
    CHECK_EQ(frame()->pc, 0x40000200);
    fixture_end();
}

static void regions(void)
{
    struct mmio mmio = {.count = 0};
    CHECK(mmio_add(&mmio, (struct mmio_region){ipa_of(0x3000), 0x1000, NULL, NULL, "c"}));
    CHECK(mmio_add(&mmio, (struct mmio_region){ipa_of(0x1000), 0x1000, NULL, NULL, "a"}));
    CHECK(mmio_add(&mmio, (struct mmio_region){ipa_of(0x2000), 0x800, NULL, NULL, "b"}));
    CHECK(!mmio_add(&mmio, (struct mmio_region){ipa_of(0x2400), 0x100, NULL, NULL, "over"}));
    CHECK(!mmio_add(&mmio, (struct mmio_region){ipa_of(0xf00), 0x101, NULL, NULL, "over"}));
    CHECK(!mmio_add(&mmio, (struct mmio_region){ipa_of(0x5000), 0, NULL, NULL, "empty"}));
    CHECK(!mmio_add(&mmio, (struct mmio_region){ipa_of(~0xfffull), 0x2000, NULL, NULL, "wraps"}));
    CHECK(mmio_find(&mmio, ipa_of(0xfff), 1) == NULL);
    CHECK_EQ(mmio_find(&mmio, ipa_of(0x1000), 4)->name[0], 'a');
    CHECK_EQ(mmio_find(&mmio, ipa_of(0x27ff), 1)->name[0], 'b');
    CHECK(mmio_find(&mmio, ipa_of(0x27ff), 2) == NULL);
    CHECK(mmio_find(&mmio, ipa_of(0x2800), 1) == NULL);
    CHECK_EQ(mmio_find(&mmio, ipa_of(0x3ffc), 4)->name[0], 'c');
    CHECK(mmio_find(&mmio, ipa_of(0x4000), 1) == NULL);
}

int main(void)
{
    static const struct test_case cases[] = {
        {"widths_and_signs", widths_and_signs},
        {"writes", writes},
        {"register_31_is_zero", register_31_is_zero},
        {"instructions", instructions},
        {"stack_pointer_as_base", stack_pointer_as_base},
        {"fetched_through_the_guests_tables", fetched_through_the_guests_tables},
        {"what_has_no_meaning_is_refused", what_has_no_meaning_is_refused},
        {"regions", regions},
    };
    return test_main("vmm-mmio", cases, sizeof cases / sizeof cases[0]);
}
