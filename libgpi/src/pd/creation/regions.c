/* SPDX-License-Identifier: BSD-2-Clause */
/* The regions of a new PD. */
#include "creation.h"

#include "../self.h"

#include <elf.h>
#include <gpi/layout.h>
#include <gpi/proto/mo.h>
#include <gpi/proto/pd.h>
#include <stdlib.h>
#include <string.h>

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

struct part *making_add(struct making *making)
{
    struct part *part = &making->part[making->count++];
    *part = (struct part){.region.type = SEL4UTILS_RES_TYPE_NONE};
    return part;
}

/* What the program brings along. */
static bool is_loaded(const vmr_config_t *vmr, const struct plan *plan)
{
    return plan->kind == RUNTIME_FULL && vmr->share_mode == GPI_DISJOINT && !vmr->mo.ep &&
           (vmr->type == SEL4UTILS_RES_TYPE_CODE || vmr->type == SEL4UTILS_RES_TYPE_DATA);
}

static bool is_runtime(const vmr_config_t *vmr)
{
    return vmr->type == SEL4UTILS_RES_TYPE_STACK || vmr->type == SEL4UTILS_RES_TYPE_IPC_BUF;
}

/* Memory that has a capability, and the upper end of it shown here if it is to be written. */
static void map_object(struct making *making, struct part *part, seL4_Word start, seL4_CPtr owner)
{
    gpi_batch_t *batch = &making->batch;
    const vmr_config_t *vmr = &part->region;
    const seL4_CPtr *mo = vmr->mo.ep ? &vmr->mo.ep : &part->mo.ep;
    if (!vmr->mo.ep) {
        struct mo_create in = {vmr->region_pages, vmr->page_bits, 0, 0};
        seL4_CPtr rde = sel4gpi_get_rde(GPICAP_TYPE_MO);
        GPI_BATCH_ADD(batch, &rde, MO_CREATE, &in, &part->mo);
    }
    struct ads_map in = {start, vmr->region_pages, ads_attributes(vmr->type, 0, vmr->rights), 0, 0, owner};
    gpi_batch_add(batch, &making->ads, ADS_MAP, &in, GPI_WORDS(in), &part->at.vaddr, 1);
    gpi_batch_use(batch, 3, mo);
    if (vmr->type == SEL4UTILS_RES_TYPE_STACK && making->view_pages) {
        struct ads_map view = {0,
                               making->view_pages,
                               ads_attributes(SEL4UTILS_RES_TYPE_GENERIC, 0, 0),
                               0,
                               vmr->region_pages - making->view_pages,
                               seL4_CapNull};
        gpi_batch_add(batch, &making->own_ads, ADS_MAP, &view, GPI_WORDS(view), &part->at.view, 1);
        gpi_batch_use(batch, 3, mo);
    }
}

/* Memory that belongs to the region alone. */
static void map_new(struct making *making, struct part *part, seL4_Word start, seL4_CPtr owner)
{
    const vmr_config_t *vmr = &part->region;
    seL4_Word attributes = ads_attributes(vmr->type, vmr->page_bits, vmr->rights);
    if (vmr->type == SEL4UTILS_RES_TYPE_STACK && making->view_pages) {
        struct ads_map_shown in = {start,
                                   vmr->region_pages,
                                   attributes,
                                   making->own_ads,
                                   vmr->region_pages - making->view_pages,
                                   making->view_pages};
        GPI_BATCH_ADD(&making->batch, &making->ads, ADS_MAP_SHOWN, &in, &part->at);
    } else {
        struct ads_map_new in = {start, vmr->region_pages, attributes, owner};
        gpi_batch_add(&making->batch, &making->ads, ADS_MAP_NEW, &in, GPI_WORDS(in), &part->at.vaddr, 1);
    }
}

static void ask_disjoint(struct making *making, const vmr_config_t *vmr, const sel4gpi_runnable_t *r,
                         const struct plan *plan)
{
    struct part *part = making_add(making);
    seL4_Word start = (seL4_Word)(vmr->start ? vmr->start : regions_default_start(plan, vmr->type));
    /* In the creator's own space a region is the new PD's, and goes with it. */
    seL4_CPtr owner = plan->own_ads ? r->pd.ep : seL4_CapNull;
    part->region = *vmr;
    part->region.page_bits = vmr->page_bits ? vmr->page_bits : MO_PAGE_BITS;
    if (vmr->mo.ep || (making->keep_memory && is_runtime(vmr))) {
        map_object(making, part, start, owner);
    } else {
        map_new(making, part, start, owner);
    }
}

