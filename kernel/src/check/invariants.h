/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What must be true of the kernel's objects whenever no system call is in progress. For tests: of a kernel built with VESICLE_DEBUG, and
 * of its portable part on the build machine.
 */
#ifndef CHECK_INVARIANTS_H
#define CHECK_INVARIANTS_H

#include <stdbool.h>

/** What was found wrong first. */
struct violation {
    const char *what;
    const void *object, *other; /* whom it is about; null: nobody in particular */
};

/**
 * Walks all capabilities, and from them everything there is. Changes nothing. False with `*found` filled in if something is wrong. Takes
 * time in proportion to the number of capabilities, memory mappings and, to the square, roots.
 */
bool invariants_hold(struct violation *found);

#endif
