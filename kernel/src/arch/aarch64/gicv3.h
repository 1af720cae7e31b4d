/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The interrupt controller, IHI 0069: distributor, the cores' redistributors, CPU interface. All interrupts are group 1
 * of one priority. EOImode = 1: gic_drop lets others come, the interrupt itself stays active until gic_deactivate.
 */
#ifndef ARCH_AARCH64_GICV3_H
#define ARCH_AARCH64_GICV3_H

#include "arch/aarch64/sysreg.h"
#include <stdbool.h>
#include <stdint.h>

struct platform;

/* Private interrupts as the base system architecture numbers them; platforms that do otherwise are refused. */
enum {
    GIC_INTID_KICK = 15, /* SGI that brings a core into the kernel */
    GIC_INTID_PMU = 23,
    GIC_INTID_MAINTENANCE = 25,
    GIC_INTID_HTIMER = 26, /* CNTHP */
    GIC_INTID_VTIMER = 27, /* CNTV */
    GIC_INTID_PTIMER = 30, /* CNTP */
    GIC_INTID_PPI_FIRST = 16,
    GIC_INTID_SPI_FIRST = 32,
    GIC_INTID_SPECIAL_FIRST = 1020,
    GIC_INTID_SPURIOUS = 1023,
};

/** Takes the machine's controller: maps it, all interrupts disabled and aimed at the calling core. Null, or what is wrong. */
const char *gic_init(const struct platform *platform);
/** Prepares the calling core, which is number `core`: finds its redistributor, opens its interface. Null, or what is wrong. */
const char *gic_init_core(unsigned core);

/** One past the greatest INTID of a shared interrupt. */
unsigned gic_limit(void);
/** List registers of the virtual interface. */
static inline unsigned gic_list_registers(void)
{
    return (unsigned)(read_sysreg(ich_vtr_el2) & ICH_VTR_LISTREGS_MASK) + 1;
}

/** The interrupt to be handled, now active; GIC_INTID_SPURIOUS if there is none. */
static inline uint32_t gic_ack(void)
{
    return (uint32_t)(read_sysreg(icc_iar1_el1) & ICC_IAR_INTID_MASK);
}
static inline void gic_drop(uint32_t intid)
{
    write_sysreg(icc_eoir1_el1, intid);
}
static inline void gic_deactivate(uint32_t intid)
{
    write_sysreg(icc_dir_el1, intid);
}

/* `core` says whose, for private interrupts (below 32). `intid` must exist. */
void gic_enable(unsigned intid, unsigned core);
void gic_disable(unsigned intid, unsigned core);
void gic_set_trigger(unsigned intid, unsigned core, bool edge);
void gic_set_active(unsigned intid, unsigned core, bool active);

/** Sends a shared interrupt to a core that was initialised. */
void gic_set_target(unsigned intid, unsigned core);
/** Raises software-generated interrupt `intid` (0 to 15) at every core in the mask. */
void gic_send_sgi(uint64_t core_mask, unsigned intid);

#endif
