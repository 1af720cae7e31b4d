/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Small guests, one image. The MMU stays off. In every guest
 *   x20 last interrupt taken    x21 how many    x22 where the next one is logged
 *   x23 bit 0: HVC between IAR and EOIR         bit 1: switch the timer off in the handler
 */

#define HVC_READY  1
#define HVC_DONE   2
#define HVC_IN_IRQ 0x10
#define HVC_SYNC   0xee

#define LOG  0x40100000
#define MMIO 0x09000000

    .macro vector to
    .balign 0x80
    b       \to
    .endm

    /* Vectors, interrupt interface, log. */
    .macro setup
    adr     x9, guest_start
    msr     vbar_el1, x9
    mov     x9, #0xff
    msr     icc_pmr_el1, x9
    mov     x9, #1
    msr     icc_igrpen1_el1, x9
    isb
    mov     x20, xzr
    mov     x21, xzr
    ldr     x22, =LOG
    mov     x23, xzr
    .endm

    .section .rodata.guest, "a"
    .balign 4096
    .global guest_start
guest_start:
    vector  sync
    vector  irq
    vector  sync
    vector  sync
    vector  sync
    vector  irq
    vector  sync
    vector  sync
    vector  sync
    vector  irq
    vector  sync
    vector  sync
    vector  sync
    vector  sync
    vector  sync
    vector  sync
    .balign 0x80

sync:
    mrs     x10, esr_el1
    mrs     x11, elr_el1
    hvc     #HVC_SYNC
    b       sync

irq:
    mrs     x20, icc_iar1_el1
    str     x20, [x22], #8
    add     x21, x21, #1
    tbz     x23, #1, 1f
    msr     cntv_ctl_el0, xzr
    isb
1:  tbz     x23, #0, 2f
    hvc     #HVC_IN_IRQ
2:  msr     icc_eoir1_el1, x20
    isb
    eret

/* All general registers go out and come back. */
    .global guest_registers
guest_registers:
    mov     x0, #0x100
    mov     x1, #0x101
    mov     x2, #0x102
    mov     x3, #0x103
    mov     x4, #0x104
    mov     x5, #0x105
    mov     x6, #0x106
    mov     x7, #0x107
    mov     x8, #0x108
    mov     x9, #0x109
    mov     x10, #0x10a
    mov     x11, #0x10b
    mov     x12, #0x10c
    mov     x13, #0x10d
    mov     x14, #0x10e
    mov     x15, #0x10f
    mov     x16, #0x110
    mov     x17, #0x111
    mov     x18, #0x112
    mov     x19, #0x113
    mov     x20, #0x114
    mov     x21, #0x115
    mov     x22, #0x116
    mov     x23, #0x117
    mov     x24, #0x118
    mov     x25, #0x119
    mov     x26, #0x11a
    mov     x27, #0x11b
    mov     x28, #0x11c
    mov     x30, #0x11e
    mov     x29, #0x5005
    msr     sp_el0, x29
    mov     x29, #0x5151
    mov     sp, x29
    mov     x29, #0x7007
    msr     tpidr_el0, x29
    mov     x29, #0x7117
    msr     tpidr_el1, x29
    mov     x29, #0x7227
    msr     tpidrro_el0, x29
    mov     x29, #0x11d
    hvc     #HVC_READY
    hvc     #HVC_DONE
    mrs     x0, sp_el0
    mov     x1, sp
    mrs     x2, tpidr_el0
    mrs     x3, tpidr_el1
    mrs     x30, tpidrro_el0
    hvc     #3
    b       .

/* Device accesses of all widths at x1, as data comes out of and goes into x2. */
    .global guest_mmio
