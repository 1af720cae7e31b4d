/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One interrupt of a guest: the state machine of IHI 0069, 4.1.2.
 *
 * While an interrupt may stand in a vCPU's list registers (`home`), its pending and active state lives there and is read
 * back when it matters. A level-sensitive interrupt is always injected with an EOI notice, so its home is known exactly; an
 * edge-triggered one is not, and its home is cleared when it is next looked at. All functions: vGIC lock held.
 */
#ifndef VMM_GIC_VIRQ_H
#define VMM_GIC_VIRQ_H

#include "../types.h"

struct vcpu;
struct vgic;

#define VIRQ_LOCALS 32 /**< SGIs 0..15 and PPIs 16..31: one set a vCPU */
#define VIRQ_SGIS   16

struct virq {
    struct vcpu *home;   /**< whose list registers may hold it */
    struct vcpu *target; /**< who gets it; NULL if its route names no vCPU */
    uint64_t route;      /**< GICD_IROUTER<n> */
    uint16_t intid;
    uint8_t priority;
    bool enabled;
    bool group1;
    bool edge;   /**< edge-triggered, else level-sensitive */
    bool line;   /**< level of the input */
    bool latch;  /**< pending by an edge or by a register, and not delivered */
    bool soft;   /**< level-sensitive, delivered because of a register, not of its line */
    bool active; /**< active by a register, while in no list register */
    bool passed; /**< a line of a device of the machine, which is high until the guest ends the interrupt */
    bool direct; /**< delivered by the kernel (virtual timer, PMU): state is always there */
};

/** Delivers the interrupt if it is due. */
void virq_update(struct vgic *vgic, struct virq *irq);

/** Gives the kernel the configuration of a direct interrupt; nothing for others. */
void virq_configure_direct(struct vgic *vgic, struct virq *irq);

/** Takes it back from the list registers, keeping it pending here; what is active stays with its vCPU. */
void virq_recall(struct virq *irq);

/** An SGI is sent. */
void virq_send(struct vgic *vgic, struct virq *irq);

void virq_set_line(struct vgic *vgic, struct virq *irq, bool level);
void virq_eoi(struct vgic *vgic, struct virq *irq);

void virq_set_enabled(struct vgic *vgic, struct virq *irq, bool enabled);
void virq_set_pending(struct vgic *vgic, struct virq *irq);
void virq_clear_pending(struct vgic *vgic, struct virq *irq);
void virq_set_active(struct vgic *vgic, struct virq *irq);
void virq_clear_active(struct vgic *vgic, struct virq *irq);
void virq_set_priority(struct vgic *vgic, struct virq *irq, uint8_t priority);
void virq_set_group1(struct vgic *vgic, struct virq *irq, bool group1);
void virq_set_edge(struct vgic *vgic, struct virq *irq, bool edge);
void virq_set_target(struct vgic *vgic, struct virq *irq, struct vcpu *target);

bool virq_is_pending(struct virq *irq);
bool virq_is_active(struct virq *irq);

#endif
