/* SPDX-License-Identifier: BSD-2-Clause */
#include "timer.h"

#include "deadline.h"
#include "fdt.h"
#include "gic/vgic.h"
#include "pause.h"
#include "vcpu.h"
#include "vm.h"

/* CNTP_CTL_EL0 (DDI 0487, D19.12.17) */
#define CTL_ENABLE  (1ull << 0)
#define CTL_IMASK   (1ull << 1)
#define CTL_ISTATUS (1ull << 2)

#define PPI_BASE    16
#define IRQ_PPI     1 /* first cell of the GIC's binding */

static bool expired(struct vcpu *vcpu)
{
    return (vcpu->sys.cntp_ctl_el0 & CTL_ENABLE) && vm_counter(vcpu->vm) >= vcpu->sys.cntp_cval_el0;
}

/* Lock held. */
static void update(struct vcpu *vcpu)
{
    bool masked = vcpu->sys.cntp_ctl_el0 & CTL_IMASK;
    bool met = expired(vcpu);
    bool waits = (vcpu->sys.cntp_ctl_el0 & CTL_ENABLE) && !masked && !met;
    vgic_set_ppi(vcpu, TIMER_PPI_PHYSICAL, !masked && met);
    deadline_set(vcpu->vm, vcpu->id, waits ? vcpu->sys.cntp_cval_el0 : DEADLINE_NEVER);
}

uint64_t timer_read(struct vcpu *vcpu, enum timer_register reg)
{
    uint64_t value = 0;
    lock_acquire(&vcpu->timer_lock);
    switch (reg) {
    case TIMER_TVAL:
        value = (vcpu->sys.cntp_cval_el0 - vm_counter(vcpu->vm)) & 0xffffffff;
        break;
    case TIMER_CTL:
        value = vcpu->sys.cntp_ctl_el0 | (expired(vcpu) ? CTL_ISTATUS : 0);
        break;
    case TIMER_CVAL:
        value = vcpu->sys.cntp_cval_el0;
        break;
    }
    update(vcpu);
    lock_release(&vcpu->timer_lock);
    return value;
}

void timer_write(struct vcpu *vcpu, enum timer_register reg, uint64_t value)
{
    lock_acquire(&vcpu->timer_lock);
    switch (reg) {
    case TIMER_TVAL:
        vcpu->sys.cntp_cval_el0 = vm_counter(vcpu->vm) + sign_extend(value, 31);
        break;
    case TIMER_CTL:
        vcpu->sys.cntp_ctl_el0 = value & (CTL_ENABLE | CTL_IMASK);
        break;
    case TIMER_CVAL:
        vcpu->sys.cntp_cval_el0 = value;
        break;
    }
    update(vcpu);
    lock_release(&vcpu->timer_lock);
}

void timer_reset(struct vcpu *vcpu)
{
    lock_acquire(&vcpu->timer_lock);
    vcpu->sys.cntp_ctl_el0 = 0;
    vcpu->sys.cntp_cval_el0 = 0;
    update(vcpu);
    lock_release(&vcpu->timer_lock);
}

void timer_update(struct vcpu *vcpu)
{
    lock_acquire(&vcpu->timer_lock);
    update(vcpu);
    lock_release(&vcpu->timer_lock);
}

void timer_fdt(struct fdt *fdt)
{
    static const unsigned intids[] = {TIMER_PPI_SECURE, TIMER_PPI_PHYSICAL, TIMER_PPI_VIRTUAL, TIMER_PPI_HYPERVISOR};
    uint32_t cells[12];
    for (unsigned i = 0; i < 4; i++) {
        cells[3 * i] = IRQ_PPI;
        cells[3 * i + 1] = intids[i] - PPI_BASE;
        cells[3 * i + 2] = FDT_IRQ_LEVEL_LOW;
    }
    fdt_add_node(fdt, "timer");
    fdt_add_string(fdt, "compatible", "arm,armv8-timer");
    fdt_add_cells(fdt, "interrupts", cells, 12);
    fdt_add_empty(fdt, "always-on");
    fdt_close(fdt);
}
