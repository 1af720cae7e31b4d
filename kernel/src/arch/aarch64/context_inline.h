/* SPDX-License-Identifier: BSD-2-Clause */
/* The parts of a thread switch that the fast paths share. */
#ifndef AARCH64_CONTEXT_INLINE_H
#define AARCH64_CONTEXT_INLINE_H

#include "cpu.h"
#include "object/tcb.h"
#include "arch/aarch64/sysreg.h"

/** Sets the physical address of the empty tables (boot). */
void context_init(paddr_t empty);
const void *context_empty_table(void);

static inline void context_save_user(struct tcb *t)
{
    t->tpidr_el0 = read_sysreg(tpidr_el0);
    t->tpidrro_el0 = read_sysreg(tpidrro_el0);
    t->regs->sp_el0 = read_sysreg(sp_el0);
}

static inline void context_load_user(const struct tcb *t)
{
    write_sysreg(tpidr_el0, t->tpidr_el0);
    write_sysreg(tpidrro_el0, t->tpidrro_el0);
    write_sysreg(sp_el0, t->regs->sp_el0);
}

/* From one thread, whose registers are saved, to another. TPIDRRO_EL0 is hardly used, and a write ends what QEMU translates at once. */
static inline void context_change_user(const struct tcb *from, const struct tcb *to)
{
    write_sysreg(tpidr_el0, to->tpidr_el0);
    if (from->tpidrro_el0 != to->tpidrro_el0) {
        write_sysreg(tpidrro_el0, to->tpidrro_el0);
    }
    write_sysreg(sp_el0, to->regs->sp_el0);
}

/* Only TGE differs between the two values: VM must not be toggled, that would flush the TLB. */
static inline void context_set_hcr(uint64_t hcr)
{
    if (read_sysreg(hcr_el2) != hcr) {
        write_sysreg(hcr_el2, hcr);
    }
}

/* Between a guest and its VMM. */
static inline void context_flip_hcr(void)
{
    write_sysreg(hcr_el2, read_sysreg(hcr_el2) ^ HCR_TGE);
}

#endif
