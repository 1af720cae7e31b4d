/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Locks between the threads of a process: those that picolibc asks for (sys/lock.h), and the one it takes for malloc,
 * atexit and its other state, which libgpi uses, too. Who waits blocks on a notification, so that a holder of lower
 * priority can go on; where there is none (a process that never had a second thread) it yields.
 */
#ifndef GPI_LOCK_H
#define GPI_LOCK_H

#include <sel4/types.h>

/** The C library's lock. May be taken several times by one thread, and is given back as often. */
void gpi_lock(void);
void gpi_unlock(void);

/** What threads that wait for the C library's lock block on; before there is a second thread. */
void gpi_lock_set_notification(seL4_CPtr notification);
/** Where locks that the C library makes get theirs from (0: they yield). Null, as at the start: nowhere. */
void gpi_lock_set_source(seL4_CPtr (*make)(void), void (*give_back)(seL4_CPtr notification));

#endif
