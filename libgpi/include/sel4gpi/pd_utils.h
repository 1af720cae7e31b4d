/* SPDX-License-Identifier: BSD-2-Clause */
/* What a PD knows of itself, and short ways to what it needs most. */
#ifndef SEL4GPI_PD_UTILS_H
#define SEL4GPI_PD_UTILS_H

#include <sel4gpi/gpi_types.h>

osm_pd_shared_data_t *sel4gpi_get_shared_data(void);
pd_client_context_t sel4gpi_get_pd_conn(void);
ads_client_context_t sel4gpi_get_ads_conn(void);
cpu_client_context_t sel4gpi_get_cpu_conn(void);
/** Where the PD's own faults go, if it was told; both capabilities 0 otherwise. */
ep_client_context_t sel4gpi_get_fault_ep_conn(void);
gpi_obj_id_t sel4gpi_get_binded_ads_id(void);
/** The PD's CNode, if it was given one; else 0. */
seL4_CPtr sel4gpi_get_cspace_root(void);
/** Code of a type's name, made if there is none; GPICAP_TYPE_NONE if there is no memory. */
gpi_cap_t sel4gpi_get_resource_type_code(char *type_name);
/** In memory of the thread's own, until its next call; null if there is no such type. */
char *sel4gpi_get_resource_type_name(gpi_cap_t type);
bool sel4gpi_can_request_type(char *type_name);
/** The directory entry for a type (0 if there is none): the first one; of the address space that the CPU is in; of a space. */
seL4_CPtr sel4gpi_get_rde(int type);
seL4_CPtr sel4gpi_get_bound_vmr_rde(void);
seL4_CPtr sel4gpi_get_rde_by_space_id(gpi_space_id_t space_id, gpi_cap_t type);
gpi_obj_id_t sel4gpi_get_default_space_id(int type);
void sel4gpi_debug_print_rde(void);

/** A region with new memory; `ret_mo` may be null. Its address, or null. */
void *sel4gpi_get_vmr(seL4_CPtr vmr_rde, int num_pages, void *vaddr, sel4utils_reservation_type_t vmr_type,
                      size_t page_bits, mo_client_context_t *ret_mo);
void *sel4gpi_get_vmr_at_paddr(seL4_CPtr vmr_rde, int num_pages, void *vaddr, sel4utils_reservation_type_t vmr_type,
                               size_t page_bits, uintptr_t paddr, mo_client_context_t *ret_mo);
/** Undoes sel4gpi_get_vmr; `mo` may be null. */
int sel4gpi_destroy_vmr(seL4_CPtr vmr_rde, void *vaddr, mo_client_context_t *mo);
int sel4gpi_alloc_endpoint(ep_client_context_t *ret_ep_conn);
/** Writes `size_bytes` at `vaddr` into a memory object from its beginning. */
int sel4gpi_copy_data_to_mo(void *vaddr, size_t size_bytes, mo_client_context_t *dest_mo);

#endif
