/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every entry into the kernel. While user level or a guest runs, SP_EL2 points to the register area of the running thread
 * (in its TCB, or a guest's exit frame); TPIDR_EL2 points to the core's structure.
 *
 * There are several tables. vectors_many takes the kernel's lock (lock.h) between saving the registers and looking at anything else, and
 * gives it back when all is done but loading them. vectors_one does without, where only one core runs. Of each there is one more
 * for a core that records or counts what happens (trace/trace.h): hooks run before the lock is taken, and before it is given back.
 */
#include "arch/aarch64/offsets.h"

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

    .macro kernel_vectors name, many, traced
    .balign 0x800
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

    /* lower EL, AArch64, synchronous: native threads and guests. An SVC's x0, x1, x6, x7 reach fastpath_trap as they came. */
    .balign 0x80
\name\()_sync:
    save_first
    mrs x2, esr_el2
    ubfx x3, x2, #27, #5
    cmp x3, #(0x16 >> 1)    /* HVC64 and SMC64 */
    b.eq \name\()_quick_call
\name\()_save_all:
    save_rest
    enter_kernel
    .if \many || \traced
    b \name\()_enter /* a vector has 32 instructions */
    .else
    bl fastpath_trap
    cbnz x0, \name\()_resume
    b \name\()_long_way
    .endif

    vector \name\()_irq
    vector \name\()_irq         /* FIQ: nothing is in group 0 */
    vector \name\()_serror

    /* lower EL, AArch32: not offered (HCR_EL2.RW = 1, no thread's PSTATE says so) */
    vector \name\()_sync
    vector \name\()_irq
    vector \name\()_irq
    vector \name\()_serror

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
    b.eq \name\()_save_all
    ands w3, w2, #0xffff    /* HVC #0, SMC #0 */
    b.ne \name\()_save_all
    .if \traced
    trace_answer
    .endif
    tbz x2, #26, 1f
    mrs x2, elr_el2
    add x2, x2, #4
    msr elr_el2, x2
1:  mov x0, x1
    ldr x1, [sp, #8]
    ldp x2, x3, [sp, #16]
    eret

    .if \many || \traced
\name\()_enter:
    .if \traced
    bl trace_enter
    .endif
    .if \many
    lock \name\()_sync_wait
\name\()_locked:
    .endif
    bl fastpath_trap
    .if \traced
    cbnz x0, \name\()_leave
    .else
    cbnz x0, \name\()_resume
    .endif
    .endif

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
    .if \traced
    bl trace_enter_irq
    .endif
    .if \many
    lock 2f
    .endif
1:  mrs x0, tpidr_el2
    mov x29, xzr
    .if \traced
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
    .if \traced
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
    .if \traced
\name\()_leave:
    bl trace_leave
    .endif
\name\()_resume:
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

    .if \many
2:  mov x2, xzr
    wait
    b 1b

\name\()_sync_wait:
    wait
    cbnz w0, 3f
    mrs x4, tpidr_el2
    ldr x3, [x4, #CPU_CURRENT]
    ldr x5, [x3, #TCB_REGS]
    ldp x0, x1, [x5, #0]
    ldp x6, x7, [x5, #48]
    mrs x2, esr_el2
    b \name\()_locked
3:  mrs x0, tpidr_el2
    mov x29, xzr
    bl trap_nothing
    b \name\()_return
    .endif
    .endm

    kernel_vectors vectors_one, 0, 0
    kernel_vectors vectors_many, 1, 0
    kernel_vectors vectors_one_traced, 0, 1
    kernel_vectors vectors_many_traced, 1, 1
