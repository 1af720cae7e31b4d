/* SPDX-License-Identifier: BSD-2-Clause */
    .macro vector to
    .balign 0x80
    b       \to
    .endm

/* Two tables: in the second one the first instruction of an interrupt is the mark. */
    .macro table name, taken
    .balign 0x800
    .global \name
\name:
    .rept 4
    vector  stuck
    \taken
    vector  stuck
    vector  stuck
    .endr
    .endm

    .macro plainly
    vector  interrupt
    .endm
    .macro with_mark
    .balign 0x80
    hint    #127
    b       interrupt
    .endm

    table vectors plainly
    table vectors_marked with_mark

/* When it was taken goes to taken_at. What asked for it is told first, as a driver does. Nothing nests. */
    .balign 4
interrupt:
    stp     x0, x1, [sp, #-32]!
    stp     x2, x3, [sp, #16]
    mrs     x1, cntvct_el0
    adrp    x2, taken_at
    str     x1, [x2, :lo12:taken_at]
    mrs     x0, S3_0_C12_C12_0  /* ICC_IAR1_EL1 */
    cmp     x0, #27             /* the virtual timer */
    b.ne    1f
    msr     cntv_ctl_el0, xzr
    b       2f
1:  cmp     x0, #33             /* the PL011 */
    b.ne    2f
    mov     x1, #0x09000000
    str     wzr, [x1, #0x38]    /* UARTIMSC */
2:  adrp    x2, taken
    add     x2, x2, :lo12:taken
    mrs     x1, mpidr_el1
    and     x1, x1, #0xff
    ldr     x3, [x2, x1, lsl #3]
    add     x3, x3, #1
    str     x3, [x2, x1, lsl #3]
    msr     S3_0_C12_C12_1, x0  /* ICC_EOIR1_EL1 */
    ldp     x2, x3, [sp, #16]
    ldp     x0, x1, [sp], #32
    eret

stuck:
    mrs     x0, esr_el1
    mrs     x1, elr_el1
    mrs     x2, far_el1
    b       exception
