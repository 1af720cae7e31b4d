/* SPDX-License-Identifier: BSD-2-Clause */
/* The vGIC through its registers, its lines and what a guest's CPU interface does. */
#include "fixture.h"

#include "vmm/machine.h"

#define GICD(offset)    (MACHINE_GICD_BASE + (offset))
#define RD(id, offset)  (MACHINE_GICR_BASE + (id)*GICR_SIZE + (offset))
#define SGI(id, offset) (MACHINE_GICR_BASE + (id)*GICR_SIZE + 0x10000 + (offset))
#define IGROUPR(n)      (0x080 + 4 * (n))
#define ISENABLER(n)    (0x100 + 4 * (n))
#define ICENABLER(n)    (0x180 + 4 * (n))
#define ISPENDR(n)      (0x200 + 4 * (n))
#define ICPENDR(n)      (0x280 + 4 * (n))
#define ISACTIVER(n)    (0x300 + 4 * (n))
#define ICACTIVER(n)    (0x380 + 4 * (n))
#define IPRIORITYR(i)   (0x400 + (i))
#define ICFGR(n)        (0xc00 + 4 * (n))
#define IROUTER(i)      (0x6000 + 8 * (i))
#define SPI             40u
#define SPI_BIT         (1u << (SPI % 32))

static void set_line(unsigned intid, bool level)
{
    vgic_set_spi(&fixture.vm.vgic, intid, level);
}

/* Everything in group 1, groups enabled, the SPI enabled. */
static void start(unsigned vcpus)
{
    fixture_start(vcpus);
    fixture_write(0, GICD(0), 4, 3);
    fixture_write(0, GICD(IGROUPR(1)), 4, ~0u);
    fixture_write(0, GICD(IGROUPR(2)), 4, ~0u);
    for (unsigned i = 0; i < vcpus; i++) {
        fixture_write(i, SGI(i, IGROUPR(0)), 4, ~0u);
        fixture_write(i, SGI(i, ISENABLER(0)), 4, 0xffff);
    }
    fixture_write(0, GICD(ISENABLER(1)), 4, SPI_BIT);
}

static void identification(void)
{
    fixture_start(3);
    CHECK_EQ(fixture_read(0, GICD(0), 4), 0x50);
    fixture_write(0, GICD(0), 4, ~0u);
    CHECK_EQ(fixture_read(0, GICD(0), 4), 0x53);
    CHECK_EQ(fixture_read(0, GICD(4), 4) & 0x1f, (VGIC_SPI_BASE + VGIC_SPIS) / 32 - 1);
    CHECK_EQ(fixture_read(0, GICD(0xffe8), 4), 0x30);
    CHECK_EQ(fixture_read(0, RD(1, 0xffe8), 4), 0x30);
    CHECK_EQ(fixture_read(0, RD(1, 8), 8), 1ull << 32 | 1 << 8);
    CHECK_EQ(fixture_read(0, RD(1, 12), 4), 1);
    CHECK_EQ(fixture_read(0, RD(2, 8), 4), 2 << 8 | 1 << 4);
    CHECK_EQ(fixture_read(0, RD(0, 0x14), 4), 6);
    fixture_write(0, RD(0, 0x14), 4, 0);
    CHECK_EQ(fixture_read(0, RD(0, 0x14), 4), 0);
    fixture_end();
}

