/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exceptions that the kernel itself takes. None is expected, so all end in the panic screen; the thread registers of
 * EL0 and EL1 are therefore free to hold what must be saved before there is a stack.
 *
 * The frame goes to the panic stack of the slot the stack pointer is in, so that an overflown kernel stack can be reported
 * too; with a stack pointer from elsewhere, to that of core 0.
 */
#include "arch/aarch64/layout.h"
#include "arch/aarch64/trap_frame.h"

    .macro trap_entry name, kind
    .global \name
\name:
    msr     tpidr_el1, x0
    msr     tpidrro_el0, x1
    mov     x0, #\kind
    msr     tpidr_el0, x0
    b       el2_trap
    .endm

    .text
    trap_entry el2_sync_trap, TRAP_SYNC
    trap_entry el2_irq_trap, TRAP_IRQ
    trap_entry el2_fiq_trap, TRAP_FIQ
    trap_entry el2_serror_trap, TRAP_SERROR

el2_trap:
    mov     x0, sp
    sub     x0, x0, #1 /* an empty stack's pointer is one past its slot */
    and     x0, x0, #~(STACK_SLOT - 1)
    ldr     x1, =KERNEL_STACKS
    sub     x1, x0, x1
    lsr     x1, x1, #(STACK_SLOT_SHIFT + STACK_SLOTS_SHIFT)
    cbz     x1, 1f
    ldr     x0, =KERNEL_STACKS
1:  add     x0, x0, #STACK_PANIC_TOP
    sub     x0, x0, #TRAP_FRAME_SIZE
    mov     x1, sp
    mov     sp, x0
    str     x1, [sp, #TRAP_FRAME_SP]
    mrs     x0, tpidr_el1
    mrs     x1, tpidrro_el0
    stp     x0, x1, [sp, #(0 * 8)]
    stp     x2, x3, [sp, #(2 * 8)]
    stp     x4, x5, [sp, #(4 * 8)]
    stp     x6, x7, [sp, #(6 * 8)]
    stp     x8, x9, [sp, #(8 * 8)]
    stp     x10, x11, [sp, #(10 * 8)]
    stp     x12, x13, [sp, #(12 * 8)]
    stp     x14, x15, [sp, #(14 * 8)]
    stp     x16, x17, [sp, #(16 * 8)]
    stp     x18, x19, [sp, #(18 * 8)]
    stp     x20, x21, [sp, #(20 * 8)]
    stp     x22, x23, [sp, #(22 * 8)]
    stp     x24, x25, [sp, #(24 * 8)]
    stp     x26, x27, [sp, #(26 * 8)]
    stp     x28, x29, [sp, #(28 * 8)]
    str     x30, [sp, #(30 * 8)]
    mrs     x0, elr_el1 /* with E2H: ELR_EL2 and so on */
    mrs     x1, spsr_el1
    stp     x0, x1, [sp, #TRAP_FRAME_ELR]
    mrs     x0, esr_el1
    mrs     x1, far_el1
    stp     x0, x1, [sp, #TRAP_FRAME_ESR]
    mrs     x0, tpidr_el0
    str     x0, [sp, #TRAP_FRAME_KIND]
    mov     x29, xzr
    mov     x0, sp
    bl      panic_exception
