/* SPDX-License-Identifier: BSD-2-Clause */
/* Trap controls and other state of the calling core that stays as it is set here. */
#ifndef ARCH_AARCH64_EL2_H
#define ARCH_AARCH64_EL2_H

/** HCR_EL2 is HCR_NATIVE already (head.S); this sets the rest: counters, debug, performance monitors, guest timers. */
void el2_init(void);

#endif
