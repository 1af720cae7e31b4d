/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Worlds: what random threads live in. All of a world is made of one untyped, and its threads have capabilities of everything in it: of the
 * CNode, of the address space, of themselves. What they ruin is made anew.
 */
#ifndef WORLD_H
#define WORLD_H

#include "engine/engine.h"
#include <stdbool.h>

enum { MAX_WORLDS = 3, WORLD_BITS = 22, WORLD_THREADS = WORLD_ENGINES + WORLD_LOOPS + WORLD_GUESTS };

/** Priorities: random threads cannot set any above theirs. */
enum {
    IDLER_PRIORITY = 40,
    RANDOM_PRIORITY = 50,
    RANDOM_MCP = 54,
    BYSTANDER_PRIORITY = 150,
    SUPERVISOR_PRIORITY = 200
};

/** Once: what worlds share. */
void worlds_init(seL4_Word seed, unsigned count);
/** Ends the world there is, and makes and starts another. */
void world_build(unsigned index);
/** Ends it. */
void world_end(unsigned index);
/** Looks after the threads that make calls: those that do not get on are sent back to their beginning. */
void world_tend(unsigned index);
/** `core` has nothing to do: all threads there that make calls wait for something. They begin anew. */
void worlds_wake(unsigned core);
/** Is it beyond help, or old? */
bool world_is_over(unsigned index);

/** Prints the last calls of each thread, as they stand in the worlds' memory. */
void worlds_print_calls(void);

/** What all worlds did so far. */
struct world_totals {
    seL4_Word calls, built, restarts, repairs;
    seL4_Word invocations[vesicle_NumInvocations], successes[vesicle_NumInvocations];
};
const struct world_totals *world_totals(void);

#endif