static void registers_keep_what_they_hold(void)
{
    start(1);
    fixture_write(0, GICD(IPRIORITYR(SPI)), 1, 0xff);
    CHECK_EQ(fixture_read(0, GICD(IPRIORITYR(SPI)), 1), 0xf8);
    CHECK_EQ(fixture_read(0, GICD(IPRIORITYR(SPI)), 4), 0xf8);
    fixture_write(0, GICD(ICFGR(SPI / 16)), 4, ~0u);
    CHECK_EQ(fixture_read(0, GICD(ICFGR(SPI / 16)), 4), 0xaaaaaaaa);
    CHECK_EQ(fixture_read(0, SGI(0, ICFGR(0)), 4), 0xaaaaaaaa);
    fixture_write(0, SGI(0, ICFGR(0)), 4, 0);
    CHECK_EQ(fixture_read(0, SGI(0, ICFGR(0)), 4), 0xaaaaaaaa);
    CHECK_EQ(fixture_read(0, GICD(ISENABLER(1)), 4), SPI_BIT);
    CHECK_EQ(fixture_read(0, GICD(ICENABLER(1)), 4), SPI_BIT);
    fixture_write(0, GICD(ICENABLER(1)), 4, SPI_BIT);
    CHECK_EQ(fixture_read(0, GICD(ISENABLER(1)), 4), 0);
    /* Local interrupts are not in the distributor, nor those beyond the last. */
    fixture_write(0, GICD(ISENABLER(0)), 4, ~0u);
    CHECK_EQ(fixture_read(0, GICD(ISENABLER(0)), 4), 0);
    fixture_write(0, GICD(ISENABLER(31)), 4, ~0u);
    CHECK_EQ(fixture_read(0, GICD(ISENABLER(31)), 4), 0);
    fixture_write(0, GICD(IROUTER(SPI)), 8, 0x8000000000ull | 1ull << 31 | 5);
    CHECK_EQ(fixture_read(0, GICD(IROUTER(SPI)), 8), 0x8000000005ull);
    CHECK_EQ(fixture_read(0, GICD(IROUTER(SPI) + 4), 4), 0x80);
    /* Widths that a register does not have read as zero. */
    CHECK_EQ(fixture_read(0, GICD(ISENABLER(1)), 2), 0);
    CHECK_EQ(fixture_read(0, GICD(0), 1), 0);
    fixture_end();
}

static void level_is_delivered_and_again_while_high(void)
{
    start(1);
    set_line(SPI, true);
    CHECK_EQ(fixture_read(0, GICD(ISPENDR(1)), 4), SPI_BIT);
    CHECK_EQ(fixture_ack(0), SPI);
    CHECK_EQ(fixture_ack(0), SPURIOUS);
    CHECK_EQ(fixture_read(0, GICD(ISACTIVER(1)), 4), SPI_BIT);
    fixture_eoi(0, SPI);
    CHECK_EQ(fixture_ack(0), SPI);
    set_line(SPI, false);
    fixture_eoi(0, SPI);
    CHECK_EQ(fixture_ack(0), SPURIOUS);
    CHECK_EQ(fixture_read(0, GICD(ISPENDR(1)), 4), 0);
    CHECK_EQ(fixture_read(0, GICD(ISACTIVER(1)), 4), 0);
    fixture_end();
}

static void level_that_falls_is_taken_back(void)
{
    start(1);
    set_line(SPI, true);
    set_line(SPI, false);
    CHECK_EQ(fixture_ack(0), SPURIOUS);
    set_line(SPI, true);
    CHECK_EQ(fixture_ack(0), SPI);
    set_line(SPI, false);
    set_line(SPI, true);
    fixture_eoi(0, SPI);
    CHECK_EQ(fixture_ack(0), SPI);
    fixture_end();
}

static void edge_is_kept_once(void)
{
    start(1);
    fixture_write(0, GICD(ICFGR(SPI / 16)), 4, 2u << (SPI % 16 * 2));
    set_line(SPI, true);
    set_line(SPI, false);
    set_line(SPI, true);
    set_line(SPI, false);
    CHECK_EQ(fixture_ack(0), SPI);
    CHECK_EQ(fixture_read(0, GICD(ISPENDR(1)), 4), 0);
    /* Another one while it is active makes it pending again. */
    set_line(SPI, true);
    CHECK_EQ(fixture_read(0, GICD(ISPENDR(1)), 4), SPI_BIT);
    CHECK_EQ(fixture_ack(0), SPURIOUS);
    fixture_eoi(0, SPI);
    CHECK_EQ(fixture_ack(0), SPI);
    fixture_eoi(0, SPI);
    CHECK_EQ(fixture_ack(0), SPURIOUS);
    fixture_end();
}

