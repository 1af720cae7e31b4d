/* SPDX-License-Identifier: BSD-2-Clause */
/* Virtual CPUs: a guest's EL1 state, its interrupts, its exit frame. */
#ifndef OBJECT_VCPU_H
#define OBJECT_VCPU_H

#include "cpu.h"
#include "object/tcb.h"
#include "syscall.h"
#include "trace/trace.h"
#include <sel4/vesicle.h>

struct cpu;
struct tcb;

#define VCPU_ID_REGS 64
enum { VCPU_MAX_LR = 16, VCPU_CONST_CALLS = 64, VCPU_VIRQ_QUEUE = 128 };

/** EL1 registers that stay in the hardware while the VCPU is resident. Saved and loaded in pairs. */
struct vcpu_el1 {
    word_t sctlr, cpacr, ttbr0, ttbr1, tcr, mair, amair, contextidr, afsr0, afsr1, esr, far, par, vbar;
    word_t tpidr_el1, sp_el1, elr_el1, spsr_el1;
    word_t cntv_cval, cntkctl, cntv_ctl, csselr, mdscr;
    word_t actlr, vmpidr, cntvoff, vpidr;
};

struct const_call {
    word_t function; /* SMCCC function id; 0: nothing here */
    word_t value;
};
/** The one place in `const_call` for a function: the numbers of one service are adjacent, services and their two widths apart. */
static inline unsigned const_call_place(uint32_t function)
{
    return (unsigned)((function + (function >> 25)) % VCPU_CONST_CALLS);
}

/** ICH_AP0R<n>_EL2, ICH_AP1R<n>_EL2 */
struct active_priorities {
    word_t group0, group1;
};

struct vcpu {
    struct tcb *tcb;
    struct cpu *cpu; /* where it is resident; null: its state is below */
    struct exit_trace exit;
    struct vcpu_el1 el1;
    word_t ich_hcr, ich_vmcr;
    struct active_priorities ich_ap[4];
    word_t lr[VCPU_MAX_LR];                         /* while it is not resident */
    uint16_t lr_used;                               /* one bit for each that is not 0 */
    struct const_call const_call[VCPU_CONST_CALLS]; /* constant answers to calls, each at its place */
    /* Direct virtual PPI: the virtual timer. */
    bool vtimer_direct,
        vtimer_configured; /* configured: the VMM called SetVPPI; before, events go to it as VPPIEvent */
    bool vtimer_masked;    /* VPPIEvent sent, not acknowledged */
    uint8_t vtimer_priority, vtimer_group;
    struct cpu *vtimer_cpu; /* in whose vtimer_queue it is; null: in none */
    struct vcpu *vtimer_next;
    ticks_t vtimer_deadline;
    /* Interrupts waiting for a list register: words as in vesicle_virq, oldest first. */
    uint16_t queue_head, queue_count;
    uint32_t queue[VCPU_VIRQ_QUEUE];
    /* The exit frame: our copy of its capability; empty if there is none. */
    struct slot exit_frame;
    /* Constant answers to reads of ID registers: a bitmap over const_id. */
    word_t const_id_valid;
    word_t const_id[VCPU_ID_REGS];
    union {
        struct {
            bool debug_parked; /* MDSCR_EL1 is in el1, not in the hardware, though the VCPU is resident */
            bool pmu_in_use;   /* `pmu` must be in the hardware while the guest runs */
            bool fresh;        /* it never ran: it still gets the FP registers */
            bool unused;
        };
        uint32_t special; /* more to do before the guest runs */
    };
    struct pmu pmu;
    bool pmu_given, pmu_ppi_enabled; /* given: the VMM called SetVPPI for its interrupt; before, accesses go to it */
    bool pmu_line;                   /* its level, when it was last looked at */
    uint8_t pmu_ppi_priority, pmu_ppi_group;
    /* Interrupts the guest ended, of which the VMM is still to be told. */
    uint16_t ended_count;
    uint16_t ended[VCPU_MAX_LR];
    /* In a place of their size: the VMM's half is found by setting a bit of an address (trace/count.h). */
    struct exit_counter counters[TRACE_COUNTERS] __attribute__((aligned(TRACE_COUNTERS * sizeof(struct exit_counter))));
};
_Static_assert(sizeof(struct vcpu) <= 1u << seL4_VCPUBits, "VCPU size");

void vcpu_init(struct vcpu *v);
/** Binds / unbinds a thread. Unbinding saves what is resident. */
void vcpu_bind(struct vcpu *v, struct tcb *t);
void vcpu_unbind(struct vcpu *v);
/** Makes `v` (may be null: nothing changes) the core's resident VCPU. */
void vcpu_load(struct cpu *cpu, struct vcpu *v);
/** Saves what is resident on some core, if it is. */
void vcpu_evict(struct vcpu *v);
void vcpu_finalise(struct vcpu *v);
/** A guest that sleeps in WFI goes on. */
void vcpu_end_wfi(struct tcb *t);
static inline void vcpu_wake(struct tcb *t)
{
    if (t && t->state == THREAD_WFI) {
        vcpu_end_wfi(t);
    }
}
/** The capability in `v->exit_frame` is there: the guest's registers move into the frame. */
void vcpu_attach_exit_frame(struct vcpu *v);
/** The exit frame's capability in `v` goes: registers move back into the thread. */
void vcpu_detach_exit_frame(struct vcpu *v);
/** Where the guest's registers are, or what its counters do, was changed. */
static inline void vcpu_update_quick_exits(struct tcb *t)
{
    t->quick_exits = t->regs != &t->context && !(t->vcpu && t->vcpu->pmu_in_use);
}
/** Copies PC and PSTATE of the exit frame into the thread, checked; the frame is no longer authoritative. */
void vcpu_commit_exit(struct tcb *guest);

