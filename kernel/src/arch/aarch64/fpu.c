/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/aarch64/fpu.h"

/* fpu_regs.S */
void fpu_store(struct fp_state *to);
void fpu_load(const struct fp_state *from);

static void open_fp(struct cpu *cpu)
{
    fpu_set_trap(cpu, cpu->current, CPTR_FPEN_NO_TRAP);
    isb();
}

void fpu_init(struct cpu *cpu)
{
    cpu->cptr = CPTR_FPEN_EL0_TGE_TRAP;
    write_sysreg(cptr_el2, CPTR_FPEN_EL0_TGE_TRAP);
    isb();
}

void fpu_release(struct cpu *cpu)
{
    if (cpu->fp_owner) {
        open_fp(cpu);
        fpu_store(&cpu->fp_owner->fp);
        cpu->fp_owner = 0;
    }
}

bool fpu_trap(struct cpu *cpu, struct tcb *t)
{
    if (t->fpu_disabled) {
        return false;
    }
    fpu_release(cpu);
    open_fp(cpu);
    fpu_load(&t->fp);
    cpu->fp_owner = t;
    cpu->fp_switches++;
    fpu_update_trap(cpu, t);
    return true;
}
