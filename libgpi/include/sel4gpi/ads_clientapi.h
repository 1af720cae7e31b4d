/* SPDX-License-Identifier: BSD-2-Clause */
/* Address spaces. All calls answer 0 or a gpi_error_t. */
#ifndef SEL4GPI_ADS_CLIENTAPI_H
#define SEL4GPI_ADS_CLIENTAPI_H

#include <gpi/proto/ads.h>
#include <sel4gpi/gpi_types.h>
#include <sel4gpi/pd_creation_types.h>

int ads_component_client_connect(seL4_CPtr server_ep_cap, ads_client_context_t *ret_conn);
/** An address space for a guest. `flags`: 0 or ADS_SMALL_ENTRIES. */
int ads_client_connect_stage2(seL4_CPtr server_ep_cap, seL4_Word flags, ads_client_context_t *ret_conn);
/** Gives the capability back; the space ends when no CPU is in it. */
int ads_client_disconnect(ads_client_context_t *conn);
/** Puts a CPU (the slot of its capability) into this space. */
int ads_client_bind_cpu(ads_client_context_t *conn, seL4_CPtr cpu_cap);
/** Shows a region of one space in another, as `vmr_cfg` says (type alone is enough for special ones). They stay shared. */
int ads_client_shallow_copy(ads_client_context_t *src_ads, ads_client_context_t *dst_ads, vmr_config_t *vmr_cfg);
/** The region of a special type. */
int ads_client_get_reservation(ads_client_context_t *ads, sel4utils_reservation_type_t res_type, void **ret_vaddr,
                               size_t *ret_num_pages, size_t *ret_page_bits);
/** Loads a program of the boot archive into a space that will be `loadee_pd`'s; its entry point. */
int ads_client_load_elf(ads_client_context_t *loadee_ads, pd_client_context_t *loadee_pd, const char *image_name,
                        void **ret_entry_point);

#endif
