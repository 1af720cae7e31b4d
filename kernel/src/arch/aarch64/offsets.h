/* SPDX-License-Identifier: BSD-2-Clause */
/* Places in C structures that vectors.S knows; trap.c checks them. */
#ifndef ARCH_AARCH64_OFFSETS_H
#define ARCH_AARCH64_OFFSETS_H

#define CPU_CURRENT           0
#define CPU_KERNEL_STACK      8
#define CPU_CONST_CALLS       16
#define CPU_VCPU              176
#define CPU_TRACE_EVENTS      32
#define CPU_TRACE_NEXT        48
#define CPU_TRACE_END         64
#define TCB_REGS              160
#define TCB_PC                168
#define TCB_VCPU              264
#define TCB_NUMBER            464
#define VCPU_EXIT             16
#define VCPU_CONST_ID_VALID   2072
#define VCPU_CONST_ID         2080
#define VCPU_CONST_CALL_COUNT 3136
#define VCPU_SYSREG_COUNT     3152
#define VCPU_IRQ_COUNTER      3216

#define CONST_CALL_HASH_SHIFT 25
#define CONST_CALL_HASH_MASK  63

/* sel4/trace.h */
#define TRACE_COUNT_BIT       0
#define TRACE_EXIT_BIT        1
#define TRACE_CONST_CALL_HEAD 0x0104000000000000
#define TRACE_RECORD_SIZE     32
#define TRACE_RING_WRITTEN    16
#define TRACE_RING_RECORDS    64

#endif