static inline bool vcpu_has_exit_frame(const struct tcb *t)
{
    return t->vcpu && !slot_is_empty(&t->vcpu->exit_frame);
}

/* What a guest may have in PSTATE: NZCV, TCO, DIT, UAO, PAN, SS, SSBS, BTYPE, DAIF, IL; M says EL0t, EL1t or EL1h. DDI 0487 C5.2.19 */
#define PSTATE_ALLOWED 0xf3f01fc0ull
#define PSTATE_IL      (1ull << 20)
#define PSTATE_M_MASK  0x1full
#define PSTATE_EL0T    0x0ull
#define PSTATE_EL1T    0x4ull
#define PSTATE_EL1H    0x5ull

/** A PSTATE a guest may have: what is not allowed becomes an illegal return inside the guest, at EL1. */
static inline word_t vcpu_sanitise_pstate(word_t pstate)
{
    word_t mode = pstate & PSTATE_M_MASK;
    bool allowed = mode == PSTATE_EL1H || mode == PSTATE_EL0T || mode == PSTATE_EL1T;

    return (pstate & PSTATE_ALLOWED) | (allowed ? mode : PSTATE_IL | PSTATE_EL1H);
}
/** Reads PC and PSTATE of the exit frame, once: another thread of the VMM may be writing. */
static inline void vcpu_take_exit(struct tcb *guest)
{
    const volatile struct vesicle_exit_frame *frame = (const volatile struct vesicle_exit_frame *)guest->regs;
    word_t pstate = frame->pstate;

    guest->pc = frame->pc;
    if (pstate != guest->pstate) {
        guest->pstate = vcpu_sanitise_pstate(pstate);
    }
}
/** Injects the words of an exit's reply, four at most; what does not fit in any queue is lost. For a VCPU that no other core has resident. */
void vcpu_inject_words(struct vcpu *v, const word_t *words, word_t count);
/** The same wherever it is resident. */
void vcpu_inject_reply(struct vcpu *v, const word_t *words, word_t count);
/** Injects `virq` (vesicle_virq word), where no other core has the VCPU resident; one that is pending already stays so. seL4_RangeError, seL4_NotEnoughMemory if the queue is full. */
int vcpu_inject(struct vcpu *v, word_t virq);
/** An exit of the guest `t` that its VMM serves: fills the exit frame if there is one, and sends the fault. */
struct vcpu_abort {
    uint64_t far, ipa, flags; /* as in the exit frame */
};
void vcpu_exit(struct tcb *t, uint64_t esr, struct vcpu_abort abort);
/** Tells the VMM of an interrupt that ended, if there is one to tell of: true if the guest now waits for the VMM. */
bool vcpu_send_notice(struct tcb *t);
/** The guest executed WFI: it sleeps unless an interrupt is pending. */
void vcpu_wfi(struct tcb *t);
/** Is the virtual timer's interrupt to be let through while the VCPU is resident? Before SetVPPI until the event, and after AckVPPI. */
static inline bool vcpu_wants_vtimer(const struct vcpu *v)
{
    return v->vtimer_configured ? v->vtimer_direct : !v->vtimer_masked;
}
/** The virtual timer's interrupt is let through to the core's guest, or held back. */
void vcpu_set_vtimer(struct cpu *cpu, bool on);
/** Before the guest runs again: as it wants it. */
static inline void vcpu_enable_vtimer(struct cpu *cpu, const struct vcpu *v)
{
    if (cpu->vtimer_enabled != vcpu_wants_vtimer(v)) {
        vcpu_set_vtimer(cpu, !cpu->vtimer_enabled);
    }
}
/** Has the guest an interrupt it would take, or a timer that fired? */
bool vcpu_has_pending(struct vcpu *v);
/** Takes an interrupt's pending state away; returns the state it had. */
word_t vcpu_withdraw(struct vcpu *v, word_t id);
/** The virtual timer's interrupt arrived on `cpu`. */
void vcpu_vtimer_irq(struct cpu *cpu);
/** The GIC's maintenance interrupt arrived on `cpu`. */
void vcpu_maintenance_irq(struct cpu *cpu);
/** Deadline of the core's first sleeping VCPU's virtual timer; ~0 if there is none. Wakes those that are due. */
ticks_t vcpu_timer_check(struct cpu *cpu, ticks_t now);

int vcpu_invoke(struct invocation *inv);

#endif
