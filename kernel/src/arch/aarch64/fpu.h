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

/** Changes the trap while `t` runs, or is about to. A guest that was ready to run with another setting is not so any more. */
static inline void fpu_set_trap(struct cpu *cpu, const struct tcb *t, uint64_t setting)
{
    cpu->cptr = setting;
    write_sysreg(cptr_el2, setting);
    if (cpu->ready_guest != t) {
        cpu->ready_guest = 0;
    }
}

/** Sets the trap for the guest `t`, which is about to run. */
static inline void fpu_update_guest_trap(struct cpu *cpu, const struct tcb *t)
{
    uint64_t setting = cpu->fp_owner == t ? CPTR_FPEN_EL0_TGE_TRAP : CPTR_FPEN_ALL_TRAP;

    if (cpu->cptr != setting) {
        fpu_set_trap(cpu, t, setting);
    }
}

/** The same for a native thread. If it does not own the registers, either setting will do that traps. */
static inline void fpu_update_native_trap(struct cpu *cpu, const struct tcb *t)
{
    bool owner = cpu->fp_owner == t;

    if ((cpu->cptr == CPTR_FPEN_NO_TRAP) != owner) {
        fpu_set_trap(cpu, t, owner ? CPTR_FPEN_NO_TRAP : CPTR_FPEN_EL0_TGE_TRAP);
    }
}

static inline void fpu_update_trap(struct cpu *cpu, const struct tcb *t)
{
    if (t->vcpu) {
        fpu_update_guest_trap(cpu, t);
    } else {
        fpu_update_native_trap(cpu, t);
    }
}

/** The core starts: nobody owns the registers, everybody traps. The boot code may have used them until now. */
void fpu_init(struct cpu *cpu);
/** `t` used the registers without owning them: it gets them. False if it may not. */
bool fpu_trap(struct cpu *cpu, struct tcb *t);
/** The owner's values go to its TCB; the registers belong to nobody. */
void fpu_release(struct cpu *cpu);

#endif