static void share(struct making *making, struct part *part, const struct ads_share *in)
{
    gpi_batch_add(&making->batch, &making->own_ads, ADS_SHARE, in, GPI_WORDS(*in), &part->at.vaddr, 1);
}

/* The code of this program is more than its region of that type: whatever else of it is only read goes along. */
static void share_code(struct making *making, const vmr_config_t *code)
{
    const Elf64_Phdr *p = (const Elf64_Phdr *)gpi_start_info.phdr;
    seL4_Word move = code->dest_start ? (seL4_Word)code->dest_start - (seL4_Word)code->start : 0;
    for (size_t i = 0; i < gpi_start_info.phnum; i++) {
        if (p[i].p_type != PT_LOAD || p[i].p_flags & PF_W || p[i].p_memsz == 0) {
            continue;
        }
        seL4_Word start = p[i].p_vaddr & ~((1ul << MO_PAGE_BITS) - 1);
        struct ads_share in = {making->ads, start, 0, start + move, code->rights};
        share(making, making_add(making), &in);
    }
}

/* Of some it has to be known where they are and how long. */
static int complete(vmr_config_t *vmr)
{
    ads_client_context_t own_ads = sel4gpi_get_ads_conn();
    bool needed = is_runtime(vmr) || (vmr->type == SEL4UTILS_RES_TYPE_CODE && vmr->dest_start);
    return needed && !vmr->start
               ? ads_client_get_reservation(&own_ads, vmr->type, &vmr->start, &vmr->region_pages, &vmr->page_bits)
               : GPI_OK;
}

static int ask_shared(struct making *making, const vmr_config_t *vmr)
{
    vmr_config_t region = *vmr;
    int error = complete(&region);
    if (error == GPI_OK && vmr->type == SEL4UTILS_RES_TYPE_CODE) {
        share_code(making, &region);
    } else if (error == GPI_OK) {
        struct part *part = making_add(making);
        struct ads_share in = {making->ads, (seL4_Word)region.start, region.type, (seL4_Word)region.dest_start,
                               region.rights};
        part->region = region;
        share(making, part, &in);
    }
    return error;
}

static bool has_place(const vmr_config_t *vmr, const struct plan *plan)
{
    return is_loaded(vmr, plan) || vmr->share_mode == GPI_SHARED || vmr->start ||
           regions_default_start(plan, vmr->type);
}

/* Those whose place is known first, or one that may lie anywhere would lie there. */
static int ask_all(const linked_list_node_t *first, bool placed, const sel4gpi_runnable_t *r, const struct plan *plan,
                   struct making *making)
{
    int error = GPI_OK;
    for (const linked_list_node_t *node = first; node && error == GPI_OK; node = node->next) {
        const vmr_config_t *vmr = node->data;
        if (has_place(vmr, plan) != placed) {
            continue;
        }
        if (is_loaded(vmr, plan)) {
            if (vmr->type == SEL4UTILS_RES_TYPE_CODE) {
                elf_load(plan->image, making);
            }
        } else if (vmr->share_mode == GPI_SHARED) {
            error = ask_shared(making, vmr);
        } else {
            ask_disjoint(making, vmr, r, plan);
        }
    }
    return error;
}

static const vmr_config_t *find_type(const linked_list_node_t *node, sel4utils_reservation_type_t type)
{
    while (node && ((const vmr_config_t *)node->data)->type != type) {
        node = node->next;
    }
    return node ? node->data : NULL;
}

int regions_ask(const ads_config_t *cfg, const sel4gpi_runnable_t *r, const struct plan *plan,
                const mo_client_context_t *osm_mo, struct making *making)
{
    const linked_list_node_t *first = cfg->vmr_cfgs ? cfg->vmr_cfgs->head : NULL;
    size_t most = (first ? cfg->vmr_cfgs->count : 0) + 1 + gpi_start_info.phnum;
    most += plan->image ? elf_segments(plan->image) : 0;
    making->ads = r->ads.ep;
    making->own_ads = sel4gpi_get_ads_conn().ep;
    making->count = 0;
    making->part = malloc(most * sizeof *making->part);
    if (!making->part) {
        return GPI_ERR_NO_MEMORY;
    }
    int error = ask_all(first, true, r, plan, making);
    error = error ? error : ask_all(first, false, r, plan, making);
    /* The OSM page, if no region of the configuration is for it. */
    if (error == GPI_OK && osm_mo && osm_mo->ep && plan->kind != RUNTIME_NONE &&
        !find_type(first, SEL4UTILS_RES_TYPE_OSM_DATA)) {
        vmr_config_t osm = {.share_mode = GPI_DISJOINT,
                            .type = SEL4UTILS_RES_TYPE_OSM_DATA,
                            .region_pages = 1,
                            .mo = *osm_mo,
                            .rights = ADS_RIGHT_READ};
        ask_disjoint(making, &osm, r, plan);
    }
    return error;
}

