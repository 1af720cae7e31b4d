/* SPDX-License-Identifier: BSD-2-Clause */
/* Preemption of the fake architecture: tests say after how many steps it comes. */
#ifndef ARCH_PREEMPT_H
#define ARCH_PREEMPT_H

#include <stdbool.h>

/** Steps left until the next preemption; negative: never. */
extern long fake_preempt_after;

static inline bool preempt_point(void)
{
    if (fake_preempt_after < 0) {
        return false;
    }
    return fake_preempt_after-- == 0;
}

#endif