static void disabled_stays_pending(void)
{
    start(1);
    fixture_write(0, GICD(ICENABLER(1)), 4, SPI_BIT);
    fixture_write(0, GICD(ICFGR(SPI / 16)), 4, 2u << (SPI % 16 * 2));
    set_line(SPI, true);
    set_line(SPI, false);
    CHECK_EQ(fixture_ack(0), SPURIOUS);
    CHECK_EQ(fixture_read(0, GICD(ISPENDR(1)), 4), SPI_BIT);
    fixture_write(0, GICD(ISENABLER(1)), 4, SPI_BIT);
    /* Disabled again before it was taken: not lost either. */
    fixture_write(0, GICD(ICENABLER(1)), 4, SPI_BIT);
    CHECK_EQ(fixture_ack(0), SPURIOUS);
    CHECK_EQ(fixture_read(0, GICD(ISPENDR(1)), 4), SPI_BIT);
    fixture_write(0, GICD(ISENABLER(1)), 4, SPI_BIT);
    CHECK_EQ(fixture_ack(0), SPI);
    fixture_end();
}

static void disabled_while_active_ends_as_usual(void)
{
    start(1);
    set_line(SPI, true);
    CHECK_EQ(fixture_ack(0), SPI);
    fixture_write(0, GICD(ICENABLER(1)), 4, SPI_BIT);
    CHECK_EQ(fixture_read(0, GICD(ISACTIVER(1)), 4), SPI_BIT);
    fixture_eoi(0, SPI);
    CHECK_EQ(fixture_ack(0), SPURIOUS);
    CHECK_EQ(fixture_read(0, GICD(ISPENDR(1)), 4), SPI_BIT);
    fixture_write(0, GICD(ISENABLER(1)), 4, SPI_BIT);
    CHECK_EQ(fixture_ack(0), SPI);
    fixture_end();
}

static void pending_by_register(void)
{
    start(1);
    fixture_write(0, GICD(ISPENDR(1)), 4, SPI_BIT);
    CHECK_EQ(fixture_read(0, GICD(ISPENDR(1)), 4), SPI_BIT);
    fixture_write(0, GICD(ICPENDR(1)), 4, SPI_BIT);
    CHECK_EQ(fixture_read(0, GICD(ISPENDR(1)), 4), 0);
    CHECK_EQ(fixture_ack(0), SPURIOUS);
    /* A line that is high pends whatever the register says. */
    set_line(SPI, true);
    fixture_write(0, GICD(ICPENDR(1)), 4, SPI_BIT);
    CHECK_EQ(fixture_ack(0), SPI);
    set_line(SPI, false);
    fixture_eoi(0, SPI);
    /* Made pending by a register, the line's rise and fall do not take it back. */
    fixture_write(0, GICD(ISPENDR(1)), 4, SPI_BIT);
    set_line(SPI, true);
    set_line(SPI, false);
    CHECK_EQ(fixture_ack(0), SPI);
    fixture_eoi(0, SPI);
    CHECK_EQ(fixture_ack(0), SPURIOUS);
    fixture_end();
}

static void active_by_register(void)
{
    start(1);
    fixture_write(0, GICD(ISACTIVER(1)), 4, SPI_BIT);
    CHECK_EQ(fixture_read(0, GICD(ICACTIVER(1)), 4), SPI_BIT);
    set_line(SPI, true);
    CHECK_EQ(fixture_ack(0), SPURIOUS);
    fixture_write(0, GICD(ICACTIVER(1)), 4, SPI_BIT);
    CHECK_EQ(fixture_read(0, GICD(ICACTIVER(1)), 4), 0);
    CHECK_EQ(fixture_ack(0), SPI);
    fixture_end();
}

/* All list registers hold active interrupts: the state is kept here, and nothing that was pending is lost. */
static void active_without_room(void)
{
    start(1);
    fixture_write(0, GICD(ICFGR(SPI / 16)), 4, ~0u);
    set_line(SPI, true);
    fixture.no_room = true;
    fixture_write(0, GICD(ISACTIVER(1)), 4, SPI_BIT);
    CHECK_EQ(fixture_read(0, GICD(ISACTIVER(1)), 4), SPI_BIT);
    CHECK_EQ(fixture_read(0, GICD(ISPENDR(1)), 4), SPI_BIT);
    CHECK_EQ(fixture_ack(0), SPURIOUS);
    fixture_write(0, GICD(ICACTIVER(1)), 4, SPI_BIT);
    CHECK_EQ(fixture_read(0, GICD(ISACTIVER(1)), 4), 0);
    CHECK_EQ(fixture_ack(0), SPI);
    fixture_end();
}

