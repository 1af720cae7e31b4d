/* SPDX-License-Identifier: BSD-2-Clause */
#include "virq.h"

#include "../vcpu.h"
#include "../vm.h"
#include "vgic.h"

/* Pending by its line alone. */
static bool line_pends(const struct virq *irq)
{
    return !irq->edge && irq->line;
}

/* As the kernel takes it. */
static seL4_Word word_of(const struct virq *irq)
{
    return vesicle_virq(irq->intid, irq->priority, irq->group1, (!irq->edge || irq->passed) && !irq->direct);
}

static bool is_due(const struct vgic *vgic, const struct virq *irq)
{
    if (!irq->enabled || irq->active || irq->direct || irq->target == NULL || !vgic_group_enabled(vgic, irq->group1)) {
        return false;
    }
    if (irq->edge) {
        return irq->latch;
    }
    return irq->home == NULL && (irq->latch || irq->line);
}

void virq_update(struct vgic *vgic, struct virq *irq)
{
    if (!is_due(vgic, irq)) {
        return;
    }
    struct vcpu *target = irq->target;
    if (irq->home != NULL && irq->home != target && (vcpu_withdraw(irq->home, irq->intid) & VESICLE_VIRQ_ACTIVE)) {
        /* Still active where it went before: it cannot be pending elsewhere until that ends. */
        target = irq->home;
    }
    irq->soft = irq->latch && !irq->edge;
    irq->latch = false;
    irq->home = target;
    vcpu_inject(target, word_of(irq));
}

/* As virq_update() has it; an SGI's target is its own vCPU for good. */
void virq_send(struct vgic *vgic, struct virq *irq)
{
    if (!irq->enabled || irq->active || !vgic_group_enabled(vgic, irq->group1)) {
        irq->latch = true;
        return;
    }
    irq->home = irq->target;
    vcpu_inject(irq->target, vesicle_virq(irq->intid, irq->priority, irq->group1, false));
}

void virq_configure_direct(struct vgic *vgic, struct virq *irq)
{
    if (irq->direct) {
        bool enabled = irq->enabled && vgic_group_enabled(vgic, irq->group1);
        irq->target->ops->set_vppi(irq->target, irq->intid, enabled, irq->priority, irq->group1);
    }
}

void virq_recall(struct virq *irq)
{
    if (irq->home == NULL) {
        return;
    }
    seL4_Word state = vcpu_withdraw(irq->home, irq->intid);
    if ((state & VESICLE_VIRQ_PENDING) && (irq->edge || irq->soft)) {
        irq->latch = true;
    }
    irq->soft = false;
    if (!(state & VESICLE_VIRQ_ACTIVE)) {
        irq->home = NULL;
    }
}

/* Whether the machine's line is still high is seen by its interrupt coming again. */
static void look_again(struct vgic *vgic, struct virq *irq)
{
    irq->line = false;
    vgic->vm->host->end_irq(vgic->vm, irq->intid);
}

/*
 * Something that a list register holds a copy of has changed: in again with the new value, if it is due at all. What is not in one may
 * be long over at the machine's device, whose line is seen only when it goes up: the guest may have served it without its interrupt.
 */
static void refresh(struct vgic *vgic, struct virq *irq)
{
    virq_configure_direct(vgic, irq);
    virq_recall(irq);
    if (irq->enabled && irq->passed && irq->line && irq->home == NULL) {
        look_again(vgic, irq);
    }
    virq_update(vgic, irq);
}

void virq_set_line(struct vgic *vgic, struct virq *irq, bool level)
{
    if (irq->line == level) {
        return;
    }
    irq->line = level;
    if (level) {
        irq->latch = irq->latch || irq->edge;
        virq_update(vgic, irq);
    } else if (!irq->edge && irq->home != NULL && !irq->soft) {
        if (!(vcpu_withdraw(irq->home, irq->intid) & VESICLE_VIRQ_ACTIVE)) {
            irq->home = NULL;
        }
    }
}

void virq_eoi(struct vgic *vgic, struct virq *irq)
{
    irq->home = NULL;
    irq->soft = false;
    if (irq->passed && irq->line) {
        look_again(vgic, irq);
    }
    virq_update(vgic, irq);
}

void virq_set_enabled(struct vgic *vgic, struct virq *irq, bool enabled)
{
    if (irq->enabled == enabled) {
        return;
    }
    irq->enabled = enabled;
    refresh(vgic, irq);
}

