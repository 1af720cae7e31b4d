/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A machine for unit tests: one core of the fake architecture, one thread with a CSpace and memory, and system calls by
 * which it uses the kernel as a program would.
 */
#ifndef MACHINE_H
#define MACHINE_H

#include "object/slot.h"
#include "object/tcb.h"
#include <sel4/invocation.h>
#include <sel4/vesicle.h>

#ifndef MACHINE_CSPACE_BITS
#define MACHINE_CSPACE_BITS 12
#endif

/* Capability addresses in the thread's CSpace, one CNode with a guard of zeros. */
enum {
    CPTR_TCB = 1,
    CPTR_CNODE,
    CPTR_UNTYPED,        /* MACHINE_MEMORY_BITS of memory */
    CPTR_DEVICE_UNTYPED, /* MACHINE_DEVICE_BITS from MACHINE_DEVICE on, without memory behind */
    CPTR_IRQ_CONTROL,
    CPTR_ASID_CONTROL,
    CPTR_ASID_POOL, /* the first */
    CPTR_FREE = 16, /* from here on empty */
    CSPACE_BITS = MACHINE_CSPACE_BITS,
};
enum { MACHINE_MEMORY_BITS = 24, MACHINE_DEVICE_BITS = 33 };
#define MACHINE_DEVICE (1ull << 33)

extern struct tcb machine_thread;

/** Sets up everything anew. */
void machine_setup(void);
/** The same where of the memory only so many bytes were used since the last time: faster. */
void machine_setup_after(size_t used);
/** A page of the test's own becomes the frame with a thread's IPC buffer. */
void machine_give_buffer(struct tcb *t, void *page);
/** The slot with this address. */
struct slot *machine_slot(seL4_CPtr cptr);
static inline struct cap machine_cap(seL4_CPtr cptr)
{
    return machine_slot(cptr)->cap;
}

struct answer {
    seL4_Error error;
    word_t word[6];
};
struct arguments {
    unsigned caps;
    seL4_CPtr cap[3];
    unsigned words;
    word_t word[8];
};
#define CAPS(...)  .caps = sizeof((seL4_CPtr[]){__VA_ARGS__}) / sizeof(seL4_CPtr), .cap = {__VA_ARGS__}
#define WORDS(...) .words = sizeof((word_t[]){__VA_ARGS__}) / sizeof(word_t), .word = {__VA_ARGS__}

/** Calls a method. Repeats the call while it is preempted, as the thread would. */
struct answer machine_call(seL4_CPtr cptr, word_t label, struct arguments arguments);
/** The same one attempt at a time: begin, attempt until that is true (false: preempted), answer. */
void machine_begin(seL4_CPtr cptr, word_t label, struct arguments arguments);
bool machine_attempt(void);
struct answer machine_answer(void);
/** invoke(cptr, method, CAPS(...), WORDS(...)) */
#define invoke(cptr, label, ...) machine_call(cptr, vesicle_##label, (struct arguments){__VA_ARGS__})

/** Makes objects in the next free slots from the untyped at `untyped`; the first one's address. Must succeed. */
seL4_CPtr machine_retype(seL4_CPtr untyped, word_t type, word_t size_bits, unsigned count);
/** The same with one object of the machine's memory. */
seL4_CPtr machine_new(word_t type);
/** An empty slot. */
seL4_CPtr machine_empty_slot(void);
/** Copy with rights into an empty slot; Delete; both must succeed. */
seL4_CPtr machine_copy(seL4_CPtr src, seL4_CapRights_t rights);
void machine_delete(seL4_CPtr cptr);

/** A new native / stage-2 space with an ASID. */
seL4_CPtr machine_new_space(void);
seL4_CPtr machine_new_stage2(void);

#endif
