/* SPDX-License-Identifier: BSD-2-Clause */
/* The regions of a new PD. */
#include "creation.h"

#include "../self.h"

#include <elf.h>
#include <gpi/layout.h>
#include <stdlib.h>

/* Where a region goes if the configuration does not say: close to the program, so that few page tables are needed. */
void *regions_default_start(const struct plan *plan, sel4utils_reservation_type_t type)
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

/* What the program brings along. */
static bool is_loaded(const vmr_config_t *vmr, const struct plan *plan)
{
    return plan->kind == RUNTIME_FULL && vmr->share_mode == GPI_DISJOINT && !vmr->mo.ep &&
           (vmr->type == SEL4UTILS_RES_TYPE_CODE || vmr->type == SEL4UTILS_RES_TYPE_DATA);
}

/* What is needed to begin: its memory stays in hand until then. */
static bool is_runtime(const vmr_config_t *vmr)
{
    return vmr->type == SEL4UTILS_RES_TYPE_STACK || vmr->type == SEL4UTILS_RES_TYPE_IPC_BUF;
}

static int make_disjoint(const vmr_config_t *vmr, const sel4gpi_runnable_t *r, const struct plan *plan,
                         vmr_config_t *made)
{
    size_t bits = vmr->page_bits ? vmr->page_bits : MO_PAGE_BITS;
    void *start = vmr->start ? vmr->start : regions_default_start(plan, vmr->type), *at = NULL;
    bool keep = vmr->type == SEL4UTILS_RES_TYPE_STACK || vmr->type == SEL4UTILS_RES_TYPE_IPC_BUF || vmr->rights;
    int error = GPI_OK;
    if (!vmr->mo.ep && !keep) {
        error = vmr_client_map_new(r->ads.ep, start, vmr->region_pages, bits, vmr->type, &at);
    } else {
        /* What is still to be written to, or given to the CPU, has a capability for a while. */
        if (!vmr->mo.ep) {
            error = mo_component_client_connect(sel4gpi_get_rde(GPICAP_TYPE_MO), (uint32_t)vmr->region_pages, bits,
                                                &made->mo);
        }
        if (error == GPI_OK) {
            error = vmr_client_map(r->ads.ep, start, &made->mo, 0, vmr->region_pages, vmr->type, vmr->rights, &at);
        }
    }
    made->start = at;
    if (error == GPI_OK) {
        error = own(r, plan, at);
    }
    if (made->mo.ep && !vmr->mo.ep && (error != GPI_OK || !is_runtime(vmr))) {
        mo_component_client_disconnect(&made->mo);
    }
    return error;
}

/*
 * The code of this program is more than its region of that type: whatever else of it is only read goes along. Parts
 * [0, count) of it; with `undo` they go.
 */
static int share_code(const vmr_config_t *code, const sel4gpi_runnable_t *r, size_t count, bool undo)
{
    ads_client_context_t own_ads = sel4gpi_get_ads_conn(), target = r->ads;
    const Elf64_Phdr *p = (const Elf64_Phdr *)gpi_start_info.phdr;
    seL4_Word move = code->dest_start ? (seL4_Word)code->dest_start - (seL4_Word)code->start : 0;
    for (size_t i = 0; i < count; i++) {
        if (p[i].p_type != PT_LOAD || p[i].p_flags & PF_W || p[i].p_memsz == 0) {
            continue;
        }
        seL4_Word start = p[i].p_vaddr & ~((1ul << MO_PAGE_BITS) - 1);
        vmr_config_t part = {.start = (void *)start, .dest_start = (void *)(start + move), .rights = code->rights};
        int error = undo ? vmr_client_delete_by_vaddr(target.ep, part.dest_start)
                         : ads_client_shallow_copy(&own_ads, &target, &part);
        if (error != GPI_OK && !undo) {
            share_code(code, r, i, true);
            return error;
        }
    }
    return GPI_OK;
}

static int make_shared(const vmr_config_t *vmr, const sel4gpi_runnable_t *r, vmr_config_t *made)
{
    ads_client_context_t own_ads = sel4gpi_get_ads_conn(), target = r->ads;
    int error = GPI_OK;
    if (gpi_vmr_type_is_special(vmr->type) && !vmr->start) {
        error = ads_client_get_reservation(&own_ads, vmr->type, &made->start, &made->region_pages, &made->page_bits);
    }
    if (error == GPI_OK) {
        error = vmr->type == SEL4UTILS_RES_TYPE_CODE ? share_code(made, r, gpi_start_info.phnum, false)
                                                     : ads_client_shallow_copy(&own_ads, &target, made);
    }
    return error;
}

/* Where it is in the new PD. */
static void *place_of(const vmr_config_t *made)
{
    return made->share_mode == GPI_SHARED && made->dest_start ? made->dest_start : made->start;
}

static void unmake(const vmr_config_t *vmr, vmr_config_t *made, const sel4gpi_runnable_t *r, const struct plan *plan)
{
    if (is_loaded(vmr, plan)) {
        if (vmr->type == SEL4UTILS_RES_TYPE_CODE) {
            elf_unload(plan->image, r->ads.ep);
        }
    } else if (vmr->share_mode == GPI_SHARED && vmr->type == SEL4UTILS_RES_TYPE_CODE) {
        share_code(made, r, gpi_start_info.phnum, true);
    } else {
        vmr_client_delete_by_vaddr(r->ads.ep, place_of(made));
        if (made->mo.ep && !vmr->mo.ep) {
            mo_component_client_disconnect(&made->mo);
        }
    }
}

