/* SPDX-License-Identifier: BSD-2-Clause */
/* exception() and gic_interrupt() serve what is taken. */
    .macro vector to
    .balign 0x80
    b       \to
    .endm

    .balign 0x800
    .global vectors
vectors:
    .rept 4
    vector  synchronous
    vector  interrupt
    vector  interrupt
    vector  synchronous
    .endr
    .balign 0x80

    .macro save
    sub     sp, sp, #288
    stp     x0, x1, [sp]
    stp     x2, x3, [sp, #16]
    stp     x4, x5, [sp, #32]
    stp     x6, x7, [sp, #48]
    stp     x8, x9, [sp, #64]
    stp     x10, x11, [sp, #80]
    stp     x12, x13, [sp, #96]
    stp     x14, x15, [sp, #112]
    stp     x16, x17, [sp, #128]
    stp     x18, x29, [sp, #144]
    mrs     x9, elr_el1
    mrs     x10, spsr_el1
    stp     x30, x9, [sp, #160]
    str     x10, [sp, #176]
    .endm

    .macro restore
    ldp     x30, x9, [sp, #160]
    ldr     x10, [sp, #176]
    msr     elr_el1, x9
    msr     spsr_el1, x10
    ldp     x0, x1, [sp]
    ldp     x2, x3, [sp, #16]
    ldp     x4, x5, [sp, #32]
    ldp     x6, x7, [sp, #48]
    ldp     x8, x9, [sp, #64]
    ldp     x10, x11, [sp, #80]
    ldp     x12, x13, [sp, #96]
    ldp     x14, x15, [sp, #112]
    ldp     x16, x17, [sp, #128]
    ldp     x18, x29, [sp, #144]
    add     sp, sp, #288
    .endm

/* Answers the address to go on at. */
synchronous:
    save
    mrs     x0, esr_el1
    mrs     x1, elr_el1
    mrs     x2, far_el1
    bl      exception
    str     x0, [sp, #168]
    restore
    eret

/* One at a time: they are masked again where it came, for a device may go on asking. */
interrupt:
    save
    bl      gic_interrupt
    ldr     x10, [sp, #176]
    orr     x10, x10, #0x80
    str     x10, [sp, #176]
    restore
    eret
