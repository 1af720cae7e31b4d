/* SPDX-License-Identifier: BSD-2-Clause */
#include <sel4gpi/trace_clientapi.h>

#include "rpc.h"

int trace_client_set_buffer(seL4_CPtr rde, unsigned core, const mo_client_context_t *mo)
{
    struct pd_trace_buffer in = {core, mo ? mo->ep : seL4_CapNull};
    return GPI_CALL_IN(rde, PD_TRACE_BUFFER, &in);
}

int trace_client_set_events(seL4_CPtr rde, unsigned core, seL4_Word events)
{
    struct pd_trace_events in = {core, events};
    return GPI_CALL_IN(rde, PD_TRACE_EVENTS, &in);
}

int trace_client_thread(seL4_CPtr rde, gpi_obj_id_t after, struct pd_trace_thread *thread)
{
    return GPI_CALL(rde, PD_TRACE_THREAD, &after, thread);
}

int trace_client_counters(seL4_CPtr rde, gpi_obj_id_t cpu, struct pd_trace_counters *counters)
{
    return GPI_CALL(rde, PD_TRACE_COUNTERS, &cpu, counters);
}
