/* SPDX-License-Identifier: BSD-2-Clause */
/* Fields of SPSR_ELx (DDI 0487, C5.2.19) as they stand in an exit frame's `pstate`. */
#ifndef VMM_PSTATE_H
#define VMM_PSTATE_H

#define PSTATE_MODE  0x1full /**< M[4:0] */
#define PSTATE_EL0T  0x0ull
#define PSTATE_EL1T  0x4ull
#define PSTATE_EL1H  0x5ull
#define PSTATE_A32   (1ull << 4) /**< M[4]: AArch32 */
#define PSTATE_DAIF  (0xfull << 6)
#define PSTATE_BTYPE (3ull << 10)
#define PSTATE_SSBS  (1ull << 12)
#define PSTATE_IL    (1ull << 20)
#define PSTATE_SS    (1ull << 21)
#define PSTATE_PAN   (1ull << 22)
#define PSTATE_UAO   (1ull << 23)
#define PSTATE_DIT   (1ull << 24)
#define PSTATE_NZCV  (0xfull << 28)

#endif
