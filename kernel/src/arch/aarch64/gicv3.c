/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/aarch64/gicv3.h"

#include "arch/aarch64/mmio.h"
#include "arch/aarch64/mmu.h"
#include "cpu.h"
#include "platform/platform.h"
#include <stddef.h>

/* Distributor, IHI 0069 12.8, 12.9; the first ones also in a redistributor's SGI frame, for INTIDs 0 to 31. */
#define GICD_CTLR                0x0000
#define GICD_TYPER               0x0004
#define GICD_IGROUPR             0x0080
#define GICD_ISENABLER           0x0100
#define GICD_ICENABLER           0x0180
#define GICD_ISPENDR             0x0200
#define GICD_ICPENDR             0x0280
#define GICD_ISACTIVER           0x0300
#define GICD_ICACTIVER           0x0380
#define GICD_IPRIORITYR          0x0400
#define GICD_ICFGR               0x0c00
#define GICD_IROUTER             0x6000
#define GICD_PIDR2               0xffe8

#define GICD_CTLR_ENABLE_GRP1A   (1u << 1)
#define GICD_CTLR_ARE_NS         (1u << 4)
#define GICD_CTLR_RWP            (1u << 31)
#define GICD_TYPER_ITLINES_MASK  0x1fu
#define GICD_PIDR2_ARCHREV_SHIFT 4
#define GICD_PIDR2_ARCHREV_MASK  0xfu
#define GICD_ARCHREV_V3          3u
#define GICD_ARCHREV_V4          4u

/* Redistributor, 12.10, 12.11 */
#define GICR_CTLR                  0x0000
#define GICR_TYPER                 0x0008
#define GICR_WAKER                 0x0014
#define GICR_SGI_FRAME             0x10000

#define GICR_CTLR_RWP              (1u << 3)
#define GICR_TYPER_VLPIS           (1ull << 1)
#define GICR_TYPER_LAST            (1ull << 4)
#define GICR_TYPER_AFFINITY_SHIFT  32
#define GICR_WAKER_PROCESSOR_SLEEP (1u << 1)
#define GICR_WAKER_CHILDREN_ASLEEP (1u << 2)
#define GICR_STRIDE                0x20000u
#define GICR_STRIDE_VLPIS          0x40000u

#define ICFGR_EDGE                 2u
#define PRIORITY                   0xa0u

enum { BITS_A_WORD = 32, CONFIGS_A_WORD = 16, REGION_MAX = PLATFORM_MAX_REDIST };

static char *distributor;
static unsigned limit; /* INTIDs from here on do not exist */
static struct {
    char *registers;
    uint64_t size, stride;
} regions[REGION_MAX];
static unsigned region_count;
static char *redistributor[MAX_CPUS];    /* of each core, by its number */
static uint64_t core_affinity[MAX_CPUS]; /* in the form of GICD_IROUTER, which is MPIDR_EL1's */

/* The frame with the registers of `intid`: the distributor, or the core's redistributor. */
static char *frame_of(unsigned intid, unsigned core)
{
    return intid < GIC_INTID_SPI_FIRST ? redistributor[core] + GICR_SGI_FRAME : distributor;
}

static void wait_for_writes(unsigned intid, unsigned core)
{
    if (intid < GIC_INTID_SPI_FIRST) {
        while (mmio_read32(redistributor[core] + GICR_CTLR) & GICR_CTLR_RWP) {
        }
    } else {
        while (mmio_read32(distributor + GICD_CTLR) & GICD_CTLR_RWP) {
        }
    }
}

static void set_bit(unsigned intid, unsigned core, unsigned reg)
{
    mmio_write32(frame_of(intid, core) + reg + intid / BITS_A_WORD * sizeof(uint32_t), 1u << intid % BITS_A_WORD);
}

void gic_enable(unsigned intid, unsigned core)
{
    set_bit(intid, core, GICD_ISENABLER);
}

void gic_disable(unsigned intid, unsigned core)
{
    set_bit(intid, core, GICD_ICENABLER);
    wait_for_writes(intid, core);
}

