/* SPDX-License-Identifier: BSD-2-Clause */
/* The ready queues of a core, and a map of those in use. A thread is in the queue of its priority while `queued_ready`. */
#ifndef SCHED_READY_H
#define SCHED_READY_H

#include "cpu.h"
#include "object/tcb.h"

static inline void ready_mark(struct cpu *cpu, unsigned priority)
{
    cpu->ready_map[priority / 64] |= 1ull << priority % 64;
    cpu->ready_words |= 1ull << priority / 64;
}

static inline void ready_unmark(struct cpu *cpu, unsigned priority)
{
    cpu->ready_map[priority / 64] &= ~(1ull << priority % 64);
    if (cpu->ready_map[priority / 64] == 0) {
        cpu->ready_words &= ~(1ull << priority / 64);
    }
}

/** The greatest priority with a queue in use. There must be one. */
static inline unsigned ready_priority(const struct cpu *cpu)
{
    unsigned word = 63u - (unsigned)__builtin_clzll(cpu->ready_words);

    return word * 64 + 63u - (unsigned)__builtin_clzll(cpu->ready_map[word]);
}

/** The thread that comes first; null if none is ready. */
static inline struct tcb *ready_first(const struct cpu *cpu)
{
    return cpu->ready_words == 0 ? 0 : cpu->ready[ready_priority(cpu)].head;
}

static inline void ready_push_head(struct cpu *cpu, struct tcb *t)
{
    struct ready_queue *q = &cpu->ready[t->priority];
    struct tcb *next = q->head;

    t->queued_ready = true;
    t->queue_prev = 0;
    t->queue_next = next;
    q->head = t;
    if (next) {
        next->queue_prev = t;
    } else {
        q->tail = t;
        ready_mark(cpu, t->priority);
    }
}

static inline void ready_push_tail(struct cpu *cpu, struct tcb *t)
{
    struct ready_queue *q = &cpu->ready[t->priority];
    struct tcb *prev = q->tail;

    t->queued_ready = true;
    t->queue_prev = prev;
    t->queue_next = 0;
    q->tail = t;
    if (prev) {
        prev->queue_next = t;
    } else {
        q->head = t;
        ready_mark(cpu, t->priority);
    }
}

/** Takes the first of its priority out. */
static inline void ready_pop(struct cpu *cpu, struct tcb *t)
{
    struct ready_queue *q = &cpu->ready[t->priority];
    struct tcb *next = t->queue_next;

    t->queued_ready = false;
    t->queue_next = 0;
    q->head = next;
    if (next) {
        next->queue_prev = 0;
    } else {
        q->tail = 0;
        ready_unmark(cpu, t->priority);
    }
}

#endif
