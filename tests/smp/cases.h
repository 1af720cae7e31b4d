/* SPDX-License-Identifier: BSD-2-Clause */
/* The cases of several cores, and what they share. */
#ifndef SMP_CASES_H
#define SMP_CASES_H

#include "kernel/lib/test.h"
#include "kernel/lib/worker.h"

extern const struct test_case first_cases[], thread_cases[], ipc_cases[], deletion_cases[], guest_cases[];

/** Number of cores; ends the case, skipped, if there are less than `needed`. */
unsigned cores(unsigned needed);
/** A thread on `core`, running. It competes with nobody there: above all but what runs on the first core. */
struct worker *run_on(unsigned core, worker_fn fn, seL4_Word arg0, seL4_Word arg1);
/** A thread function: counts in result[0] for ever. */
void count_up(struct worker *w);
/** Does `*counter` still change? It is watched for long enough that a running thread would have moved it. */
bool is_moving(const volatile seL4_Word *counter);

#endif
