/* SPDX-License-Identifier: BSD-2-Clause */
#include "ipc/fault.h"

#include "debug.h"
#include "arch/timer.h"
#include "cpu.h"
#include "ipc/message.h"
#include "object/endpoint.h"
#include "object/schedcontext.h"
#include "object/vcpu.h"
#include "sched/scheduler.h"
#include "trace/trace.h"

static bool send_to(struct tcb *t, struct cap handler, bool donate)
{
    if (cap_type(handler) != CAP_ENDPOINT || !(cap_info(handler) & CAP_RIGHT_WRITE) ||
        !(cap_info(handler) & (CAP_RIGHT_GRANT | CAP_RIGHT_GRANT_REPLY))) {
        return false;
    }
    t->in_fault = true;
    endpoint_send(cap_object(handler), t, cap_badge(handler),
                  (struct send_options){.block = true,
                                        .call = true,
                                        .can_grant = cap_info(handler) & CAP_RIGHT_GRANT,
                                        .can_grant_reply = true,
                                        .can_donate = donate});
    return true;
}

static void trace_fault(struct tcb *t)
{
    struct cpu *cpu = cpu_this();

    if (cpu->trace.events) {
        trace_fault_sent(cpu, t);
    }
}

bool fault_send(struct tcb *t)
{
    trace_fault(t);
    if (send_to(t, t->slots[TCB_FAULT].cap, true)) {
        return true;
    }
    debug_unhandled_fault(t);
    t->in_fault = true;
    tcb_abandon(t);
    return false;
}

bool fault_has_timeout_handler(const struct tcb *t)
{
    return cap_type(t->slots[TCB_TIMEOUT].cap) == CAP_ENDPOINT;
}

bool fault_send_timeout(struct tcb *t, struct sched_context *sc)
{
    if (!fault_has_timeout_handler(t)) {
        return false;
    }
    t->fault = (struct fault){.type = seL4_Fault_Timeout, .word = {sc->badge, timer_ticks_to_us(sc->consumed)}};
    sc->consumed = 0;
    trace_fault(t);
    return send_to(t, t->slots[TCB_TIMEOUT].cap, false);
}

/* Registers in the order of a fault message: numbers 0..30 are x0..x30. */
enum { R_PC = 32, R_SP, R_LR = 30, R_SPSR = 35 };
static const uint8_t syscall_regs[] = {0, 1, 2, 3, 4, 5, 6, 7, R_PC, R_SP, R_LR, R_SPSR};
static const uint8_t exception_regs[] = {R_PC, R_SP, R_SPSR};
static const uint8_t timeout_regs[] = {R_PC, R_SP, R_SPSR, 0,  1,  2,  3,  4,  5,  6,  7,  8,  16, 17, 18, 29, 30,
                                       9,    10,   11,     12, 13, 14, 15, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28};

static word_t get_reg(const struct tcb *t, unsigned r)
{
    switch (r) {
    case R_PC:
        return t->pc;
    case R_SP:
        return t->regs->sp_el0;
    case R_SPSR:
        return t->pstate;
    default:
        return t->regs->x[r];
    }
}

static void set_reg(struct tcb *t, unsigned r, word_t value)
{
    switch (r) {
    case R_PC:
        t->pc = value;
        break;
    case R_SP:
        t->regs->sp_el0 = value;
        break;
    case R_SPSR:
        tcb_set_pstate(t, value);
        break;
    default:
        t->regs->x[r] = value;
    }
}

static unsigned put_regs(struct tcb *from, struct tcb *to, const uint8_t *list, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (!message_set_word(to, i, get_reg(from, list[i]))) {
            return i;
        }
    }
    return count;
}

static void take_regs(struct tcb *to, struct tcb *from, const uint8_t *list, unsigned count, word_t length)
{
    for (unsigned i = 0; i < count && i < length; i++) {
        set_reg(to, list[i], message_word(from, i));
    }
}

static unsigned put_words(struct tcb *to, unsigned at, const word_t *words, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (!message_set_word(to, at + i, words[i])) {
            return at + i;
        }
    }
    return at + count;
}

