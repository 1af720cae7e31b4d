/* SPDX-License-Identifier: BSD-2-Clause */
#include "pmu.h"

#include "fdt.h"
#include "vcpu.h"
#include "vm.h"

/* PMCR_EL0.N: the number of event counters */
#define PMCR_N_HIGH 15
#define PMCR_N_LOW  11
/* ID_AA64DFR0_EL1.PMUVer: PMUv3 for Armv8.1 */
#define PMUVER_V3P1  4ull
#define PMUVER_SHIFT 8

#define PPI_BASE     16
#define IRQ_PPI      1 /* first cell of the GIC's binding */

void pmu_init(struct vm *vm)
{
    struct vcpu *first = &vm->vcpus[0];
    vm->pmu = bits_of(first->ops->read_reg(first, seL4_VCPUReg_PMCR_EL0), PMCR_N_HIGH, PMCR_N_LOW) != 0;
}

uint64_t pmu_id(const struct vm *vm)
{
    return vm->pmu ? PMUVER_V3P1 << PMUVER_SHIFT : 0;
}

void pmu_fdt(const struct vm *vm, struct fdt *fdt)
{
    if (!vm->pmu) {
        return;
    }
    fdt_add_node(fdt, "pmu");
    fdt_add_string(fdt, "compatible", "arm,armv8-pmuv3");
    fdt_add_cells(fdt, "interrupts", (const uint32_t[]){IRQ_PPI, VESICLE_PMU_PPI - PPI_BASE, FDT_IRQ_LEVEL_HIGH}, 3);
    fdt_close(fdt);
}
