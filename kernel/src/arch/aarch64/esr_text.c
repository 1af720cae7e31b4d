/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/aarch64/esr_text.h"

#include "arch/aarch64/sysreg.h"

enum { FAULT_KINDS = 16, LEVEL_BITS = 2, FIRST_WITHOUT_LEVEL = 0x20 };

static const char *const class_text[ESR_EC_MASK + 1] = {
    [EC_UNKNOWN] = "unknown or undefined instruction",
    [EC_WFX] = "trapped WFI or WFE",
    [EC_FP_ASIMD] = "trapped floating point or SIMD",
    [EC_PAUTH] = "trapped pointer authentication",
    [EC_BTI] = "branch target",
    [EC_ILLEGAL_STATE] = "illegal execution state",
    [EC_SVC64] = "SVC",
    [EC_HVC64] = "HVC",
    [EC_SMC64] = "trapped SMC",
    [EC_SYSREG] = "trapped system register access",
    [EC_SVE] = "trapped SVE",
    [EC_ERET] = "trapped ERET",
    [EC_FPAC] = "pointer authentication failure",
    [EC_IABT_LOWER] = "instruction abort, lower level",
    [EC_IABT_CURRENT] = "instruction abort",
    [EC_PC_ALIGNMENT] = "PC alignment",
    [EC_DABT_LOWER] = "data abort, lower level",
    [EC_DABT_CURRENT] = "data abort",
    [EC_SP_ALIGNMENT] = "SP alignment",
    [EC_FP_EXCEPTION] = "floating-point exception",
    [EC_SERROR] = "SError",
    [EC_BKPT_LOWER] = "breakpoint, lower level",
    [EC_BKPT_CURRENT] = "breakpoint",
    [EC_STEP_LOWER] = "software step, lower level",
    [EC_STEP_CURRENT] = "software step",
    [EC_WATCH_LOWER] = "watchpoint, lower level",
    [EC_WATCH_CURRENT] = "watchpoint",
    [EC_BRK64] = "BRK",
};

/* Fault status codes with a level in their low bits: D17.2.37, "ISS encoding for an exception from a Data Abort". */
static const char *const levelled_text[FIRST_WITHOUT_LEVEL >> LEVEL_BITS] = {
    [0x00 >> LEVEL_BITS] = "address size",
    [0x04 >> LEVEL_BITS] = "translation",
    [0x08 >> LEVEL_BITS] = "access flag",
    [0x0c >> LEVEL_BITS] = "permission",
    [0x14 >> LEVEL_BITS] = "external abort on a table walk",
    [0x1c >> LEVEL_BITS] = "parity or ECC error on a table walk",
};
static const char *const plain_text[ESR_FSC_MASK + 1] = {
    [0x10] = "external abort",
    [0x11] = "tag check",
    [0x18] = "parity or ECC error",
    [0x21] = "alignment",
    [0x30] = "TLB conflict",
    [0x31] = "unsupported atomic update of a table",
    [0x34] = "lockdown",
    [0x35] = "unsupported exclusive or atomic",
};

const char *esr_class_text(uint64_t esr)
{
    const char *text = class_text[ESR_EC(esr)];
    return text ? text : "reserved exception class";
}

bool esr_is_abort(uint64_t esr)
{
    switch (ESR_EC(esr)) {
    case EC_IABT_LOWER:
    case EC_IABT_CURRENT:
    case EC_DABT_LOWER:
    case EC_DABT_CURRENT:
        return true;
    default:
        return false;
    }
}

static unsigned fault_status(uint64_t esr)
{
    return (unsigned)(esr & ESR_FSC_MASK);
}

const char *esr_fault_text(uint64_t esr)
{
    const char *text = plain_text[fault_status(esr)];
    if (!text && fault_status(esr) < FIRST_WITHOUT_LEVEL) {
        text = levelled_text[fault_status(esr) >> LEVEL_BITS];
    }
    return text ? text : "reserved fault status";
}

int esr_fault_level(uint64_t esr)
{
    unsigned status = fault_status(esr);
    if (plain_text[status] || status >= FIRST_WITHOUT_LEVEL) {
        return -1;
    }
    return (int)(status % (1u << LEVEL_BITS));
}
