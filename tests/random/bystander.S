/* SPDX-License-Identifier: BSD-2-Clause */
/* See bystander_asm.h. x19 is the thread's notes; x9 to x18, x20 to x30, SP, the thread pointer and v0 to v31 keep their values. */

#define SYS_CALL       0
#define SYS_REPLY_RECV 1
#define SYS_RECV       2
#define SYS_WAIT       8

#define NOTES_EP     0
#define NOTES_REPLY  8
#define NOTES_ROUNDS 16
#define NOTES_WRONG  24
#define NOTES_LAST   32

    .macro  to_all operation:vararg
    .irp    n, 9,10,11,12,13,14,15,16,17,18,20,21,22,23,24,25,26,27,28,29,30
    \operation \n
    .endr
    .endm

    .macro  set_x n
    mov     x\n, #(0x1100 + \n)
    movk    x\n, #0xfeed, lsl #48
    .endm
    .macro  set_v n
    mov     x0, #(0x2200 + \n)
    movk    x0, #0xbeef, lsl #48
    dup     v\n\().2d, x0
    .endm
    /* x8: what is wrong is or-ed into it */
    .macro  test_x n
    mov     x0, #(0x1100 + \n)
    movk    x0, #0xfeed, lsl #48
    eor     x0, x0, x\n
    orr     x8, x8, x0
    .endm
    .macro  test_v n
    mov     x0, #(0x2200 + \n)
    movk    x0, #0xbeef, lsl #48
    fmov    x1, d\n
    eor     x1, x1, x0
    orr     x8, x8, x1
    mov     x1, v\n\().d[1]
    eor     x1, x1, x0
    orr     x8, x8, x1
    .endm
    .macro  all_v operation:req
    .irp    n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    \operation \n
    .endr
    .endm

    .macro  set_all
    to_all  set_x
    all_v   set_v
    mov     x0, #0x3000
    msr     tpidr_el0, x0
    mov     x0, #0x7000
    mov     sp, x0
    .endm
    /* x8 is not 0 if something is wrong. Changes x0, x1. */
    .macro  test_all
    mov     x8, xzr
    to_all  test_x
    all_v   test_v
    mrs     x0, tpidr_el0
    eor     x0, x0, #0x3000
    orr     x8, x8, x0
    mov     x0, sp
    eor     x0, x0, #0x7000
    orr     x8, x8, x0
    .endm
    /* One round more, and one that was wrong if x8 says so. Changes x0, x8. */
    .macro  note
    ldr     x0, [x19, #NOTES_WRONG]
    cmp     x8, #0
    cinc    x0, x0, ne
    str     x0, [x19, #NOTES_WRONG]
    ldr     x0, [x19, #NOTES_ROUNDS]
    add     x0, x0, #1
    str     x0, [x19, #NOTES_ROUNDS]
    .endm

    /* From the endpoint, with the reply object. Changes x0, x6, x7, and what is received. */
    .macro  receive call
    ldr     x0, [x19, #NOTES_EP]
    ldr     x6, [x19, #NOTES_REPLY]
    mov     x7, #\call
    svc     #0
    .endm

    .section .text.bystander, "ax"
    .global bystander_client
bystander_client:
    mov     x19, x0
    set_all
1:  ldr     x0, [x19, #NOTES_EP]
    ldr     x2, [x19, #NOTES_ROUNDS]
    mvn     x3, x2
    add     x4, x2, #7
    mov     x5, #5
    mov     x1, #4
    mov     x7, #SYS_CALL
    svc     #0
    ldr     x6, [x19, #NOTES_ROUNDS]
    sub     x2, x2, #1
    eor     x7, x2, x6
    neg     x3, x3
    eor     x3, x3, x6
    orr     x7, x7, x3
    sub     x4, x4, #8
    eor     x4, x4, x6
    orr     x7, x7, x4
    eor     x5, x5, #6
    orr     x7, x7, x5
    eor     x1, x1, #4
    orr     x7, x7, x1
    orr     x7, x7, x0
    test_all
    orr     x8, x8, x7
    note
    b       1b

    .global bystander_server
bystander_server:
    mov     x19, x0
    set_all
    receive SYS_RECV
1:  add     x2, x2, #1
    add     x3, x3, #1
    add     x4, x4, #1
    add     x5, x5, #1
    test_all
    note
    mov     x1, #4
    receive SYS_REPLY_RECV
    b       1b

    .global bystander_vmm
bystander_vmm:
    mov     x19, x0
    set_all
    receive SYS_RECV
1:  stp     x1, x2, [x19, #NOTES_LAST]
    ldr     x3, =0x7001         /* VCPUFault, one word */
    eor     x7, x1, x3
    ldr     x3, =0x5a000001     /* HVC #1 */
    eor     x2, x2, x3
    orr     x7, x7, x2
    test_all
    orr     x8, x8, x7
    note
    ldr     x0, [x19, #NOTES_WRONG]
    cbnz    x0, 2f
    mov     x1, xzr
    receive SYS_REPLY_RECV
    b       1b
2:  mov     x7, #SYS_WAIT       /* for ever: the guest stays as it is */
    ldr     x0, [x19, #NOTES_EP]
    svc     #0
    b       2b
    .ltorg

/* x2 counts; x1 and x0 are scratch, x8 collects. Every eighth round it sleeps until its timer comes. */
    .section .rodata.bystander, "a"
    .balign 4096
    .global bystander_guest, bystander_guest_end
bystander_guest:
    adr     x0, bystander_vectors
    msr     vbar_el1, x0
    mov     x0, #0xff
    msr     icc_pmr_el1, x0
    mov     x0, #1
    msr     icc_igrpen1_el1, x0
    mov     x0, #(3 << 20)
    msr     cpacr_el1, x0
    isb
    mov     x2, xzr
    mov     x3, xzr             /* interrupts */
    mov     x4, xzr             /* interrupts there should have been */
    mov     x19, #0xff
    set_all
1:  add     x2, x2, #1
    hvc     #1
    tst     x2, #7
    b.ne    4f
    mrs     x0, cntvct_el0
    add     x0, x0, #0x1000
    msr     cntv_cval_el0, x0
    mov     x0, #1
    msr     cntv_ctl_el0, x0
    isb
    add     x4, x4, #1
3:  msr     daifset, #2
    cmp     x3, x4
    b.eq    5f
    wfi
    msr     daifclr, #2
    isb
    b       3b
5:  msr     daifclr, #2
4:  test_all
    eor     x0, x3, x4
    orr     x8, x8, x0
    eor     x0, x19, #0xff
    orr     x8, x8, x0
    cbz     x8, 1b
    hvc     #2
    b       1b

bystander_irq:
    mrs     x5, icc_iar1_el1
    msr     cntv_ctl_el0, xzr
    isb
    msr     icc_eoir1_el1, x5
    add     x3, x3, #1
    eret
bystander_wrong:
    hvc     #3
    b       bystander_wrong

    .balign 0x800
bystander_vectors:
    .irp    target, wrong, irq, wrong, wrong, wrong, irq, wrong, wrong, wrong, irq, wrong, wrong, wrong, irq, wrong, wrong
    .balign 0x80
    b       bystander_\target
    .endr
    .balign 4096
bystander_guest_end:
    .section .note.GNU-stack, "", %progbits
