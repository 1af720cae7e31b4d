/* SPDX-License-Identifier: BSD-2-Clause */
#include "vcpu_kernel.h"

#include "../exit_quick.h"
#include "../gic/vgic.h"
#include "../vm.h"

#include <sel4/sel4.h>

/* No fault has these labels. */
#define LABEL_SETTLE seL4_Fault_NullFault
#define LABEL_HOLD   0x100

/* In the frame once an exit is served: no syndrome. */
#define ESR_SERVED (~0ull)

static void inject(struct vcpu *vcpu, seL4_Word virq)
{
    if (vesicle_VCPU_Inject(vcpu->caps.vcpu, virq) != seL4_NoError) {
        /* More interrupts wait than there are in the vGIC: cannot be, as one waits once. */
        vm_log(vcpu->vm, "vCPU %u: interrupt %lu was not taken", vcpu->id, virq & VESICLE_VIRQ_ID_MASK);
    }
}

static seL4_Word withdraw(struct vcpu *vcpu, unsigned intid)
{
    return vesicle_VCPU_Withdraw(vcpu->caps.vcpu, intid).state;
}

static seL4_Word get_state(struct vcpu *vcpu, unsigned intid)
{
    return vesicle_VCPU_GetIRQState(vcpu->caps.vcpu, intid).state;
}

static bool set_state(struct vcpu *vcpu, seL4_Word virq, seL4_Word state)
{
    return vesicle_VCPU_SetIRQState(vcpu->caps.vcpu, virq, state) == seL4_NoError;
}

static void set_vppi(struct vcpu *vcpu, unsigned intid, bool enabled, uint8_t priority, bool group1)
{
    vesicle_VCPU_SetVPPI(vcpu->caps.vcpu, intid, enabled, priority, group1);
}

static uint64_t read_reg(struct vcpu *vcpu, seL4_VCPUReg reg)
{
    return seL4_ARM_VCPU_ReadRegs(vcpu->caps.vcpu, reg).value;
}

static void write_reg(struct vcpu *vcpu, seL4_VCPUReg reg, uint64_t value)
{
    seL4_ARM_VCPU_WriteRegs(vcpu->caps.vcpu, reg, value);
}

void vcpu_kernel_set_registers(struct vcpu *vcpu, bool resume)
{
    const struct vesicle_exit_frame *frame = vcpu->frame;
    const seL4_Word *x = frame->x;
    seL4_UserContext regs = {
        .pc = frame->pc, .sp = frame->sp_el0, .spsr = frame->pstate, .x0 = x[0], /* all others are zero */
    };
    seL4_TCB_WriteRegisters(vcpu->caps.tcb, resume, 0, sizeof regs / sizeof(seL4_Word), &regs);
}

static void start(struct vcpu *vcpu)
{
    vcpu_kernel_set_registers(vcpu, true);
}

static void stop(struct vcpu *vcpu)
{
    seL4_TCB_Suspend(vcpu->caps.tcb);
}

void vcpu_kernel_settle(struct vcpu *vcpu)
{
    seL4_Call(vcpu->caps.endpoint, seL4_MessageInfo_new(LABEL_SETTLE, 0, 0, 0));
}

static void hold(struct vcpu *vcpu)
{
    seL4_Call(vcpu->caps.endpoint, seL4_MessageInfo_new(LABEL_HOLD, 0, 0, 0));
}

static void release(struct vcpu *vcpu)
{
    seL4_TCB_Resume(vcpu->caps.tcb);
}

static void read_frame(struct vcpu *vcpu)
{
    seL4_UserContext regs = {0};
    if (seL4_TCB_ReadRegisters(vcpu->caps.tcb, false, 0, 3, &regs) == seL4_NoError) {
        vcpu->frame->pc = regs.pc;
        vcpu->frame->sp_el0 = regs.sp;
        vcpu->frame->pstate = regs.spsr;
    }
}

static void set_const_call(struct vcpu *vcpu, uint32_t function_id, uint64_t x0)
{
    vesicle_VCPU_SetConstCall(vcpu->caps.vcpu, function_id, x0);
}

static void set_const_id_reg(struct vcpu *vcpu, seL4_Word key, uint64_t value)
{
    vesicle_VCPU_SetConstIDReg(vcpu->caps.vcpu, key, value);
}

