/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The interrupt controller a guest sees: GICv3 with affinity routing and one security state (GICD_CTLR.ARE = DS = 1), no
 * LPIs, no 1-of-N routing. CPU interfaces are the hardware's; the SGI registers trap and end in sgi.c.
 */
#ifndef VMM_GIC_VGIC_H
#define VMM_GIC_VGIC_H

#include "../lock.h"
#include "../mmio.h"
#include "virq.h"

struct fdt;
struct vm;

#define VGIC_SPI_BASE 32
#define VGIC_SPIS     64 /**< SPIs 32..95: a multiple of 32 */

/* GICD_CTLR as seen with one security state (IHI 0069, 12.9.4). */
#define GICD_CTLR_ENABLE_GRP0 (1u << 0)
#define GICD_CTLR_ENABLE_GRP1 (1u << 1)
#define GICD_CTLR_ARE         (1u << 4)
#define GICD_CTLR_DS          (1u << 6)

/** Implementer and product of the registers' identification: Arm's code is not ours to use, 0 is "no JEP106 code". */
#define VGIC_IIDR 0u
/** PIDR2.ArchRev = 3: GICv3 (IHI 0069, 12.9.38). */
#define VGIC_PIDR2 (3u << 4)

#define GIC_PIDR2  0xffe8 /**< GICD_PIDR2, GICR_PIDR2 */

struct vgic {
    struct lock lock; /**< of everything here and in the vCPUs' interrupts */
    struct vm *vm;
    uint32_t ctlr; /**< the enable bits of GICD_CTLR */
    struct virq spis[VGIC_SPIS];
};

extern const struct mmio_ops vgic_dist_ops;   /**< device: struct vgic */
extern const struct mmio_ops vgic_redist_ops; /**< device: struct vgic; one pair of 64 KiB frames a vCPU */

#define GICD_SIZE 0x10000ull
#define GICR_SIZE 0x20000ull /**< a vCPU's RD_base and SGI_base frames */

/** Reset state of the distributor. The VM's vCPUs exist. */
void vgic_init(struct vgic *vgic, struct vm *vm);

/** Reset state of a vCPU's SGIs, PPIs and redistributor. */
void vgic_cpu_init(struct vcpu *vcpu);

/** Sets the level of an SPI's input. Any thread. */
void vgic_set_spi(struct vgic *vgic, unsigned intid, bool level);

/** Makes an SPI pending, as a write to GICD_ISPENDR does. Any thread. */
void vgic_pend_spi(struct vgic *vgic, unsigned intid);

/** An SPI is a device's of the machine; `level`: see struct virq. Until the next vgic_init. */
void vgic_pass_spi(struct vgic *vgic, unsigned intid, bool level);

/** Sets the level of a PPI's input. Any thread. */
void vgic_set_ppi(struct vcpu *vcpu, unsigned intid, bool level);

/** Finds interrupts that ended on a vCPU without this being told: a notice is lost when its vCPU is stopped. */
void vgic_find_ended(struct vcpu *vcpu);

/** The guest ended an interrupt for which a notice was asked. */
void vgic_eoi(struct vcpu *vcpu, unsigned intid);

/** Generates SGIs as a write of `value` to ICC_SGI1R_EL1 or ICC_SGI0R_EL1 does (IHI 0069, 12.2.18). */
void vgic_sgi(struct vcpu *from, uint64_t value, bool group1);

/** Writes its node. */
void vgic_fdt(const struct vgic *vgic, struct fdt *fdt, ipa_t dist, ipa_t redist, uint32_t phandle);

/* Within the vGIC, lock held. */

/** The interrupt `intid`, of vCPU `vcpu` if it is a local one; NULL if there is none. */
struct virq *vgic_irq(struct vgic *vgic, struct vcpu *vcpu, unsigned intid);

/** Sets the enable bits of GICD_CTLR and delivers or takes back accordingly. */
void vgic_set_ctlr(struct vgic *vgic, uint32_t value);

static inline bool vgic_group_enabled(const struct vgic *vgic, bool group1)
{
    return vgic->ctlr & (group1 ? GICD_CTLR_ENABLE_GRP1 : GICD_CTLR_ENABLE_GRP0);
}

#endif
