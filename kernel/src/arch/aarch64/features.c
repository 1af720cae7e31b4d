/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/aarch64/features.h"

#include "arch/aarch64/start.h"
#include "arch/aarch64/sysreg.h"
#include <stddef.h>

static unsigned field(uint64_t id, unsigned shift)
{
    return (unsigned)(id >> shift) & ID_FIELD_MASK;
}

const char *features_missing(unsigned start)
{
    uint64_t pfr0 = read_sysreg(id_aa64pfr0_el1), mmfr0 = read_sysreg(id_aa64mmfr0_el1);
    uint64_t isar0 = read_sysreg(id_aa64isar0_el1);

    if (start == START_AT_EL1) {
        return "started at EL1, but the kernel is a hypervisor: it must be started at EL2 "
               "(QEMU: -M virt,virtualization=on)";
    }
    if (start == START_NO_VHE) {
        return "this core has no Virtualization Host Extensions (FEAT_VHE, Armv8.1); "
               "Neoverse N1, Cortex-A76 and later have them (QEMU: -cpu neoverse-n1)";
    }
    if (field(pfr0, ID_AA64PFR0_FP_SHIFT) == ID_AA64PFR0_FP_NONE) {
        return "this core has no floating point";
    }
    if (field(pfr0, ID_AA64PFR0_GIC_SHIFT) == 0) {
        return "this core has no GICv3 system registers; the kernel needs a GICv3 (QEMU: -M virt,gic-version=3)";
    }
    if (field(mmfr0, ID_AA64MMFR0_TGRAN4_SHIFT) == ID_AA64MMFR0_TGRAN4_NONE) {
        return "this core has no 4 KiB translation granule";
    }
    if (field(mmfr0, ID_AA64MMFR0_ASID_SHIFT) != ID_AA64MMFR0_ASID_16) {
        return "this core has ASIDs of 8 bits only";
    }
    if (field(isar0, ID_AA64ISAR0_ATOMIC_SHIFT) == 0) {
        return "this core has no atomic instructions (FEAT_LSE, Armv8.1)";
    }
    return NULL;
}
