/* SPDX-License-Identifier: BSD-2-Clause */
/* Loads and stores of general registers, decoded from the instruction where the syndrome does not say (ISV = 0). */
#ifndef VMM_INSN_H
#define VMM_INSN_H

#include "types.h"

struct insn_access {
    uint8_t width; /**< bytes of one register */
    bool write;
    bool sign_extend;
    bool reg64;
    bool pair;
    uint8_t rt, rt2;
    uint8_t rn;      /**< base; 31 is the stack pointer */
    bool write_back; /**< the base gets base + offset */
    bool post_index; /**< the address is the base alone */
    bool offset_register;
    uint64_t offset; /**< if not in a register */
    uint8_t rm, extend, shift;
};

/**
 * Decodes an A64 instruction. False if it is none that loads or stores general registers in one of the plain forms: exclusive,
 * ordered and atomic ones, and those of SIMD registers, have no meaning for a device.
 */
bool insn_decode(uint32_t word, struct insn_access *access);

/** The offset that a register holds, extended and shifted as the instruction says. */
uint64_t insn_extend_offset(const struct insn_access *access, uint64_t value);

#endif
