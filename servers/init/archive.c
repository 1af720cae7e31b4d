/* SPDX-License-Identifier: BSD-2-Clause */
#include "archive.h"

#include <libfdt.h>
#include <sel4gpi/mo_clientapi.h>
#include <sel4gpi/pd_utils.h>
#include <sel4gpi/vmr_clientapi.h>

int archive_show_tree(const char *name, const void **tree)
{
    mo_client_context_t mo;
    size_t size;
    void *at = NULL;
    int error = mo_client_open_image(sel4gpi_get_rde(GPICAP_TYPE_MO), name, &mo, &size);
    if (error != GPI_OK) {
        return error;
    }
    error =
        vmr_client_map(sel4gpi_get_bound_vmr_rde(), NULL, &mo, 0, 0, SEL4UTILS_RES_TYPE_GENERIC, ADS_RIGHT_READ, &at);
    mo_component_client_disconnect(&mo);
    *tree = at;
    return error == GPI_OK && fdt_check_full(at, size) != 0 ? GPI_ERR_BAD_ARGUMENT : error;
}