guest_mmio:
    ldr     x1, =MMIO
    ldr     x2, =0x8877665544332211
    strb    w2, [x1]
    strh    w2, [x1, #2]
    str     w2, [x1, #4]
    str     x2, [x1, #8]
    str     xzr, [x1, #16]
    ldrb    w3, [x1, #17]
    ldrh    w4, [x1, #18]
    ldr     w5, [x1, #20]
    ldr     x6, [x1, #24]
    ldrsb   x7, [x1, #32]
    ldrsh   w8, [x1, #34]
    ldrsw   x9, [x1, #36]
    hvc     #HVC_DONE
    b       .

/* Beyond 4 GiB. */
    .global guest_mmio_high
guest_mmio_high:
    mov     x1, #0x8000000000
    ldr     w2, [x1, #0x234]
    hvc     #HVC_DONE
    b       .

/* Tells when it is ready, then takes what interrupts there are, and tells again. */
    .global guest_irqs
guest_irqs:
    setup
    hvc     #HVC_READY
1:  msr     daifclr, #2
    isb
    nop
    nop
    msr     daifset, #2
    hvc     #HVC_DONE
    b       1b

/* The same, but leaves EOIR to a second visit: x23 = 1. */
    .global guest_irq_split
guest_irq_split:
    setup
    mov     x23, #3
    hvc     #HVC_READY
1:  mov     x9, #1
    msr     cntv_cval_el0, xzr
    msr     cntv_ctl_el0, x9
    isb
    mov     x24, x21
    msr     daifclr, #2
2:  cmp     x24, x21
    b.eq    2b
    msr     daifset, #2
    hvc     #HVC_DONE
    b       1b

/* Sleeps until an interrupt comes. */
    .global guest_wfi
guest_wfi:
    setup
    hvc     #HVC_READY
1:  wfi
    msr     daifclr, #2
    isb
    nop
    msr     daifset, #2
    hvc     #HVC_DONE
    b       1b

/* x25 timer interrupts, each x26 ticks from when it is set; sleeps meanwhile. */
    .global guest_timer
guest_timer:
    setup
    mov     x23, #2
    hvc     #HVC_READY
    msr     daifclr, #2
1:  mov     x24, x21
    mrs     x9, cntvct_el0
    add     x9, x9, x26
    msr     cntv_cval_el0, x9
    mov     x9, #1
    msr     cntv_ctl_el0, x9
    isb
2:  msr     daifset, #2         /* between the look and the sleep nothing may come */
    cmp     x24, x21
    b.ne    3f
    wfi
    msr     daifclr, #2
    b       2b
3:  msr     daifclr, #2
    cmp     x21, x25
    b.lo    1b
    msr     daifset, #2
    hvc     #HVC_DONE
    b       .

/* The same without sleeping. */
    .global guest_timer_busy
guest_timer_busy:
    setup
    mov     x23, #2
    hvc     #HVC_READY
    mov     x24, x21            /* before the first interrupt can come */
    msr     daifclr, #2
    b       2f
1:  mov     x24, x21
2:  mrs     x9, cntvct_el0
    add     x9, x9, x26
    msr     cntv_cval_el0, x9
    mov     x9, #1
    msr     cntv_ctl_el0, x9
    isb
3:  cmp     x24, x21
    b.eq    3b
    cmp     x21, x25
    b.lo    1b
    msr     daifset, #2
    hvc     #HVC_DONE
    b       .

/* A software interrupt to itself. */
    .global guest_sgi
guest_sgi:
    setup
    ldr     x9, =0x3000001
    msr     icc_sgi1r_el1, x9
    isb
    msr     daifclr, #2
    isb
    nop
    msr     daifset, #2
    hvc     #HVC_DONE
    b       .

/* Fills the floating-point registers, makes x25 exits, and compares: x0 = how many differ. */
    .global guest_fp
guest_fp:
    setup
    mov     x9, #(3 << 20)
    msr     cpacr_el1, x9
    isb
    .irp    n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    mov     x9, #0x1230 + \n
    add     x9, x9, x27
    fmov    d\n, x9
    mov     v\n\().d[1], x9
    .endr
1:  hvc     #HVC_READY
    sub     x25, x25, #1
    cbnz    x25, 1b
    mov     x0, xzr
    .irp    n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    mov     x9, #0x1230 + \n
    add     x9, x9, x27
    fmov    x10, d\n
    mov     x11, v\n\().d[1]
    cmp     x9, x10
    cinc    x0, x0, ne
    cmp     x9, x11
    cinc    x0, x0, ne
    .endr
    hvc     #HVC_DONE
    b       .

    .global guest_hvc_loop
guest_hvc_loop:
    setup
1:  hvc     #HVC_READY
    add     x0, x0, #1
    b       1b

/* Reads and writes at x1. */
    .global guest_permissions
guest_permissions:
    setup
    hvc     #HVC_READY
    ldr     x2, [x1]
    mov     x3, #0x55
    str     x3, [x1]
    hvc     #HVC_DONE
    b       .

/* Jumps to x1. */
    .global guest_fetch
guest_fetch:
    setup
    hvc     #HVC_READY
    blr     x1
    hvc     #HVC_DONE
    b       .

/* Calls and reads that the kernel answers. */
/* An ID register's value into each general register; the first ones stay as they are. x5 = the first that was wrong, and 1 more. */
    .global guest_id_all
guest_id_all:
    setup
    hvc     #HVC_READY
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
    .irp m, 0, 1, 2, 3, 4
    mov     x\m, #(0x100 + \m)
    .endr
    mrs     x\n, id_aa64mmfr0_el1
    cmp     x\n, #0x122
    b.ne    1f
    .irp m, 0, 1, 2, 3, 4
    .if \m - \n
    cmp     x\m, #(0x100 + \m)
    b.ne    1f
    .endif
    .endr
    b       2f
1:  mov     x5, #(1 + \n)
    hvc     #HVC_DONE
2:
    .endr
    mov     x5, xzr
    mrs     xzr, id_aa64mmfr0_el1
    hvc     #HVC_DONE
    b       .

    .global guest_const
guest_const:
    setup
    hvc     #HVC_READY
    mov     x9, #0x9999
    ldr     x0, =0x84000000
    hvc     #0
    mov     x1, x0
    ldr     x0, =0x84000000
    smc     #0
    mov     x2, x0
    mrs     x3, id_aa64mmfr0_el1
    mrs     x4, midr_el1
    ldr     x0, =0x84000001
    hvc     #0
    hvc     #HVC_DONE
    b       .

/* Reads its counters. */
    .global guest_counters
guest_counters:
    setup
    hvc     #HVC_READY
    mrs     x1, cntvct_el0
    mrs     x2, cntpct_el0
    hvc     #HVC_DONE
    b       .

/* Writes and reads back a word at x1, x2 times, x3 bytes apart: x0 = wrong ones. */
    .global guest_touch
guest_touch:
    setup
    hvc     #HVC_READY
    mov     x0, xzr
    mov     x4, x1
    mov     x5, x2
1:  str     x4, [x4]
    add     x4, x4, x3
    subs    x5, x5, #1
    b.ne    1b
    mov     x4, x1
    mov     x5, x2
2:  ldr     x6, [x4]
    cmp     x6, x4
    cinc    x0, x0, ne
    add     x4, x4, x3
    subs    x5, x5, #1
    b.ne    2b
    hvc     #HVC_DONE
    b       .

/* Turns on the interrupt of the device whose register is at x1, and waits until its driver has turned it off. */
    .global guest_raise
guest_raise:
    setup
    hvc     #HVC_READY
    mov     w9, #1
    str     w9, [x1]
1:  ldr     w9, [x1]
    cbnz    w9, 1b
    hvc     #HVC_DONE
    b       .

/* The VMM sends it to EL0, from where it calls its own EL1. */
    .global guest_el0
guest_el0:
    setup
    hvc     #HVC_READY
    svc     #9
    b       .

/* Takes interrupts: never asleep, always asleep between them. */
    .global guest_spin
guest_spin:
    setup
    mov     x27, #0x2727
    hvc     #HVC_READY
    mov     x27, #0x2727
    msr     daifclr, #2
    b       .

    .global guest_sleep
guest_sleep:
    setup
    hvc     #HVC_READY
    msr     daifclr, #2
1:  wfi
    b       1b

/* Counts in the log's first word. */
    .global guest_count
guest_count:
    setup
    hvc     #HVC_READY
    ldr     x22, =LOG
1:  ldr     x9, [x22]
    add     x9, x9, #1
    str     x9, [x22]
    b       1b

/* Asks again and again, and logs the last answer; the second word says whether one was smaller than the one before. */
    .global guest_ask
guest_ask:
    setup
    hvc     #HVC_READY
    ldr     x22, =LOG
    mov     x10, xzr
1:  ldr     x0, =0x84000000
    hvc     #0
    cmp     x0, x10
    b.hs    2f
    mov     x9, #1
    str     x9, [x22, #8]
2:  mov     x10, x0
    str     x0, [x22]
    b       1b

/* Turns the MMU on, with TTBR0_EL1 = x1, and reports again and again what it reads at 2 GiB: x0. */
    .global guest_mapped
guest_mapped:
    setup
    hvc     #HVC_READY
    mov     x9, #0xff           /* attribute 0: normal memory, write-back */
    msr     mair_el1, x9
    ldr     x9, =0x200803519    /* T0SZ 25, walks write-back and inner shareable, EPD1, 40-bit addresses; A1 = 0 */
    msr     tcr_el1, x9
    msr     ttbr0_el1, x1
    isb
    mrs     x9, sctlr_el1
    orr     x9, x9, #1
    msr     sctlr_el1, x9
    isb
    mov     x9, #0x80000000
1:  ldr     x0, [x9]
    hvc     #HVC_DONE
    b       1b

/* EL1 registers that stay. */
    .global guest_system
guest_system:
    setup
    mov     x9, #0x1234
    msr     contextidr_el1, x9
    mov     x9, #0x4400
    msr     mair_el1, x9
    mov     x9, #0x5500
    msr     ttbr1_el1, x9
    hvc     #HVC_READY
    mrs     x0, contextidr_el1
    mrs     x1, mair_el1
    mrs     x2, ttbr1_el1
    mrs     x3, tpidr_el1
    mrs     x4, mpidr_el1
    mrs     x5, vbar_el1
    hvc     #HVC_DONE
    b       .

/* Writes x26 to each register of the PMU, and logs what it then reads. */
    .global guest_pmu_registers
guest_pmu_registers:
    setup
1:  hvc     #HVC_READY
    ldr     x22, =LOG
    .irp register, pmcr_el0, pmcntenset_el0, pmcntenclr_el0, pmovsset_el0, pmovsclr_el0, pmintenset_el1, pmintenclr_el1, \
        pmselr_el0, pmuserenr_el0, pmccntr_el0, pmccfiltr_el0, pmxevtyper_el0, pmxevcntr_el0, pmevcntr0_el0, pmevtyper0_el0, \
        pmevcntr5_el0, pmevtyper5_el0
    msr     \register, x26
    mrs     x9, \register
    str     x9, [x22], #8
    .endr
    mrs     x9, pmceid0_el0
    mrs     x9, pmceid1_el0
    msr     pmswinc_el0, x26
    b       1b

/* Counts cycles in two counters, over loops of x26 rounds: each loop's counts are in x0 and x1. */
    .global guest_pmu_count
guest_pmu_count:
    setup
    hvc     #HVC_READY
    mov     x9, #0x11           /* CPU_CYCLES */
    msr     pmevtyper0_el0, x9
    ldr     x9, =0x80000001
    msr     pmcntenset_el0, x9
    mov     x9, #0x41           /* LC, E */
    msr     pmcr_el0, x9
1:  msr     pmevcntr0_el0, xzr
    msr     pmccntr_el0, xzr
    mov     x9, x26
2:  subs    x9, x9, #1
    b.ne    2b
    hvc     #HVC_IN_IRQ
    mrs     x0, pmevcntr0_el0
    mrs     x1, pmccntr_el0
    hvc     #HVC_DONE
    b       1b

/* Its counter overflows soon; x0: what overflowed, as the register says afterwards. */
    .global guest_pmu_overflow
guest_pmu_overflow:
    setup
    mov     x9, #0x11
    msr     pmevtyper0_el0, x9
    hvc     #HVC_READY
1:  mov     x9, #0xffffff00
    msr     pmevcntr0_el0, x9
    mov     x9, #1
    msr     pmintenset_el1, x9
    msr     pmcntenset_el0, x9
    msr     pmcr_el0, x9
    mov     x24, x21
    msr     daifclr, #2
2:  cmp     x24, x21
    b.eq    2b
    msr     daifset, #2
    mrs     x0, pmovsset_el0
    mov     x9, #1
    msr     pmcntenclr_el0, x9
    msr     pmovsclr_el0, x9
    mrs     x1, isr_el1
    hvc     #HVC_DONE
    b       1b

/* EL0 reads the cycle counter, into x0, and writes it. */
    .global guest_pmu_el0
guest_pmu_el0:
    setup
    msr     pmuserenr_el0, x26
    hvc     #HVC_READY
    msr     pmuserenr_el0, x26
    hvc     #HVC_READY
    mrs     x0, pmccntr_el0
    msr     pmccntr_el0, x0
    svc     #9
    b       .

    .ltorg
    .balign 8
    .global guest_end
guest_end:
    .section .note.GNU-stack, "", %progbits
