/* SPDX-License-Identifier: BSD-2-Clause */
/* Executes 200,000,000 instructions and a few, all in user space. */
    .text
    .global _start
_start:
    movz x0, #0x05f5, lsl #16 /* 100,000,000 */
    movk x0, #0xe100
1:  subs x0, x0, #1
    b.ne 1b
    mov x8, #93 /* exit */
    svc #0
