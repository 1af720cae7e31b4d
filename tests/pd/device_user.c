/* SPDX-License-Identifier: BSD-2-Clause */
/* Tries for things that need GPI_RIGHT_SYSTEM; exits with a bit for each that it got: 1 tree, 2 memory, 4 interrupt, 8 what cores do. */
#include <sel4gpi/mo_clientapi.h>
#include <sel4gpi/pd_clientapi.h>
#include <sel4gpi/pd_utils.h>
#include <sel4gpi/trace_clientapi.h>

enum { RTC = 0x9010000, RTC_IRQ = 34 };

int main(void)
{
    mo_client_context_t mo;
    pd_client_context_t self = sel4gpi_get_pd_conn();
    seL4_CPtr handler, notification, memory = sel4gpi_get_rde(GPICAP_TYPE_MO);
    size_t size;
    int got = mo_client_open_image(memory, GPI_IMAGE_DTB, &mo, &size) == GPI_OK ? 1 : 0;
    got |= mo_component_client_connect_paddr(memory, 1, MO_PAGE_BITS, RTC, &mo) == GPI_OK ? 2 : 0;
    got |= pd_client_irq_handler_bind(&self, RTC_IRQ, 1, true, &handler, &notification) == GPI_OK ? 4 : 0;
    struct pd_trace_thread thread;
    struct pd_trace_counters counters;
    seL4_CPtr pds = sel4gpi_get_rde(GPICAP_TYPE_PD);
    bool refused = trace_client_set_events(pds, 0, 0) == GPI_ERR_RIGHTS &&
                   trace_client_set_buffer(pds, 0, NULL) == GPI_ERR_RIGHTS &&
                   trace_client_thread(pds, PD_TRACE_ROOT, &thread) == GPI_ERR_RIGHTS &&
                   trace_client_counters(pds, 1, &counters) == GPI_ERR_RIGHTS;
    got |= refused ? 0 : 8;
    return got;
}
