/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One processor for all guests: what Cortex-A76 and Neoverse N1 (their ID registers are in their reference manuals) and every later
 * core have, less what a guest is not given: EL2, AArch32, RAS, debug beyond two of each, LORegions.
 */
#include "idreg.h"

#include "pmu.h"
#include "vcpu.h"

#define KEYS_FIRST        VESICLE_IDREG(1, 0)
#define KEYS_END          VESICLE_IDREG(8, 0)

#define FIELD(value, low) ((uint64_t)(value) << (low))

/* Fields are those of DDI 0487, D19.2. */
static const uint64_t values[KEYS_END] = {
    /* ID_AA64PFR0_EL1: AArch64 only at EL0 and EL1; half-precision; GIC registers; no Spectre v2 across contexts, no Meltdown */
    [VESICLE_IDREG(4, 0)] = FIELD(1, 0) /* EL0 */ | FIELD(1, 4) /* EL1 */ | FIELD(1, 16) /* FP */ |
                            FIELD(1, 20) /* AdvSIMD */ | FIELD(1, 24) /* GIC */ | FIELD(1, 56) /* CSV2 */ |
                            FIELD(1, 60) /* CSV3 */,
    /* ID_AA64PFR1_EL1 */
    [VESICLE_IDREG(4, 1)] = FIELD(1, 4) /* SSBS */,
    /* ID_AA64DFR0_EL1: Armv8 debug, two breakpoints, two watchpoints; a PMU where there is one */
    [VESICLE_IDREG(5, 0)] = FIELD(6, 0) /* DebugVer */ | FIELD(1, 12) /* BRPs */ | FIELD(1, 20) /* WRPs */,
    /* ID_AA64ISAR0_EL1 */
    [VESICLE_IDREG(6, 0)] = FIELD(2, 4) /* AES, PMULL */ | FIELD(1, 8) /* SHA1 */ | FIELD(1, 12) /* SHA2 */ |
                            FIELD(1, 16) /* CRC32 */ | FIELD(2, 20) /* Atomic */ | FIELD(1, 28) /* RDM */ |
                            FIELD(1, 44) /* DP */,
    /* ID_AA64ISAR1_EL1 */
    [VESICLE_IDREG(6, 1)] = FIELD(1, 0) /* DPB */ | FIELD(1, 20) /* LRCPC */,
    /* ID_AA64MMFR0_EL1: 40-bit physical addresses, as stage 2 has; 16-bit ASIDs; all granules; no big-endian data */
    [VESICLE_IDREG(7, 0)] =
        FIELD(2, 0) /* PARange */ | FIELD(2, 4) /* ASIDBits */ | FIELD(1, 12) /* SNSMem */ | FIELD(1, 20) /* TGran16 */,
    /* ID_AA64MMFR1_EL1 */
    [VESICLE_IDREG(7, 1)] = FIELD(2, 0) /* HAFDBS */ | FIELD(2, 12) /* HPDS */ | FIELD(2, 20) /* PAN */,
    /* ID_AA64MMFR2_EL1 */
    [VESICLE_IDREG(7, 2)] = FIELD(1, 4) /* UAO */,
};

uint64_t idreg_value(const struct vm *vm, uint64_t key)
{
    uint64_t optional = key == VESICLE_IDREG(5, 0) ? pmu_id(vm) : 0;
    return key < KEYS_END ? values[key] | optional : 0;
}

void idreg_set_constants(struct vcpu *vcpu)
{
    for (uint64_t key = KEYS_FIRST; key < KEYS_END; key++) {
        vcpu->ops->set_const_id_reg(vcpu, key, idreg_value(vcpu->vm, key));
    }
}
