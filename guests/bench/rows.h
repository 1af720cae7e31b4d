/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rows of the benchmark: things that make a guest exit. Each sets marks (HINT #127, tools/plugins/meter.c) around what is measured,
 * and with MARKED_IRQ the first instruction of an interrupt is one, too.
 */
#ifndef EXITS_ROWS_H
#define EXITS_ROWS_H

#include <stdbool.h>
#include <stdint.h>

/** Where a row makes sense. */
enum { ON_ONE = 1, ON_PAIR = 2, ON_CROSS = 4 };

/** Functions are as linked, at 0. */
struct row {
    char name[16];
    void (*once)(void);
    unsigned marks;    /**< that it sets */
    unsigned from, to; /**< what is measured is between these two of them */
    unsigned where;
    bool idle;            /**< or rather from when the core slept */
    bool irqs;            /**< interrupts are marked */
    bool late;            /**< time: from its deadline to the interrupt, not all that it takes */
    void (*before)(void); /**< once, before all; null: nothing */
};

extern const struct row rows[];
extern const unsigned row_count;

/** Counter value for which the row's interrupt was asked, and at which it was taken. */
extern uint64_t deadline;
extern volatile uint64_t taken_at;
/** Interrupts that each CPU has taken. */
extern volatile uint64_t taken[];

/** Sleeps for some microseconds, which others use. No marks. */
void pause_us(uint64_t us);
/** This CPU's redistributor and interface; and, once, the distributor. */
void gic_begin_cpu(void);
void gic_begin(void);
/** The other CPU: answers each SGI with one, for ever. */
_Noreturn void answer_sgis(void);

#endif
