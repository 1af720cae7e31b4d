/* SPDX-License-Identifier: BSD-2-Clause */
#include "trng.h"

#include "smccc.h"
#include "vcpu.h"
#include "vm.h"

#define VERSION_1_0 0x10000

#define SMC64       (1u << 30)

/* Names our source of entropy; any other than all ones in the first word will do (DEN 0098, 2.3). */
static const uint32_t uuid[4] = {0x1a7b3c42, 0x4d0e9f65, 0x8c215ab9, 0x6e73f018};

bool trng_available(struct vcpu *vcpu)
{
    uint8_t probe;
    return vcpu->vm->host->random(vcpu->vm, &probe, sizeof probe);
}

enum exit_result trng_version(struct vcpu *vcpu)
{
    smccc_return(vcpu, VERSION_1_0);
    return EXIT_HANDLED;
}

enum exit_result trng_features(struct vcpu *vcpu)
{
    uint32_t id = (uint32_t)smccc_argument(vcpu, 1);
    bool known = (id & ~SMC64) >= TRNG_VERSION && (id & ~SMC64) <= TRNG_RND && smccc_has(vcpu, id);
    smccc_return(vcpu, known ? SMCCC_SUCCESS : SMCCC_NOT_SUPPORTED);
    return EXIT_HANDLED;
}

enum exit_result trng_get_uuid(struct vcpu *vcpu)
{
    for (unsigned i = 0; i < 4; i++) {
        vcpu->frame->x[i] = uuid[i];
    }
    return EXIT_HANDLED;
}

/* x1 bits are asked for; they come in x3 first, then x2, then x1, and what was not asked for is zero (DEN 0098, 2.4). */
enum exit_result trng_rnd(struct vcpu *vcpu)
{
    bool is64 = vcpu->frame->x[0] & SMC64;
    unsigned word_bits = is64 ? 64 : 32;
    uint64_t bits = smccc_argument(vcpu, 1);
    uint64_t words[3] = {0, 0, 0};
    if (bits == 0 || bits > 3 * word_bits) {
        smccc_return(vcpu, TRNG_INVALID_PARAMETERS);
        return EXIT_HANDLED;
    }
    if (!vcpu->vm->host->random(vcpu->vm, words, sizeof words)) {
        smccc_return(vcpu, TRNG_NO_ENTROPY);
        return EXIT_HANDLED;
    }
    for (unsigned i = 0; i < 3; i++) {
        uint64_t wanted = bits > word_bits ? word_bits : bits;
        vcpu->frame->x[3 - i] = wanted == 0 ? 0 : bits_of(words[i], (unsigned)wanted - 1, 0);
        bits -= wanted;
    }
    smccc_return(vcpu, SMCCC_SUCCESS);
    return EXIT_HANDLED;
}
