/* SPDX-License-Identifier: BSD-2-Clause */
/* Endpoints, notifications and reply objects. All calls answer 0 or a gpi_error_t. */
#ifndef SEL4GPI_EP_CLIENTAPI_H
#define SEL4GPI_EP_CLIENTAPI_H

#include <gpi/proto/ep.h>
#include <sel4gpi/gpi_types.h>

int ep_component_client_connect(seL4_CPtr server_ep_cap, ep_client_context_t *ret_conn);
/** The same for a notification, or a reply object. */
int ep_client_connect_kind(seL4_CPtr server_ep_cap, enum gpi_ep_kind kind, ep_client_context_t *ret_conn);
/**
 * A capability with a badge, in `dest_pd` (null: one's own), whose slot there goes to `ret_ep->raw_endpoint`. With
 * `is_core_cap` it may pass on capabilities with its messages.
 */
int ep_client_badge(ep_client_context_t *ep_conn, pd_client_context_t *dest_pd, seL4_Word badge, bool is_core_cap,
                    ep_client_context_t *ret_ep);
/** Gives both capabilities back. */
int ep_component_client_disconnect(ep_client_context_t *conn);
/** The kernel's capability in another PD, made if it has none; its slot there. */
int ep_client_get_raw_endpoint_in_PD(pd_client_context_t *target_PD, ep_client_context_t *ep_conn, seL4_CPtr *ret_ep);
/** Fills in `raw_endpoint` of an endpoint that was received. */
int ep_client_get_raw_endpoint(ep_client_context_t *ep_conn);

#endif
