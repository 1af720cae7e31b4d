/* SPDX-License-Identifier: BSD-2-Clause */
/* The register banks that distributor and redistributor share: a field of 1, 2 or 8 bits for each interrupt. */
#ifndef VMM_GIC_BANKS_H
#define VMM_GIC_BANKS_H

#include "vgic.h"

/**
 * Reads or writes a bank register. `offset` is from GICD_base or, with `vcpu`, from its SGI_base, where only the registers of
 * interrupts 0..31 are; fields of interrupts that are not there read as zero and ignore writes. False if no bank is at that
 * offset or the width is not one it can be accessed with. vGIC lock held.
 */
bool banks_read(struct vgic *vgic, struct vcpu *vcpu, uint64_t offset, unsigned width, uint64_t *value);
bool banks_write(struct vgic *vgic, struct vcpu *vcpu, uint64_t offset, unsigned width, uint64_t value);

#endif
