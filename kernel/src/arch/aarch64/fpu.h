/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Floating point and SIMD registers, switched lazily: they hold the values of the core's fp_owner, everybody else traps. With FPEN
 * = 01 only EL0 under TGE traps: a guest that owns them and its VMM, which does not use them, share one setting.
 */
#ifndef AARCH64_FPU_H
#define AARCH64_FPU_H

#include "cpu.h"
#include "object/tcb.h"
#include "arch/aarch64/sysreg.h"

/* CPTR_EL2 with E2H = 1, DDI 0487 D17.2.30 */
#define CPTR_FPEN_ALL_TRAP     (0ull << 20)
#define CPTR_FPEN_EL0_TGE_TRAP (1ull << 20)
#define CPTR_FPEN_NO_TRAP      (3ull << 20)

static inline uint64_t fpu_trap_setting(const struct cpu *cpu, const struct tcb *t)
{
    if (t->vcpu) {
        return cpu->fp_owner == t ? CPTR_FPEN_EL0_TGE_TRAP : CPTR_FPEN_ALL_TRAP;
    }
    return cpu->fp_owner == t ? CPTR_FPEN_NO_TRAP : CPTR_FPEN_EL0_TGE_TRAP;
}

/** Changes the trap while `t` runs, or is about to. A guest that was ready to run with another setting is not so any more. */
static inline void fpu_set_trap(struct cpu *cpu, const struct tcb *t, uint64_t setting)
{
    cpu->cptr = setting;
    write_sysreg(cptr_el2, setting);
    if (cpu->ready_guest != t) {
        cpu->ready_guest = 0;
    }
}

/** Sets the trap for `t`, which is about to run. For native threads that do not own the registers either setting will do that traps. */
static inline void fpu_update_trap(struct cpu *cpu, const struct tcb *t)
{
    uint64_t setting = fpu_trap_setting(cpu, t);

    if (cpu->cptr != setting && (setting != CPTR_FPEN_EL0_TGE_TRAP || t->vcpu || cpu->cptr == CPTR_FPEN_NO_TRAP)) {
        fpu_set_trap(cpu, t, setting);
    }
}

/** The core starts: nobody owns the registers, everybody traps. The boot code may have used them until now. */
void fpu_init(struct cpu *cpu);
/** `t` used the registers without owning them: it gets them. False if it may not. */
bool fpu_trap(struct cpu *cpu, struct tcb *t);
/** The owner's values go to its TCB; the registers belong to nobody. */
void fpu_release(struct cpu *cpu);

#endif
