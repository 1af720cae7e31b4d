/* SPDX-License-Identifier: BSD-2-Clause */
#include "inject.h"

#include "pstate.h"
#include "vcpu.h"
#include "walk.h"

/* Fields of ESR_EL1. */
#define ESR_EC_SHIFT  26
#define ESR_IL        (1ull << 25)
#define ESR_WNR       (1ull << 6)
#define FSC_EXTERNAL  0x10ull /* synchronous external abort, not on a table walk */
#define FSC_WALK      0x14ull /* on a table walk; level in bits 1..0 */
#define EC_UNDEFINED  0x00ull
#define EC_IABT_LOWER 0x20ull
#define EC_IABT_SAME  0x21ull
#define EC_DABT_LOWER 0x24ull
#define EC_DABT_SAME  0x25ull

/* Fields of SCTLR_EL1 that say how an exception to EL1 sets PSTATE. */
#define SCTLR_SPAN  (1ull << 23)
#define SCTLR_DSSBS (1ull << 44)

/* Offsets of the synchronous vector from VBAR_EL1 (DDI 0487, table D1-7). */
#define VECTOR_CURRENT_SP0 0x000
#define VECTOR_CURRENT_SPX 0x200
#define VECTOR_LOWER_A64   0x400
#define VECTOR_LOWER_A32   0x600

static bool from_el0(uint64_t pstate)
{
    return (pstate & PSTATE_A32) != 0 || (pstate & PSTATE_MODE) == PSTATE_EL0T;
}

static uint64_t vector_of(uint64_t pstate)
{
    if (pstate & PSTATE_A32) {
        return VECTOR_LOWER_A32;
    }
    switch (pstate & PSTATE_MODE) {
    case PSTATE_EL0T:
        return VECTOR_LOWER_A64;
    case PSTATE_EL1T:
        return VECTOR_CURRENT_SP0;
    default:
        return VECTOR_CURRENT_SPX;
    }
}

/* PSTATE on entry to EL1: masked, no single-step, no BTYPE; PAN and SSBS as SCTLR_EL1 says (DDI 0487, D1.4.2). */
static uint64_t entry_pstate(uint64_t pstate, uint64_t sctlr)
{
    uint64_t entry = (pstate & (PSTATE_NZCV | PSTATE_DIT | PSTATE_PAN)) | PSTATE_DAIF | PSTATE_EL1H;
    if (!(sctlr & SCTLR_SPAN)) {
        entry |= PSTATE_PAN;
    }
    if (sctlr & SCTLR_DSSBS) {
        entry |= PSTATE_SSBS;
    }
    return entry;
}

static void take(struct vcpu *vcpu, uint64_t esr)
{
    const struct vcpu_ops *ops = vcpu->ops;
    struct vesicle_exit_frame *frame = vcpu->frame;
    uint64_t pstate = frame->pstate;
    ops->write_reg(vcpu, seL4_VCPUReg_ESR, esr);
    ops->write_reg(vcpu, seL4_VCPUReg_ELR_EL1, frame->pc);
    ops->write_reg(vcpu, seL4_VCPUReg_SPSR_EL1, pstate);
    frame->pstate = entry_pstate(pstate, ops->read_reg(vcpu, seL4_VCPUReg_SCTLR));
    frame->pc = ops->read_reg(vcpu, seL4_VCPUReg_VBAR) + vector_of(pstate);
    vcpu->injected_vector = frame->pc;
}

static uint64_t status(struct vcpu *vcpu, uint64_t far, bool on_walk)
{
    unsigned level = 0;
    return on_walk && walk_missing_table(vcpu, gva_of(far), &level) ? FSC_WALK | level : FSC_EXTERNAL;
}

void inject_data_abort(struct vcpu *vcpu, uint64_t far, bool on_walk)
{
    uint64_t ec = from_el0(vcpu->frame->pstate) ? EC_DABT_LOWER : EC_DABT_SAME;
    vcpu->ops->write_reg(vcpu, seL4_VCPUReg_FAR, far);
    take(vcpu, ec << ESR_EC_SHIFT | ESR_IL | (vcpu->frame->esr & ESR_WNR) | status(vcpu, far, on_walk));
}

void inject_instruction_abort(struct vcpu *vcpu, uint64_t far, bool on_walk)
{
    uint64_t ec = from_el0(vcpu->frame->pstate) ? EC_IABT_LOWER : EC_IABT_SAME;
    vcpu->ops->write_reg(vcpu, seL4_VCPUReg_FAR, far);
    take(vcpu, ec << ESR_EC_SHIFT | ESR_IL | status(vcpu, far, on_walk));
}

void inject_undefined(struct vcpu *vcpu)
{
    take(vcpu, EC_UNDEFINED << ESR_EC_SHIFT | ESR_IL);
}