void gic_set_active(unsigned intid, unsigned core, bool active)
{
    set_bit(intid, core, active ? GICD_ISACTIVER : GICD_ICACTIVER);
}

void gic_set_trigger(unsigned intid, unsigned core, bool edge)
{
    char *reg = frame_of(intid, core) + GICD_ICFGR + intid / CONFIGS_A_WORD * sizeof(uint32_t);
    unsigned shift = intid % CONFIGS_A_WORD * 2;
    uint32_t value = mmio_read32(reg) & ~(ICFGR_EDGE << shift);

    mmio_write32(reg, value | (edge ? ICFGR_EDGE << shift : 0));
    set_bit(intid, core, GICD_ICPENDR);
}

void gic_set_target(unsigned intid, unsigned core)
{
    if (intid >= GIC_INTID_SPI_FIRST) {
        mmio_write64(distributor + GICD_IROUTER + intid * sizeof(uint64_t), core_affinity[core]);
    }
}

/* Aff0 of a target is given as a bit in a list of 16, which range selector and higher affinities place. IHI 0069 12.2.20 */
static uint64_t sgi_target(uint64_t affinity)
{
    uint64_t aff0 = affinity & 0xff, aff1 = affinity >> 8 & 0xff, aff2 = affinity >> 16 & 0xff,
             aff3 = affinity >> 32 & 0xff;

    return aff3 << ICC_SGI1R_AFF3_SHIFT | aff0 / 16 << ICC_SGI1R_RS_SHIFT | aff2 << ICC_SGI1R_AFF2_SHIFT |
           aff1 << ICC_SGI1R_AFF1_SHIFT | 1ull << aff0 % 16;
}

void gic_send_sgi(uint64_t core_mask, unsigned intid)
{
    /* What was written for the other core must be visible before the interrupt is. */
    __asm__ volatile("dsb ishst" : : : "memory");
    for (; core_mask; core_mask &= core_mask - 1) {
        unsigned core = (unsigned)__builtin_ctzll(core_mask);
        write_sysreg(icc_sgi1r_el1, sgi_target(core_affinity[core]) | (uint64_t)intid << ICC_SGI1R_INTID_SHIFT);
    }
    isb();
}

unsigned gic_limit(void)
{
    return limit;
}

/* Disabled, inactive, not pending, group 1, one priority: INTIDs [first, end) of a frame. */
static void reset_interrupts(char *frame, unsigned first, unsigned end)
{
    for (unsigned i = first; i < end; i += BITS_A_WORD) {
        size_t at = i / BITS_A_WORD * sizeof(uint32_t);
        mmio_write32(frame + GICD_ICENABLER + at, ~0u);
        mmio_write32(frame + GICD_ICPENDR + at, ~0u);
        mmio_write32(frame + GICD_ICACTIVER + at, ~0u);
        mmio_write32(frame + GICD_IGROUPR + at, ~0u);
    }
    for (unsigned i = first; i < end; i++) {
        mmio_write8(frame + GICD_IPRIORITYR + i, PRIORITY);
    }
}

static uint64_t own_affinity(void)
{
    return read_sysreg(mpidr_el1) & MPIDR_AFFINITY;
}

static void wait_for_distributor(void)
{
    wait_for_writes(GIC_INTID_SPI_FIRST, 0);
}

