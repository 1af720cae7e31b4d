/* SPDX-License-Identifier: BSD-2-Clause */
/* The cores' rings, which are there while something is recorded. */
#ifndef SERVERS_TRACE_RINGS_H
#define SERVERS_TRACE_RINGS_H

#include "stream.h"

#include <stdbool.h>

enum { RINGS = 8 /* cores at most, of the kernel */ };

/** Counts the cores; whatever they recorded for somebody before, they do no more. */
void rings_init(seL4_CPtr rde);
unsigned rings_count(void);
/** Gives each core a ring. A gpi_error_t; nothing is left then. */
int rings_open(void);
/** What all cores record from now on. */
int rings_set_events(seL4_Word events);
/**
 * Sends what a core has recorded, but not for ever: what it goes on to record meanwhile comes next time. `seen` is told of
 * each record. True if they were so many that the next ones should be taken soon.
 */
bool rings_send(unsigned core, void (*seen)(const struct vesicle_trace_record *record));
/** Gives the rings back. */
void rings_close(void);

#endif
