/* SPDX-License-Identifier: BSD-2-Clause */
/* A program that does nothing but say, to whoever watches the machine from outside (tools/plugins/meter.c), that it has run. */
    .global _start
_start:
    hint    #127
    mov     x0, xzr
    mov     x8, #93 /* exit */
    svc     #0
