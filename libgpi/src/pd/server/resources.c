/* SPDX-License-Identifier: BSD-2-Clause */
/* Spaces and what is in them. */
#include "server.h"

#include <sel4gpi/pd_clientapi.h>
#include <sel4gpi/pd_utils.h>
#include <sel4gpi/resource_space_clientapi.h>
#include <sel4gpi/vmr_clientapi.h>

static resspc_client_context_t *space_of(resource_server_context_t *context, resspc_client_context_t *space)
{
    return space ? space : &context->space;
}

int resource_server_new_res_space(resource_server_context_t *context, gpi_obj_id_t client_id,
                                  resspc_client_context_t *ret_conn)
{
    return resspc_client_connect(sel4gpi_get_rde(GPICAP_TYPE_RESSPC), (char *)context->config->type, &context->endpoint,
                                 client_id, ret_conn);
}

int resource_server_create_resource(resource_server_context_t *context, resspc_client_context_t *space_conn,
                                    gpi_obj_id_t resource_id)
{
    return resspc_client_create_resource(space_of(context, space_conn), resource_id);
}

int resource_server_delete_resource(resource_server_context_t *context, resspc_client_context_t *space_conn,
                                    gpi_obj_id_t resource_id)
{
    server_forget_badges(context, space_of(context, space_conn)->id, resource_id);
    return resspc_client_delete_resource(space_of(context, space_conn), resource_id);
}

int resource_server_revoke_resource(resource_server_context_t *context, resspc_client_context_t *space_conn,
                                    gpi_obj_id_t resource_id, gpi_obj_id_t client_id)
{
    server_forget_badges(context, space_of(context, space_conn)->id, resource_id);
    return resspc_client_revoke_resource(space_of(context, space_conn), resource_id, client_id);
}

int resource_server_give_resource(resource_server_context_t *context, gpi_space_id_t space_id, gpi_obj_id_t resource_id,
                                  gpi_obj_id_t client_id, seL4_CPtr *dest)
{
    (void)context;
    pd_client_context_t self = sel4gpi_get_pd_conn();
    return pd_client_give_resource(&self, space_id, client_id, resource_id, dest);
}

int resource_server_attach_mo(resource_server_context_t *context, seL4_CPtr mo_cap, void **vaddr)
{
    (void)context;
    mo_client_context_t mo = {mo_cap, BADGE_OBJ_ID_NULL};
    return vmr_client_attach_no_reserve(sel4gpi_get_bound_vmr_rde(), NULL, &mo, SEL4UTILS_RES_TYPE_SHARED_FRAMES,
                                        vaddr);
}

int resource_server_unattach(resource_server_context_t *context, void *vaddr)
{
    (void)context;
    return vmr_client_delete_by_vaddr(sel4gpi_get_bound_vmr_rde(), vaddr);
}
