/* SPDX-License-Identifier: BSD-2-Clause */
/* Methods of virtual CPUs; the extensions are explained in sel4/vesicle.h. */
#ifndef SEL4_INTERFACES_VCPU_H
#define SEL4_INTERFACES_VCPU_H

#include <sel4/invoke.h>

#include <sel4/vesicle.h>

/** Makes the thread run guest code on this VCPU. */
static inline seL4_Error seL4_ARM_VCPU_SetTCB(seL4_ARM_VCPU service, seL4_TCB tcb)
{
    seL4_SetCap(0, tcb);
    return vesicle_invoke0(service, vesicle_VCPUSetTCB, 1);
}

/** Puts an interrupt into list register `index`. */
static inline seL4_Error seL4_ARM_VCPU_InjectIRQ(seL4_ARM_VCPU service, seL4_Uint16 virq, seL4_Uint8 priority,
                                                 seL4_Uint8 group, seL4_Uint8 index)
{
    return vesicle_invoke4(service, vesicle_VCPUInjectIRQ, 0, 4, virq, priority, group, index);
}

typedef struct seL4_ARM_VCPU_ReadRegs {
    int error;
    seL4_Word value;
} seL4_ARM_VCPU_ReadRegs_t;

static inline seL4_ARM_VCPU_ReadRegs_t seL4_ARM_VCPU_ReadRegs(seL4_ARM_VCPU service, seL4_VCPUReg field)
{
    seL4_Word mr[4] = {(seL4_Word)field, 0, 0, 0};
    seL4_Error error = vesicle_invoke(service, vesicle_VCPUReadRegs, 0, 1, mr);
    seL4_ARM_VCPU_ReadRegs_t result = {(int)error, mr[0]};
    return result;
}

static inline seL4_Error seL4_ARM_VCPU_WriteRegs(seL4_ARM_VCPU service, seL4_VCPUReg field, seL4_Word value)
{
    return vesicle_invoke2(service, vesicle_VCPUWriteRegs, 0, (seL4_Word)field, value);
}

/** Unmasks a virtual PPI whose event was reported to the VMM. */
static inline seL4_Error seL4_ARM_VCPU_AckVPPI(seL4_ARM_VCPU service, seL4_Word irq)
{
    return vesicle_invoke1(service, vesicle_VCPUAckVPPI, 0, irq);
}

/** Attaches the frame that holds the guest's registers on exits; 0 detaches. */
static inline seL4_Error vesicle_VCPU_SetExitFrame(seL4_ARM_VCPU service, seL4_CPtr frame)
{
    seL4_SetCap(0, frame);
    return vesicle_invoke0(service, vesicle_VCPUSetExitFrame, 1);
}

/** Makes an interrupt pending: `virq` from vesicle_virq(). Queued when all list registers are in use. */
static inline seL4_Error vesicle_VCPU_Inject(seL4_ARM_VCPU service, seL4_Word virq)
{
    return vesicle_invoke1(service, vesicle_VCPUInject, 0, virq);
}

typedef struct vesicle_VCPU_IRQState {
    int error;
    seL4_Word state;
} vesicle_VCPU_IRQState_t;
typedef vesicle_VCPU_IRQState_t vesicle_VCPU_Withdraw_t, vesicle_VCPU_GetIRQState_t;

/** Takes a pending interrupt back; returns the state it had (VESICLE_VIRQ_*). */
static inline vesicle_VCPU_Withdraw_t vesicle_VCPU_Withdraw(seL4_ARM_VCPU service, seL4_Word virq)
{
    seL4_Word mr[4] = {virq, 0, 0, 0};
    seL4_Error error = vesicle_invoke(service, vesicle_VCPUWithdraw, 0, 1, mr);
    vesicle_VCPU_Withdraw_t result = {(int)error, mr[0]};
    return result;
}

static inline vesicle_VCPU_GetIRQState_t vesicle_VCPU_GetIRQState(seL4_ARM_VCPU service, seL4_Word virq)
{
    seL4_Word mr[4] = {virq, 0, 0, 0};
    seL4_Error error = vesicle_invoke(service, vesicle_VCPUGetIRQState, 0, 1, mr);
    vesicle_VCPU_GetIRQState_t result = {(int)error, mr[0]};
    return result;
}

/** Sets pending and active state of an interrupt (VESICLE_VIRQ_*). */
static inline seL4_Error vesicle_VCPU_SetIRQState(seL4_ARM_VCPU service, seL4_Word virq, seL4_Word state)
{
    return vesicle_invoke2(service, vesicle_VCPUSetIRQState, 0, virq, state);
}

/** How the kernel delivers a direct virtual PPI. */
static inline seL4_Error vesicle_VCPU_SetVPPI(seL4_ARM_VCPU service, seL4_Word ppi, seL4_Bool enabled,
                                              seL4_Word priority, seL4_Word group)
{
    return vesicle_invoke4(service, vesicle_VCPUSetVPPI, 0, 4, ppi, enabled ? 1 : 0, priority, group);
}

/** HVC or SMC with `function_id` in w0 is answered with `x0` in x0, without an exit to the VMM. */
static inline seL4_Error vesicle_VCPU_SetConstCall(seL4_ARM_VCPU service, seL4_Word function_id, seL4_Word x0)
{
    return vesicle_invoke2(service, vesicle_VCPUSetConstCall, 0, function_id, x0);
}

/** Reads of the ID register `key` (VESICLE_IDREG) give `value`, without an exit to the VMM. */
static inline seL4_Error vesicle_VCPU_SetConstIDReg(seL4_ARM_VCPU service, seL4_Word key, seL4_Word value)
{
    return vesicle_invoke2(service, vesicle_VCPUSetConstIDReg, 0, key, value);
}

#endif
