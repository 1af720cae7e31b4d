/* SPDX-License-Identifier: BSD-2-Clause */
/* VMSAv8-64 stage 1 (DDI 0487, D8.2), any granule, 48-bit output addresses. Permissions are not looked at. */
#include "walk.h"

#include "vcpu.h"
#include "vm.h"

#define SCTLR_M          (1ull << 0)

#define LAST_LEVEL       3

#define TTBR_BADDR       0x0000fffffffffffeull

#define DESCRIPTOR_VALID (1ull << 0)
#define DESCRIPTOR_TABLE (1ull << 1) /* at the last level: a page */

/* What one half of the address space is translated with: fields of TCR_EL1. */
struct regime {
    seL4_VCPUReg ttbr;
    unsigned tsz;     /* size offset */
    unsigned granule; /* log2 of the page size */
    bool disabled;
};

static unsigned granule_of_tg0(uint64_t tg)
{
    return tg == 1 ? 16 : tg == 2 ? 14 : 12;
}

static unsigned granule_of_tg1(uint64_t tg)
{
    return tg == 1 ? 14 : tg == 3 ? 16 : 12;
}

static struct regime regime_of(uint64_t tcr, bool upper)
{
    if (upper) {
        return (struct regime){
            .ttbr = seL4_VCPUReg_TTBR1,
            .tsz = (unsigned)bits_of(tcr, 21, 16),
            .granule = granule_of_tg1(bits_of(tcr, 31, 30)),
            .disabled = bits_of(tcr, 23, 23),
        };
    }
    return (struct regime){
        .ttbr = seL4_VCPUReg_TTBR0,
        .tsz = (unsigned)bits_of(tcr, 5, 0),
        .granule = granule_of_tg0(bits_of(tcr, 15, 14)),
        .disabled = bits_of(tcr, 7, 7),
    };
}

enum walk_result { WALK_DONE, WALK_UNMAPPED, WALK_NO_TABLE };

static enum walk_result walk(struct vcpu *vcpu, gva_t address, ipa_t *ipa, unsigned *level)
{
    const struct vcpu_ops *ops = vcpu->ops;
    if (!(ops->read_reg(vcpu, seL4_VCPUReg_SCTLR) & SCTLR_M)) {
        *ipa = ipa_of(address.addr);
        return WALK_DONE;
    }
    bool upper = bits_of(address.addr, 55, 55);
    struct regime regime = regime_of(ops->read_reg(vcpu, seL4_VCPUReg_TCR), upper);
    if (regime.disabled || regime.tsz < 16 || regime.tsz > 39) {
        return WALK_UNMAPPED;
    }
    unsigned input = 64 - regime.tsz; /* bits of address that are translated */
    unsigned per_level = regime.granule - 3;
    unsigned levels = (input - regime.granule + per_level - 1) / per_level;
    uint64_t table = ops->read_reg(vcpu, regime.ttbr) & TTBR_BADDR;
    uint64_t output = bits_of(~0ull, 47, regime.granule) << regime.granule;

    for (unsigned left = levels; left > 0; left--) {
        unsigned low = regime.granule + (left - 1) * per_level;
        unsigned high = low + per_level < input ? low + per_level : input;
        uint64_t descriptor;
        ipa_t at = ipa_of(table + bits_of(address.addr, high - 1, low) * 8);
        *level = LAST_LEVEL + 1 - left;
        if (!memory_read64(&vcpu->vm->memory, at, &descriptor)) {
            return WALK_NO_TABLE;
        }
        bool last = left == 1;
        if (!(descriptor & DESCRIPTOR_VALID) || (last && !(descriptor & DESCRIPTOR_TABLE))) {
            return WALK_UNMAPPED;
        }
        if (last || !(descriptor & DESCRIPTOR_TABLE)) {
            uint64_t inside = (1ull << low) - 1;
            *ipa = ipa_of((descriptor & output & ~inside) | (address.addr & inside));
            return WALK_DONE;
        }
        table = descriptor & output;
    }
    return WALK_UNMAPPED;
}

bool walk_translate(struct vcpu *vcpu, gva_t address, ipa_t *ipa)
{
    unsigned level;
    return walk(vcpu, address, ipa, &level) == WALK_DONE;
}

bool walk_missing_table(struct vcpu *vcpu, gva_t address, unsigned *level)
{
    ipa_t ipa;
    return walk(vcpu, address, &ipa, level) == WALK_NO_TABLE;
}

bool walk_fetch(struct vcpu *vcpu, gva_t address, uint32_t *word)
{
    ipa_t ipa;
    return walk_translate(vcpu, address, &ipa) && memory_read32(&vcpu->vm->memory, ipa, word);
}
