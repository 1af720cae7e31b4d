/* SPDX-License-Identifier: BSD-2-Clause */
/* The guest's own stage-1 translation, walked in software. */
#ifndef VMM_WALK_H
#define VMM_WALK_H

#include "types.h"

struct vcpu;

/** Translates an address of the vCPU's EL1&0 regime. False if its tables do not map it or are not in RAM. */
bool walk_translate(struct vcpu *vcpu, gva_t address, ipa_t *ipa);

/** The level of the first table on the way to an address that is not in RAM. False if all are. */
bool walk_missing_table(struct vcpu *vcpu, gva_t address, unsigned *level);

/** Reads the instruction word at an address. False if it cannot be reached. */
bool walk_fetch(struct vcpu *vcpu, gva_t address, uint32_t *word);

#endif
