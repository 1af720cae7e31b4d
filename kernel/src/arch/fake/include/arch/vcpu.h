/* SPDX-License-Identifier: BSD-2-Clause */
/* The fake architecture has the same interface to a VCPU's registers, kept in memory. */
#ifndef FAKE_ARCH_VCPU_H
#define FAKE_ARCH_VCPU_H

#include "../../../aarch64/include/arch/vcpu.h"

enum { FAKE_LIST_REGISTERS = 4 };

struct fake_vcpu {
    uint64_t lr[FAKE_LIST_REGISTERS];
    bool underflow_notice, vtimer_asserted, vtimer_enabled;
    unsigned loads, saves, vtimer_deactivations;
};
extern struct fake_vcpu fake_vcpu;

#endif
