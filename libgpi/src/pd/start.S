/* SPDX-License-Identifier: BSD-2-Clause */
/* First instructions of a PD with a C runtime of its own: sp = the initial stack (gpi/initial_stack.h). */
    .section .text.start, "ax"
    .global _start
    .type _start, %function
_start:
    mov     x0, sp
    mov     x29, xzr
    mov     x30, xzr
    b       gpi_pd_start
    .size _start, . - _start
    .section .note.GNU-stack, "", %progbits
