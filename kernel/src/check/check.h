/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The parts of the checker. Each walks the list of all capabilities, and returns false at the first thing wrong.
 *
 * Nothing can be marked as seen, for there is no memory to do so. That two objects name each other is checked from both sides; that
 * neither names one which is no more, by a sum over all that do from the one side, minus a sum over all from the other: it must be zero.
 */
#ifndef CHECK_CHECK_H
#define CHECK_CHECK_H

#include "check/invariants.h"
#include "object/slot.h"

/** `condition`. If it is false, that is what was found. */
bool check(bool condition, const char *what, const void *object, const void *other);

/** Pairs of objects that name each other. */
enum relation {
    RELATION_SLOTS, /* containers and the list of capabilities */
    RELATION_THREAD_CONTEXT,
    RELATION_THREAD_NOTIFICATION,
    RELATION_CONTEXT_NOTIFICATION,
    RELATION_THREAD_VCPU,
    RELATION_THREAD_REPLY,
    RELATION_YIELD_TO,
    RELATION_CALL_STACK, /* reply objects and the stacks of calls they are in */
    RELATION_QUEUE,      /* threads and what they are queued at */
    RELATION_CANCEL,     /* threads that cancel sends, and where they go on */
    RELATION_RESIDENT,   /* VCPUs and their cores */
    RELATION_TIMER,      /* VCPUs and the cores that watch their timers */
    RELATION_CORE,       /* threads, VCPUs and spaces that cores know */
    RELATION_ASID,       /* spaces and their places in pools */
    RELATION_POOL,       /* pools and their places in the table */
    RELATION_MAPPING,    /* entries of tables and capabilities of what they point to */
    NUM_RELATIONS
};

/** `a` and `b` are related, seen from the one side; from the other. */
void check_relate(enum relation r, const void *a, const void *b);
void check_unrelate(enum relation r, const void *a, const void *b);
/** Both sides have been seen: did they tell the same? */
bool check_balanced(enum relation r, const char *otherwise);

/** First capability of its object? All of one object stand together. */
static inline bool check_is_first(const struct slot *s)
{
    return !cap_same_object(slot_prev(s)->cap, s->cap);
}

/** The capability in `s`, or what it was, if its object is half deleted. */
static inline struct cap check_cap(const struct slot *s)
{
    return cap_is_leaf(s->cap) ? cap_of_leaf(s->cap) : s->cap;
}

/** The first capability of each object of a type, in the list; null: no more. `after` is null at first. */
const struct slot *check_next_object(enum cap_type type, const struct slot *after);

/* In this order: the later ones rely on what the earlier ones found in order. */

/** The list: links, order, what capabilities may look like. */
bool check_derivation(void);
/** Capabilities stand where they may, and all of them. */
bool check_containers(void);
/** Threads as such; what cores know of them. */
bool check_threads(void);
/** Scheduling contexts, ready and release queues. */
bool check_scheduling(void);
/** Endpoints, notifications, reply objects. */
bool check_ipc(void);
bool check_vcpus(void);
/** Address spaces: ASIDs, tables, frames. */
bool check_spaces(void);

#endif
