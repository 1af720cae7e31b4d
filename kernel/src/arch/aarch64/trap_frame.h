/* SPDX-License-Identifier: BSD-2-Clause */
/* What is saved of an exception that the kernel itself took. For C and assembler. */
#ifndef ARCH_AARCH64_TRAP_FRAME_H
#define ARCH_AARCH64_TRAP_FRAME_H

/* Kinds of exception: a row of the vector table. */
#define TRAP_SYNC       0
#define TRAP_IRQ        1
#define TRAP_FIQ        2
#define TRAP_SERROR     3

#define TRAP_FRAME_SP   (31 * 8)
#define TRAP_FRAME_ELR  (32 * 8)
#define TRAP_FRAME_SPSR (33 * 8)
#define TRAP_FRAME_ESR  (34 * 8)
#define TRAP_FRAME_FAR  (35 * 8)
#define TRAP_FRAME_KIND (36 * 8)
#define TRAP_FRAME_SIZE (38 * 8)

#ifndef __ASSEMBLER__
#include <stddef.h>
#include <stdint.h>

struct kernel_trap_frame {
    uint64_t x[31];
    uint64_t sp, elr, spsr, esr, far;
    uint64_t kind; /* TRAP_* */
    uint64_t spare;
};
_Static_assert(offsetof(struct kernel_trap_frame, sp) == TRAP_FRAME_SP, "trap frame");
_Static_assert(offsetof(struct kernel_trap_frame, elr) == TRAP_FRAME_ELR, "trap frame");
_Static_assert(offsetof(struct kernel_trap_frame, spsr) == TRAP_FRAME_SPSR, "trap frame");
_Static_assert(offsetof(struct kernel_trap_frame, esr) == TRAP_FRAME_ESR, "trap frame");
_Static_assert(offsetof(struct kernel_trap_frame, far) == TRAP_FRAME_FAR, "trap frame");
_Static_assert(offsetof(struct kernel_trap_frame, kind) == TRAP_FRAME_KIND, "trap frame");
_Static_assert(sizeof(struct kernel_trap_frame) == TRAP_FRAME_SIZE, "trap frame");
#endif

#endif