void virq_set_pending(struct vgic *vgic, struct virq *irq)
{
    if (irq->direct) {
        struct vcpu *vcpu = irq->target;
        vcpu->ops->set_state(vcpu, word_of(irq), vcpu_irq_state(vcpu, irq->intid) | VESICLE_VIRQ_PENDING);
    } else if (!irq->edge && irq->home != NULL && (vcpu_irq_state(irq->home, irq->intid) & VESICLE_VIRQ_PENDING)) {
        irq->soft = true;
    } else {
        irq->latch = true;
        virq_update(vgic, irq);
    }
}

void virq_clear_pending(struct vgic *vgic, struct virq *irq)
{
    if (irq->direct) {
        vcpu_withdraw(irq->target, irq->intid);
        return;
    }
    irq->latch = false;
    irq->soft = false;
    if (irq->home != NULL && !(vcpu_withdraw(irq->home, irq->intid) & VESICLE_VIRQ_ACTIVE)) {
        irq->home = NULL;
    }
    virq_update(vgic, irq); /* a line that is still high pends again */
}

/* The vCPU in whose list registers the interrupt's state lives, or NULL. */
static struct vcpu *holder(const struct virq *irq)
{
    return irq->direct ? irq->target : irq->home;
}

void virq_set_active(struct vgic *vgic, struct virq *irq)
{
    (void)vgic;
    struct vcpu *vcpu = holder(irq) != NULL ? holder(irq) : irq->target;
    if (vcpu == NULL) {
        irq->active = true;
        return;
    }
    /* Into a list register, where the guest's end of interrupt finds it; what waits for the reply goes first. */
    seL4_Word state = vcpu_withdraw(vcpu, irq->intid);
    if (vcpu->ops->set_state(vcpu, word_of(irq), state | VESICLE_VIRQ_ACTIVE)) {
        irq->home = irq->direct ? NULL : vcpu;
        return;
    }
    /* No room: it is active here, and what was pending waits here, too. */
    irq->active = true;
    irq->latch = irq->latch || ((state & VESICLE_VIRQ_PENDING) && (irq->edge || irq->soft));
    irq->soft = false;
    irq->home = state & VESICLE_VIRQ_ACTIVE ? irq->home : NULL;
}

void virq_clear_active(struct vgic *vgic, struct virq *irq)
{
    irq->active = false;
    struct vcpu *vcpu = holder(irq);
    if (vcpu != NULL) {
        seL4_Word state = vcpu_irq_state(vcpu, irq->intid);
        if (state & VESICLE_VIRQ_ACTIVE) {
            state &= ~VESICLE_VIRQ_ACTIVE;
            vcpu->ops->set_state(vcpu, word_of(irq), state);
        }
        if (state == 0) {
            irq->home = NULL;
        }
    }
    virq_update(vgic, irq);
}

void virq_set_priority(struct vgic *vgic, struct virq *irq, uint8_t priority)
{
    if (irq->priority != priority) {
        irq->priority = priority;
        refresh(vgic, irq);
    }
}

void virq_set_group1(struct vgic *vgic, struct virq *irq, bool group1)
{
    if (irq->group1 != group1) {
        irq->group1 = group1;
        refresh(vgic, irq);
    }
}

void virq_set_edge(struct vgic *vgic, struct virq *irq, bool edge)
{
    if (irq->edge != edge) {
        virq_recall(irq);
        irq->edge = edge;
        virq_update(vgic, irq);
    }
}

void virq_set_target(struct vgic *vgic, struct virq *irq, struct vcpu *target)
{
    if (irq->target != target) {
        virq_recall(irq);
        irq->target = target;
        refresh(vgic, irq);
    }
}

/* State in the list registers; an edge-triggered interrupt that is no longer there is free again. */
static seL4_Word held_state(struct virq *irq)
{
    struct vcpu *vcpu = holder(irq);
    if (vcpu == NULL) {
        return 0;
    }
    seL4_Word state = vcpu_irq_state(vcpu, irq->intid);
    if (state == 0 && irq->edge) {
        irq->home = NULL;
    }
    return state;
}

bool virq_is_pending(struct virq *irq)
{
    return irq->latch || line_pends(irq) || (held_state(irq) & VESICLE_VIRQ_PENDING);
}

bool virq_is_active(struct virq *irq)
{
    return irq->active || (held_state(irq) & VESICLE_VIRQ_ACTIVE);
}