static int make(const vmr_config_t *vmr, const sel4gpi_runnable_t *r, const struct plan *plan, vmr_config_t *made)
{
    *made = *vmr;
    if (is_loaded(vmr, plan)) {
        return vmr->type == SEL4UTILS_RES_TYPE_CODE ? elf_load(plan->image, r->ads.ep) : GPI_OK;
    }
    return vmr->share_mode == GPI_SHARED ? make_shared(vmr, r, made) : make_disjoint(vmr, r, plan, made);
}

static void note(const vmr_config_t *made, runtime_context_t *context)
{
    if (made->type == SEL4UTILS_RES_TYPE_STACK) {
        context->stack_cfg = *made;
        context->stack_cfg.start = place_of(made);
    } else if (made->type == SEL4UTILS_RES_TYPE_IPC_BUF) {
        context->ipc_buf_cfg = *made;
        context->ipc_buf_cfg.start = place_of(made);
    } else if (made->type == SEL4UTILS_RES_TYPE_OSM_DATA) {
        context->osm_data = place_of(made);
    }
}

/* The OSM page, if no region of the configuration is for it. */
static int make_osm(const sel4gpi_runnable_t *r, const struct plan *plan, const mo_client_context_t *mo,
                    runtime_context_t *context)
{
    if (context->osm_data || !mo || !mo->ep || plan->kind == RUNTIME_NONE) {
        return GPI_OK;
    }
    vmr_config_t osm = {.share_mode = GPI_DISJOINT,
                        .type = SEL4UTILS_RES_TYPE_OSM_DATA,
                        .region_pages = 1,
                        .mo = *mo,
                        .rights = ADS_RIGHT_READ};
    vmr_config_t made = osm;
    int error = make_disjoint(&osm, r, plan, &made);
    context->osm_data = made.start;
    return error;
}

void regions_drop_memory(const ads_config_t *cfg, runtime_context_t *context)
{
    vmr_config_t *made[] = {&context->stack_cfg, &context->ipc_buf_cfg};
    for (size_t i = 0; i < sizeof made / sizeof made[0]; i++) {
        bool brought = false;
        for (const linked_list_node_t *node = cfg->vmr_cfgs ? cfg->vmr_cfgs->head : NULL; node; node = node->next) {
            brought = brought || ((const vmr_config_t *)node->data)->mo.ep == made[i]->mo.ep;
        }
        if (made[i]->mo.ep && !brought) {
            mo_component_client_disconnect(&made[i]->mo);
        }
    }
}

static bool has_place(const vmr_config_t *vmr, const struct plan *plan)
{
    return is_loaded(vmr, plan) || vmr->share_mode == GPI_SHARED || vmr->start ||
           regions_default_start(plan, vmr->type);
}

/* Those whose place is known first, or one that may lie anywhere would lie there. */
static int make_all(const linked_list_node_t *first, bool placed, const sel4gpi_runnable_t *r, const struct plan *plan,
                    vmr_config_t *made, runtime_context_t *context)
{
    for (const linked_list_node_t *node = first; node; node = node->next, made++) {
        if (has_place(node->data, plan) != placed) {
            continue;
        }
        vmr_config_t region;
        int error = make(node->data, r, plan, &region);
        if (error != GPI_OK) {
            return error;
        }
        *made = region;
        note(made, context);
    }
    return GPI_OK;
}

int regions_make(const ads_config_t *cfg, const sel4gpi_runnable_t *r, const struct plan *plan,
                 mo_client_context_t *osm_mo, runtime_context_t *context)
{
    const linked_list_node_t *first = cfg->vmr_cfgs ? cfg->vmr_cfgs->head : NULL;
    /* What was made: share_mode 0 if it was not. */
    vmr_config_t *made = calloc(first ? cfg->vmr_cfgs->count : 1, sizeof *made);
    *context = (runtime_context_t){.entry_point = cfg->entry_point, .loaded_elf = plan->kind == RUNTIME_FULL};
    if (!made) {
        return GPI_ERR_NO_MEMORY;
    }
    if (plan->kind == RUNTIME_FULL) {
        context->entry_point = (void *)plan->program.entry;
    }
    int error = make_all(first, true, r, plan, made, context);
    error = error ? error : make_all(first, false, r, plan, made, context);
    error = error ? error : make_osm(r, plan, osm_mo, context);
    if (error != GPI_OK) {
        vmr_config_t *region = made;
        for (const linked_list_node_t *node = first; node; node = node->next, region++) {
            if (region->share_mode) {
                unmake(node->data, region, r, plan);
            }
        }
        *context = (runtime_context_t){0};
    }
    free(made);
    return error;
}

int sel4gpi_ads_configure(ads_config_t *cfg, sel4gpi_runnable_t *runnable, mo_client_context_t *osm_data_mo,
                          runtime_context_t *ret_runtime_context)
{
    struct plan plan;
    runtime_context_t context;
    int error = check_ads(cfg, runnable, &plan);
    if (error == GPI_OK) {
        error = regions_make(cfg, runnable, &plan, osm_data_mo, &context);
    }
    if (error == GPI_OK && ret_runtime_context) {
        *ret_runtime_context = context; /* with the memory of stack and IPC buffer: the caller's from now on */
    } else if (error == GPI_OK) {
        regions_drop_memory(cfg, &context);
    }
    return error;
}

void *sel4gpi_new_sized_stack(seL4_CPtr vmr_rde, size_t n_pages, mo_client_context_t *ret_mo)
{
    char *bottom = sel4gpi_get_vmr(vmr_rde, (int)n_pages, NULL, SEL4UTILS_RES_TYPE_STACK, MO_PAGE_BITS, ret_mo);
    return bottom ? bottom + (n_pages << MO_PAGE_BITS) : NULL;
}
