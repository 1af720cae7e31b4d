/* SPDX-License-Identifier: BSD-2-Clause */
#include <sel4gpi/resource_space_clientapi.h>

#include "rpc.h"
#include "self.h"

#include <sel4gpi/pd_utils.h>

int resspc_client_connect(seL4_CPtr server_ep, char *resource_type, ep_client_context_t *resource_server_ep,
                          seL4_CPtr client_id, resspc_client_context_t *ret_conn)
{
    struct resspc_create in = {sel4gpi_get_resource_type_code(resource_type), resource_server_ep->ep,
                               gpi_osm->pd_conn.ep, client_id};
    struct resspc_created out = {0, 0};
    int error = GPI_CALL(server_ep, RESSPC_CREATE, &in, &out);
    *ret_conn = (resspc_client_context_t){out.slot, out.id};
    return error;
}

int resspc_client_map_space(resspc_client_context_t *conn, gpi_space_id_t space_id)
{
    return GPI_CALL_IN(conn->ep, RESSPC_MAP, &space_id);
}

int resspc_client_create_resource(resspc_client_context_t *conn, gpi_obj_id_t resource_id)
{
    return GPI_CALL_IN(conn->ep, RESSPC_CREATE_RESOURCE, &resource_id);
}

int resspc_client_delete_resource(resspc_client_context_t *conn, gpi_obj_id_t resource_id)
{
    return GPI_CALL_IN(conn->ep, RESSPC_DELETE_RESOURCE, &resource_id);
}

int resspc_client_revoke_resource(resspc_client_context_t *conn, gpi_obj_id_t resource_id, gpi_obj_id_t target_pd_id)
{
    struct resspc_revoke in = {resource_id, target_pd_id};
    return GPI_CALL_IN(conn->ep, RESSPC_REVOKE_RESOURCE, &in);
}

int resspc_client_destroy(resspc_client_context_t *conn)
{
    return GPI_CALL_NONE(conn->ep, RESSPC_DESTROY);
}
