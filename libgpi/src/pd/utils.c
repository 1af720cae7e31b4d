/* SPDX-License-Identifier: BSD-2-Clause */
#include <sel4gpi/pd_utils.h>

#include <sel4gpi/ep_clientapi.h>
#include <sel4gpi/mo_clientapi.h>
#include <sel4gpi/vmr_clientapi.h>
#include <string.h>

/* Maps a new memory object, and gives its capability back if the caller does not want it. */
static void *show(seL4_CPtr vmr_rde, void *vaddr, sel4utils_reservation_type_t type, mo_client_context_t *mo,
                  mo_client_context_t *ret_mo)
{
    void *at = NULL;
    int error = vmr_client_attach_no_reserve(vmr_rde, vaddr, mo, type, &at);
    if (error == GPI_OK && ret_mo) {
        *ret_mo = *mo;
    } else {
        mo_component_client_disconnect(mo);
    }
    return error == GPI_OK ? at : NULL;
}

void *sel4gpi_get_vmr(seL4_CPtr vmr_rde, int num_pages, void *vaddr, sel4utils_reservation_type_t vmr_type,
                      size_t page_bits, mo_client_context_t *ret_mo)
{
    mo_client_context_t mo;
    void *at = NULL;
    if (num_pages <= 0) {
        return NULL;
    }
    if (!ret_mo) {
        return vmr_client_map_new(vmr_rde, vaddr, (size_t)num_pages, page_bits, vmr_type, &at) == GPI_OK ? at : NULL;
    }
    int error = mo_component_client_connect(sel4gpi_get_rde(GPICAP_TYPE_MO), (uint32_t)num_pages, page_bits, &mo);
    return error == GPI_OK ? show(vmr_rde, vaddr, vmr_type, &mo, ret_mo) : NULL;
}

void *sel4gpi_get_vmr_at_paddr(seL4_CPtr vmr_rde, int num_pages, void *vaddr, sel4utils_reservation_type_t vmr_type,
                               size_t page_bits, uintptr_t paddr, mo_client_context_t *ret_mo)
{
    mo_client_context_t mo;
    int error = num_pages <= 0 ? GPI_ERR_BAD_ARGUMENT
                               : mo_component_client_connect_paddr(sel4gpi_get_rde(GPICAP_TYPE_MO), (uint32_t)num_pages,
                                                                   page_bits, paddr, &mo);
    return error == GPI_OK ? show(vmr_rde, vaddr, vmr_type, &mo, ret_mo) : NULL;
}

int sel4gpi_destroy_vmr(seL4_CPtr vmr_rde, void *vaddr, mo_client_context_t *mo)
{
    int error = vmr_client_delete_by_vaddr(vmr_rde, vaddr);
    int second = mo ? mo_component_client_disconnect(mo) : GPI_OK;
    return error ? error : second;
}

int sel4gpi_alloc_endpoint(ep_client_context_t *ret_ep_conn)
{
    return ep_component_client_connect(sel4gpi_get_rde(GPICAP_TYPE_EP), ret_ep_conn);
}

int sel4gpi_copy_data_to_mo(void *vaddr, size_t size_bytes, mo_client_context_t *dest_mo)
{
    struct mo_info info;
    void *at = NULL;
    int error = mo_client_get_info(dest_mo, &info);
    if (error == GPI_OK && size_bytes > info.pages << info.page_bits) {
        error = GPI_ERR_BAD_ARGUMENT;
    }
    if (error == GPI_OK) {
        error =
            vmr_client_attach_no_reserve(sel4gpi_get_bound_vmr_rde(), NULL, dest_mo, SEL4UTILS_RES_TYPE_GENERIC, &at);
    }
    if (error == GPI_OK) {
        memcpy(at, vaddr, size_bytes);
        error = vmr_client_delete_by_vaddr(sel4gpi_get_bound_vmr_rde(), at);
    }
    return error;
}
