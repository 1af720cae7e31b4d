/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A ticket lock. All threads of one VMM share one priority, so a thread that waits yields to the one that holds
 * the lock when both live on one core.
 */
#ifndef VMM_LOCK_H
#define VMM_LOCK_H

#include <stdatomic.h>
#include <stdint.h>

struct lock {
    _Atomic uint32_t next;  /**< ticket of the next to come */
    _Atomic uint32_t owner; /**< ticket that holds the lock */
};

/** Called while waiting. The host of the VMM provides it: it lets another thread run. */
void lock_wait(void);

static inline void lock_acquire(struct lock *lock)
{
    uint32_t ticket = atomic_fetch_add_explicit(&lock->next, 1, memory_order_relaxed);
    while (atomic_load_explicit(&lock->owner, memory_order_acquire) != ticket) {
        lock_wait();
    }
}

static inline void lock_release(struct lock *lock)
{
    uint32_t ticket = atomic_load_explicit(&lock->owner, memory_order_relaxed);
    atomic_store_explicit(&lock->owner, ticket + 1, memory_order_release);
}

#endif
