/* SPDX-License-Identifier: BSD-2-Clause */
/* First instructions of a root task: x0 = boot information, no stack yet. */

#define STACK_SIZE 0x10000

    .section .text.start, "ax"
    .global _start
    .type _start, %function
_start:
    adrp    x1, stack_top
    add     x1, x1, :lo12:stack_top
    mov     sp, x1
    mov     x29, xzr
    mov     x30, xzr
    b       gpi_start
    .size _start, . - _start

    .section .bss.stack, "aw", %nobits
    .balign 4096
    .space  STACK_SIZE
stack_top:
    .section .note.GNU-stack, "", %progbits