static unsigned put_lookup_failure(struct tcb *to, unsigned at, const struct lookup_failure *f)
{
    word_t words[4] = {f->type, f->bits_left};
    unsigned count = 2;

    switch (f->type) {
    case seL4_InvalidRoot:
        count = 1;
        break;
    case seL4_DepthMismatch:
        words[2] = f->bits_found;
        count = 3;
        break;
    case seL4_GuardMismatch:
        words[2] = f->guard;
        words[3] = f->bits_found;
        count = 4;
        break;
    default:
        break;
    }
    return put_words(to, at, words, count);
}

seL4_MessageInfo_t fault_message(struct tcb *sender, struct tcb *receiver)
{
    const struct fault *f = &sender->fault;
    unsigned n = 0;

    switch (f->type) {
    case seL4_Fault_CapFault: {
        word_t words[] = {sender->pc - (sender->in_syscall ? 4 : 0), f->word[0], f->in_receive};
        n = put_words(receiver, 0, words, 3);
        n = put_lookup_failure(receiver, n, &f->lookup);
        break;
    }
    case seL4_Fault_UnknownSyscall:
        n = put_regs(sender, receiver, syscall_regs, sizeof syscall_regs);
        n = put_words(receiver, n, f->word, n == sizeof syscall_regs);
        break;
    case seL4_Fault_UserException:
        n = put_regs(sender, receiver, exception_regs, sizeof exception_regs);
        n = put_words(receiver, n, f->word, 2);
        break;
    case seL4_Fault_VMFault:
        n = put_words(receiver, 0, &sender->pc, 1);
        n = put_words(receiver, n, f->word, 3);
        break;
    case seL4_Fault_Timeout:
        n = put_words(receiver, 0, f->word, 2);
        break;
    case seL4_Fault_DebugException:
        n = put_words(receiver, 0, &sender->pc, 1);
        n = put_words(receiver, n, f->word, 3);
        break;
    default: /* VGICMaintenance, VCPUFault, VPPIEvent: one word */
        n = put_words(receiver, 0, f->word, 1);
        break;
    }
    return seL4_MessageInfo_new(f->type, 0, 0, n);
}

bool fault_reply(struct tcb *faulted, struct tcb *handler, seL4_MessageInfo_t info)
{
    word_t length = seL4_MessageInfo_get_length(info), label = seL4_MessageInfo_get_label(info);
    uint8_t type = faulted->fault.type;

    faulted->in_fault = false;
    faulted->fault.type = seL4_Fault_NullFault;
    switch (type) {
    case seL4_Fault_UnknownSyscall:
        take_regs(faulted, handler, syscall_regs, sizeof syscall_regs, length);
        return label == 0;
    case seL4_Fault_UserException:
        take_regs(faulted, handler, exception_regs, sizeof exception_regs, length);
        return label == 0;
    case seL4_Fault_Timeout:
        take_regs(faulted, handler, timeout_regs, sizeof timeout_regs, length);
        return label == 0;
    case seL4_Fault_DebugException:
        if (faulted->fault.word[0] == seL4_SingleStep && length > 0) {
            tcb_debug_step(faulted, message_word(handler, 0));
        } else if (faulted->debug.step_count) {
            faulted->pstate |= PSTATE_SS;
        }
        return label == 0;
    case seL4_Fault_CapFault:
        if (faulted->in_syscall) {
            tcb_retry_syscall(faulted);
        }
        return true;
    case seL4_Fault_VCPUFault:
    case seL4_Fault_VGICMaintenance:
    case seL4_Fault_VPPIEvent:
        if (!vcpu_has_exit_frame(faulted)) {
            return true;
        }
        if (faulted->exit_pending) {
            vcpu_commit_exit(faulted);
        }
        vcpu_inject_reply(faulted->vcpu, &handler->regs->x[REG_MSG],
                          length < seL4_FastMessageRegisters ? length : seL4_FastMessageRegisters);
        return label == 0;
    default:
        return true;
    }
}
