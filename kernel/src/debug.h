/* SPDX-License-Identifier: BSD-2-Clause */
/* Debug system calls, and what the kernel says of its own accord. */
#ifndef DEBUG_H
#define DEBUG_H

#include <stdbool.h>

struct tcb;

/** Carries out a debug call; false if there is none with this number. */
bool debug_syscall(struct tcb *caller);

/** Says that a thread stops because nobody handles its fault. */
void debug_unhandled_fault(const struct tcb *t);

#endif
