/* SPDX-License-Identifier: BSD-2-Clause */
/* The methods of PDs, see gpi/proto/pd.h: which file each is in. Their table is in pd_calls.c. */
#ifndef ROOTTASK_PD_CALLS_H
#define ROOTTASK_PD_CALLS_H

#include "call.h"
#include "pd.h"

static inline struct pd *pd_of(const struct call *call)
{
    return object_of(call->handle->object, pd);
}

/* The CSpace of the PD that was called; null, and why. */
static inline struct pdspace *space_of(const struct call *call, gpi_error_t *error)
{
    struct pd *pd = pd_of(call);
    struct pdspace *space = pd_space(pd);
    *error = space ? GPI_OK : pd->state == PD_ENDED ? GPI_ERR_GONE : GPI_ERR_NO_MEMORY;
    return space;
}

/* pd_life.c */
gpi_error_t pd_call_create(struct call *call);
gpi_error_t pd_call_set_name(struct call *call);
gpi_error_t pd_call_set_policy(struct call *call);
gpi_error_t pd_call_set_quota(struct call *call);
gpi_error_t pd_call_join(struct call *call);
gpi_error_t pd_call_own_region(struct call *call);
gpi_error_t pd_call_link_child(struct call *call);
gpi_error_t pd_call_set_fault_ep(struct call *call);
gpi_error_t pd_call_get_fault_ep(struct call *call);
gpi_error_t pd_call_ready(struct call *call);
gpi_error_t pd_call_wait_ready(struct call *call);
gpi_error_t pd_call_wait(struct call *call);
gpi_error_t pd_call_exit(struct call *call);
gpi_error_t pd_call_terminate(struct call *call);

/* pd_grants.c */
gpi_error_t pd_call_share_rde(struct call *call);
gpi_error_t pd_call_share_all_rdes(struct call *call);
gpi_error_t pd_call_remove_rde(struct call *call);
gpi_error_t pd_call_get_rde(struct call *call);
gpi_error_t pd_call_send_cap(struct call *call);
gpi_error_t pd_call_give_cap(struct call *call);
gpi_error_t pd_call_share_type(struct call *call);
gpi_error_t pd_call_cap_info(struct call *call);
gpi_error_t pd_call_next_slot(struct call *call);
gpi_error_t pd_call_free_slot(struct call *call);
gpi_error_t pd_call_clear_slot(struct call *call);

/* pd_server.c */
gpi_error_t pd_call_type_code(struct call *call);
gpi_error_t pd_call_type_name(struct call *call);
gpi_error_t pd_call_give_resource(struct call *call);
gpi_error_t pd_call_map_resource(struct call *call);
gpi_error_t pd_call_take_rde(struct call *call);
gpi_error_t pd_call_get_work(struct call *call);
gpi_error_t pd_call_set_work_signal(struct call *call);
gpi_error_t pd_call_whose_badge(struct call *call);
gpi_error_t pd_call_is_client(struct call *call);

/* pd_system.c */
gpi_error_t pd_call_null(struct call *call);
gpi_error_t pd_call_get_info(struct call *call);
gpi_error_t pd_call_count(struct call *call);
gpi_error_t pd_call_counts(struct call *call);
gpi_error_t pd_call_dump(struct call *call);
gpi_error_t pd_call_next(struct call *call);
gpi_error_t pd_call_kill(struct call *call);
gpi_error_t pd_call_memory(struct call *call);
gpi_error_t pd_call_irq_bind(struct call *call);
gpi_error_t pd_call_fail_after(struct call *call);

/* trace.c */
gpi_error_t pd_call_trace_buffer(struct call *call);
gpi_error_t pd_call_trace_events(struct call *call);
gpi_error_t pd_call_trace_thread(struct call *call);
gpi_error_t pd_call_trace_counters(struct call *call);

#endif