const char *gic_init(const struct platform *platform)
{
    distributor = mmu_map_device((paddr_t){platform->gicd.base}, platform->gicd.size);
    uint32_t revision = mmio_read32(distributor + GICD_PIDR2) >> GICD_PIDR2_ARCHREV_SHIFT & GICD_PIDR2_ARCHREV_MASK;
    if (revision != GICD_ARCHREV_V3 && revision != GICD_ARCHREV_V4) {
        return "the interrupt controller is no GICv3";
    }
    for (unsigned i = 0; i < platform->gicr_count; i++) {
        regions[i].registers = mmu_map_device((paddr_t){platform->gicr[i].base}, platform->gicr[i].size);
        regions[i].size = platform->gicr[i].size;
        regions[i].stride = platform->gicr_stride;
    }
    region_count = platform->gicr_count;

    limit = ((mmio_read32(distributor + GICD_TYPER) & GICD_TYPER_ITLINES_MASK) + 1) * BITS_A_WORD;
    if (limit > GIC_INTID_SPECIAL_FIRST) {
        limit = GIC_INTID_SPECIAL_FIRST;
    }
    mmio_write32(distributor + GICD_CTLR, 0);
    wait_for_distributor();
    mmio_write32(distributor + GICD_CTLR, GICD_CTLR_ARE_NS);
    wait_for_distributor();
    reset_interrupts(distributor, GIC_INTID_SPI_FIRST, limit);
    for (unsigned i = GIC_INTID_SPI_FIRST; i < limit; i++) {
        mmio_write64(distributor + GICD_IROUTER + i * sizeof(uint64_t), own_affinity());
    }
    mmio_write32(distributor + GICD_CTLR, GICD_CTLR_ARE_NS | GICD_CTLR_ENABLE_GRP1A);
    wait_for_distributor();
    return NULL;
}

/* GICR_TYPER's affinity has its four bytes together. */
static uint64_t typer_affinity(uint64_t typer)
{
    uint64_t packed = typer >> GICR_TYPER_AFFINITY_SHIFT;
    return (packed & 0xffffff) | (packed >> 24) << 32;
}

static char *find_redistributor(uint64_t affinity)
{
    for (unsigned i = 0; i < region_count; i++) {
        for (uint64_t at = 0; regions[i].size - at >= GICR_STRIDE;) {
            uint64_t typer = mmio_read64(regions[i].registers + at + GICR_TYPER);
            if (typer_affinity(typer) == affinity) {
                return regions[i].registers + at;
            }
            uint64_t stride = regions[i].stride          ? regions[i].stride
                              : typer & GICR_TYPER_VLPIS ? GICR_STRIDE_VLPIS
                                                         : GICR_STRIDE;
            if (typer & GICR_TYPER_LAST || stride > regions[i].size - at) {
                break;
            }
            at += stride;
        }
    }
    return NULL;
}

/* Wakes the redistributor; its private interrupts as reset_interrupts says. */
static void init_redistributor(char *gicr)
{
    mmio_write32(gicr + GICR_WAKER, mmio_read32(gicr + GICR_WAKER) & ~GICR_WAKER_PROCESSOR_SLEEP);
    while (mmio_read32(gicr + GICR_WAKER) & GICR_WAKER_CHILDREN_ASLEEP) {
    }
    reset_interrupts(gicr + GICR_SGI_FRAME, 0, GIC_INTID_SPI_FIRST);
    while (mmio_read32(gicr + GICR_CTLR) & GICR_CTLR_RWP) {
    }
}

static void init_cpu_interface(void)
{
    const uint64_t sre = ICC_SRE_SRE | ICC_SRE_DFB | ICC_SRE_DIB;

    write_sysreg(icc_sre_el2, sre | ICC_SRE_ENABLE);
    isb();
    write_sysreg(icc_sre_el1, sre);
    isb();
    write_sysreg(ich_hcr_el2, 0);
    write_sysreg(icc_pmr_el1, ICC_PMR_ALL);
    write_sysreg(icc_bpr1_el1, 0);
    write_sysreg(icc_ctlr_el1, ICC_CTLR_EOIMODE);
    write_sysreg(icc_igrpen1_el1, ICC_IGRPEN1_ENABLE);
    isb();
}

const char *gic_init_core(unsigned core)
{
    core_affinity[core] = own_affinity();
    redistributor[core] = find_redistributor(core_affinity[core]);
    if (!redistributor[core]) {
        return "the GICv3 has no redistributor for this core";
    }
    init_redistributor(redistributor[core]);
    init_cpu_interface();
    return NULL;
}
