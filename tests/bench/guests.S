/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guests in tight loops. Each has floating-point state of its own. Those with a count take it from x25 after every
 * HVC #1.
 */

    .macro vector to
    .balign 0x80
    b       \to
    .endm

    .macro setup
    adr     x9, guest_start
    msr     vbar_el1, x9
    mov     x9, #(3 << 20)
    msr     cpacr_el1, x9
    mov     x9, #0xff
    msr     icc_pmr_el1, x9
    mov     x9, #1
    msr     icc_igrpen1_el1, x9
    isb
    fmov    d0, #1.0
    fmov    d31, #1.0
    .endm

    .section .rodata.guest, "a"
    .balign 4096
    .global guest_start
guest_start:
    .rept   5
    vector  stuck
    .endr
    vector  irq
    .rept   10
    vector  stuck
    .endr
    .balign 0x80

stuck:
    hvc     #0xee
    b       stuck

/* 6 instructions. */
irq:
    mrs     x20, icc_iar1_el1
    msr     cntv_ctl_el0, xzr
    add     x21, x21, #1
    msr     icc_eoir1_el1, x20
    isb
    eret

    .global guest_hvc
guest_hvc:
    setup
1:  hvc     #1
    b       1b

    .global guest_mmio
guest_mmio:
    setup
    mov     x1, #0x09000000
1:  ldr     w2, [x1]
    b       1b

/* x25 calls of the function x24. */
    .global guest_const
guest_const:
    setup
1:  hvc     #1
2:  mov     x0, x24
    hvc     #0
    subs    x25, x25, #1
    b.ne    2b
    b       1b

/* x25 interrupts of the virtual timer; x28 counts turns of the waiting loop. */
    .global guest_timer
guest_timer:
    setup
    mov     x21, xzr
    mov     x28, xzr
1:  hvc     #1
    msr     daifclr, #2
2:  mov     x22, x21
    mov     x9, #1
    msr     cntv_cval_el0, xzr
    msr     cntv_ctl_el0, x9
    isb
3:  add     x28, x28, #1
    cmp     x22, x21
    b.eq    3b
    subs    x25, x25, #1
    b.ne    2b
    msr     daifset, #2
    b       1b

    .balign 8
    .global guest_end
guest_end:
    .section .note.GNU-stack, "", %progbits
