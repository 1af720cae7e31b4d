/* SPDX-License-Identifier: BSD-2-Clause */
#include <sel4gpi/ads_clientapi.h>
#include <sel4gpi/vmr_clientapi.h>

#include "rpc.h"
#include "slots.h"

#include <gpi/proto/cpu.h>
#include <gpi/proto/mo.h>

static int create(seL4_CPtr rde, seL4_Word flags, ads_client_context_t *conn)
{
    struct ads_create in = {flags};
    struct gpi_slot_and_id out = {0, 0};
    int error = GPI_CALL(rde, ADS_CREATE, &in, &out);
    *conn = (ads_client_context_t){out.slot, out.id};
    return error;
}

int ads_component_client_connect(seL4_CPtr server_ep_cap, ads_client_context_t *ret_conn)
{
    return create(server_ep_cap, 0, ret_conn);
}

int ads_client_connect_stage2(seL4_CPtr server_ep_cap, seL4_Word flags, ads_client_context_t *ret_conn)
{
    return create(server_ep_cap, ADS_STAGE2 | flags, ret_conn);
}

int ads_client_disconnect(ads_client_context_t *conn)
{
    gpi_forget_vspace(conn);
    return gpi_free_slot(&conn->ep);
}

int ads_client_bind_cpu(ads_client_context_t *conn, seL4_CPtr cpu_cap)
{
    struct cpu_change_vspace in = {conn->ep};
    struct cpu_switch out;
    return GPI_CALL(cpu_cap, CPU_CHANGE_VSPACE, &in, &out);
}

int ads_client_shallow_copy(ads_client_context_t *src_ads, ads_client_context_t *dst_ads, vmr_config_t *vmr_cfg)
{
    struct ads_share in = {dst_ads->ep, (seL4_Word)vmr_cfg->start, vmr_cfg->type, (seL4_Word)vmr_cfg->dest_start,
                           vmr_cfg->rights};
    struct ads_mapped out;
    return GPI_CALL(src_ads->ep, ADS_SHARE, &in, &out);
}

int ads_client_get_reservation(ads_client_context_t *ads, sel4utils_reservation_type_t res_type, void **ret_vaddr,
                               size_t *ret_num_pages, size_t *ret_page_bits)
{
    struct ads_find in = {res_type};
    struct ads_region out;
    int error = GPI_CALL(ads->ep, ADS_FIND, &in, &out);
    if (error == GPI_OK) {
        *ret_vaddr = (void *)out.vaddr;
        *ret_num_pages = out.pages;
        *ret_page_bits = ADS_ATTR_PAGE_BITS(out.attributes);
    }
    return error;
}

int vmr_client_reserve(seL4_CPtr ep, void *vaddr, size_t size, size_t page_bits, sel4utils_reservation_type_t vmr_type,
                       ads_vmr_context_t *ret_conn, void **ret_vaddr)
{
    size_t page = page_bits < 48 ? (1ul << page_bits) - 1 : 0;
    struct ads_reserve in = {(seL4_Word)vaddr, (size + page) >> (page_bits & 63),
                             ads_attributes(vmr_type, page_bits, 0)};
    struct ads_reserved out = {0, 0};
    int error = GPI_CALL(ep, ADS_RESERVE, &in, &out);
    ret_conn->ep = out.slot;
    if (error == GPI_OK && ret_vaddr) {
        *ret_vaddr = (void *)out.vaddr;
    }
    return error;
}

int vmr_client_attach(ads_vmr_context_t *reservation, mo_client_context_t *mo, size_t offset)
{
    struct mo_info info;
    int error = GPI_CALL_OUT(mo->ep, MO_GET_INFO, &info);
    if (error != GPI_OK) {
        return error;
    }
    if (offset & ((1ul << info.page_bits) - 1)) {
        return GPI_ERR_BAD_ARGUMENT;
    }
    struct ads_attach in = {mo->ep, offset >> info.page_bits};
    return GPI_CALL_IN(reservation->ep, ADS_ATTACH, &in);
}

/* Where it is now, for who wants to know. */
static int mapped(int error, const struct ads_mapped *out, void **ret_vaddr)
{
    if (error == GPI_OK && ret_vaddr) {
        *ret_vaddr = (void *)out->vaddr;
    }
    return error;
}

int vmr_client_map(seL4_CPtr vmr_rde, void *vaddr, mo_client_context_t *mo, size_t offset, size_t pages,
                   sel4utils_reservation_type_t vmr_type, unsigned rights, void **ret_vaddr)
{
    struct ads_map in = {(seL4_Word)vaddr, pages, ads_attributes(vmr_type, 0, rights), mo->ep, offset, seL4_CapNull};
    struct ads_mapped out;
    return mapped(GPI_CALL(vmr_rde, ADS_MAP, &in, &out), &out, ret_vaddr);
}

int vmr_client_attach_no_reserve(seL4_CPtr vmr_rde, void *vaddr, mo_client_context_t *mo_cap,
                                 sel4utils_reservation_type_t vmr_type, void **ret_vaddr)
{
    return vmr_client_map(vmr_rde, vaddr, mo_cap, 0, 0, vmr_type, 0, ret_vaddr);
}

int vmr_client_map_new(seL4_CPtr vmr_rde, void *vaddr, size_t pages, size_t page_bits,
                       sel4utils_reservation_type_t vmr_type, void **ret_vaddr)
{
    struct ads_map_new in = {(seL4_Word)vaddr, pages, ads_attributes(vmr_type, page_bits, 0), seL4_CapNull};
    struct ads_mapped out;
    return mapped(GPI_CALL(vmr_rde, ADS_MAP_NEW, &in, &out), &out, ret_vaddr);
}

int vmr_client_grow(seL4_CPtr vmr_rde, void *vaddr, size_t pages, void **ret_vaddr)
{
    struct ads_grow in = {(seL4_Word)vaddr, pages};
    struct ads_mapped out;
    return mapped(GPI_CALL(vmr_rde, ADS_GROW, &in, &out), &out, ret_vaddr);
}

int vmr_client_find(seL4_CPtr vmr_rde, void *vaddr, struct ads_region *region)
{
    struct ads_at in = {(seL4_Word)vaddr};
    return GPI_CALL(vmr_rde, ADS_FIND_AT, &in, region);
}

int vmr_client_delete(ads_vmr_context_t *reservation)
{
    int error = GPI_CALL_NONE(reservation->ep, ADS_DELETE); /* with its capabilities */
    reservation->ep = error == GPI_OK ? seL4_CapNull : reservation->ep;
    return error;
}

int vmr_client_delete_by_vaddr(seL4_CPtr vmr_rde, void *vaddr)
{
    struct ads_at in = {(seL4_Word)vaddr};
    return GPI_CALL_IN(vmr_rde, ADS_UNMAP, &in);
}

int vmr_client_disconnect(ads_vmr_context_t *reservation)
{
    return gpi_free_slot(&reservation->ep);
}
