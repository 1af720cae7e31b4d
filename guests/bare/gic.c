/* SPDX-License-Identifier: BSD-2-Clause */
#include "gic.h"

#include "cpus.h"
#include "devices.h"
#include "machine.h"

enum { GICD_CTLR = 0, GICD_IGROUPR = 0x80, GICD_ISENABLER = 0x100, GICD_IPRIORITYR = 0x400, GICD_IROUTER = 0x6000 };
enum { GICR_WAKER = 0x14, GICR_SGI = 0x10000, GICR_SIZE = 0x20000, WAKER_SLEEP = 2, WAKER_ASLEEP = 4 };
enum { CTLR_ENABLE_GROUP1 = 2, CTLR_ARE = 16, INTIDS = 64, SPURIOUS = 1020 };

static volatile uint64_t taken[MAX_CPUS][INTIDS];

void gic_init(void)
{
    write32(GICD_BASE + GICD_CTLR, CTLR_ARE | CTLR_ENABLE_GROUP1);
}

static uint64_t sgi_frame(void)
{
    return GICR_BASE + cpu_number() * (uint64_t)GICR_SIZE + GICR_SGI;
}

void gic_init_cpu(void)
{
    uint64_t waker = GICR_BASE + cpu_number() * (uint64_t)GICR_SIZE + GICR_WAKER;
    write32(waker, read32(waker) & ~(uint32_t)WAKER_SLEEP);
    while (read32(waker) & WAKER_ASLEEP) {
    }
    write32(sgi_frame() + GICD_IGROUPR, ~0u);
    write32(sgi_frame() + GICD_ISENABLER, 1 | 1u << INTID_VTIMER | 1u << INTID_PTIMER);
    WRITE_SYSREG(S3_0_C12_C12_5, 1);  /* ICC_SRE_EL1 */
    WRITE_SYSREG(S3_0_C4_C6_0, 0xff); /* ICC_PMR_EL1 */
    WRITE_SYSREG(S3_0_C12_C12_7, 1);  /* ICC_IGRPEN1_EL1 */
}

void gic_enable(unsigned intid)
{
    uint64_t word = intid / 32 * 4;
    write32(GICD_BASE + GICD_IGROUPR + word, ~0u);
    *(volatile uint8_t *)(GICD_BASE + GICD_IPRIORITYR + intid) = 0x80;
    *(volatile uint64_t *)(GICD_BASE + GICD_IROUTER + 8ul * intid) = READ_SYSREG(mpidr_el1) & 0xffffff;
    write32(GICD_BASE + GICD_ISENABLER + word, 1u << intid % 32);
}

void gic_interrupt(void);
void gic_interrupt(void)
{
    uint64_t intid = READ_SYSREG(S3_0_C12_C12_0); /* ICC_IAR1_EL1 */
    if (intid >= SPURIOUS) {
        return;
    }
    if (intid == INTID_VTIMER) {
        WRITE_SYSREG(cntv_ctl_el0, 0);
    } else if (intid == INTID_PTIMER) {
        WRITE_SYSREG(cntp_ctl_el0, 0);
    }
    taken[cpu_number()][intid % INTIDS]++;
    if (intid == INTID_PL061 && !devices_interrupt()) {
        return;
    }
    WRITE_SYSREG(S3_0_C12_C12_1, intid); /* ICC_EOIR1_EL1 */
}

void gic_wait(void)
{
    __asm__ volatile("dsb sy\n wfi\n msr daifclr, #2\n isb\n msr daifset, #2" ::: "memory");
}

void gic_poll(void)
{
    __asm__ volatile("msr daifclr, #2\n isb\n msr daifset, #2" ::: "memory");
}

void gic_send(unsigned cpu)
{
    __asm__ volatile("dsb sy" ::: "memory");
    WRITE_SYSREG(S3_0_C12_C11_5, 1ul << cpu); /* ICC_SGI1R_EL1: SGI 0, cluster 0 */
}

uint64_t gic_taken(unsigned intid)
{
    return taken[cpu_number()][intid];
}
