/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What cores do, seen from outside (sel4/trace.h). All calls answer 0 or a gpi_error_t, and need an entry for PDs with GPI_RIGHT_SYSTEM,
 * `rde`: who has it sees what all PDs and guests do.
 */
#ifndef SEL4GPI_TRACE_CLIENTAPI_H
#define SEL4GPI_TRACE_CLIENTAPI_H

#include <gpi/proto/pd.h>
#include <sel4gpi/gpi_types.h>

/**
 * The first page of a memory object becomes a core's ring (struct vesicle_trace_ring); null: it has none any more. The ring goes with the
 * memory, and the recording with it. GPI_ERR_BAD_ARGUMENT: there is no such core.
 */
int trace_client_set_buffer(seL4_CPtr rde, unsigned core, const mo_client_context_t *mo);
/** What a core records and counts, VESICLE_TRACE_*. */
int trace_client_set_events(seL4_CPtr rde, unsigned core, seL4_Word events);
/** The thread of the CPU with the next id; PD_TRACE_ROOT: the root task's. GPI_ERR_NOT_FOUND after the last. */
int trace_client_thread(seL4_CPtr rde, gpi_obj_id_t after, struct pd_trace_thread *thread);
/** Counters of a guest's CPU. */
int trace_client_counters(seL4_CPtr rde, gpi_obj_id_t cpu, struct pd_trace_counters *counters);

#endif
