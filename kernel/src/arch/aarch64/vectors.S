/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every entry into the kernel. While user level or a guest runs, SP_EL2 points to the register area of the running thread
 * (in its TCB, or a guest's exit frame); TPIDR_EL2 points to the core's structure.
 */
#include "arch/aarch64/offsets.h"

    .text

    .macro vector target
    .balign 0x80
    b \target
    .endm

    .balign 0x800
    .global vectors
vectors:
    /* current EL with SP_EL0: never used */
    vector el2_sync_trap
    vector el2_irq_trap
    vector el2_fiq_trap
    vector el2_serror_trap
    /* current EL with SP_EL2: a fault in the kernel */
    vector el2_sync_trap
    vector el2_irq_trap
    vector el2_fiq_trap
    vector el2_serror_trap
    /* lower EL, AArch64: native threads and guests */
    vector user_sync
    vector user_irq
    vector user_fiq
    vector user_serror
    /* lower EL, AArch32: not offered (HCR_EL2.RW = 1, native SPSR never says so) */
    vector user_sync
    vector user_irq
    vector user_fiq
    vector user_serror

    /* Saves the thread; leaves x0 = core, x1 = thread, sp = kernel stack. */
    .macro save_user
    stp x0, x1, [sp, #0]
    stp x2, x3, [sp, #16]
    stp x4, x5, [sp, #32]
    stp x6, x7, [sp, #48]
    stp x8, x9, [sp, #64]
    stp x10, x11, [sp, #80]
    stp x12, x13, [sp, #96]
    stp x14, x15, [sp, #112]
    stp x16, x17, [sp, #128]
    stp x18, x19, [sp, #144]
    stp x20, x21, [sp, #160]
    stp x22, x23, [sp, #176]
    stp x24, x25, [sp, #192]
    stp x26, x27, [sp, #208]
    stp x28, x29, [sp, #224]
    str x30, [sp, #240]
    mrs x0, tpidr_el2
    mrs x2, elr_el2
    mrs x3, spsr_el2
    ldp x1, x4, [x0, #CPU_CURRENT]
    mov sp, x4
    stp x2, x3, [x1, #TCB_PC]
    mov x29, xzr
    .endm

user_sync:
    save_user
    mrs x2, esr_el2
    bl fastpath_trap
    cbz x0, long_way
    mov x1, x0
    b resume

/* Not one of the short trips. */
long_way:
    mrs x0, tpidr_el2
    ldr x1, [x0, #CPU_CURRENT]
    mrs x2, esr_el2
    bl trap_sync
    b return_to_user

user_irq:
    save_user
    bl trap_irq
    b return_to_user

user_fiq:
    save_user
    bl trap_irq
    b return_to_user

user_serror:
    save_user
    mrs x2, esr_el2
    bl trap_serror
    /* fall through */

    .global return_to_user
return_to_user:
    mrs x0, tpidr_el2
    ldr x1, [x0, #CPU_CURRENT]
resume:
    ldp x4, x2, [x1, #TCB_REGS]
    ldr x3, [x1, #TCB_PC + 8]
    mov sp, x4
    msr elr_el2, x2
    msr spsr_el2, x3
    ldp x0, x1, [sp, #0]
    ldp x2, x3, [sp, #16]
    ldp x4, x5, [sp, #32]
    ldp x6, x7, [sp, #48]
    ldp x8, x9, [sp, #64]
    ldp x10, x11, [sp, #80]
    ldp x12, x13, [sp, #96]
    ldp x14, x15, [sp, #112]
    ldp x16, x17, [sp, #128]
    ldp x18, x19, [sp, #144]
    ldp x20, x21, [sp, #160]
    ldp x22, x23, [sp, #176]
    ldp x24, x25, [sp, #192]
    ldp x26, x27, [sp, #208]
    ldp x28, x29, [sp, #224]
    ldr x30, [sp, #240]
    eret
