/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Regions of an address space. A "VMR RDE" is the address space's own capability (sel4gpi_get_bound_vmr_rde, or the `ep` of
 * an ads_client_context_t). All calls answer 0 or a gpi_error_t.
 */
#ifndef SEL4GPI_VMR_CLIENTAPI_H
#define SEL4GPI_VMR_CLIENTAPI_H

#include <gpi/proto/ads.h>
#include <sel4gpi/gpi_types.h>

/** Takes `size` bytes at `vaddr` (null: anywhere), without memory. Where it is in `*ret_vaddr`. */
int vmr_client_reserve(seL4_CPtr ep, void *vaddr, size_t size, size_t page_bits, sel4utils_reservation_type_t vmr_type,
                       ads_vmr_context_t *ret_conn, void **ret_vaddr);
/** Shows memory in a region that was reserved, from byte `offset` of the memory object on. */
int vmr_client_attach(ads_vmr_context_t *reservation, mo_client_context_t *mo, size_t offset);
/** Both at once, for a whole memory object. The region has no capability: it is deleted by its address. */
int vmr_client_attach_no_reserve(seL4_CPtr vmr_rde, void *vaddr, mo_client_context_t *mo_cap,
                                 sel4utils_reservation_type_t vmr_type, void **ret_vaddr);
/** The same for `pages` pages from page `offset`, with rights (ADS_RIGHT_*; 0: read and write). */
int vmr_client_map(seL4_CPtr vmr_rde, void *vaddr, mo_client_context_t *mo, size_t offset, size_t pages,
                   sel4utils_reservation_type_t vmr_type, unsigned rights, void **ret_vaddr);
/** A region with zeroed memory of its own. */
int vmr_client_map_new(seL4_CPtr vmr_rde, void *vaddr, size_t pages, size_t page_bits,
                       sel4utils_reservation_type_t vmr_type, void **ret_vaddr);
/** Makes the region at `vaddr` (and those that share it) `pages` longer; where the new pages are in `*ret_vaddr`. */
int vmr_client_grow(seL4_CPtr vmr_rde, void *vaddr, size_t pages, void **ret_vaddr);
/** The region that an address is in. */
int vmr_client_find(seL4_CPtr vmr_rde, void *vaddr, struct ads_region *region);
/** Deletes the region, in all spaces that share it from here. */
int vmr_client_delete(ads_vmr_context_t *reservation);
int vmr_client_delete_by_vaddr(seL4_CPtr vmr_rde, void *vaddr);
/** Gives the region's capability back; the region stays. */
int vmr_client_disconnect(ads_vmr_context_t *reservation);

#endif
