/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System registers: access, and the fields the kernel uses, under their architectural names (DDI 0487). For C and
 * assembler. Under HCR_EL2.E2H = 1 the plain _EL1 names of many registers mean the EL2 register when used at EL2; the
 * guest's are then reached as _EL12 and _EL02.
 */
#ifndef ARCH_AARCH64_SYSREG_H
#define ARCH_AARCH64_SYSREG_H

#ifdef __ASSEMBLER__
#define SYSREG_BIT(n)          (1 << (n))
#define SYSREG_VALUE(v, shift) ((v) << (shift))
#else
#include <stdint.h>
#define SYSREG_BIT(n)          (1ull << (n))
#define SYSREG_VALUE(v, shift) ((uint64_t)(v) << (shift))

#define read_sysreg(name)                                                                                              \
    __extension__({                                                                                                    \
        uint64_t sysreg_value_;                                                                                        \
        __asm__ volatile("mrs %0, " #name : "=r"(sysreg_value_));                                                      \
        sysreg_value_;                                                                                                 \
    })
#define write_sysreg(name, value) __asm__ volatile("msr " #name ", %x0" : : "rZ"((uint64_t)(value)) : "memory")

static inline void isb(void)
{
    __asm__ volatile("isb" : : : "memory");
}
static inline void dsb_ish(void)
{
    __asm__ volatile("dsb ish" : : : "memory");
}
static inline void dsb_sy(void)
{
    __asm__ volatile("dsb sy" : : : "memory");
}
#endif

/* HCR_EL2, D17.2.48 */
#define HCR_VM     SYSREG_BIT(0)
#define HCR_SWIO   SYSREG_BIT(1)
#define HCR_FMO    SYSREG_BIT(3)
#define HCR_IMO    SYSREG_BIT(4)
#define HCR_AMO    SYSREG_BIT(5)
#define HCR_FB     SYSREG_BIT(9)
#define HCR_BSU_IS SYSREG_VALUE(1, 10)
#define HCR_TWI    SYSREG_BIT(13)
#define HCR_TWE    SYSREG_BIT(14)
#define HCR_TID2   SYSREG_BIT(17)
#define HCR_TID3   SYSREG_BIT(18)
#define HCR_TSC    SYSREG_BIT(19)
#define HCR_TIDCP  SYSREG_BIT(20)
#define HCR_TACR   SYSREG_BIT(21)
#define HCR_TGE    SYSREG_BIT(27)
#define HCR_RW     SYSREG_BIT(31)
#define HCR_E2H    SYSREG_BIT(34)
#define HCR_APK    SYSREG_BIT(40)
#define HCR_API    SYSREG_BIT(41)

/*
 * While native code runs; and while a guest does. VM stays set in both: TGE = 1 makes stage 2 ineffective by itself.
 * APK and API let pointer authentication through (reserved, and harmless, where it does not exist).
 */
#define HCR_NATIVE                                                                                                     \
    (HCR_E2H | HCR_TGE | HCR_RW | HCR_VM | HCR_SWIO | HCR_FMO | HCR_IMO | HCR_AMO | HCR_FB | HCR_BSU_IS | HCR_TWI |    \
     HCR_TID3 | HCR_TSC | HCR_TIDCP | HCR_TACR | HCR_APK | HCR_API)
#define HCR_GUEST (HCR_NATIVE & ~HCR_TGE)

/* SCTLR_EL2 with E2H = 1, TGE = 1; SCTLR_EL1. D17.2.118 */
#define SCTLR_M      SYSREG_BIT(0)
#define SCTLR_A      SYSREG_BIT(1)
#define SCTLR_C      SYSREG_BIT(2)
#define SCTLR_SA     SYSREG_BIT(3)
#define SCTLR_SA0    SYSREG_BIT(4)
#define SCTLR_ITD    SYSREG_BIT(7)
#define SCTLR_SED    SYSREG_BIT(8)
#define SCTLR_EOS    SYSREG_BIT(11)
#define SCTLR_I      SYSREG_BIT(12)
#define SCTLR_DZE    SYSREG_BIT(14)
#define SCTLR_UCT    SYSREG_BIT(15)
#define SCTLR_NTWI   SYSREG_BIT(16)
#define SCTLR_NTWE   SYSREG_BIT(18)
#define SCTLR_WXN    SYSREG_BIT(19)
#define SCTLR_TSCXT  SYSREG_BIT(20)
#define SCTLR_EIS    SYSREG_BIT(22)
#define SCTLR_SPAN   SYSREG_BIT(23)
#define SCTLR_UCI    SYSREG_BIT(26)
#define SCTLR_NTLSMD SYSREG_BIT(28)
#define SCTLR_LSMAOE SYSREG_BIT(29)

/* Bits that read as one where the feature behind them is missing. */
#define SCTLR_RES1 (SCTLR_EOS | SCTLR_TSCXT | SCTLR_EIS | SCTLR_SPAN | SCTLR_NTLSMD | SCTLR_LSMAOE)
/* MMU and caches off. */
#define SCTLR_OFF (SCTLR_RES1 | SCTLR_SED | SCTLR_ITD)
/* EL0 may wait, clear by DC ZVA, read CTR_EL0 and maintain caches by address. */
#define SCTLR_KERNEL                                                                                                   \
    (SCTLR_OFF | SCTLR_M | SCTLR_C | SCTLR_I | SCTLR_SA | SCTLR_SA0 | SCTLR_DZE | SCTLR_UCT | SCTLR_UCI | SCTLR_NTWI | \
     SCTLR_NTWE)

/* VTCR_EL2: 40-bit intermediate physical addresses; the walk starts at level 1, with two concatenated tables. D17.2.151 */
#define VTCR_T0SZ(bits) SYSREG_VALUE(64 - (bits), 0)
#define VTCR_SL0_LEVEL1 SYSREG_VALUE(1, 6)
#define VTCR_IRGN0_WBWA SYSREG_VALUE(1, 8)
#define VTCR_ORGN0_WBWA SYSREG_VALUE(1, 10)
#define VTCR_SH0_INNER  SYSREG_VALUE(3, 12)
#define VTCR_TG0_4K     SYSREG_VALUE(0, 14)
#define VTCR_PS_SHIFT   16
#define VTCR_PS_48      5
#define VTCR_VS_16      SYSREG_BIT(19)
#define VTCR_RES1       SYSREG_BIT(31)
#define VTCR_KERNEL                                                                                                    \
    (VTCR_T0SZ(40) | VTCR_SL0_LEVEL1 | VTCR_IRGN0_WBWA | VTCR_ORGN0_WBWA | VTCR_SH0_INNER | VTCR_TG0_4K | VTCR_RES1)

/* TCR_EL2 with E2H = 1; TCR_EL1. D17.2.131 */
#define TCR_T0SZ(bits) SYSREG_VALUE(64 - (bits), 0)
#define TCR_IRGN0_WBWA SYSREG_VALUE(1, 8)
#define TCR_ORGN0_WBWA SYSREG_VALUE(1, 10)
#define TCR_SH0_INNER  SYSREG_VALUE(3, 12)
#define TCR_TG0_4K     SYSREG_VALUE(0, 14)
#define TCR_T1SZ(bits) SYSREG_VALUE(64 - (bits), 16)
#define TCR_IRGN1_WBWA SYSREG_VALUE(1, 24)
#define TCR_ORGN1_WBWA SYSREG_VALUE(1, 26)
#define TCR_SH1_INNER  SYSREG_VALUE(3, 28)
#define TCR_TG1_4K     SYSREG_VALUE(2, 30)
#define TCR_IPS_SHIFT  32
#define TCR_IPS_48     5
#define TCR_AS         SYSREG_BIT(36)
/* TTBR0_EL2, VTTBR_EL2: ASID or VMID. D17.2.144 */
#define TTBR_ASID_SHIFT 48

/* All but IPS, which is what the core can do. ASIDs have 16 bits and come from TTBR0 (A1 = 0). */
#define TCR_KERNEL                                                                                                     \
    (TCR_T0SZ(48) | TCR_IRGN0_WBWA | TCR_ORGN0_WBWA | TCR_SH0_INNER | TCR_TG0_4K | TCR_T1SZ(48) | TCR_IRGN1_WBWA |     \
     TCR_ORGN1_WBWA | TCR_SH1_INNER | TCR_TG1_4K | TCR_AS)

/* MAIR_EL2, D17.2.97: indices of memory types in translation tables. */
#define MAIR_DEVICE_NGNRNE 0
#define MAIR_NORMAL        1
#define MAIR_NORMAL_NC     2
#define MAIR_DEVICE_NGNRE  3
#define MAIR_KERNEL                                                                                                    \
    (SYSREG_VALUE(0x00, 8 * MAIR_DEVICE_NGNRNE) | SYSREG_VALUE(0xff, 8 * MAIR_NORMAL) |                                \
     SYSREG_VALUE(0x44, 8 * MAIR_NORMAL_NC) | SYSREG_VALUE(0x04, 8 * MAIR_DEVICE_NGNRE))

/* CPTR_EL2 with E2H = 1, D17.2.30; CPACR_EL1 has these fields in the same places. */
#define CPTR_FPEN_SHIFT 20
#define CPTR_FPEN_ALL   SYSREG_VALUE(3, CPTR_FPEN_SHIFT)
#define CPTR_TTA        SYSREG_BIT(28)
/* While booting: libfdt may use vector registers. Trace and SVE trap. */
#define CPTR_BOOT (CPTR_FPEN_ALL | CPTR_TTA)

/* CNTHCTL_EL2 with E2H = 1, D17.11.2: the EL0 bits speak of EL0 under TGE, the EL1 bits of guests. */
#define CNTHCTL_EL0PCTEN SYSREG_BIT(0)
#define CNTHCTL_EL0VCTEN SYSREG_BIT(1)
#define CNTHCTL_EL0VTEN  SYSREG_BIT(8)
#define CNTHCTL_EL0PTEN  SYSREG_BIT(9)
#define CNTHCTL_EL1PCTEN SYSREG_BIT(10)
#define CNTHCTL_EL1PTEN  SYSREG_BIT(11)
/*
 * Programs read both counters, guests the virtual one, which has an offset: their physical counter traps, as no offset could hide from
 * them when they are paused. Native timers and a guest's physical timer trap.
 */
#define CNTHCTL_KERNEL (CNTHCTL_EL0PCTEN | CNTHCTL_EL0VCTEN)
/* Without E2H: EL1PCTEN and EL1PCEN. */
#define CNTHCTL_NO_E2H_ALL 3

/* CNTP_CTL_EL0, CNTV_CTL_EL0 */
#define CNT_CTL_ENABLE  SYSREG_BIT(0)
#define CNT_CTL_IMASK   SYSREG_BIT(1)
#define CNT_CTL_ISTATUS SYSREG_BIT(2)

/* MDCR_EL2, D17.3.17 */
#define MDCR_HPMN_MASK 0x1f
#define MDCR_TPM       SYSREG_BIT(6)
#define MDCR_TDE       SYSREG_BIT(8)
#define MDCR_TDA       SYSREG_BIT(9)
#define MDCR_TDOSA     SYSREG_BIT(10)
#define MDCR_TDRA      SYSREG_BIT(11)
/* Besides what it says of the PMU (pmu.c). */
#define MDCR_KERNEL (MDCR_TDA | MDCR_TDOSA | MDCR_TDRA)

/* MDSCR_EL1, D17.3.20; DBGBCR<n>_EL1, DBGWCR<n>_EL1, D17.3.2 and D17.3.11 */
#define MDSCR_SS        SYSREG_BIT(0)
#define MDSCR_MDE       SYSREG_BIT(15)
#define DBGCR_ENABLE    SYSREG_BIT(0)
#define DBGCR_EL0       SYSREG_VALUE(2, 1) /* PMC, PAC: with HMC and SSC 0, EL0 only */
#define DBGCR_BAS_SHIFT 5
#define DBGBCR_BAS_A64  SYSREG_VALUE(0xf, DBGCR_BAS_SHIFT)
#define DBGWCR_LOAD     SYSREG_BIT(3)
#define DBGWCR_STORE    SYSREG_BIT(4)

/* PMCR_EL0, PMUSERENR_EL0 */
#define PMCR_N_SHIFT 11
#define PMCR_N_MASK  0x1f
#define PMUSERENR_EN SYSREG_BIT(0)

/* CurrentEL, MPIDR_EL1, SPSR */
#define CURRENT_EL_SHIFT 2
#define MPIDR_AFFINITY   0xff00ffffffull
#define SPSR_EL1H        0x5
#define SPSR_MODE_MASK   0xf
#define SPSR_F           SYSREG_BIT(6)
#define SPSR_I           SYSREG_BIT(7)
#define SPSR_A           SYSREG_BIT(8)
#define SPSR_D           SYSREG_BIT(9)
#define SPSR_DAIF        (SPSR_D | SPSR_A | SPSR_I | SPSR_F)

/* ID registers: where each field of four bits begins. */
#define ID_FIELD_MASK              0xf
#define ID_AA64PFR0_FP_SHIFT       16
#define ID_AA64PFR0_FP_NONE        0xf
#define ID_AA64PFR0_GIC_SHIFT      24
#define ID_AA64MMFR0_PARANGE_SHIFT 0
#define ID_AA64MMFR0_ASID_SHIFT    4
#define ID_AA64MMFR0_ASID_16       2
#define ID_AA64MMFR0_TGRAN4_SHIFT  28
#define ID_AA64MMFR0_TGRAN4_NONE   0xf
#define ID_AA64MMFR1_VMID_SHIFT    4
#define ID_AA64MMFR1_VMID_16       2
#define ID_AA64MMFR1_VH_SHIFT      8
#define ID_AA64DFR0_PMUVER_SHIFT   8
#define ID_AA64DFR0_PMUVER_NONE    0
#define ID_AA64DFR0_PMUVER_V3P1    4
#define ID_AA64DFR0_PMUVER_OTHER   0xf
#define ID_AA64DFR0_BRPS_SHIFT     12
#define ID_AA64DFR0_WRPS_SHIFT     20
#define ID_AA64ISAR0_ATOMIC_SHIFT  20

/* CTR_EL0, DCZID_EL0 */
#define CTR_DMINLINE_SHIFT 16
#define CTR_DMINLINE_WIDTH 4
#define DCZID_DZP          SYSREG_BIT(4)
#define DCZID_BS_MASK      0xf

/* ESR_ELx, D17.2.37 */
#define ESR_EC_SHIFT 26
#define ESR_EC_MASK  0x3fu
#define ESR_EC(esr)  ((unsigned)((esr) >> ESR_EC_SHIFT) & ESR_EC_MASK)
#define ESR_IL       SYSREG_BIT(25)
#define ESR_ISS_MASK 0x1ffffff
#define ESR_ISS(esr) ((esr)&ESR_ISS_MASK)

/* Exception classes */
#define EC_UNKNOWN       0x00
#define EC_WFX           0x01
#define EC_FP_ASIMD      0x07
#define EC_PAUTH         0x09
#define EC_BTI           0x0d
#define EC_ILLEGAL_STATE 0x0e
#define EC_SVC64         0x15
#define EC_HVC64         0x16
#define EC_SMC64         0x17
#define EC_SYSREG        0x18
#define EC_SVE           0x19
#define EC_ERET          0x1a
#define EC_FPAC          0x1c
#define EC_IABT_LOWER    0x20
#define EC_IABT_CURRENT  0x21
#define EC_PC_ALIGNMENT  0x22
#define EC_DABT_LOWER    0x24
#define EC_DABT_CURRENT  0x25
#define EC_SP_ALIGNMENT  0x26
#define EC_FP_EXCEPTION  0x2c
#define EC_SERROR        0x2f
#define EC_BKPT_LOWER    0x30
#define EC_BKPT_CURRENT  0x31
#define EC_STEP_LOWER    0x32
#define EC_STEP_CURRENT  0x33
#define EC_WATCH_LOWER   0x34
#define EC_WATCH_CURRENT 0x35
#define EC_BRK64         0x3c

/* ISS of aborts */
#define ESR_FSC_MASK       0x3f
#define ESR_FSC_KINDS      0x3c /* the kind of fault; the two bits below are the level */
#define ESR_FSC_PERMISSION 0x0c
#define ESR_WNR            SYSREG_BIT(6)
#define ESR_S1PTW          SYSREG_BIT(7)
#define ESR_CM             SYSREG_BIT(8)
#define ESR_FNV            SYSREG_BIT(10)
#define ESR_SF             SYSREG_BIT(15)
#define ESR_SRT_SHIFT      16
#define ESR_SRT_MASK       0x1f
#define ESR_SSE            SYSREG_BIT(21)
#define ESR_SAS_SHIFT      22
#define ESR_SAS_MASK       0x3
#define ESR_ISV            SYSREG_BIT(24)
/* ISS of WFI and WFE: which it was */
#define ESR_WFX_TI_MASK 0x3
/* ISS of trapped system register accesses */
#define ESR_SYS_READ      SYSREG_BIT(0)
#define ESR_SYS_CRM_SHIFT 1
#define ESR_SYS_RT_SHIFT  5
#define ESR_SYS_CRN_SHIFT 10
#define ESR_SYS_OP1_SHIFT 14
#define ESR_SYS_OP2_SHIFT 17
#define ESR_SYS_OP0_SHIFT 20
/* ISS of SVC, HVC, SMC, BRK */
#define ESR_IMM16_MASK 0xffff

/* HPFAR_EL2: address bits 51:12 of the IPA, at bit 4 */
#define HPFAR_FIPA_SHIFT 4
#define HPFAR_FIPA_MASK  0xfffffffffull

/* GIC CPU interface, IHI 0069 12.2 to 12.4 */
#define ICC_SRE_SRE           SYSREG_BIT(0)
#define ICC_SRE_DFB           SYSREG_BIT(1)
#define ICC_SRE_DIB           SYSREG_BIT(2)
#define ICC_SRE_ENABLE        SYSREG_BIT(3)
#define ICC_CTLR_EOIMODE      SYSREG_BIT(1)
#define ICC_PMR_ALL           0xff
#define ICC_IGRPEN1_ENABLE    SYSREG_BIT(0)
#define ICC_IAR_INTID_MASK    0xffffff
#define ICC_SGI1R_AFF1_SHIFT  16
#define ICC_SGI1R_INTID_SHIFT 24
#define ICC_SGI1R_AFF2_SHIFT  32
#define ICC_SGI1R_RS_SHIFT    44
#define ICC_SGI1R_AFF3_SHIFT  48
#define ICH_VTR_LISTREGS_MASK 0x1f
#define ICH_VTR_PREBITS_SHIFT 26
#define ICH_VTR_PREBITS_MASK  0x7

#endif
