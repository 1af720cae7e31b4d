/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hooks on the way in, compiled so that they do not use x0 to x7 (trace.h): they call nothing that is not in here. They run before the
 * lock is taken. Of a thread that is taken off its core while it waits for the lock, the trap is recorded twice, as it happens twice.
 */
#include "arch/timer.h"
#include "cpu.h"
#include "object/tcb.h"
#include "object/vcpu.h"
#include "trace/count.h"
#include "trace/record.h"

/* By exception class, ESR_EL2 31..26. DDI 0487 D17.2.37 */
const uint8_t trace_reasons[64] = {
    [0x01] = vesicle_Exit_WFx,
    [0x07] = vesicle_Exit_FP,
    [0x15] = vesicle_Exit_SystemCall,
    [0x16] = vesicle_Exit_HVC,
    [0x17] = vesicle_Exit_SMC,
    [0x18] = vesicle_Exit_SysReg,
    [0x20] = vesicle_Exit_InstructionAbort,
    [0x24] = vesicle_Exit_DataAbort,
    [0x2f] = vesicle_Exit_SError,
    [0x30] = vesicle_Exit_Debug,
    [0x32] = vesicle_Exit_Debug,
    [0x34] = vesicle_Exit_Debug,
    [0x3c] = vesicle_Exit_Debug,
};

/* A trap's ESR_EL2 and x0, in one word. */
INLINE uint64_t syndrome(const struct tcb *t, uint64_t esr)
{
    return (uint32_t)esr | t->regs->x[0] << 32;
}

INLINE void enter_guest(struct trace *tr, struct tcb *t, struct vcpu *v, bool irq)
{
    ticks_t now = timer_now();
    uint64_t esr = irq ? 0 : trace_esr(), b = 0;
    uint32_t reason = irq ? (uint32_t)vesicle_Exit_IRQ : count_reason_of(esr), detail = 0;

    count_begin(v, now, reason);
    if (!wants(tr->events, vesicle_Trace_Exit)) {
        return;
    }
    if (!irq && reason >= vesicle_Exit_InstructionAbort) {
        detail = (uint32_t)trace_far() & VESICLE_TRACE_OFFSET_MASK;
        b = (uint32_t)esr | trace_ipa_page() << 32;
    } else if (!irq) {
        b = syndrome(t, esr);
    }
    put(tr, now, t->number, about(vesicle_Trace_Exit, reason, detail), t->pc, b);
}

INLINE void enter_native(struct trace *tr, const struct tcb *t, bool irq)
{
    if (!wants(tr->events, vesicle_Trace_Trap)) {
        return;
    }
    if (irq) {
        put(tr, timer_now(), t->number, about(vesicle_Trace_Trap, vesicle_Exit_IRQ, 0), t->pc, 0);
        return;
    }
    uint64_t esr = trace_esr();
    put(tr, timer_now(), t->number, about(vesicle_Trace_Trap, count_reason_of(esr), (uint16_t)t->regs->x[7]), t->pc,
        syndrome(t, esr));
}

/* For a sample that is due before the kernel is left. */
INLINE void note_entry(struct trace *tr, const struct tcb *t, bool irq)
{
    tr->entry[0] = tr->entry[1];
    tr->entry[1].time = timer_now();
    tr->entry[1].thread = t->number;
    tr->entry[1].reason = irq ? (uint32_t)vesicle_Exit_IRQ : count_reason_of(trace_esr());
}

INLINE void enter(struct cpu *cpu, bool irq)
{
    struct tcb *t = cpu->current;

    cpu->trace.last = t;
    if (wants(cpu->trace.events, vesicle_Trace_Sample)) {
        note_entry(&cpu->trace, t, irq);
    }
    if (t->vcpu) {
        enter_guest(&cpu->trace, t, t->vcpu, irq);
    } else {
        enter_native(&cpu->trace, t, irq);
    }
}

void trace_enter(void)
{
    enter(cpu_this(), false);
}

void trace_enter_irq(void)
{
    enter(cpu_this(), true);
}