/* IHI 0069, tables 12-25, 12-27 and 12-29, as they are after reset; what is not named there reads as zero, too. */
static void every_register(void)
{
    static const struct {
        uint64_t at;
        uint32_t value;
    } others[] = {
        {GICD(0x0), 0x50},           /* GICD_CTLR: ARE, DS */
        {GICD(0x4), 0x2480002},      /* GICD_TYPER: No1N, 10 bits of id, 96 interrupts */
        {GICD(0xffe8), 0x30},        /* GICD_PIDR2 */
        {RD(1, 0x8), 0x110},         /* GICR_TYPER: the last, number 1 */
        {RD(1, 0xc), 1},             /* its affinity */
        {RD(1, 0x14), 6},            /* GICR_WAKER */
        {RD(1, 0xffe8), 0x30},       /* GICR_PIDR2 */
        {SGI(1, 0xc00), 0xaaaaaaaa}, /* GICR_ICFGR0: SGIs are edge-triggered */
    };
    fixture_start(2);
    for (unsigned frame = 0; frame < 3; frame++) {
        uint64_t base = frame == 0 ? GICD(0) : frame == 1 ? RD(1, 0) : SGI(1, 0);
        for (uint64_t at = base; at < base + 0x10000; at += 4) {
            uint32_t expected = 0;
            for (unsigned i = 0; i < sizeof others / sizeof others[0]; i++) {
                expected = others[i].at == at ? others[i].value : expected;
            }
            uint64_t value = fixture_read(0, at, 4);
            if (value != expected) {
                CHECK_EQ(at, 0); /* says which */
                CHECK_EQ(value, expected);
            }
        }
    }
    fixture_end();
}

static void priorities_go_along(void)
{
    start(1);
    fixture_write(0, GICD(ISENABLER(1)), 4, SPI_BIT << 1);
    fixture_write(0, GICD(IPRIORITYR(SPI)), 1, 0xa0);
    fixture_write(0, GICD(IPRIORITYR(SPI + 1)), 1, 0x80);
    set_line(SPI, true);
    set_line(SPI + 1, true);
    CHECK_EQ(fixture_ack(0), SPI + 1);
    /* One that is already in a list register gets the new priority too. */
    fixture_write(0, GICD(IPRIORITYR(SPI)), 1, 0x40);
    CHECK_EQ(fixture.fake[0].irqs[SPI].priority, 0x40);
    CHECK_EQ(fixture_ack(0), SPI);
    fixture_end();
}

static void groups_are_switched(void)
{
    start(1);
    set_line(SPI, true);
    fixture_write(0, GICD(0), 4, 1);
    CHECK_EQ(fixture_ack(0), SPURIOUS);
    CHECK_EQ(fixture_read(0, GICD(ISPENDR(1)), 4), SPI_BIT);
    fixture_write(0, GICD(IGROUPR(1)), 4, ~SPI_BIT);
    CHECK_EQ(fixture_ack(0), SPI);
    CHECK(!fixture.fake[0].irqs[SPI].group1);
    fixture_eoi(0, SPI);
    fixture_write(0, GICD(0), 4, 0);
    CHECK_EQ(fixture_ack(0), SPURIOUS);
    fixture_write(0, GICD(0), 4, 3);
    CHECK_EQ(fixture_ack(0), SPI);
    fixture_end();
}

