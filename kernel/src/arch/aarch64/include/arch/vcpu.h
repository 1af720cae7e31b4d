/* SPDX-License-Identifier: BSD-2-Clause */
/* A VCPU's registers in the hardware: EL1, virtual timer, GIC virtual interface. */
#ifndef ARCH_VCPU_H
#define ARCH_VCPU_H

#include "types.h"
#include <stdbool.h>

struct vcpu;

/** Number of list registers of this machine. */
extern unsigned vcpu_list_registers;
/** One bit for each. */
extern uint64_t vcpu_all_list_registers;

/* ICH_LR<n>_EL2, IHI 0069 12.4.5 */
#define LR_STATE_SHIFT    62
#define LR_STATE_MASK     (3ull << LR_STATE_SHIFT)
#define LR_PENDING        (1ull << 62)
#define LR_ACTIVE         (1ull << 63)
#define LR_HW             (1ull << 61)
#define LR_GROUP1_SHIFT   60
#define LR_GROUP1         (1ull << LR_GROUP1_SHIFT)
#define LR_PRIORITY_SHIFT 48
#define LR_PINTID_SHIFT   32
#define LR_EOI            (1ull << 41)
#define LR_VINTID_MASK    0xffffffffull

/* ICH_HCR_EL2, IHI 0069 12.4.3 */
#define ICH_HCR_EN  1ull
#define ICH_HCR_UIE 2ull

/** Finds out what the hardware offers (boot). */
void arch_vcpu_init(void);
/** The core's list register n. */
uint64_t arch_lr_read(unsigned n);
void arch_lr_write(unsigned n, uint64_t value);
/** Underflow maintenance on or off for the resident VCPU. */
void arch_set_underflow_notice(bool on);
/** List registers that are empty (ICH_ELRSR_EL2), and those with an end to report (ICH_EISR_EL2). */
uint64_t arch_lr_empty(void);
uint64_t arch_lr_ended(void);
/** Fills the resident VCPU's first list register if none is in use. */
#if defined(__aarch64__)
static inline bool arch_lr_write_if_all_empty(uint64_t value)
{
    uint64_t empty;

    __asm__ volatile("mrs %0, ich_elrsr_el2" : "=r"(empty));
    if (empty != vcpu_all_list_registers) {
        return false;
    }
    __asm__ volatile("msr ich_lr0_el2, %0" ::"r"(value));
    return true;
}
#else
bool arch_lr_write_if_all_empty(uint64_t value);
#endif
/** A new VCPU reports the machine's own core (MIDR_EL1). */
void arch_vcpu_reset(struct vcpu *v);
/** Loads / saves all of a VCPU's state. Saving stops the virtual timer and frees its physical interrupt. */
void arch_vcpu_load(struct vcpu *v);
void arch_vcpu_save(struct vcpu *v);
/** The same for the virtual timer and registers the VMM may change while the VCPU is resident. */
void arch_vcpu_sync(struct vcpu *v);   /* hardware -> v */
void arch_vcpu_reload(struct vcpu *v); /* v -> hardware */
/** The same for the GIC's CPU interface: ICH_VMCR_EL2 and active priorities. */
void arch_vcpu_sync_gic(struct vcpu *v);
void arch_vcpu_reload_gic(const struct vcpu *v);
/**
 * The resident VCPU's debug state leaves the hardware until the guest runs again: its single step must not step others. True if it
 * was in there, and stepped.
 */
bool arch_vcpu_park_debug(struct vcpu *v);
void arch_vcpu_unpark_debug(struct vcpu *v);
/** The resident virtual timer's line is up: enabled, not masked, condition met. */
bool arch_vtimer_asserted(void);
/** The physical virtual-timer interrupt: let through or held back; given back without a guest's EOI. */
void arch_vtimer_irq_enable(bool on);
void arch_vtimer_irq_deactivate(void);
/** Drops all stage-1 entries of the current VMID on this core. */
void arch_flush_guest_stage1(void);

#endif
