/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A bare guest as the arm64 Linux boot protocol starts it: EL1, MMU off, x0 = device tree. The header is that of an arm64 Image.
 */
#include "cpus.h"

    .section .text.image, "ax"
    .global image
image:
    b       start
    .word   0
    .quad   0                   /* text_offset */
    .quad   image_end           /* image_size: linked at 0 */
    .quad   0b1010              /* little-endian, 4 KiB pages, anywhere */
    .quad   0, 0, 0
    .ascii  "ARM\x64"
    .word   0

start:
    mov     x19, x0
    adrp    x1, bss
    add     x1, x1, :lo12:bss
    adrp    x2, bss_end
    add     x2, x2, :lo12:bss_end
1:  cmp     x1, x2
    b.hs    2f
    stp     xzr, xzr, [x1], #16
    b       1b
2:  mov     x0, xzr
    bl      settle
    mov     x0, x19
    b       main

/* PSCI CPU_ON brings the CPU's number as context in x0. */
    .global secondary
secondary:
    mov     x19, x0
    bl      settle
    mov     x0, x19
    b       secondary_main

/* Stack of CPU x0, and vectors. */
settle:
    adrp    x1, stacks
    add     x1, x1, :lo12:stacks
    mov     x2, #STACK_SIZE
    madd    x1, x0, x2, x1
    add     sp, x1, x2
    adr     x1, vectors
    msr     vbar_el1, x1
    isb
    ret

    .macro vector to
    .balign 0x80
    b       \to
    .endm

    .balign 0x800
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
