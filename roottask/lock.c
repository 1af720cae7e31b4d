/* SPDX-License-Identifier: BSD-2-Clause */
/* The root task has one thread: the C library's lock is none. Linked before libgpi's lock.c, which then stays out. */
#include <sys/lock.h>

struct __lock {
    char none;
};

struct __lock __lock___libc_recursive_mutex;

void __retarget_lock_acquire_recursive(_LOCK_T lock)
{
    (void)lock;
}

void __retarget_lock_release_recursive(_LOCK_T lock)
{
    (void)lock;
}
