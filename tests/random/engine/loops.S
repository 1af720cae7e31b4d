/* SPDX-License-Identifier: BSD-2-Clause */
/* Where threads and guests begin, in the order of enum engine_entry, and all but the engine itself. */

/* enum vesicle_syscall */
#define SYS_CALL       0
#define SYS_REPLY_RECV 1
#define SYS_RECV       2
#define SYS_SEND       4
#define SYS_NBSEND     5
#define SYS_WAIT       8
#define SYS_YIELD      10

/* struct engine */
#define ENGINE_STACK 16

    /* Who never waits stops here every so often: a fault, which may be answered. */
    .macro  pause rounds
    cbnz    x21, 9f
    mov     x7, #0x1000     /* no system call */
    svc     #0
    mov     x21, #\rounds
9:  sub     x21, x21, #1
    .endm

    .section .text.entries, "ax"
    .global engine_image
engine_image:
    b       engine
    b       spin
    b       serve
    b       call
    b       send
    b       signal
    b       wait_
    b       fp
    b       yield
    b       guest_hvc
    b       guest_timer
    b       guest_fp
    b       guest_mmio
    b       guest_calls
    b       guest_spin

engine:
    ldr     x1, [x0, #ENGINE_STACK]
    mov     sp, x1
    mov     x29, xzr
    mov     x30, xzr
    b       engine_main

spin:
    mov     x21, #0x8000
1:  pause   0x8000
    b       1b

serve:
    mov     x19, x0
    mov     x20, x1
    mov     x6, x20
    mov     x7, #SYS_RECV
    svc     #0
1:  mov     x0, x19
    mov     x1, xzr
    mov     x6, x20
    mov     x7, #SYS_REPLY_RECV
    svc     #0
    b       1b

call:
    mov     x19, x0
1:  mov     x0, x19
    mov     x1, #2
    mov     x7, #SYS_CALL
    svc     #0
    b       1b

send:
    mov     x19, x0
1:  mov     x0, x19
    mov     x1, #1
    mov     x7, #SYS_SEND
    svc     #0
    b       1b

signal:
    mov     x21, #64
    mov     x19, x0
1:  pause   64
    mov     x0, x19
    mov     x1, xzr
    mov     x7, #SYS_NBSEND
    svc     #0
    mov     x7, #SYS_YIELD
    svc     #0
    b       1b

wait_:
    mov     x19, x0
1:  mov     x0, x19
    mov     x7, #SYS_WAIT
    svc     #0
    b       1b

fp:
    mov     x21, #64
1:  pause   64
    .irp    n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    dup     v\n\().2d, x2
    .endr
    add     x2, x2, #1
    b       1b

yield:
    mov     x21, #64
1:  pause   64
    mov     x7, #SYS_YIELD
    svc     #0
    b       1b

/* Guests: EL1 without MMU. */
    .macro  guest_setup
    adr     x9, guest_vectors
    msr     vbar_el1, x9
    mov     x9, #0xff
    msr     icc_pmr_el1, x9
    mov     x9, #1
    msr     icc_igrpen1_el1, x9
    msr     daifclr, #2
    isb
    .endm

guest_hvc:
    guest_setup
1:  add     x0, x0, #1
    hvc     #1
    b       1b

guest_timer:
    guest_setup
1:  mrs     x9, cntvct_el0
    add     x9, x9, #0x2000
    msr     cntv_cval_el0, x9
    mov     x9, #1
    msr     cntv_ctl_el0, x9
    wfi
    add     x0, x0, #1
    tbz     x0, #2, 1b
    hvc     #2
    b       1b

guest_fp:
    guest_setup
    mov     x9, #(3 << 20)
    msr     cpacr_el1, x9
    isb
1:  .irp    n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    dup     v\n\().2d, x0
    .endr
    add     x0, x0, #1
    tst     x0, #0xff
    b.ne    1b
    hvc     #3
    b       1b

guest_mmio:
    guest_setup
    mov     x1, #0x09000000
1:  ldr     w2, [x1]
    str     w2, [x1, #4]
    ldr     x3, =0x40100000
    str     x2, [x3]
    b       1b

guest_calls:
    guest_setup
1:  ldr     x0, =0x84000000
    hvc     #0
    ldr     x0, =0x84000001
    smc     #0
    mrs     x0, id_aa64mmfr0_el1
    mrs     x0, midr_el1
    wfe
    ldr     x0, =0x3000001      /* an interrupt to itself */
    msr     icc_sgi1r_el1, x0
    b       1b

guest_spin:
    guest_setup
1:  add     x0, x0, #1
    tst     x0, #0x7fff
    b.ne    1b
    hvc     #4
    b       1b

guest_irq:
    mrs     x10, icc_iar1_el1
    msr     icc_eoir1_el1, x10
    cmp     x10, #27
    b.ne    1f
    msr     cntv_ctl_el0, xzr
    isb
1:  eret

guest_sync:
    hvc     #0xee
    eret

    .ltorg
    .balign 0x800
guest_vectors:
    .rept   4
    .irp    target, guest_sync, guest_irq, guest_sync, guest_sync
    .balign 0x80
    b       \target
    .endr
    .endr

/* void engine_trap(struct trap *t): x0 to x8 from there, x0 to x5 back. */
    .text
    .global engine_trap
engine_trap:
    str     x0, [sp, #-16]!
    mov     x9, x0
    ldp     x0, x1, [x9]
    ldp     x2, x3, [x9, #16]
    ldp     x4, x5, [x9, #32]
    ldp     x6, x7, [x9, #48]
    ldr     x8, [x9, #64]
    /* Whatever became of x7: no debug call but CapIdentify. */
    cmp     x7, #32
    b.hs    1f
    mov     x10, #0x47ff
    lsr     x10, x10, x7
    tbnz    x10, #0, 1f
    mov     x7, #SYS_YIELD
1:  svc     #0
    ldr     x9, [sp], #16
    stp     x0, x1, [x9]
    stp     x2, x3, [x9, #16]
    stp     x4, x5, [x9, #32]
    ret

/* void engine_use_fp(seL4_Word value) */
    .global engine_use_fp
engine_use_fp:
    .irp    n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    dup     v\n\().2d, x0
    .endr
    ret
    .section .note.GNU-stack, "", %progbits
