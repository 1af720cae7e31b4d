/* SPDX-License-Identifier: BSD-2-Clause */
#include <sel4gpi/mo_clientapi.h>

#include "rpc.h"
#include "slots.h"

#include <string.h>

static int create(seL4_CPtr rde, const struct mo_create *in, mo_client_context_t *conn)
{
    struct gpi_slot_and_id out = {0, 0};
    int error = GPI_CALL(rde, MO_CREATE, in, &out);
    *conn = (mo_client_context_t){out.slot, out.id};
    return error;
}

int mo_component_client_connect(seL4_CPtr server_ep_cap, uint32_t num_pages, size_t page_bits,
                                mo_client_context_t *ret_conn)
{
    return create(server_ep_cap, &(struct mo_create){num_pages, page_bits, 0, 0}, ret_conn);
}

int mo_component_client_connect_paddr(seL4_CPtr server_ep_cap, uint32_t num_pages, size_t page_bits, uintptr_t paddr,
                                      mo_client_context_t *ret_conn)
{
    return create(server_ep_cap, &(struct mo_create){num_pages, page_bits, MO_AT_PADDR, paddr}, ret_conn);
}

int mo_client_connect_contiguous(seL4_CPtr server_ep_cap, uint32_t num_pages, size_t page_bits,
                                 mo_client_context_t *ret_conn)
{
    return create(server_ep_cap, &(struct mo_create){num_pages, page_bits, MO_CONTIGUOUS, 0}, ret_conn);
}

int mo_client_open_image(seL4_CPtr server_ep_cap, const char *name, mo_client_context_t *ret_conn, size_t *size)
{
    struct gpi_name in = {{0}};
    struct mo_image out = {0, 0, 0};
    strncpy(in.text, name, sizeof in.text);
    int error = strlen(name) > sizeof in.text ? GPI_ERR_NOT_FOUND : GPI_CALL(server_ep_cap, MO_OPEN_IMAGE, &in, &out);
    *ret_conn = (mo_client_context_t){out.slot, out.id};
    *size = out.size;
    return error;
}

int mo_client_get_info(mo_client_context_t *conn, struct mo_info *info)
{
    return GPI_CALL_OUT(conn->ep, MO_GET_INFO, info);
}

int mo_component_client_disconnect(mo_client_context_t *conn)
{
    return gpi_free_slot(&conn->ep);
}
