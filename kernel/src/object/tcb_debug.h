/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Debugging of native threads: breakpoints, watchpoints, single steps. What a thread has of these is in the core's debug registers
 * while it runs. Such a thread takes no fast path, in either direction (tcb_debug_update).
 */
#ifndef OBJECT_TCB_DEBUG_H
#define OBJECT_TCB_DEBUG_H

#include "types.h"
#include <sel4/constants.h>
#include <stdbool.h>

struct tcb;

struct breakpoint {
    word_t vaddr;
    uint8_t size;   /* bytes watched; 0: an instruction */
    uint8_t access; /* seL4_BreakpointAccess */
    bool enabled;
};

struct tcb_debug {
    struct breakpoint point[seL4_NumHWBreakpoints];
    word_t step_count; /* instructions from one fault to the next; 0: no single steps */
    word_t steps_left;
};

/** PSTATE.SS: an instruction is executed before the step exception. DDI 0487 D2.12 */
#define PSTATE_SS (1ull << 21)

/** The thread forgets all of it. */
void tcb_debug_clear(struct tcb *t);
/** A fault after every `count` instructions from now on, 0: none. */
void tcb_debug_step(struct tcb *t, word_t count);

/* The running thread's debug exceptions; false if it has nothing to do with them. */
bool tcb_debug_instruction(struct tcb *t);
bool tcb_debug_data(struct tcb *t, word_t vaddr, bool write);
bool tcb_debug_stepped(struct tcb *t);

#endif
