/* SPDX-License-Identifier: BSD-2-Clause */
/* The regions of a new PD. */
#include "creation.h"

#include <gpi/layout.h>

/* Where a region goes if the configuration does not say: close to the program, so that few page tables are needed. */
static void *default_start(const struct plan *plan, sel4utils_reservation_type_t type)
{
    seL4_Word end = plan->kind == RUNTIME_FULL ? plan->program.end : 0;
    return end == 0                              ? NULL
           : type == SEL4UTILS_RES_TYPE_STACK    ? (void *)gpi_layout_stack(end)
           : type == SEL4UTILS_RES_TYPE_IPC_BUF  ? (void *)gpi_layout_ipc_buffer(end)
           : type == SEL4UTILS_RES_TYPE_OSM_DATA ? (void *)gpi_layout_osm(end)
           : type == SEL4UTILS_RES_TYPE_HEAP     ? (void *)GPI_LAYOUT_HEAP
                                                 : NULL;
}

/* In the creator's own space a region is the new PD's, and goes with it. */
static int own(const sel4gpi_runnable_t *r, const struct plan *plan, void *at)
{
    if (!plan->own_ads) {
        return GPI_OK;
    }
    pd_client_context_t pd = r->pd;
    int error = pd_client_own_region(&pd, r->ads.ep, at);
    if (error != GPI_OK) {
        vmr_client_delete_by_vaddr(r->ads.ep, at);
    }
    return error;
}

static int make_disjoint(const vmr_config_t *vmr, const sel4gpi_runnable_t *r, const struct plan *plan,
                         vmr_config_t *made)
{
    size_t bits = vmr->page_bits ? vmr->page_bits : MO_PAGE_BITS;
    void *start = vmr->start ? vmr->start : default_start(plan, vmr->type), *at = NULL;
    bool keep = vmr->type == SEL4UTILS_RES_TYPE_STACK || vmr->type == SEL4UTILS_RES_TYPE_IPC_BUF;
    *made = *vmr;
    int error = GPI_OK;
    if (vmr->mo.ep || keep) {
        /* What is still to be written to, or given to the CPU, has a capability for a while. */
        if (!vmr->mo.ep) {
            error = mo_component_client_connect(sel4gpi_get_rde(GPICAP_TYPE_MO), (uint32_t)vmr->region_pages, bits,
                                                &made->mo);
        }
        if (error == GPI_OK) {
            error = vmr_client_map(r->ads.ep, start, &made->mo, 0, vmr->region_pages, vmr->type, vmr->rights, &at);
            if (error != GPI_OK && !vmr->mo.ep) {
                mo_component_client_disconnect(&made->mo);
            }
        }
    } else {
        error = vmr_client_map_new(r->ads.ep, start, vmr->region_pages, bits, vmr->type, &at);
    }
    made->start = at;
    return error == GPI_OK ? own(r, plan, at) : error;
}

static int make_shared(const vmr_config_t *vmr, const sel4gpi_runnable_t *r, vmr_config_t *made)
{
    ads_client_context_t own_ads = sel4gpi_get_ads_conn(), target = r->ads;
    *made = *vmr;
    int error = GPI_OK;
    if (!made->start || vmr->type == SEL4UTILS_RES_TYPE_STACK) {
        size_t pages, bits;
        void *start;
        error = ads_client_get_reservation(&own_ads, vmr->type, &start, &pages, &bits);
        made->start = made->start ? made->start : start;
        made->region_pages = pages;
    }
    if (error == GPI_OK) {
        error = ads_client_shallow_copy(&own_ads, &target, made);
    }
    made->start = made->dest_start ? made->dest_start : made->start;
    return error;
}

int regions_make(const ads_config_t *cfg, const sel4gpi_runnable_t *r, const struct plan *plan,
                 mo_client_context_t *osm_mo, runtime_context_t *context)
{
    *context = (runtime_context_t){.entry_point = cfg->entry_point, .loaded_elf = plan->kind == RUNTIME_FULL};
    int error = GPI_OK;
    bool osm_made = false;
    for (const linked_list_node_t *node = cfg->vmr_cfgs ? cfg->vmr_cfgs->head : NULL; node && error == GPI_OK;
         node = node->next) {
        const vmr_config_t *vmr = node->data;
        vmr_config_t made = *vmr;
        bool code = vmr->type == SEL4UTILS_RES_TYPE_CODE && vmr->share_mode == GPI_DISJOINT && !vmr->mo.ep;
        bool data = vmr->type == SEL4UTILS_RES_TYPE_DATA && vmr->share_mode == GPI_DISJOINT && !vmr->mo.ep &&
                    plan->kind == RUNTIME_FULL;
        if (code) {
            error = elf_load(plan->image, r->ads.ep);
            context->entry_point = (void *)plan->program.entry;
        } else if (!data) {
            error = vmr->share_mode == GPI_SHARED ? make_shared(vmr, r, &made) : make_disjoint(vmr, r, plan, &made);
        }
        if (error != GPI_OK) {
            break;
        }
        osm_made = osm_made || vmr->type == SEL4UTILS_RES_TYPE_OSM_DATA;
        if (vmr->type == SEL4UTILS_RES_TYPE_STACK) {
            context->stack_cfg = made;
        } else if (vmr->type == SEL4UTILS_RES_TYPE_IPC_BUF) {
            context->ipc_buf_cfg = made;
        } else if (vmr->type == SEL4UTILS_RES_TYPE_OSM_DATA) {
            context->osm_data = made.start;
        }
    }
    if (error == GPI_OK && !osm_made && osm_mo && osm_mo->ep && plan->kind != RUNTIME_NONE) {
        vmr_config_t osm = {.share_mode = GPI_DISJOINT,
                            .type = SEL4UTILS_RES_TYPE_OSM_DATA,
                            .region_pages = 1,
                            .mo = *osm_mo,
                            .rights = ADS_RIGHT_READ},
                     made;
        error = make_disjoint(&osm, r, plan, &made);
        context->osm_data = made.start;
    }
    return error;
}

int sel4gpi_ads_configure(ads_config_t *cfg, sel4gpi_runnable_t *runnable, mo_client_context_t *osm_data_mo,
                          runtime_context_t *ret_runtime_context)
{
    pd_config_t whole = {.ads_cfg = *cfg};
    sel4gpi_runnable_t r = *runnable;
    struct plan plan;
    /* Only the regions matter here: what else a PD needs may be missing. */
    whole.ads_cfg.entry_point = cfg->entry_point ? cfg->entry_point : (void *)1;
    r.pd.ep = r.pd.ep ? r.pd.ep : sel4gpi_get_pd_conn().ep;
    r.cpu.ep = r.cpu.ep ? r.cpu.ep : sel4gpi_get_cpu_conn().ep;
    int error = check_config(&whole, &r, &plan);
    runtime_context_t context;
    if (error == GPI_OK) {
        error = regions_make(cfg, &r, &plan, osm_data_mo, &context);
    }
    if (error == GPI_OK && ret_runtime_context) {
        *ret_runtime_context = context;
    }
    return error;
}

void *sel4gpi_new_sized_stack(seL4_CPtr vmr_rde, size_t n_pages, mo_client_context_t *ret_mo)
{
    char *bottom = sel4gpi_get_vmr(vmr_rde, (int)n_pages, NULL, SEL4UTILS_RES_TYPE_STACK, MO_PAGE_BITS, ret_mo);
    return bottom ? bottom + (n_pages << MO_PAGE_BITS) : NULL;
}
