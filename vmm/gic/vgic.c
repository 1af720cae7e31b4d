/* SPDX-License-Identifier: BSD-2-Clause */
#include "vgic.h"

#include "../fdt.h"
#include "../vcpu.h"
#include "../vm.h"

void vgic_init(struct vgic *vgic, struct vm *vm)
{
    vgic->lock = (struct lock){0, 0};
    vgic->vm = vm;
    vgic->ctlr = 0;
    for (unsigned i = 0; i < VGIC_SPIS; i++) {
        vgic->spis[i] = (struct virq){.intid = (uint16_t)(VGIC_SPI_BASE + i), .target = &vm->vcpus[0]};
    }
}

void vgic_cpu_init(struct vcpu *vcpu)
{
    for (unsigned i = 0; i < VIRQ_LOCALS; i++) {
        vcpu->local[i] = (struct virq){
            .intid = (uint16_t)i,
            .target = vcpu,
            .edge = i < VIRQ_SGIS,
            .direct = i == VESICLE_VTIMER_PPI || (i == VESICLE_PMU_PPI && vcpu->vm->pmu),
        };
    }
    vcpu->gicr_sleeps = true;
}

struct virq *vgic_irq(struct vgic *vgic, struct vcpu *vcpu, unsigned intid)
{
    if (intid < VIRQ_LOCALS) {
        return vcpu == NULL ? NULL : &vcpu->local[intid];
    }
    return intid - VGIC_SPI_BASE < VGIC_SPIS ? &vgic->spis[intid - VGIC_SPI_BASE] : NULL;
}

static void regroup(struct vgic *vgic, struct virq *irq)
{
    virq_configure_direct(vgic, irq);
    if (vgic_group_enabled(vgic, irq->group1)) {
        virq_update(vgic, irq);
    } else {
        virq_recall(irq);
    }
}

void vgic_set_ctlr(struct vgic *vgic, uint32_t value)
{
    uint32_t ctlr = value & (GICD_CTLR_ENABLE_GRP0 | GICD_CTLR_ENABLE_GRP1);
    if (ctlr == vgic->ctlr) {
        return;
    }
    vgic->ctlr = ctlr;
    for (unsigned c = 0; c < vgic->vm->vcpu_count; c++) {
        for (unsigned i = 0; i < VIRQ_LOCALS; i++) {
            regroup(vgic, &vgic->vm->vcpus[c].local[i]);
        }
    }
    for (unsigned i = 0; i < VGIC_SPIS; i++) {
        regroup(vgic, &vgic->spis[i]);
    }
}

void vgic_set_spi(struct vgic *vgic, unsigned intid, bool level)
{
    lock_acquire(&vgic->lock);
    struct virq *irq = vgic_irq(vgic, NULL, intid);
    if (irq != NULL) {
        virq_set_line(vgic, irq, level);
    }
    lock_release(&vgic->lock);
}

void vgic_pend_spi(struct vgic *vgic, unsigned intid)
{
    lock_acquire(&vgic->lock);
    struct virq *irq = vgic_irq(vgic, NULL, intid);
    if (irq != NULL) {
        virq_set_pending(vgic, irq);
    }
    lock_release(&vgic->lock);
}

void vgic_pass_spi(struct vgic *vgic, unsigned intid, bool level)
{
    lock_acquire(&vgic->lock);
    struct virq *irq = vgic_irq(vgic, NULL, intid);
    if (irq != NULL) {
        irq->passed = level;
    }
    lock_release(&vgic->lock);
}

void vgic_set_ppi(struct vcpu *vcpu, unsigned intid, bool level)
{
    struct vgic *vgic = &vcpu->vm->vgic;
    lock_acquire(&vgic->lock);
    if (intid < VIRQ_LOCALS) {
        virq_set_line(vgic, &vcpu->local[intid], level);
    }
    lock_release(&vgic->lock);
}

void vgic_eoi(struct vcpu *vcpu, unsigned intid)
{
    struct vgic *vgic = &vcpu->vm->vgic;
    lock_acquire(&vgic->lock);
    struct virq *irq = vgic_irq(vgic, vcpu, intid);
    /* A notice that was under way when the interrupt was taken back and went elsewhere says nothing. */
    if (irq != NULL && irq->home == vcpu) {
        virq_eoi(vgic, irq);
    }
    lock_release(&vgic->lock);
}

void vgic_fdt(const struct vgic *vgic, struct fdt *fdt, ipa_t dist, ipa_t redist, uint32_t phandle)
{
    fdt_add_node_at(fdt, "intc", dist);
    fdt_add_string(fdt, "compatible", "arm,gic-v3");
    fdt_add_cell(fdt, "#interrupt-cells", 3);
    fdt_add_cell(fdt, "#address-cells", 0);
    fdt_add_empty(fdt, "interrupt-controller");
    fdt_add_reg(fdt, (const uint64_t[]){dist.addr, GICD_SIZE, redist.addr, vgic->vm->vcpu_count * GICR_SIZE}, 2);
    fdt_add_cell(fdt, "phandle", phandle);
    fdt_close(fdt);
}

void vgic_find_ended(struct vcpu *vcpu)
{
    struct vgic *vgic = &vcpu->vm->vgic;
    lock_acquire(&vgic->lock);
    for (unsigned i = VIRQ_SGIS; i < VGIC_SPI_BASE + VGIC_SPIS; i++) {
        struct virq *irq = vgic_irq(vgic, vcpu, i);
        if (irq != NULL && irq->home == vcpu && (!irq->edge || irq->passed) && vcpu_irq_state(vcpu, i) == 0) {
            virq_eoi(vgic, irq);
        }
    }
    lock_release(&vgic->lock);
}
