/* SPDX-License-Identifier: BSD-2-Clause */
/* Every kind of PD, made the way a program makes it. Each function leaves a PD that is prepared, or nothing. */
#ifndef TESTS_PD_KINDS_H
#define TESTS_PD_KINDS_H

#include "lib/test.h"

/** Where a guest's memory begins. */
#define GUEST_RAM 0x40000000ul

/** What they run: `function` for threads, the program pdchild for processes; with argc numbers. */
int make_process(sel4gpi_runnable_t *r, void *function, int argc, seL4_Word *args);
int make_thread(sel4gpi_runnable_t *r, void *function, int argc, seL4_Word *args);
int make_isolated(sel4gpi_runnable_t *r, void *function, int argc, seL4_Word *args);
/** A guest of a few instructions; its exits go to `exits`, with badge 5. */
int make_guest(sel4gpi_runnable_t *r, ep_client_context_t *exits);
/** An address space for this PD to switch to: only `ads` of the runnable. */
int make_highjmp(sel4gpi_runnable_t *r);

/** The same, started, waited for and gone. The exit code, or as test_run(). */
long run_process(void);
long run_thread(void);
long run_isolated(void);
long run_guest(void);
long run_highjmp(void);

#endif
