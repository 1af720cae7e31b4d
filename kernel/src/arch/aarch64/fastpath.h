/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The trips that must be short: Call to a passive server that waits, its ReplyRecv, and a guest's exit to a VMM thread that
 * waits (whose answer is the second). Each checks that nothing unusual is about it and then does what the long way would have
 * done; otherwise it changes nothing. Next best are those in fast_active.c and fast_invoke.c.
 */
#ifndef ARCH_AARCH64_FASTPATH_H
#define ARCH_AARCH64_FASTPATH_H

#include "cpu.h"
#include "object/tcb.h"

/**
 * Called by vectors.S for an SVC, with the running thread `t` saved, and some of its registers still at hand. Returns the thread to go
 * on with, or null if the trap is to be handled the long way.
 */
struct tcb *fastpath_svc(word_t x0, word_t x1, word_t x2, struct tcb *t, struct cpu *cpu, word_t x5, word_t x6,
                         word_t x7);
/** The same for all other synchronous traps, guests' for the most part. */
struct tcb *fastpath_exit(word_t x0, word_t x1, uint64_t esr, struct tcb *t, struct cpu *cpu);
/** The two on a core that counts exits; the trap came at `now`. After the long way there is trace_leave_counting. */
struct tcb *fastpath_svc_counting(word_t x0, word_t x1, word_t x2, struct tcb *t, struct cpu *cpu, ticks_t now,
                                  word_t x6, word_t x7);
struct tcb *fastpath_exit_counting(word_t x0, word_t x1, uint64_t esr, struct tcb *t, struct cpu *cpu, ticks_t now);

/** A trip that fastpath_svc or fastpath_exit goes over into, with the same result. It finds all in the running thread: an argument would cost them registers. */
typedef struct tcb *fast_trip(void);

/* fast_active.c: the core goes from one scheduling context to another, or from one guest to another. */

/** Call of an endpoint where a server waits that has time of its own. */
fast_trip fast_call_active;
/** The same with a message of more than four words. */
fast_trip fast_call_long;
/** A guest's exit to a thread that waits and has time of its own. */
fast_trip fast_exit_active;
/** ReplyRecv: answers a caller (with a message of any length) or guest that kept its time, and waits at an idle endpoint. */
fast_trip fast_reply_active;
/** ReplyRecv: gives the time back to a guest whose state is not in the hardware. */
fast_trip fast_reply_guest;

/* fast_invoke.c */

/** Call of what is no endpoint: a method of an object. */
fast_trip fast_invoke;
/** All other system calls: Signal and Wait. */
fast_trip fast_signal;

/* fast_irq.c */

/**
 * A shared interrupt that was acknowledged: signals its notification, and switches to who waits for it. False, with nothing done, if that is
 * for the long way.
 */
bool fast_irq(struct cpu *cpu, uint32_t intid);

/** Where a guest's data or instruction abort was; `flags` as in the exit frame. */
struct guest_abort_address {
    uint64_t far, ipa, flags;
};
struct guest_abort_address guest_abort_address(uint64_t esr);

#endif
