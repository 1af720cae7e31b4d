/* SPDX-License-Identifier: BSD-2-Clause */
#include "insn.h"

/* Extensions of a register offset (DDI 0487, C4.1.95, "option"). */
enum { EXTEND_UXTW = 2, EXTEND_LSL = 3, EXTEND_SXTW = 6, EXTEND_SXTX = 7 };

/* Bits that tell the forms apart (DDI 0487, C4.1.95, "Loads and Stores"). */
#define PAIR_MASK     0x3e000000u /* bits 29:27 = 101, V = 0, bit 25 = 0 */
#define PAIR_VALUE    0x28000000u
#define SINGLE_MASK   0x3e000000u /* bits 29:27 = 111, V = 0, bit 25 = 0 */
#define SINGLE_VALUE  0x38000000u
#define IMMEDIATE12   (1u << 24) /* unsigned offset */
#define REGISTER_FORM (1u << 21)

/* opc and size of a single register: store, load, and the loads that extend the sign. False if unallocated or a prefetch. */
static bool decode_size(uint32_t word, struct insn_access *access)
{
    unsigned size = (unsigned)bits_of(word, 31, 30);
    unsigned opc = (unsigned)bits_of(word, 23, 22);
    access->width = (uint8_t)(1u << size);
    access->write = opc == 0;
    access->sign_extend = opc >= 2;
    access->reg64 = opc < 2 ? size == 3 : opc == 2;
    /* No sign to extend into 64 bits from 64, nor into 32 from 32. */
    return !(size == 3 && opc >= 2) && !(size == 2 && opc == 3);
}

static bool decode_single(uint32_t word, struct insn_access *access)
{
    if (!decode_size(word, access)) {
        return false;
    }
    access->rt = (uint8_t)bits_of(word, 4, 0);
    access->rn = (uint8_t)bits_of(word, 9, 5);
    if (word & IMMEDIATE12) {
        access->offset = bits_of(word, 21, 10) * access->width;
        return true;
    }
    unsigned form = (unsigned)bits_of(word, 11, 10);
    if (word & REGISTER_FORM) {
        access->offset_register = true;
        access->rm = (uint8_t)bits_of(word, 20, 16);
        access->extend = (uint8_t)bits_of(word, 15, 13);
        access->shift = (uint8_t)(bits_of(word, 12, 12) ? bits_of(word, 31, 30) : 0);
        return form == 2 && (access->extend & 2);
    }
    access->offset = sign_extend(bits_of(word, 20, 12), 8);
    access->post_index = form == 1;
    access->write_back = form == 1 || form == 3;
    return true;
}

static bool decode_pair(uint32_t word, struct insn_access *access)
{
    unsigned opc = (unsigned)bits_of(word, 31, 30);
    unsigned form = (unsigned)bits_of(word, 24, 23);
    bool load = bits_of(word, 22, 22);
    /* opc 01 is LDPSW; as a store it is another instruction, as is opc 11. Without allocation hint or with: same access. */
    if (opc == 3 || (opc == 1 && (!load || form == 0))) {
        return false;
    }
    access->pair = true;
    access->width = opc == 2 ? 8 : 4;
    access->write = !load;
    access->sign_extend = opc == 1;
    access->reg64 = opc != 0;
    access->rt = (uint8_t)bits_of(word, 4, 0);
    access->rn = (uint8_t)bits_of(word, 9, 5);
    access->rt2 = (uint8_t)bits_of(word, 14, 10);
    access->offset = sign_extend(bits_of(word, 21, 15), 6) * access->width;
    access->post_index = form == 1;
    access->write_back = form == 1 || form == 3;
    return true;
}

bool insn_decode(uint32_t word, struct insn_access *access)
{
    *access = (struct insn_access){0};
    if ((word & PAIR_MASK) == PAIR_VALUE) {
        return decode_pair(word, access);
    }
    if ((word & SINGLE_MASK) == SINGLE_VALUE) {
        return decode_single(word, access);
    }
    return false;
}

uint64_t insn_extend_offset(const struct insn_access *access, uint64_t value)
{
    switch (access->extend) {
    case EXTEND_UXTW:
        value = bits_of(value, 31, 0);
        break;
    case EXTEND_SXTW:
        value = sign_extend(value, 31);
        break;
    case EXTEND_LSL:
    case EXTEND_SXTX:
    default:
        break;
    }
    return value << access->shift;
}
