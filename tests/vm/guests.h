/* SPDX-License-Identifier: BSD-2-Clause */
/* The guests' code: one image, copied to GUEST_RAM, with an entry for each test. */
#ifndef GUESTS_H
#define GUESTS_H

extern const char guest_start[], guest_end[];
extern const char guest_registers[], guest_mmio[], guest_mmio_high[], guest_irqs[], guest_wfi[], guest_timer[],
    guest_timer_busy[], guest_sgi[], guest_fp[], guest_hvc_loop[], guest_permissions[], guest_fetch[], guest_const[],
    guest_counters[], guest_irq_split[], guest_touch[], guest_el0[], guest_system[], guest_spin[], guest_sleep[],
    guest_count[], guest_ask[], guest_mapped[], guest_raise[], guest_pmu_registers[], guest_pmu_count[],
    guest_pmu_overflow[], guest_pmu_el0[], guest_id_all[];

/** Numbers of the guests' HVC. */
enum {
    HVC_READY = 1,
    HVC_DONE = 2,
    HVC_IN_IRQ = 0x10, /* between IAR and EOIR, x20 = interrupt */
    HVC_SYNC = 0xee,   /* an exception at EL1: x10 = ESR_EL1, x11 = ELR_EL1 */
};

#endif
