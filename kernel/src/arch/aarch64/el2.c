/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/aarch64/el2.h"

#include "arch/aarch64/sysreg.h"
#include "arch/breakpoint.h"
#include "arch/pmu.h"
#include "object/vspace.h"

/* Stage 2: what the tables of guests look like, and how many VMIDs there are. */
static void init_stage2(void)
{
    uint64_t range = read_sysreg(id_aa64mmfr0_el1) >> ID_AA64MMFR0_PARANGE_SHIFT & ID_FIELD_MASK;
    bool vmid_16 = (read_sysreg(id_aa64mmfr1_el1) >> ID_AA64MMFR1_VMID_SHIFT & ID_FIELD_MASK) == ID_AA64MMFR1_VMID_16;

    if (range > VTCR_PS_48) {
        range = VTCR_PS_48; /* all that 4 KiB tables of this form address */
    }
    write_sysreg(vtcr_el2, VTCR_KERNEL | range << VTCR_PS_SHIFT | (vmid_16 ? VTCR_VS_16 : 0));
    vmid_bits = vmid_16 ? 16 : 8;
}

void el2_init(void)
{
    write_sysreg(cnthctl_el2, CNTHCTL_KERNEL);
    write_sysreg(cntvoff_el2, 0);
    write_sysreg(cntv_ctl_el02, 0);
    write_sysreg(cntp_ctl_el02, 0);
    write_sysreg(cntv_ctl_el0, 0);
    write_sysreg(hstr_el2, 0);
    arch_breakpoint_init();
    write_sysreg(vttbr_el2, 0);
    init_stage2();
    write_sysreg(tpidr_el0, 0);
    write_sysreg(tpidrro_el0, 0);
    write_sysreg(mdcr_el2, MDCR_KERNEL | arch_pmu_init());
    isb();
}
