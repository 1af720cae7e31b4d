/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every entry into the kernel. While user level or a guest runs, SP_EL2 points to the register area of the running thread
 * (in its TCB, or a guest's exit frame); TPIDR_EL2 points to the core's structure.
 *
 * There are several tables. vectors_many takes the kernel's lock (lock.h) between saving the registers and looking at anything else, and
 * gives it back when all is done but loading them. vectors_one does without, where only one core runs. Of each there are two more:
 * for a core that records what happens (trace/trace.h), where hooks run before the lock is taken, and before it is given back; and for
 * one that counts exits and does no more (trace/count.h), whose fast paths count themselves.
 */
#include "arch/aarch64/offsets.h"

/* Exception classes, ESR_EL2 31..26: HVC and, one more, SMC; trapped system registers. */
#define EC_HVC64  0x16
#define EC_SYSREG 0x18

    .text

    .macro vector target
    .balign 0x80
    b \target
    .endm

    .macro save_first
    stp x0, x1, [sp, #0]
    stp x2, x3, [sp, #16]
    .endm

    .macro save_rest
    stp x4, x5, [sp, #32]
    stp x6, x7, [sp, #48]
    stp x8, x9, [sp, #64]
    stp x10, x11, [sp, #80]
    stp x12, x13, [sp, #96]
    stp x14, x15, [sp, #112]
    stp x16, x17, [sp, #128]
    stp x18, x19, [sp, #144]
    stp x20, x21, [sp, #160]
    stp x22, x23, [sp, #176]
    stp x24, x25, [sp, #192]
    stp x26, x27, [sp, #208]
    stp x28, x29, [sp, #224]
    str x30, [sp, #240]
    .endm

    /* PC and PSTATE of the thread, and the kernel's stack. Leaves x4 = core, x3 = thread. */
    .macro enter_kernel
    mrs x4, tpidr_el2
    mrs x8, elr_el2
    mrs x9, spsr_el2
    ldp x3, x10, [x4, #CPU_CURRENT]
    mov sp, x10
    stp x8, x9, [x3, #TCB_PC]
    .endm

    /* Takes a ticket: low half whose turn it is, high half the next ticket. Uses x5, x8, x9; x8 is the lock before. */
    .macro lock wait
    adr x5, kernel_lock_word
    mov w8, #0x10000
    ldadda w8, w8, [x5]
    eor w9, w8, w8, ror #16
    cbnz w9, \wait
    .endm

    /* The next one's turn. Uses x5, x6. */
    .macro unlock
    adr x5, kernel_lock_word
    mov w6, #1
    staddlh w6, [x5]
    .endm

    /* After lock: waits for the turn, x2 = ESR_EL2 or 0. True in w0 if meanwhile the thread was taken off the core. */
    .macro wait
    mov x0, x4
    lsr w1, w8, #16
    bl lock_wait
    .endm

    /* What a table of vectors has besides: nothing; exits are counted; all that is recorded or counted. */
    .set PLAIN, 0
    .set COUNTING, 1
    .set TRACED, 2

    /* A guest was left by an interrupt: count_begin(). x3 = thread. Uses x5 to x7. */
    .macro count_irq
    ldr x5, [x3, #TCB_VCPU]
    cbz x5, 1f
    mrs x6, cntpct_el0
    add x7, x5, #VCPU_IRQ_COUNTER
    stp x6, x7, [x5, #VCPU_EXIT]
1:
    .endm

    /* A call that is answered at once. Uses x0, x3. */
    .macro count_answer
    mrs x3, tpidr_el2
    ldr x3, [x3, #CPU_VCPU]
    ldr x0, [x3, #VCPU_CONST_CALL_COUNT]
    add x0, x0, #1
    str x0, [x3, #VCPU_CONST_CALL_COUNT]
    .endm

    /*
     * A call that is answered at once is counted, and recorded as trace/record.h does it: w0 = its function. Preserves x1, x2 and x4
     * and up.
     */
    .macro trace_answer
    stp x4, x5, [sp, #32]
    stp x6, x7, [sp, #48]
    mrs x3, tpidr_el2
    ldr w4, [x3, #CPU_TRACE_EVENTS]
    tbz w4, #TRACE_COUNT_BIT, 1f
    ldr x5, [x3, #CPU_VCPU]
    ldr x6, [x5, #VCPU_CONST_CALL_COUNT]
    add x6, x6, #1
    str x6, [x5, #VCPU_CONST_CALL_COUNT]
1:  tbz w4, #TRACE_EXIT_BIT, 2f
    ldp x5, x6, [x3, #CPU_TRACE_NEXT]
    mrs x7, cntpct_el0
    ldr x4, [x3, #CPU_CURRENT]
    str x7, [x5]
    ldr w4, [x4, #TCB_NUMBER]
    mov x7, #TRACE_CONST_CALL_HEAD
    orr x4, x4, x7
    str x4, [x5, #8]
    mrs x4, elr_el2
    lsl x0, x0, #32
    stp x4, x0, [x5, #16]
    add x5, x5, #TRACE_RECORD_SIZE
    ldp x4, x7, [x3, #CPU_TRACE_END]
    cmp x5, x4
    add x4, x7, #TRACE_RING_RECORDS
    csel x5, x4, x5, eq
    add x6, x6, #1
    stp x5, x6, [x3, #CPU_TRACE_NEXT]
    dmb ishst
    str x6, [x7, #TRACE_RING_WRITTEN]
2:  ldp x4, x5, [sp, #32]
    ldp x6, x7, [sp, #48]
    .endm

    /* Goes on with the thread in x0. */
    .macro resume many
    .if \many
    unlock
    .endif
    ldp x4, x2, [x0, #TCB_REGS]
    ldr x3, [x0, #TCB_PC + 8]
    mov sp, x4
    msr elr_el2, x2
    msr spsr_el2, x3
    ldp x0, x1, [sp, #0]
    ldp x2, x3, [sp, #16]
    ldp x4, x5, [sp, #32]
    ldp x6, x7, [sp, #48]
    ldp x8, x9, [sp, #64]
    ldp x10, x11, [sp, #80]
    ldp x12, x13, [sp, #96]
    ldp x14, x15, [sp, #112]
    ldp x16, x17, [sp, #128]
    ldp x18, x19, [sp, #144]
    ldp x20, x21, [sp, #160]
    ldp x22, x23, [sp, #176]
    ldp x24, x25, [sp, #192]
    ldp x26, x27, [sp, #208]
    ldp x28, x29, [sp, #224]
    ldr x30, [sp, #240]
    eret
    .endm

    /*
     * One of the short trips, or the long way. `fastpath` gets what enter_kernel leaves, and x0, x1, x6 and x7 as they came; it returns the
     * thread to go on with, or null. From a guest to its VMM and back are two trips with nothing in common: of what runs with both values of
     * HCR_EL2.TGE QEMU has two translations (LDTR differs), and it finds only the one that it used last at once.
     */
    .macro trip name, table, fastpath, many, hooks
\name:
    save_rest
    enter_kernel
    .if \hooks == TRACED
    bl trace_enter
    .elseif \hooks == COUNTING
    mrs x10, cntpct_el0
    .endif
    .if \many
    lock \name\()_wait
\name\()_locked:
    .endif
    .if \hooks == COUNTING
    mov x5, x10
    bl \fastpath\()_counting
    .else
    bl \fastpath
    .endif
    cbz x0, \table\()_long_way
    .if \hooks == TRACED
    bl trace_leave
    .endif
    resume \many

    .if \many
\name\()_wait:
    .if \hooks == COUNTING
    mov x19, x10
    .endif
    wait
    cbnz w0, \table\()_overtaken
    mrs x4, tpidr_el2
    .if \hooks == COUNTING
    ldr w8, [x4, #CPU_TRACE_EVENTS]
    cmp w8, #0
    csel x10, x19, xzr, ne  /* another core may have ended it: no exit was seen */
    .endif
    ldr x3, [x4, #CPU_CURRENT]
    ldr x5, [x3, #TCB_REGS]
    ldp x0, x1, [x5, #0]
    ldp x6, x7, [x5, #48]
    mrs x2, esr_el2
    b \name\()_locked
    .endif
    .endm

    .macro kernel_vectors name, many, hooks
    .balign 0x1000 /* what follows the table's 2 KiB is in the same page */
    .global \name
\name:
    /* current EL with SP_EL0: never used */
    vector el2_sync_trap
    vector el2_irq_trap
    vector el2_fiq_trap
    vector el2_serror_trap
    /* current EL with SP_EL2: a fault in the kernel */
    vector el2_sync_trap
    vector el2_irq_trap
    vector el2_fiq_trap
    vector el2_serror_trap

    /* lower EL, AArch64, synchronous: native threads and guests */
    .balign 0x80
\name\()_sync:
    save_first
    mrs x2, esr_el2
    tbnz w2, #27, \name\()_quick      /* HVC64, SMC64, and some that are rare */
    tbnz w2, #29, \name\()_quick_read /* system registers, and some that are rare */
    tbz w2, #30, \name\()_exit        /* aborts, WFI and WFE, and some that are rare */
    tbnz w2, #31, \name\()_exit       /* breakpoints, watchpoints */
    b \name\()_svc                   /* SVC64 is all that is left */

    vector \name\()_irq
    vector \name\()_irq         /* FIQ: nothing is in group 0 */
    vector \name\()_serror

    /* lower EL, AArch32: not offered (HCR_EL2.RW = 1, no thread's PSTATE says so) */
    vector \name\()_sync
    vector \name\()_irq
    vector \name\()_irq
    vector \name\()_serror

\name\()_quick:
    ubfx x3, x2, #27, #5
    cmp x3, #(EC_HVC64 >> 1)
    b.ne \name\()_exit
    /* A guest's call whose answer is always the same: x0 and, for SMC, which traps before it is executed, the PC. */
\name\()_quick_call:
    mrs x1, tpidr_el2
    ldr x1, [x1, #CPU_CONST_CALLS]
    add w3, w0, w0, lsr #CONST_CALL_HASH_SHIFT
    and x3, x3, #CONST_CALL_HASH_MASK
    add x1, x1, x3, lsl #4
    ldp x3, x1, [x1]
    cmp w3, w0
    ccmp w3, #0, #4, eq     /* nothing is there: no function has number 0 */
    b.eq \name\()_exit
    ands w3, w2, #0xffff    /* HVC #0, SMC #0 */
    b.ne \name\()_exit
    .if \hooks == TRACED
    trace_answer
    .elseif \hooks == COUNTING
    count_answer
    .endif
    tbz x2, #26, 1f
    mrs x2, elr_el2
    add x2, x2, #4
    msr elr_el2, x2
1:  mov x0, x1
    ldr x1, [sp, #8]
    ldp x2, x3, [sp, #16]
    eret

    /*
     * A guest's read of an ID register whose value is always the same. Syndrome: class 31..26, Op0 21..20, Op2 19..17, Op1 16..14, CRn 13..10, Rt 9..5,
     * CRm 4..1, read 0. Op0 = 3, Op1 = CRn = 0, CRm < 8 are the ID registers; at EL1, so that it is no native thread's.
     */
\name\()_quick_read:
    mov w1, #0xfc11
    movk w1, #0xfc31, lsl #16
    and w1, w2, w1
    mov w3, #1
    movk w3, #((EC_SYSREG << 10) | 0x30), lsl #16
    cmp w1, w3
    b.ne \name\()_exit
    mrs x1, spsr_el2
    mrs x3, tpidr_el2
    tbz x1, #2, \name\()_exit
    .if \hooks == TRACED
    ldr w0, [x3, #CPU_TRACE_EVENTS]
    tbnz w0, #TRACE_EXIT_BIT, \name\()_exit  /* recorded on the long way */
    .endif
    ldr x3, [x3, #CPU_VCPU]
    ubfx w1, w2, #17, #3
    ubfx w0, w2, #1, #4
    add w1, w1, w0, lsl #3  /* VESICLE_IDREG */
    ldr x0, [x3, #VCPU_CONST_ID_VALID]
    lsr x0, x0, x1
    tbz x0, #0, \name\()_exit
\name\()_quick_id:
    .if \hooks
    ldr x0, [x3, #VCPU_SYSREG_COUNT]
    add x0, x0, #1
    str x0, [x3, #VCPU_SYSREG_COUNT]
    .endif
    add x3, x3, x1, lsl #3
    ldr x0, [x3, #VCPU_CONST_ID]
    ubfx w1, w2, #5, #5
    adr x3, 1f
    add x3, x3, x1, lsl #3
    br x3
1:  .irp n, 0, 1, 2, 3
    str x0, [sp, #(8 * \n)]
    b 2f
    .endr
    .irp n, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
    mov x\n, x0
    b 2f
    .endr
    nop                     /* XZR */
    nop
2:  mrs x2, elr_el2
    add x2, x2, #4
    msr elr_el2, x2
    ldp x0, x1, [sp]
    ldp x2, x3, [sp, #16]
    eret

    trip \name\()_svc, \name, fastpath_svc, \many, \hooks
    trip \name\()_exit, \name, fastpath_exit, \many, \hooks

    /* Not one of the short trips. */
\name\()_long_way:
    mrs x0, tpidr_el2
    ldr x1, [x0, #CPU_CURRENT]
    mrs x2, esr_el2
    mov x29, xzr
    bl trap_sync
    b \name\()_return

\name\()_irq:
    save_first
    save_rest
    enter_kernel
    .if \hooks == TRACED
    bl trace_enter_irq
    .elseif \hooks == COUNTING
    count_irq
    .endif
    .if \many
    lock 2f
    .endif
1:  mrs x0, tpidr_el2
    mov x29, xzr
    .if \hooks
    bl trap_irq_traced
    .else
    bl trap_irq
    .endif
    b \name\()_return
    .if \many
2:  mov x2, xzr
    wait
    b 1b
    .endif

\name\()_serror:
    save_first
    save_rest
    enter_kernel
    .if \hooks
    bl trace_enter
    .endif
    .if \many
    lock 2f
    .endif
1:  mrs x0, tpidr_el2
    ldr x1, [x0, #CPU_CURRENT]
    mov x29, xzr
    mrs x2, esr_el2
    bl trap_serror
    /* fall through */

    .global \name\()_return
\name\()_return:
    mrs x0, tpidr_el2
    ldr x0, [x0, #CPU_CURRENT]
    /* x0: the thread to go on with */
    .if \hooks == TRACED
    bl trace_leave
    .elseif \hooks == COUNTING
    bl trace_leave_counting
    .endif
    resume \many

    .if \many
2:  mov x2, xzr
    wait
    b 1b

\name\()_overtaken:
    mrs x0, tpidr_el2
    mov x29, xzr
    bl trap_nothing
    b \name\()_return
    .endif
    .endm

    kernel_vectors vectors_one, 0, PLAIN
    kernel_vectors vectors_many, 1, PLAIN
    kernel_vectors vectors_one_counting, 0, COUNTING
    kernel_vectors vectors_many_counting, 1, COUNTING
    kernel_vectors vectors_one_traced, 0, TRACED
    kernel_vectors vectors_many_traced, 1, TRACED
