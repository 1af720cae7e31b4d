/* SPDX-License-Identifier: BSD-2-Clause */
/* Says that it is ready, with a word that means nothing, and waits. */
#include <sel4/sel4.h>
#include <sel4gpi/pd_clientapi.h>
#include <sel4gpi/pd_utils.h>

int main(void)
{
    pd_client_context_t self = sel4gpi_get_pd_conn();
    ep_client_context_t ep;
    seL4_Word badge;
    sel4gpi_alloc_endpoint(&ep);
    pd_client_ready(&self, 123456789);
    seL4_Wait(ep.raw_endpoint, &badge);
    return 1;
}
