/* SPDX-License-Identifier: BSD-2-Clause */
/* Starting resource servers. */
#ifndef SEL4GPI_RESOURCE_SERVER_CLIENTAPI_H
#define SEL4GPI_RESOURCE_SERVER_CLIENTAPI_H

#include <sel4gpi/gpi_types.h>

/**
 * Starts a resource server, a program of the boot archive, and waits until it is ready. It may ask for what its creator may, of
 * type `rde_type` in space `rde_id` (GPICAP_TYPE_NONE: nothing) beside memory, address spaces and endpoints. The caller gets a
 * directory entry for the server's space, whose id goes to `*space_id`. `server_pd` is to be terminated and disconnected by
 * the caller; on an error nothing is left.
 */
int start_resource_server_pd(gpi_cap_t rde_type, gpi_space_id_t rde_id, char *image_name,
                             pd_client_context_t *server_pd, gpi_space_id_t *space_id);
/** The same with arguments, which become strings. */
int start_resource_server_pd_args(gpi_cap_t rde_type, gpi_space_id_t rde_id, char *image_name, seL4_Word *args,
                                  uint32_t argc, pd_client_context_t *server_pd, gpi_space_id_t *space_id);

#endif
