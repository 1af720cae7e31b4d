/* SPDX-License-Identifier: BSD-2-Clause */
/* True random numbers for guests (DEN 0098), where the host has any. */
#ifndef VMM_TRNG_H
#define VMM_TRNG_H

#include "exit.h"

/** Function ids, in their 32-bit form. */
enum {
    TRNG_VERSION = 0x84000050,
    TRNG_FEATURES = 0x84000051,
    TRNG_GET_UUID = 0x84000052,
    TRNG_RND = 0x84000053,
};

#define TRNG_INVALID_PARAMETERS (-2)
#define TRNG_NO_ENTROPY         (-3)

bool trng_available(struct vcpu *vcpu);

enum exit_result trng_version(struct vcpu *vcpu);
enum exit_result trng_features(struct vcpu *vcpu);
enum exit_result trng_get_uuid(struct vcpu *vcpu);
enum exit_result trng_rnd(struct vcpu *vcpu);

#endif
