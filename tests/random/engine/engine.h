/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the engine and the root task that builds worlds for it agree on. The engine is the program that makes random system calls. It
 * lies in an image of its own, so that a thread sent anywhere in it makes no other calls than those it is meant to make.
 */
#ifndef ENGINE_H
#define ENGINE_H

#include <sel4/sel4.h>

/* A world's address space: all in what one page table covers. */
#define ENGINE_CODE    0x10000000ul /* the image: engine.ld */
#define ENGINE_DATA    0x10040000ul /* struct world_data */
#define ENGINE_STACKS  0x10080000ul /* a page a thread */
#define ENGINE_BUFFERS 0x100c0000ul /* IPC buffers, a page a thread */
#define ENGINE_PLAY    0x10100000ul /* free: what calls map */
#define ENGINE_END     0x10200000ul
/* Where guests find the image. */
#define GUEST_CODE 0x40000000ul
#define GUEST_DATA 0x40100000ul

/** Where threads may begin: instruction n of the image. x0 and x1 are arguments. */
enum engine_entry {
    ENTRY_ENGINE,    /* random calls; x0: struct engine */
    ENTRY_SPIN,      /* counts */
    ENTRY_SERVE,     /* answers calls and guests' exits; x0: endpoint, x1: reply object */
    ENTRY_CALL,      /* calls; x0: endpoint */
    ENTRY_SEND,      /* sends; x0: endpoint */
    ENTRY_SIGNAL,    /* signals and yields; x0: notification */
    ENTRY_WAIT,      /* waits; x0: notification */
    ENTRY_FP,        /* changes the floating-point registers */
    ENTRY_YIELD,     /* yields */
    ENTRY_GUEST_HVC, /* guests from here on: an exit each time */
    ENTRY_GUEST_TIMER,
    ENTRY_GUEST_FP,
    ENTRY_GUEST_MMIO,
    ENTRY_GUEST_CALLS,
    ENTRY_GUEST_SPIN,
    ENTRIES
};

/** Kinds of capabilities. */
enum kind {
    KIND_EMPTY,
    KIND_UNTYPED,
    KIND_TCB,
    KIND_CNODE,
    KIND_ENDPOINT,
    KIND_NOTIFICATION,
    KIND_REPLY,
    KIND_SCHED_CONTEXT,
    KIND_FRAME,
    KIND_TABLE,
    KIND_VSPACE,
    KIND_ASID_POOL,
    KIND_VCPU,
    KIND_IRQ_HANDLER,
    KIND_SGI_SIGNAL,
    KIND_SCHED_CONTROL,
    KIND_ASID_CONTROL,
    KIND_DOMAIN,
    KIND_OTHER,
    KINDS
};

enum { WORLD_RADIX = 8, WORLD_SLOTS = 1 << WORLD_RADIX, WORLD_ENGINES = 3, WORLD_LOOPS = 6, WORLD_GUESTS = 2 };
enum { NODE_RADIX = 4, WORLD_EACH = 4, WORLD_FRAMES = 12, WORLD_UNTYPEDS = 12, WORLD_IMPORTS = 12, MAX_CORES = 8 };

/** What a world's slots hold when it is new. A slot's number is its address. */
enum slot {
    SLOT_NULL,
    SLOT_SELF, /* the CNode with all of these */
    SLOT_NODES,
    SLOT_TCBS = SLOT_NODES + 2, /* engines, loops, guests, and one that is nothing */
    SLOT_LOOPS = SLOT_TCBS + WORLD_ENGINES,
    SLOT_GUESTS = SLOT_LOOPS + WORLD_LOOPS,
    SLOT_SPARE_TCB = SLOT_GUESTS + WORLD_GUESTS,
    SLOT_CONTEXTS, /* theirs, in the same order */
    SLOT_SPARE_CONTEXT = SLOT_CONTEXTS + SLOT_SPARE_TCB - SLOT_TCBS,
    SLOT_VSPACE,
    SLOT_STAGE2,
    SLOT_SPARE_VSPACE,
    SLOT_SPARE_STAGE2,
    SLOT_TABLES, /* of the space, of the guests' space, spare ones */
    SLOT_GUEST_TABLES = SLOT_TABLES + 3,
    SLOT_SPARE_TABLES = SLOT_GUEST_TABLES + 2,
    SLOT_STACKS = SLOT_SPARE_TABLES + 3,
    SLOT_BUFFERS = SLOT_STACKS + WORLD_ENGINES,
    SLOT_EXIT_FRAMES = SLOT_BUFFERS + WORLD_ENGINES,
    SLOT_FRAMES = SLOT_EXIT_FRAMES + WORLD_GUESTS,
    SLOT_ENDPOINTS = SLOT_FRAMES + WORLD_FRAMES,
    SLOT_NOTIFICATIONS = SLOT_ENDPOINTS + WORLD_EACH,
    SLOT_BADGED = SLOT_NOTIFICATIONS + WORLD_EACH, /* copies of the former */
    SLOT_REPLIES = SLOT_BADGED + 2 * WORLD_EACH,
    SLOT_VCPUS = SLOT_REPLIES + WORLD_EACH,
    SLOT_SPARE_VCPU = SLOT_VCPUS + WORLD_GUESTS,
    SLOT_UNTYPEDS,
    SLOT_POOL = SLOT_UNTYPEDS + WORLD_UNTYPEDS,
    SLOT_SHARED_POOL, /* from here on: what others have, too */
    SLOT_ASID_CONTROL,
    SLOT_DOMAIN,
    SLOT_IRQ_HANDLERS,
    SLOT_SGIS = SLOT_IRQ_HANDLERS + 2,
    SLOT_SCHED_CONTROLS = SLOT_SGIS + 2,
    SLOT_IMPORTS = SLOT_SCHED_CONTROLS + MAX_CORES, /* other worlds' objects */
    SLOT_FREE = SLOT_IMPORTS + 2 * WORLD_IMPORTS,
};
_Static_assert(SLOT_FREE < WORLD_SLOTS - 32, "room for what is made later");

/** A system call as it was made, for who looks into a memory image afterwards. */
struct call_record {
    seL4_Word number, cap, info, mr[4], caps;
};

enum { RECORDS = 32, WORLD_DATA_BITS = 14 };

/** One thread that makes random calls. */
struct engine {
    seL4_Word random;         /* state of the generator */
    volatile seL4_Word count; /* calls made */
    seL4_Word stack;          /* top */
    seL4_IPCBuffer *buffer;
    struct world_data *world;
    struct call_record record[RECORDS];
};

/** What the engines of a world share. It is their guess that stands here: each may find it ruined. */
struct world_data {
    seL4_Uint8 kind_of_type[64]; /* by seL4_DebugCapIdentify's numbers */
    seL4_Uint8 guess[WORLD_SLOTS];
    seL4_Uint8 first_method[KINDS], method_count[KINDS];
    seL4_Word cores;
    seL4_Uint32 calls[vesicle_NumInvocations], successes[vesicle_NumInvocations];
    struct engine engine[WORLD_ENGINES];
};
_Static_assert(sizeof(struct world_data) <= 1 << WORLD_DATA_BITS, "world's data");

#endif
