/* SPDX-License-Identifier: BSD-2-Clause */
/* Whose threads the numbers in records are, and the counters of guests. */
#ifndef SERVERS_TRACE_THREADS_H
#define SERVERS_TRACE_THREADS_H

#include "stream.h"

#include <stdbool.h>

/** Forgets all; a recording begins. */
void threads_begin(seL4_CPtr rde);
/** A record was seen: perhaps its thread is one that the host has not been told of. */
void threads_see(const struct vesicle_trace_record *record);
/** Tells the host of threads it does not know, if one was seen; with `all` of all, again. */
void threads_send(bool all);
/** Whether a CPU (pd_trace_thread) is there. */
bool threads_is_there(gpi_obj_id_t cpu);
/** Sends the counters of all guests' CPUs, as they are at the beginning or at the end. */
void threads_send_counters(bool end);

#endif
