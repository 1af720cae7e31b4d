/* SPDX-License-Identifier: BSD-2-Clause */
/* The PL031 real-time clock (DDI 0224). Without a timer of the host's, its alarm is noticed when the guest looks at the clock. */
#ifndef VMM_DEV_PL031_H
#define VMM_DEV_PL031_H

#include "../lock.h"
#include "../mmio.h"
#include "irq_line.h"

struct fdt;
struct vm;

#define PL031_SIZE 0x1000ull

struct pl031 {
    struct lock lock; /**< of all below */
    ipa_t base;
    struct irq_line irq;
    struct vm *vm;
    uint32_t offset; /**< the clock, less the host's */
    uint32_t seen;   /**< the clock as last looked at */
    uint32_t match;
    uint32_t load;
    bool unmasked;
    bool alarm; /**< raw interrupt */
};

extern const struct mmio_ops pl031_ops; /**< device: struct pl031 */

/** Reset state: the host's time. */
void pl031_init(struct pl031 *rtc, struct vm *vm, ipa_t base, struct irq_line irq);

/** Its deadline has passed: sees whether the alarm is due. Any thread. */
void pl031_update(struct pl031 *rtc);

void pl031_fdt(const struct pl031 *rtc, struct fdt *fdt, uint32_t phandle, uint32_t clock);

#endif
