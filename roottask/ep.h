/* SPDX-License-Identifier: BSD-2-Clause */
/* What PDs talk to each other with: endpoints, notifications, reply objects; and interrupt handlers. */
#ifndef ROOTTASK_EP_H
#define ROOTTASK_EP_H

#include "object.h"

#include <gpi/proto/ep.h>

struct pdspace;

struct ep {
    struct object object;
    struct kobject kernel; /**< for an interrupt only the capability */
    uint8_t kind;          /**< enum gpi_ep_kind, or EP_KIND_IRQ */
};
enum { EP_KIND_IRQ = EP_KIND_COUNT };

void ep_init(void);
struct ep *ep_new(struct account *account, enum gpi_ep_kind kind);
/** A handler for an interrupt, which signals `notification` with a badge. Null: taken, or no memory. */
struct ep *ep_new_irq(struct account *account, seL4_Word irq, bool edge, const struct ep *notification,
                      seL4_Word badge);
/** The kernel's capability, in a slot of `space`; 0 if there is no memory. */
seL4_CPtr ep_give_raw(struct ep *ep, struct pdspace *space, seL4_CapRights_t rights, seL4_Word badge);

#endif
