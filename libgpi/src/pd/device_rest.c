/* SPDX-License-Identifier: BSD-2-Clause */
#include <gpi/device_rest.h>

#include <gpi/error.h>
#include <gpi/proto/mo.h>
#include <sel4gpi/pd_utils.h>
#include <sel4gpi/vmr_clientapi.h>

int gpi_device_rest_mo(unsigned kind, mo_client_context_t *mo, size_t offset)
{
    seL4_CPtr own = sel4gpi_get_bound_vmr_rde();
    size_t in_page = offset & ((1ul << MO_PAGE_BITS) - 1);
    void *at = NULL;
    int error = vmr_client_map(own, NULL, mo, offset >> MO_PAGE_BITS, 1, SEL4UTILS_RES_TYPE_DEVICE,
                               ADS_RIGHT_READ | ADS_RIGHT_WRITE, &at);
    if (error == GPI_OK) {
        error = gpi_device_rest(kind, (char *)at + in_page) ? GPI_OK : GPI_ERR_STATE;
        vmr_client_delete_by_vaddr(own, at);
    }
    return error;
}
