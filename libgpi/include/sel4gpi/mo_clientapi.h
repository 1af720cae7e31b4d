/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory objects: physical pages that regions show. All calls answer 0 or a gpi_error_t. */
#ifndef SEL4GPI_MO_CLIENTAPI_H
#define SEL4GPI_MO_CLIENTAPI_H

#include <gpi/proto/mo.h>
#include <sel4gpi/gpi_types.h>

/** `num_pages` zeroed pages of 2^page_bits bytes (12, 21, 30). `server_ep_cap`: the directory entry for MOs. */
int mo_component_client_connect(seL4_CPtr server_ep_cap, uint32_t num_pages, size_t page_bits,
                                mo_client_context_t *ret_conn);
/** The pages at a physical address, memory or a device's; the entry needs GPI_RIGHT_SYSTEM. */
int mo_component_client_connect_paddr(seL4_CPtr server_ep_cap, uint32_t num_pages, size_t page_bits, uintptr_t paddr,
                                      mo_client_context_t *ret_conn);
/** As mo_component_client_connect, physically contiguous. */
int mo_client_connect_contiguous(seL4_CPtr server_ep_cap, uint32_t num_pages, size_t page_bits,
                                 mo_client_context_t *ret_conn);
/** A file of the boot archive, to read; its size in bytes in `*size`. */
int mo_client_open_image(seL4_CPtr server_ep_cap, const char *name, mo_client_context_t *ret_conn, size_t *size);
int mo_client_get_info(mo_client_context_t *conn, struct mo_info *info);
/** Gives the capability back. The memory goes when nobody holds it and no region shows it. */
int mo_component_client_disconnect(mo_client_context_t *conn);

#endif
