/* SPDX-License-Identifier: BSD-2-Clause */
/* The guest's performance monitors: the kernel emulates their registers; what is left is to offer them, if the machine has some. */
#ifndef VMM_PMU_H
#define VMM_PMU_H

#include "types.h"

struct fdt;
struct vcpu;
struct vm;

/** Looks whether the kernel has counters for guests. The VM's vCPUs exist. */
void pmu_init(struct vm *vm);

/** ID_AA64DFR0_EL1.PMUVer, in its place. */
uint64_t pmu_id(const struct vm *vm);

/** Writes its node, if the guest has one. */
void pmu_fdt(const struct vm *vm, struct fdt *fdt);

#endif