static void routes(void)
{
    start(2);
    fixture_write(0, GICD(IROUTER(SPI)), 8, 1);
    set_line(SPI, true);
    CHECK_EQ(fixture_ack(0), SPURIOUS);
    /* Pending, it moves; to nobody, it waits. */
    fixture_write(0, GICD(IROUTER(SPI)), 8, 77);
    CHECK_EQ(fixture_ack(1), SPURIOUS);
    CHECK_EQ(fixture_read(0, GICD(ISPENDR(1)), 4), SPI_BIT);
    fixture_write(0, GICD(IROUTER(SPI)), 4, 0);
    CHECK_EQ(fixture_ack(0), SPI);
    /* Active, it stays until it ends. */
    fixture_write(0, GICD(IROUTER(SPI)), 8, 1);
    CHECK_EQ(fixture_ack(1), SPURIOUS);
    fixture_eoi(0, SPI);
    CHECK_EQ(fixture_ack(0), SPURIOUS);
    CHECK_EQ(fixture_ack(1), SPI);
    fixture_end();
}

static void edges_move_with_their_route(void)
{
    start(2);
    fixture_write(0, GICD(ICFGR(SPI / 16)), 4, 2u << (SPI % 16 * 2));
    set_line(SPI, true);
    CHECK_EQ(fixture_ack(0), SPI);
    fixture_write(0, GICD(IROUTER(SPI)), 8, 1);
    set_line(SPI, false);
    set_line(SPI, true);
    CHECK_EQ(fixture_ack(1), SPURIOUS); /* not on two at once */
    fixture_eoi(0, SPI);
    CHECK_EQ(fixture_ack(0), SPI);
    fixture_eoi(0, SPI);
    set_line(SPI, false);
    set_line(SPI, true);
    CHECK_EQ(fixture_ack(0), SPURIOUS);
    CHECK_EQ(fixture_ack(1), SPI);
    fixture_end();
}

static void software_interrupts(void)
{
    start(3);
    /* Target list: vCPUs 1 and 2, SGI 7. */
    vgic_sgi(fixture_vcpu(0), 7ull << 24 | 6, true);
    CHECK_EQ(fixture_ack(0), SPURIOUS);
    CHECK_EQ(fixture_ack(1), 7);
    CHECK_EQ(fixture_ack(2), 7);
    fixture_eoi(1, 7);
    fixture_eoi(2, 7);
    /* All but self. */
    vgic_sgi(fixture_vcpu(1), 3ull << 24 | 1ull << 40, true);
    CHECK_EQ(fixture_ack(0), 3);
    CHECK_EQ(fixture_ack(1), SPURIOUS);
    CHECK_EQ(fixture_ack(2), 3);
    /* While active, once more: pending when it ended. */
    vgic_sgi(fixture_vcpu(1), 3ull << 24 | 1, true);
    CHECK_EQ(fixture_ack(0), SPURIOUS);
    fixture_eoi(0, 3);
    CHECK_EQ(fixture_ack(0), 3);
    /* Other clusters, ranges and groups reach nobody here. */
    vgic_sgi(fixture_vcpu(0), 4ull << 24 | 1ull << 16 | 7, true);
    vgic_sgi(fixture_vcpu(0), 4ull << 24 | 1ull << 44 | 7, true);
    vgic_sgi(fixture_vcpu(0), 4ull << 24 | 7, false);
    CHECK_EQ(fixture_ack(1), SPURIOUS);
    /* Disabled, it waits. */
    fixture_write(1, SGI(1, ICENABLER(0)), 4, 1u << 5);
    vgic_sgi(fixture_vcpu(0), 5ull << 24 | 2, true);
    CHECK_EQ(fixture_ack(1), SPURIOUS);
    fixture_write(1, SGI(1, ISENABLER(0)), 4, 1u << 5);
    CHECK_EQ(fixture_ack(1), 5);
    fixture_end();
}

