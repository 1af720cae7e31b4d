/* SPDX-License-Identifier: BSD-2-Clause */
#include <gpi/lock.h>

#include <gpi/tls.h>
#include <sel4/sel4.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/lock.h>

enum { FREE, HELD, CONTENDED, SPINS = 50 };

struct __lock {
    unsigned state;
    seL4_Word owner; /* thread pointer; 0: nobody. Only its own thread can find its own there */
    unsigned depth;
    seL4_CPtr notification;
};

struct __lock __lock___libc_recursive_mutex;
static seL4_CPtr (*source)(void);
static void (*sink)(seL4_CPtr notification);

void gpi_lock_set_notification(seL4_CPtr notification)
{
    __lock___libc_recursive_mutex.notification = notification;
}

void gpi_lock_set_source(seL4_CPtr (*make)(void), void (*give_back)(seL4_CPtr notification))
{
    source = make;
    sink = give_back;
}

/* Puts `to` where `from` is; what was there. */
static unsigned replace(struct __lock *lock, unsigned from, unsigned to)
{
    __atomic_compare_exchange_n(&lock->state, &from, to, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
    return from;
}

static void acquire(struct __lock *lock)
{
    unsigned was = replace(lock, FREE, HELD);
    for (unsigned i = 0; was != FREE && i < SPINS; i++) {
        __asm__ volatile("yield");
        was = replace(lock, FREE, HELD);
    }
    /* A signal too many, from a release that nobody waited for any more, only makes us look again. */
    while (was != FREE) {
        if (was == CONTENDED || replace(lock, HELD, CONTENDED) != FREE) {
            if (lock->notification) {
                seL4_Wait(lock->notification, NULL);
            } else {
                seL4_Yield();
            }
        }
        was = replace(lock, FREE, CONTENDED);
    }
}

static void release(struct __lock *lock)
{
    if (__atomic_exchange_n(&lock->state, FREE, __ATOMIC_RELEASE) == CONTENDED && lock->notification) {
        seL4_Signal(lock->notification);
    }
}

void __retarget_lock_init(_LOCK_T *lock)
{
    *lock = calloc(1, sizeof **lock);
    if (*lock) {
        (*lock)->notification = source ? source() : seL4_CapNull;
    }
}

void __retarget_lock_init_recursive(_LOCK_T *lock)
{
    __retarget_lock_init(lock);
}

void __retarget_lock_close(_LOCK_T lock)
{
    if (lock && lock->notification && sink) {
        sink(lock->notification);
    }
    free(lock);
}

void __retarget_lock_close_recursive(_LOCK_T lock)
{
    __retarget_lock_close(lock);
}

void __retarget_lock_acquire(_LOCK_T lock)
{
    if (lock) {
        acquire(lock);
    }
}

int __retarget_lock_try_acquire(_LOCK_T lock)
{
    return !lock || replace(lock, FREE, HELD) == FREE;
}

void __retarget_lock_release(_LOCK_T lock)
{
    if (lock) {
        release(lock);
    }
}

static bool is_mine(const struct __lock *lock)
{
    return __atomic_load_n(&lock->owner, __ATOMIC_RELAXED) == gpi_tls_get();
}

void __retarget_lock_acquire_recursive(_LOCK_T lock)
{
    if (lock && !is_mine(lock)) {
        acquire(lock);
        __atomic_store_n(&lock->owner, gpi_tls_get(), __ATOMIC_RELAXED);
    }
    if (lock) {
        lock->depth++;
    }
}

int __retarget_lock_try_acquire_recursive(_LOCK_T lock)
{
    if (lock && !is_mine(lock)) {
        if (replace(lock, FREE, HELD) != FREE) {
            return 0;
        }
        __atomic_store_n(&lock->owner, gpi_tls_get(), __ATOMIC_RELAXED);
    }
    if (lock) {
        lock->depth++;
    }
    return 1;
}

void __retarget_lock_release_recursive(_LOCK_T lock)
{
    if (lock && --lock->depth == 0) {
        __atomic_store_n(&lock->owner, 0, __ATOMIC_RELAXED);
        release(lock);
    }
}

void gpi_lock(void)
{
    __retarget_lock_acquire_recursive(&__lock___libc_recursive_mutex);
}

void gpi_unlock(void)
{
    __retarget_lock_release_recursive(&__lock___libc_recursive_mutex);
}
