/* SPDX-License-Identifier: BSD-2-Clause */
/* GICv3 (IHI 0069): all interrupts in group 1, one priority. */
#ifndef BARE_GIC_H
#define BARE_GIC_H

#include <stdint.h>

/** The distributor; once. */
void gic_init(void);
/** This CPU's redistributor and interface. */
void gic_init_cpu(void);
void gic_enable(unsigned intid);
/** Sleeps until an interrupt is pending, and takes it. They are masked elsewhere. */
void gic_wait(void);
/** Takes one that is pending, if there is any. */
void gic_poll(void);
/** SGI 0 to another CPU of this cluster. */
void gic_send(unsigned cpu);
/** How many times this CPU has taken an interrupt. */
uint64_t gic_taken(unsigned intid);

#endif
