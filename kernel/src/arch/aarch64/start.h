/* SPDX-License-Identifier: BSD-2-Clause */
/* What head.S tells kernel_main about the exception level it was started at. For C and assembler. */
#ifndef ARCH_AARCH64_START_H
#define ARCH_AARCH64_START_H

#define START_AT_EL2 0 /* EL2 with VHE: all is well */
#define START_AT_EL1 1 /* the loader started us at EL1 */
#define START_NO_VHE 2 /* at EL2, but the core has no VHE; now at EL1 */

#endif
