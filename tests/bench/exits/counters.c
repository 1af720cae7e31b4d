/* SPDX-License-Identifier: BSD-2-Clause */
/* Has the first core count exits by reason (sel4/trace.h), from before the guest begins. */
#include <sel4gpi/pd_utils.h>
#include <sel4gpi/trace_clientapi.h>

int main(void)
{
    return trace_client_set_events(sel4gpi_get_rde(GPICAP_TYPE_PD), 0, VESICLE_TRACE_COUNT);
}
