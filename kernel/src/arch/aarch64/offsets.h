/* SPDX-License-Identifier: BSD-2-Clause */
/* Places in C structures that vectors.S knows; trap.c checks them. */
#ifndef AARCH64_OFFSETS_H
#define AARCH64_OFFSETS_H

#define CPU_CURRENT 0
#define CPU_KERNEL_STACK 8
#define TCB_REGS 160
#define TCB_PC 168

#endif
