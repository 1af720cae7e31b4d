/* SPDX-License-Identifier: BSD-2-Clause */
/* Debug system calls. */
#ifndef DEBUG_H
#define DEBUG_H

#include <stdbool.h>

struct tcb;

/** Carries out a debug call; false if there is none with this number. */
bool debug_syscall(struct tcb *caller);

#endif
