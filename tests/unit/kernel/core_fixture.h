/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads and time on the machine of lib/machine.h: system calls of any thread, the scheduler, and the clock. */
#ifndef CORE_FIXTURE_H
#define CORE_FIXTURE_H

#include "lib/machine.h"
#include "object/endpoint.h"
#include "object/notification.h"
#include "object/reply.h"
#include "object/schedcontext.h"
#include "object/tcb.h"

/** Capability address of the scheduling control of core 0. */
enum { CPTR_SCHED_CONTROL = 8 };

/** machine_setup, and scheduling control. The machine's own thread has no scheduling context: it never is chosen. */
void core_setup(void);
void core_setup_after(size_t used); /* machine_setup_after */

/** A thread that shares the machine's CSpace, with an IPC buffer, stopped. */
struct tcb *core_thread(unsigned priority);
/** The same with a round-robin scheduling context, started. */
struct tcb *core_active_thread(unsigned priority);
/** Its TCB capability. */
seL4_CPtr core_cptr(const struct tcb *t);
/** A new scheduling context, configured (us); flags as in ConfigureFlags. */
seL4_CPtr core_sched_context(word_t budget, word_t period, word_t extra_refills, word_t flags);

/** The objects behind capabilities. */
struct endpoint *core_endpoint(seL4_CPtr cptr);
struct notification *core_notification(seL4_CPtr cptr);
struct reply *core_reply(seL4_CPtr cptr);
struct sched_context *core_sc(seL4_CPtr cptr);
/** A badged copy. */
seL4_CPtr core_mint(seL4_CPtr src, seL4_CapRights_t rights, word_t badge);

/** Registers of a system call, as in sel4/invocation.h. The PC goes past the call, as on a trap. */
struct core_call {
    word_t cap, label, length, caps, reply, dest;
    word_t word[4];
};
void core_trap(struct tcb *t, word_t number, struct core_call call);
/** core_trap(t, vesicle_Sys##name, {...}) */
#define trap(t, name, ...) core_trap(t, vesicle_Sys##name, (struct core_call){__VA_ARGS__})

/** What a call left in the thread's registers. */
word_t core_badge(const struct tcb *t);
word_t core_label(const struct tcb *t);
word_t core_word(const struct tcb *t, unsigned i);

/** The running thread; null: nobody. */
struct tcb *core_current(void);
/** Time passes; the timer fires when it is due. */
void core_pass(ticks_t ticks);

#endif
