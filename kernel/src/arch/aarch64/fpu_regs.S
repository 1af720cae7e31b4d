/* SPDX-License-Identifier: BSD-2-Clause */
/* struct fp_state: v0..v31, FPCR, FPSR */
    .arch armv8.1-a+fp+simd
    .text

    .macro each op
    .irp n, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
    \op \n
    .endr
    .endm
    .altmacro
    .macro store_pair n
    store_regs \n, %(\n + 1)
    .endm
    .macro store_regs a, b
    stp q\a, q\b, [x0, #16 * \a]
    .endm
    .macro load_pair n
    load_regs \n, %(\n + 1)
    .endm
    .macro load_regs a, b
    ldp q\a, q\b, [x0, #16 * \a]
    .endm

    .global fpu_store
    .type fpu_store, %function
fpu_store:
    each store_pair
    mrs x1, fpcr
    mrs x2, fpsr
    str x1, [x0, #512]
    str x2, [x0, #520]
    ret

    .global fpu_load
    .type fpu_load, %function
fpu_load:
    each load_pair
    ldr x1, [x0, #512]
    ldr x2, [x0, #520]
    msr fpcr, x1
    msr fpsr, x2
    ret
