/* SPDX-License-Identifier: BSD-2-Clause */
#include <sel4gpi/ep_clientapi.h>

#include "rpc.h"
#include "slots.h"

int ep_client_connect_kind(seL4_CPtr server_ep_cap, enum gpi_ep_kind kind, ep_client_context_t *ret_conn)
{
    struct ep_create in = {kind};
    struct ep_created out = {0, 0, 0};
    int error = GPI_CALL(server_ep_cap, EP_CREATE, &in, &out);
    *ret_conn = (ep_client_context_t){out.slot, out.raw};
    return error;
}

int ep_component_client_connect(seL4_CPtr server_ep_cap, ep_client_context_t *ret_conn)
{
    return ep_client_connect_kind(server_ep_cap, EP_KIND_ENDPOINT, ret_conn);
}

int ep_client_badge(ep_client_context_t *ep_conn, pd_client_context_t *dest_pd, seL4_Word badge, bool is_core_cap,
                    ep_client_context_t *ret_ep)
{
    seL4_CapRights_t rights = seL4_CapRights_new(1, is_core_cap, 0, 1);
    struct ep_badge in = {dest_pd ? dest_pd->ep : seL4_CapNull, badge, rights.words[0]};
    struct ep_created out = {0, 0, 0};
    int error = GPI_CALL(ep_conn->ep, EP_BADGE, &in, &out);
    *ret_ep = (ep_client_context_t){out.slot, out.raw};
    return error;
}

int ep_component_client_disconnect(ep_client_context_t *conn)
{
    int first = gpi_free_slot(&conn->raw_endpoint), second = gpi_free_slot(&conn->ep);
    return first ? first : second;
}

int ep_client_get_raw_endpoint_in_PD(pd_client_context_t *target_PD, ep_client_context_t *ep_conn, seL4_CPtr *ret_ep)
{
    struct ep_in_pd in = {target_PD->ep};
    struct ep_created out = {0, 0, 0};
    int error = GPI_CALL(ep_conn->ep, EP_RAW_IN_PD, &in, &out);
    *ret_ep = out.raw;
    return error;
}

int ep_client_get_raw_endpoint(ep_client_context_t *ep_conn)
{
    struct ep_created out = {0, 0, 0};
    int error = GPI_CALL_OUT(ep_conn->ep, EP_RAW, &out);
    if (error == GPI_OK) {
        ep_conn->raw_endpoint = out.raw;
    }
    return error;
}
