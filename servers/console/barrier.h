/* SPDX-License-Identifier: BSD-2-Clause */
/* Order of memory accesses as a device sees them. */
#ifndef SERVERS_CONSOLE_BARRIER_H
#define SERVERS_CONSOLE_BARRIER_H

/** What was accessed before is accessed before what comes after, for the device too. */
static inline void device_barrier(void)
{
#ifdef __aarch64__
    __asm__ volatile("dmb sy" ::: "memory");
#else
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
#endif
}

#endif
