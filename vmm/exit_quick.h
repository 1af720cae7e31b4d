/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What nearly all exits are: an access to the device, or to the system register, of the one before. The loop that serves a vCPU has this
 * inline; the same as abort_handle_data or sysreg_handle does then, in a few steps.
 */
#ifndef VMM_EXIT_QUICK_H
#define VMM_EXIT_QUICK_H

#include "exit.h"
#include "mmio.h"
#include "sysreg.h"
#include "vcpu.h"

/** An exit that may be told of in a report. */
static inline void exit_remember(struct vcpu *vcpu, uint64_t esr)
{
    vcpu->last_exits[vcpu->last_exit++ % VCPU_LAST_EXITS] = (struct vcpu_last_exit){esr, vcpu->frame->pc};
}

/* The syndrome describes all of the access, and it lies in the region. */
static inline bool exit_is_plain_access(const struct vcpu *vcpu, uint64_t esr)
{
    const uint64_t looked_at = 63ull << 26 | ISS_ISV | ISS_SSE | ISS_CM | ISS_S1PTW;
    const struct mmio_region *region = vcpu->last_region;
    return (esr & looked_at) == ((uint64_t)EC_DABT_LOWER << 26 | ISS_ISV) && region != NULL &&
           vcpu->frame->flags & VESICLE_EXIT_IPA_VALID &&
           vcpu->frame->ipa - region->base.addr <= region->size - MMIO_MIN_SIZE;
}

static inline bool exit_plain_access(struct vcpu *vcpu, uint64_t esr)
{
    const struct mmio_region *region = vcpu->last_region;
    uint64_t offset = vcpu->frame->ipa - region->base.addr, value = 0;
    unsigned size = (unsigned)bits_of(esr, 23, 22), width = 1u << size, rt = (unsigned)bits_of(esr, 20, 16);
    unsigned unused = (0u - (8u << size)) & 63; /* bits of the register */
    if (esr & ISS_WNR) {
        value = vcpu_get_x(vcpu, rt) << unused >> unused;
        return region->ops->write(region->device, vcpu, offset, width, value) == MMIO_DONE;
    }
    if (region->ops->read(region->device, vcpu, offset, width, &value) != MMIO_DONE) {
        return false;
    }
    vcpu_set_x(vcpu, rt, value << unused >> unused);
    return true;
}

static inline bool exit_same_sysreg(struct vcpu *vcpu, uint64_t esr)
{
    return vcpu->last_sysreg != NULL && ((uint32_t)esr & SYSREG_KEY_MASK) == vcpu->last_sysreg_key &&
           sysreg_perform(vcpu, vcpu->last_sysreg, esr);
}

/** As exit_handle(). False: it is another exit, or has no answer there; nothing was done. */
static inline bool exit_handle_quickly(struct vcpu *vcpu)
{
    uint64_t esr = vcpu->frame->esr;
    if (exit_is_plain_access(vcpu, esr)) {
        if (!exit_plain_access(vcpu, esr)) {
            return false;
        }
        vcpu->exits[EC_DABT_LOWER]++;
    } else if (bits_of(esr, 31, 26) == EC_SYSREG && exit_same_sysreg(vcpu, esr)) {
        vcpu->exits[EC_SYSREG]++;
        exit_remember(vcpu, esr);
    } else {
        return false;
    }
    vcpu->frame->pc += EXIT_INSTRUCTION_SIZE;
    return true;
}

#endif
