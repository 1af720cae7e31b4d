/* SPDX-License-Identifier: BSD-2-Clause */
#include "abort.h"

#include "insn.h"
#include "mmio.h"
#include "pstate.h"
#include "vcpu.h"
#include "vm.h"
#include "walk.h"

/* A tag in the top byte is no part of an address, and need not be in FAR_EL2. */
#define ADDRESS_BITS ((1ull << 56) - 1)

static struct mmio_access decode(uint32_t iss, ipa_t ipa)
{
    return (struct mmio_access){
        .ipa = ipa,
        .width = (uint8_t)(1u << bits_of(iss, 23, 22)),
        .write = iss & ISS_WNR,
        .sign_extend = iss & ISS_SSE,
        .reg64 = iss & ISS_SF,
        .rt = (uint8_t)bits_of(iss, 20, 16),
    };
}

static uint64_t base_register(struct vcpu *vcpu, unsigned rn)
{
    if (rn != 31) {
        return vcpu->frame->x[rn];
    }
    bool sp_el1 = (vcpu->frame->pstate & PSTATE_MODE) == PSTATE_EL1H;
    return sp_el1 ? vcpu->ops->read_reg(vcpu, seL4_VCPUReg_SP_EL1) : vcpu->frame->sp_el0;
}

static void set_base_register(struct vcpu *vcpu, unsigned rn, uint64_t value)
{
    if (rn != 31) {
        vcpu->frame->x[rn] = value;
    } else if ((vcpu->frame->pstate & PSTATE_MODE) == PSTATE_EL1H) {
        vcpu->ops->write_reg(vcpu, seL4_VCPUReg_SP_EL1, value);
    } else {
        vcpu->frame->sp_el0 = value;
    }
}

/* The syndrome does not describe the instruction (ISV = 0): it is read from the guest's memory. */
static enum exit_result emulate_instruction(struct vcpu *vcpu)
{
    struct vesicle_exit_frame *frame = vcpu->frame;
    uint32_t word;
    struct insn_access insn;
    if ((frame->pstate & PSTATE_A32) || !walk_fetch(vcpu, gva_of(frame->pc), &word) || !insn_decode(word, &insn)) {
        return EXIT_UNHANDLED;
    }
    uint64_t offset = insn.offset;
    if (insn.offset_register) {
        offset = insn_extend_offset(&insn, vcpu_get_x(vcpu, insn.rm));
    }
    uint64_t base = base_register(vcpu, insn.rn);
    uint64_t address = insn.post_index ? base : base + offset;
    unsigned total = insn.width * (insn.pair ? 2u : 1u);
    /* FAR is the first byte that faulted; an access that began in RAM, or goes over a page's end, is not to a device. */
    if (((frame->far ^ address) & ADDRESS_BITS) != 0 || (address & 0xfff) + total > 0x1000) {
        return EXIT_UNHANDLED;
    }
    for (unsigned i = 0; i <= insn.pair; i++) {
        struct mmio_access access = {
            .ipa = ipa_of(frame->ipa + i * insn.width),
            .width = insn.width,
            .write = insn.write,
            .sign_extend = insn.sign_extend,
            .reg64 = insn.reg64,
            .rt = i == 0 ? insn.rt : insn.rt2,
        };
        if (mmio_perform(vcpu, &access) != MMIO_DONE) {
            return EXIT_UNHANDLED;
        }
    }
    if (insn.write_back) {
        set_base_register(vcpu, insn.rn, base + offset);
    }
    return EXIT_HANDLED;
}

enum exit_result abort_handle_data(struct vcpu *vcpu, const struct exit *exit)
{
    struct vesicle_exit_frame *frame = vcpu->frame;
    if (!(frame->flags & VESICLE_EXIT_IPA_VALID) || (exit->iss & ISS_S1PTW)) {
        return EXIT_UNHANDLED; /* its tables are no memory */
    }
    if (exit->iss & ISS_CM) {
        return EXIT_HANDLED; /* nothing of a device is in a cache */
    }
    if (!(exit->iss & ISS_ISV)) {
        return emulate_instruction(vcpu);
    }
    struct mmio_access access = decode(exit->iss, ipa_of(frame->ipa));
    return mmio_perform(vcpu, &access) == MMIO_DONE ? EXIT_HANDLED : EXIT_UNHANDLED;
}

enum exit_result abort_handle_instruction(struct vcpu *vcpu, const struct exit *exit)
{
    (void)exit;
    /* A guest whose vector for this very exception cannot be fetched would abort for ever. */
    return vcpu->frame->pc == vcpu->injected_vector ? EXIT_FORBIDDEN : EXIT_UNHANDLED;
}
