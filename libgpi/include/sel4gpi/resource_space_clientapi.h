/* SPDX-License-Identifier: BSD-2-Clause */
/* Resource spaces. All calls answer 0 or a gpi_error_t. */
#ifndef SEL4GPI_RESOURCE_SPACE_CLIENTAPI_H
#define SEL4GPI_RESOURCE_SPACE_CLIENTAPI_H

#include <gpi/proto/resspc.h>
#include <sel4gpi/gpi_types.h>

/**
 * A space for resources of a type (made if it is new), which the calling PD serves on an endpoint. `client_id`: a PD that gets
 * a directory entry for it at once, one that is the server's client already, or its parent; BADGE_OBJ_ID_NULL: nobody.
 */
int resspc_client_connect(seL4_CPtr server_ep, char *resource_type, ep_client_context_t *resource_server_ep,
                          seL4_CPtr client_id, resspc_client_context_t *ret_conn);
/** This space is made from another one, and depends on it. */
int resspc_client_map_space(resspc_client_context_t *conn, gpi_space_id_t space_id);
int resspc_client_create_resource(resspc_client_context_t *conn, gpi_obj_id_t resource_id);
/** Takes it from everybody, too. */
int resspc_client_delete_resource(resspc_client_context_t *conn, gpi_obj_id_t resource_id);
/** Takes it from one PD; BADGE_OBJ_ID_NULL: from everybody. */
int resspc_client_revoke_resource(resspc_client_context_t *conn, gpi_obj_id_t resource_id, gpi_obj_id_t target_pd_id);
int resspc_client_destroy(resspc_client_context_t *conn);

#endif