static void virtual_timer_is_the_kernels(void)
{
    start(1);
    CHECK(!fixture.fake[0].vtimer.enabled);
    fixture_write(0, SGI(0, IPRIORITYR(27)), 1, 0xa0);
    fixture_write(0, SGI(0, ISENABLER(0)), 4, 1u << 27);
    CHECK(fixture.fake[0].vtimer.enabled);
    CHECK(fixture.fake[0].vtimer.group1);
    CHECK_EQ(fixture.fake[0].vtimer.priority, 0xa0);
    fixture_write(0, GICD(0), 4, 0);
    CHECK(!fixture.fake[0].vtimer.enabled);
    fixture_write(0, GICD(0), 4, 2);
    CHECK(fixture.fake[0].vtimer.enabled);
    /* Its state is where the kernel has it. */
    fixture.fake[0].irqs[27].active = true;
    CHECK_EQ(fixture_read(0, SGI(0, ISACTIVER(0)), 4), 1u << 27);
    fixture_write(0, SGI(0, ICACTIVER(0)), 4, ~0u);
    CHECK(!fixture.fake[0].irqs[27].active);
    fixture_write(0, SGI(0, ICENABLER(0)), 4, 1u << 27);
    CHECK(!fixture.fake[0].vtimer.enabled);
    fixture_end();
}

static void ppi_lines(void)
{
    start(2);
    fixture_write(1, SGI(1, ISENABLER(0)), 4, 1u << 30);
    vgic_set_ppi(fixture_vcpu(1), 30, true);
    CHECK_EQ(fixture_ack(0), SPURIOUS);
    CHECK_EQ(fixture_ack(1), 30);
    fixture_eoi(1, 30);
    CHECK_EQ(fixture_ack(1), 30);
    vgic_set_ppi(fixture_vcpu(1), 30, false);
    fixture_eoi(1, 30);
    CHECK_EQ(fixture_ack(1), SPURIOUS);
    fixture_end();
}

static void interrupts_ride_on_the_reply(void)
{
    start(1);
    struct vcpu *vcpu = fixture_vcpu(0);
    uint64_t words[VCPU_REPLY_IRQS];
    fixture_write(0, GICD(ISENABLER(1)), 4, ~0u);
    vcpu_exit_begin(vcpu);
    unsigned before = fixture.fake[0].injections;
    for (unsigned i = 0; i < VCPU_REPLY_IRQS + 1; i++) {
        set_line(SPI + i, true);
    }
    CHECK_EQ(fixture.fake[0].injections, before + 1); /* the one too many goes at once */
    CHECK_EQ(fixture_read(0, GICD(ISPENDR(1)), 4) & SPI_BIT, SPI_BIT);
    set_line(SPI + 1, false);
    fixture_end();

    start(1);
    vcpu_exit_begin(vcpu);
    set_line(SPI, true);
    set_line(SPI, false);
    CHECK_EQ(vcpu_exit_end(vcpu, words), 0);
    vcpu_exit_begin(vcpu);
    set_line(SPI, true);
    CHECK_EQ(vcpu_exit_end(vcpu, words), 1);
    CHECK_EQ(words[0] & VESICLE_VIRQ_ID_MASK, SPI);
    CHECK(words[0] & VESICLE_VIRQ_EOI_NOTICE);
    fixture_end();
}

int main(void)
{
    static const struct test_case cases[] = {
        {"identification", identification},
        {"registers_keep_what_they_hold", registers_keep_what_they_hold},
        {"level_is_delivered_and_again_while_high", level_is_delivered_and_again_while_high},
        {"level_that_falls_is_taken_back", level_that_falls_is_taken_back},
        {"edge_is_kept_once", edge_is_kept_once},
        {"disabled_stays_pending", disabled_stays_pending},
        {"disabled_while_active_ends_as_usual", disabled_while_active_ends_as_usual},
        {"pending_by_register", pending_by_register},
        {"active_by_register", active_by_register},
        {"active_without_room", active_without_room},
        {"every_register", every_register},
        {"priorities_go_along", priorities_go_along},
        {"groups_are_switched", groups_are_switched},
        {"routes", routes},
        {"edges_move_with_their_route", edges_move_with_their_route},
        {"software_interrupts", software_interrupts},
        {"virtual_timer_is_the_kernels", virtual_timer_is_the_kernels},
        {"ppi_lines", ppi_lines},
        {"interrupts_ride_on_the_reply", interrupts_ride_on_the_reply},
    };
    return test_main("vmm-vgic", cases, sizeof cases / sizeof cases[0]);
}