void regions_fill(const ads_config_t *cfg, struct plan *plan, const struct making *making, runtime_context_t *context)
{
    *context = (runtime_context_t){.entry_point = cfg->entry_point, .loaded_elf = plan->kind == RUNTIME_FULL};
    if (plan->kind == RUNTIME_FULL) {
        context->entry_point = (void *)plan->program.entry;
    }
    for (size_t i = 0; i < making->count; i++) {
        const struct part *part = &making->part[i];
        if (part->data) {
            memcpy((char *)part->at.view + part->offset, part->data, part->size);
        }
        if (part->region.type == SEL4UTILS_RES_TYPE_OSM_DATA) {
            context->osm_data = (void *)part->at.vaddr;
        } else if (part->region.type == SEL4UTILS_RES_TYPE_HEAP) {
            plan->heap = part->at.vaddr;
            plan->heap_pages = part->region.region_pages;
        } else if (is_runtime(&part->region)) {
            vmr_config_t *made =
                part->region.type == SEL4UTILS_RES_TYPE_STACK ? &context->stack_cfg : &context->ipc_buf_cfg;
            *made = part->region;
            made->start = (void *)part->at.vaddr;
            made->mo = made->mo.ep ? made->mo : part->mo;
        }
    }
}

void regions_ask_close(struct making *making)
{
    for (size_t i = 0; i < making->count; i++) {
        if (making->part[i].at.view) {
            struct ads_at in = {making->part[i].at.view};
            GPI_BATCH_ADD_IN(&making->batch, &making->own_ads, ADS_UNMAP, &in);
        }
    }
}

void regions_closed(struct making *making, unsigned done)
{
    for (size_t i = 0; i < making->count && done > 0; i++) {
        if (making->part[i].at.view) {
            making->part[i].at.view = 0;
            done--;
        }
    }
}

void regions_undo(struct making *making)
{
    for (size_t i = making->count; i-- > 0;) {
        struct part *part = &making->part[i];
        if (part->at.view) {
            vmr_client_delete_by_vaddr(making->own_ads, (void *)part->at.view);
        }
        if (part->at.vaddr) {
            vmr_client_delete_by_vaddr(making->ads, (void *)part->at.vaddr);
        }
        if (part->mo.ep) {
            mo_component_client_disconnect(&part->mo);
        }
    }
    making->count = 0;
}

void regions_free(struct making *making)
{
    free(making->part);
    making->part = NULL;
    making->count = 0;
}

int regions_make(const ads_config_t *cfg, const sel4gpi_runnable_t *r, struct plan *plan,
                 const mo_client_context_t *osm_mo, struct making *making, runtime_context_t *context)
{
    gpi_batch_begin(&making->batch);
    int error = regions_ask(cfg, r, plan, osm_mo, making);
    error = error ? error : gpi_batch_run(&making->batch);
    if (error == GPI_OK) {
        regions_fill(cfg, plan, making, context);
        gpi_batch_begin(&making->batch);
        regions_ask_close(making);
        error = gpi_batch_run(&making->batch);
        regions_closed(making, making->batch.done);
    }
    if (error != GPI_OK) {
        regions_undo(making);
    }
    return error;
}

int sel4gpi_ads_configure(ads_config_t *cfg, sel4gpi_runnable_t *runnable, mo_client_context_t *osm_data_mo,
                          runtime_context_t *ret_runtime_context)
{
    struct plan plan;
    runtime_context_t context;
    struct making making = {.keep_memory = ret_runtime_context != NULL};
    int error = check_ads(cfg, runnable, &plan);
    if (error == GPI_OK) {
        error = regions_make(cfg, runnable, &plan, osm_data_mo, &making, &context);
    }
    if (error == GPI_OK && ret_runtime_context) {
        *ret_runtime_context = context; /* with the memory of stack and IPC buffer: the caller's from now on */
    }
    regions_free(&making);
    return error;
}

void *sel4gpi_new_sized_stack(seL4_CPtr vmr_rde, size_t n_pages, mo_client_context_t *ret_mo)
{
    char *bottom = sel4gpi_get_vmr(vmr_rde, (int)n_pages, NULL, SEL4UTILS_RES_TYPE_STACK, MO_PAGE_BITS, ret_mo);
    return bottom ? bottom + (n_pages << MO_PAGE_BITS) : NULL;
}