const struct vcpu_ops vcpu_kernel_ops = {
    .inject = inject,
    .withdraw = withdraw,
    .get_state = get_state,
    .set_state = set_state,
    .set_vppi = set_vppi,
    .read_reg = read_reg,
    .write_reg = write_reg,
    .start = start,
    .stop = stop,
    .hold = hold,
    .read_frame = read_frame,
    .release = release,
    .settle = vcpu_kernel_settle,
    .set_const_call = set_const_call,
    .set_const_id_reg = set_const_id_reg,
};

/* What is no exit. True: the guest goes on. */
static __attribute__((noinline)) bool serve_other(struct vcpu *vcpu, seL4_Word label, seL4_Word word)
{
    switch (label) {
    case seL4_Fault_VGICMaintenance:
        vcpu->maintenance++;
        vgic_eoi(vcpu, (unsigned)word);
        return true;
    case seL4_Fault_VPPIEvent:
        return true; /* the timer is the kernel's: an event from before it was told so */
    default:
        vm_log(vcpu->vm, "vCPU %u: message %lu from the kernel, word 0x%lx: not expected", vcpu->id, label, word);
        vm_end(vcpu->vm, vcpu, VM_CRASHED);
        return false;
    }
}

/*
 * Stops the vCPU, on its exit thread, which is not serving an exit now: so no reply is lost. If it made one just before it was
 * stopped, that is not sent again when it goes on, so it is served here.
 */
static void stand_still(struct vcpu *vcpu)
{
    seL4_Word irqs[VCPU_REPLY_IRQS];
    seL4_TCB_Suspend(vcpu->caps.tcb);
    if (vcpu->frame->esr != ESR_SERVED) {
        vcpu_exit_begin(vcpu);
        bool goes_on = exit_handle(vcpu);
        unsigned count = vcpu_exit_end(vcpu, irqs);
        vcpu->frame->esr = ESR_SERVED;
        for (unsigned i = 0; i < count; i++) {
            inject(vcpu, irqs[i]);
        }
        if (goes_on) {
            seL4_UserContext regs = {.pc = vcpu->frame->pc, .sp = vcpu->frame->sp_el0, .spsr = vcpu->frame->pstate};
            seL4_TCB_WriteRegisters(vcpu->caps.tcb, false, 0, 3, &regs);
        }
    }
    vgic_find_ended(vcpu);
}

/* Serves what came, an exit or something else; what the kernel is to be told, and the interrupts that ride on it. */
static inline seL4_MessageInfo_t serve(struct vcpu *vcpu, seL4_Word label, seL4_Word word, seL4_Word irqs[])
{
    vcpu_exit_begin(vcpu);
    bool resume = label == seL4_Fault_VCPUFault ? exit_handle_quickly(vcpu) || exit_handle_any(vcpu)
                                                : serve_other(vcpu, label, word);
    unsigned count = vcpu_exit_end(vcpu, irqs);
    vcpu->frame->esr = ESR_SERVED;
    return seL4_MessageInfo_new(resume ? 0 : 1, 0, 0, count);
}

_Noreturn void vcpu_kernel_serve(struct vcpu *vcpu, seL4_CPtr ready)
{
    seL4_CPtr endpoint = vcpu->caps.endpoint;
    seL4_CPtr reply = vcpu->caps.reply;
    seL4_Word badge, word = 0, irqs[VCPU_REPLY_IRQS];
    seL4_MessageInfo_t info = seL4_MessageInfo_new(0, 0, 0, 0);
    vcpu->frame->esr = ESR_SERVED;
    if (ready != seL4_CapNull) {
        info = seL4_NBSendRecvWithMRs(ready, info, endpoint, &badge, &word, 0, 0, 0, reply);
    } else {
        info = seL4_RecvWithMRs(endpoint, &badge, &word, 0, 0, 0, reply);
    }
    for (;;) {
        seL4_Word label = seL4_MessageInfo_get_label(info);
        if (label == LABEL_SETTLE || label == LABEL_HOLD) {
            if (label == LABEL_HOLD) {
                stand_still(vcpu);
            }
            info = seL4_MessageInfo_new(0, 0, 0, 0);
        } else {
            info = serve(vcpu, label, word, irqs);
        }
        if (seL4_MessageInfo_get_length(info) > 0) {
            word = irqs[0];
            info = seL4_ReplyRecvWithMRs(endpoint, info, &badge, &word, &irqs[1], &irqs[2], &irqs[3], reply);
        } else {
            info = seL4_ReplyRecvWithMRs(endpoint, info, &badge, &word, 0, 0, 0, reply);
        }
    }
}
