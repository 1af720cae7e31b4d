/* SPDX-License-Identifier: BSD-2-Clause */
/* What tracing needs of the hardware. */
#ifndef ARCH_TRACE_H
#define ARCH_TRACE_H

#include "arch/aarch64/sysreg.h"
#include <stdbool.h>

/** The calling core's vectors: without hooks, or with those that count, or with those that record, too. */
void arch_trace_vectors(bool hooks, bool records);

/** Earlier writes of this core are seen before later ones. */
static inline void trace_barrier(void)
{
    __asm__ volatile("dmb ishst" ::: "memory");
}

/** Syndrome of the trap that is being handled. */
static inline uint64_t trace_esr(void)
{
    return read_sysreg(esr_el2);
}

/** Of the guest's abort that is being handled: FAR_EL2, and bits 47..12 of the IPA where the hardware knows it. DDI 0487 D17.2.66 */
static inline uint64_t trace_far(void)
{
    return read_sysreg(far_el2);
}
static inline uint64_t trace_ipa_page(void)
{
    return read_sysreg(hpfar_el2) >> 4;
}

#endif
