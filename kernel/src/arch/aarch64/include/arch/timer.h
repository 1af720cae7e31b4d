/* SPDX-License-Identifier: BSD-2-Clause */
/* The system counter and the core's own timer, for the scheduler. */
#ifndef ARCH_TIMER_H
#define ARCH_TIMER_H

#include "arch/aarch64/timer.h"

#endif
