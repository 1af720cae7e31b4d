/* SPDX-License-Identifier: BSD-2-Clause */
/* Places in C structures that vectors.S knows; trap.c checks them. */
#ifndef ARCH_AARCH64_OFFSETS_H
#define ARCH_AARCH64_OFFSETS_H

#define CPU_CURRENT           0
#define CPU_KERNEL_STACK      8
#define CPU_CONST_CALLS       16
#define TCB_REGS              160
#define TCB_PC                168

#define CONST_CALL_HASH_SHIFT 25
#define CONST_CALL_HASH_MASK  63

#endif
