/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Those who are not concerned: memory, a CSpace, threads that talk to each other, a guest. Random threads have no capability of any of it:
 * it stays as it is and goes on.
 */
#ifndef BYSTANDER_H
#define BYSTANDER_H

#include <stdbool.h>
#include <sel4/types.h>

/** Makes them; a pair of threads and a guest on each core. */
void bystanders_init(void);
/** More memory: called between others' allocations, so that theirs and this lie side by side. */
void bystanders_add_memory(void);
/** A look at some of it, often; fails the case if something is wrong. */
void bystanders_glance(void);
/** A look at all of it. */
void bystanders_check(void);
/** Stops the threads; how many round trips they made. */
seL4_Word bystanders_stop(void);

#endif
