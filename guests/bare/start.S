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
