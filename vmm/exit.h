/* SPDX-License-Identifier: BSD-2-Clause */
/* Exits of a guest: decoded once, found in a table by exception class, settled in one place. */
#ifndef VMM_EXIT_H
#define VMM_EXIT_H

#include "types.h"

#define EXIT_INSTRUCTION_SIZE 4

struct vcpu;

/** ESR_EL2 (DDI 0487, D19.2.37), taken apart. */
struct exit {
    uint8_t ec;   /**< exception class */
    uint32_t iss; /**< bits 24..0 */
};

/** ISS of a data abort (DDI 0487, D19.2.37, "ISS encoding for an exception from a Data Abort"). */
#define ISS_ISV   (1u << 24)
#define ISS_SSE   (1u << 21)
#define ISS_SF    (1u << 15)
#define ISS_CM    (1u << 8)
#define ISS_S1PTW (1u << 7)
#define ISS_WNR   (1u << 6)

/** What a handler says. */
enum exit_result {
    EXIT_HANDLED,   /**< the guest goes on after the instruction */
    EXIT_JUMPED,    /**< the guest goes on where the frame says */
    EXIT_UNHANDLED, /**< nobody answers: the guest takes an exception */
    EXIT_FORBIDDEN, /**< the guest is stopped and described */
    EXIT_STOPPED,   /**< the vCPU, or the guest, has switched itself off */
};

/** Exception classes that can come from a guest at EL1 or EL0. */
enum exit_class {
    EC_UNKNOWN = 0x00,
    EC_WFX = 0x01,
    EC_FP = 0x07,
    EC_PAC = 0x09,
    EC_ILLEGAL_STATE = 0x0e,
    EC_HVC64 = 0x16,
    EC_SMC64 = 0x17,
    EC_SYSREG = 0x18,
    EC_SVE = 0x19,
    EC_IABT_LOWER = 0x20,
    EC_DABT_LOWER = 0x24,
    EC_SERROR = 0x2f,
};

/**
 * Serves the exit that the vCPU's frame describes (seL4_Fault_VCPUFault). True: the guest goes on with what the frame says now;
 * false: it stays stopped. Between vcpu_exit_begin and vcpu_exit_end.
 */
bool exit_handle(struct vcpu *vcpu);

/** The same for those that are not the usual ones (exit_quick.h). */
bool exit_handle_any(struct vcpu *vcpu);

/** A name for an exception class, for reports. */
const char *exit_class_name(unsigned ec);

#endif
