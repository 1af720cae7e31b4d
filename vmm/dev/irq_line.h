/* SPDX-License-Identifier: BSD-2-Clause */
/* The wire from a device to the interrupt controller. */
#ifndef VMM_DEV_IRQ_LINE_H
#define VMM_DEV_IRQ_LINE_H

#include <stdbool.h>

struct irq_line {
    void (*set)(void *controller, unsigned intid, bool level);
    void *controller;
    unsigned intid;
};

static inline void irq_line_set(const struct irq_line *line, bool level)
{
    line->set(line->controller, line->intid, level);
}

#endif
