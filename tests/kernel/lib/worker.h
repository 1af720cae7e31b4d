/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads of the running case, in the root task's spaces unless changed before they run. */
#ifndef WORKER_H
#define WORKER_H

#include <gpi/thread.h>
#include <sel4/types.h>

struct worker;
typedef void (*worker_fn)(struct worker *w);

struct worker {
    struct gpi_thread thread;
    seL4_CPtr tcb, sc; /* as in thread */
    worker_fn fn;
    seL4_Word arg[4];
    volatile seL4_Word result[16];
    volatile seL4_Word done; /* fn has returned */
    seL4_IPCBuffer *ipc_buffer;
    seL4_CPtr ipc_buffer_frame;
    seL4_Word stack_top;
};

enum { MAX_WORKERS = 16, WORKER_STACK = 16384 };

void workers_init(void);
void workers_destroy(void);

/** A thread that will run `fn`, stopped. Round robin, no fault handler. */
struct worker *worker_new(worker_fn fn, seL4_Word priority);
/** The same with a budget, in microseconds. */
struct worker *worker_new_budget(worker_fn fn, seL4_Word priority, seL4_Time budget, seL4_Time period);
/** Puts it on a core (the first is 0), also while it runs. */
void worker_move(struct worker *w, unsigned core);
/** Sets the fault handler. */
void worker_set_fault_ep(struct worker *w, seL4_Word priority, seL4_CPtr fault_ep);
/** Lets it run: at once if its priority is above MAIN_PRIORITY. */
void worker_run(struct worker *w);
/** Lets threads of lower priority run until `*flag` is not 0, for half a minute at most; fails the case otherwise. */
void worker_wait(volatile seL4_Word *flag);
/** Watches `*flag`, which other cores change, until it is at least `value`; fails the case after some seconds. */
void await(const volatile seL4_Word *flag, seL4_Word value);
/** The first thread sleeps. */
void sleep_us(seL4_Word microseconds);
/** For threads: stops for good. */
_Noreturn void worker_park(void);

#endif
