/* SPDX-License-Identifier: BSD-2-Clause */
#include "exit_quick.h"

#include "abort.h"
#include "inject.h"
#include "report.h"
#include "smccc.h"
#include "vm.h"

/* Reports of accesses that nobody answered, before the rest is only counted. */
#define UNHANDLED_REPORTS 16

static struct exit decode(uint64_t esr)
{
    return (struct exit){.ec = (uint8_t)bits_of(esr, 31, 26), .iss = (uint32_t)bits_of(esr, 24, 0)};
}

/* A wait that reaches the VMM ends at once: it may (DDI 0487, D1.16.2). */
static enum exit_result handle_wfx(struct vcpu *vcpu, const struct exit *exit)
{
    (void)vcpu;
    (void)exit;
    return EXIT_HANDLED;
}

/* The kernel makes this of a PSTATE that no guest may have. */
static enum exit_result handle_serror(struct vcpu *vcpu, const struct exit *exit)
{
    (void)vcpu;
    (void)exit;
    return EXIT_FORBIDDEN;
}

/*
 * Instruction and data aborts turn into external aborts if nobody answers, everything else into an undefined
 * instruction. An HVC's return address is already behind it.
 */
static const struct exit_row {
    const char *name;
    enum exit_result (*handle)(struct vcpu *vcpu, const struct exit *exit);
    uint8_t advance; /* bytes the PC moves when handled */
} exits[VCPU_EXIT_CLASSES] = {
    [EC_UNKNOWN] = {"unknown", NULL, 0},
    [EC_WFX] = {"WFI or WFE", handle_wfx, EXIT_INSTRUCTION_SIZE},
    [EC_FP] = {"FP or SIMD", NULL, 0},
    [EC_PAC] = {"pointer authentication", NULL, 0},
    [EC_ILLEGAL_STATE] = {"illegal execution state", NULL, 0},
    [EC_HVC64] = {"HVC", smccc_handle, 0},
    [EC_SMC64] = {"SMC", smccc_handle, EXIT_INSTRUCTION_SIZE},
    [EC_SYSREG] = {"system register", sysreg_handle, EXIT_INSTRUCTION_SIZE},
    [EC_SVE] = {"SVE", NULL, 0},
    [EC_IABT_LOWER] = {"instruction abort", abort_handle_instruction, 0},
    [EC_DABT_LOWER] = {"data abort", abort_handle_data, EXIT_INSTRUCTION_SIZE},
    [EC_SERROR] = {"SError", handle_serror, 0},
};

const char *exit_class_name(unsigned ec)
{
    return ec < VCPU_EXIT_CLASSES && exits[ec].name != NULL ? exits[ec].name : "exception";
}

/* Nobody answered: the guest takes the exception that a machine without such a thing would give it. */
static void refuse(struct vcpu *vcpu, const struct exit *exit)
{
    vcpu->unhandled++;
    if (vcpu->unhandled <= UNHANDLED_REPORTS) {
        report_unhandled(vcpu, exit);
    }
    switch (exit->ec) {
    case EC_IABT_LOWER:
        inject_instruction_abort(vcpu, vcpu->frame->far, exit->iss & ISS_S1PTW);
        break;
    case EC_DABT_LOWER:
        inject_data_abort(vcpu, vcpu->frame->far, exit->iss & ISS_S1PTW);
        break;
    case EC_HVC64:
        vcpu->frame->pc -= EXIT_INSTRUCTION_SIZE;
        inject_undefined(vcpu);
        break;
    default:
        inject_undefined(vcpu);
        break;
    }
}

static bool settle(struct vcpu *vcpu, const struct exit *exit, enum exit_result result)
{
    switch (result) {
    case EXIT_JUMPED:
        return true;
    case EXIT_UNHANDLED:
        refuse(vcpu, exit);
        return true;
    case EXIT_FORBIDDEN:
        report_crash(vcpu, exit);
        vm_end(vcpu->vm, vcpu, VM_CRASHED);
        return false;
    case EXIT_STOPPED:
    case EXIT_HANDLED:
        break;
    }
    return false;
}

bool exit_handle_any(struct vcpu *vcpu)
{
    uint64_t esr = vcpu->frame->esr;
    struct exit exit = decode(esr);
    const struct exit_row *row = &exits[exit.ec];
    vcpu->exits[exit.ec]++;
    exit_remember(vcpu, esr);
    enum exit_result result = row->handle != NULL ? row->handle(vcpu, &exit) : EXIT_UNHANDLED;
    if (result == EXIT_HANDLED) {
        vcpu->frame->pc += row->advance;
        return true;
    }
    return settle(vcpu, &exit, result);
}

bool exit_handle(struct vcpu *vcpu)
{
    return exit_handle_quickly(vcpu) || exit_handle_any(vcpu);
}
