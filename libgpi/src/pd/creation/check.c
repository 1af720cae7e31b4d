/* SPDX-License-Identifier: BSD-2-Clause */
/* All of a configuration is looked at before anything is made. */
#include "creation.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ADDRESS_BITS = 47, GUEST_ADDRESS_BITS = 40 };
#define NO_INDEX SIZE_MAX

static __thread char why[160];

const char *sel4gpi_config_error(void)
{
    return why;
}

int config_refuse(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why, sizeof why, format, arguments);
    va_end(arguments);
    return GPI_ERR_BAD_ARGUMENT;
}

static const char *const types[SEL4UTILS_RES_TYPE_COUNT] = {
    "NONE", "CODE", "DATA", "STACK", "HEAP", "IPC_BUF", "OSM_DATA", "SHARED_FRAMES", "DEVICE", "GENERIC"};

/* A region under examination. */
struct region {
    size_t index;
    const vmr_config_t *vmr;
    const ads_config_t *cfg;
    const struct plan *plan;
    size_t bits, pages;
    seL4_Word start; /* where it will be; 0: anywhere */
};

static bool loads_program(const vmr_config_t *vmr)
{
    return vmr->type == SEL4UTILS_RES_TYPE_CODE && vmr->share_mode == GPI_DISJOINT && !vmr->mo.ep;
}

/* The capability that a field names is what it should be. */
static int check_cap(const char *field, size_t index, seL4_CPtr slot, gpi_cap_t type, struct pd_cap_info *info)
{
    static const char *const names[] = {
        [GPICAP_TYPE_ADS] = "address space", [GPICAP_TYPE_MO] = "memory object",
        [GPICAP_TYPE_CPU] = "CPU",           [GPICAP_TYPE_PD] = "PD",
        [GPICAP_TYPE_EP] = "endpoint",
    };
    pd_client_context_t self = sel4gpi_get_pd_conn();
    int error = pd_client_cap_info(&self, slot, info);
    if (error != GPI_OK || info->type != type) {
        char which[24] = "";
        if (index != NO_INDEX) {
            snprintf(which, sizeof which, "[%zu]", index);
        }
        const char *dot = strchr(field, '.');
        int head = dot ? (int)(dot - field) : (int)strlen(field);
        return config_refuse("%.*s%s%s: slot %lu is not %s %s", head, field, which, dot ? dot : "", (unsigned long)slot,
                             type == GPICAP_TYPE_EP || type == GPICAP_TYPE_ADS ? "an" : "a", names[type]);
    }
    return GPI_OK;
}

static int check_shared(struct region *region)
{
    const vmr_config_t *vmr = region->vmr;
    struct ads_region found;
    if (region->plan->own_ads) {
        return config_refuse(
            "vmr_cfgs[%zu].share_mode: the address space is the creator's own, nothing in it can be SHARED",
            region->index);
    }
    if (vmr->mo.ep) {
        return config_refuse("vmr_cfgs[%zu].mo: a SHARED region brings its memory along", region->index);
    }
    if (!gpi_vmr_type_is_special(vmr->type) && (!vmr->start || !vmr->region_pages)) {
        return config_refuse("vmr_cfgs[%zu].%s: SHARED regions of type %s are found by start and region_pages",
                             region->index, vmr->start ? "region_pages" : "start", types[vmr->type]);
    }
    if (vmr->start) {
        if (vmr_client_find(sel4gpi_get_bound_vmr_rde(), vmr->start, &found) != GPI_OK ||
            found.vaddr != (seL4_Word)vmr->start) {
            return config_refuse("vmr_cfgs[%zu].start: no region of the creator begins at %p", region->index,
                                 vmr->start);
        }
    } else {
        ads_client_context_t own = sel4gpi_get_ads_conn();
        void *start;
        size_t bits;
        if (ads_client_get_reservation(&own, vmr->type, &start, &found.pages, &bits) != GPI_OK) {
            return config_refuse("vmr_cfgs[%zu].type: the creator has no region of type %s", region->index,
                                 types[vmr->type]);
        }
        found.vaddr = (seL4_Word)start;
        found.attributes = ads_attributes(vmr->type, bits, 0);
    }
    if (vmr->region_pages && vmr->region_pages != found.pages) {
        return config_refuse("vmr_cfgs[%zu].region_pages: %lu, but the creator's region has %lu", region->index,
                             (unsigned long)vmr->region_pages, (unsigned long)found.pages);
    }
    region->bits = ADS_ATTR_PAGE_BITS(found.attributes);
    region->pages = found.pages;
    region->start = vmr->dest_start ? (seL4_Word)vmr->dest_start : found.vaddr;
    if (region->start & ((1ul << region->bits) - 1)) {
        return config_refuse("vmr_cfgs[%zu].dest_start: %p is not aligned to its pages", region->index,
                             vmr->dest_start);
    }
    return GPI_OK;
}

static int check_memory(const struct region *region)
{
    struct pd_cap_info info;
    const vmr_config_t *vmr = region->vmr;
    int error = check_cap("vmr_cfgs.mo", region->index, vmr->mo.ep, GPICAP_TYPE_MO, &info);
    if (error != GPI_OK) {
        return error;
    }
    if ((info.detail & 0xff) != region->bits) {
        return config_refuse("vmr_cfgs[%zu].page_bits: %zu, but the memory object has pages of 2^%lu", region->index,
                             region->bits, (unsigned long)(info.detail & 0xff));
    }
    if (info.detail >> 8 < region->pages) {
        return config_refuse("vmr_cfgs[%zu].region_pages: %zu, but the memory object has %lu", region->index,
                             region->pages, (unsigned long)(info.detail >> 8));
    }
    if ((vmr->rights ? vmr->rights & ADS_RIGHT_WRITE : vmr->type != SEL4UTILS_RES_TYPE_CODE) &&
        !(info.rights & GPI_RIGHT_WRITE)) {
        return config_refuse("vmr_cfgs[%zu].rights: the memory object may only be read", region->index);
    }
    return GPI_OK;
}

static int check_disjoint(struct region *region)
{
    const vmr_config_t *vmr = region->vmr;
    size_t bits = vmr->page_bits ? vmr->page_bits : MO_PAGE_BITS;
    if (bits != MO_PAGE_BITS && bits != MO_LARGE_PAGE_BITS && bits != MO_HUGE_PAGE_BITS) {
        return config_refuse("vmr_cfgs[%zu].page_bits: %zu is no page size (12, 21, 30)", region->index,
                             vmr->page_bits);
    }
    if ((uintptr_t)vmr->start & ((1ul << bits) - 1)) {
        return config_refuse("vmr_cfgs[%zu].start: %p is not aligned to its pages", region->index, vmr->start);
    }
    if (loads_program(vmr)) {
        return region->cfg->image_name
                   ? GPI_OK
                   : config_refuse("ads_cfg.image_name: a DISJOINT region of type CODE needs a program");
    }
    if (vmr->type == SEL4UTILS_RES_TYPE_DATA && region->plan->kind == RUNTIME_FULL && !vmr->mo.ep) {
        return GPI_OK; /* the program's */
    }
    if (!vmr->region_pages) {
        return config_refuse("vmr_cfgs[%zu].region_pages: a DISJOINT region of type %s needs a size", region->index,
                             types[vmr->type]);
    }
    if (vmr->region_pages > 1ul << (ADDRESS_BITS - bits)) {
        return config_refuse("vmr_cfgs[%zu].region_pages: %lu is more than fits into an address space", region->index,
                             (unsigned long)vmr->region_pages);
    }
    region->bits = bits;
    region->pages = vmr->region_pages;
    region->start = (seL4_Word)(vmr->start ? vmr->start : regions_default_start(region->plan, vmr->type));
    return vmr->mo.ep ? check_memory(region) : GPI_OK;
}

/* What a new PD begins with, it has to have for itself. */
static int check_runtime(const struct region *region)
{
    const vmr_config_t *vmr = region->vmr;
    if (vmr->type != SEL4UTILS_RES_TYPE_STACK && vmr->type != SEL4UTILS_RES_TYPE_IPC_BUF) {
        return GPI_OK;
    }
    if (vmr->share_mode == GPI_SHARED) {
        return config_refuse("vmr_cfgs[%zu].share_mode: a new PD needs a region of type %s of its own", region->index,
                             types[vmr->type]);
    }
    if (region->bits != MO_PAGE_BITS || (vmr->type == SEL4UTILS_RES_TYPE_IPC_BUF && region->pages != 1)) {
        return config_refuse("vmr_cfgs[%zu].%s: a region of type %s is made of %s", region->index,
                             region->bits != MO_PAGE_BITS ? "page_bits" : "region_pages", types[vmr->type],
                             vmr->type == SEL4UTILS_RES_TYPE_STACK ? "small pages" : "one small page");
    }
    return GPI_OK;
}

static int check_region(struct region *region)
{
    const vmr_config_t *vmr = region->vmr;
    if (vmr->type <= SEL4UTILS_RES_TYPE_NONE || vmr->type >= SEL4UTILS_RES_TYPE_COUNT) {
        return config_refuse("vmr_cfgs[%zu].type: %d is no type of region", region->index, (int)vmr->type);
    }
    if (vmr->share_mode != GPI_SHARED && vmr->share_mode != GPI_DISJOINT) {
        return config_refuse("vmr_cfgs[%zu].share_mode: %s", region->index,
                             sel4gpi_share_degree_to_str(vmr->share_mode));
    }
    if (vmr->rights & ~(unsigned)(ADS_RIGHT_READ | ADS_RIGHT_WRITE | ADS_RIGHT_EXECUTE)) {
        return config_refuse("vmr_cfgs[%zu].rights: %#x are none", region->index, vmr->rights);
    }
    int error = vmr->share_mode == GPI_SHARED ? check_shared(region) : check_disjoint(region);
    if (error == GPI_OK && region->plan->whole && region->plan->kind != RUNTIME_NONE) {
        error = check_runtime(region);
    }
    unsigned limit = region->plan->kind == RUNTIME_NONE ? GUEST_ADDRESS_BITS : ADDRESS_BITS;
    if (error == GPI_OK && region->start && region->pages &&
        (region->pages << region->bits > 1ul << limit ||
         region->start > (1ul << limit) - (region->pages << region->bits))) {
        return config_refuse("vmr_cfgs[%zu].%s: %#lx is beyond the end of the address space", region->index,
                             vmr->share_mode == GPI_SHARED ? "dest_start" : "start", (unsigned long)region->start);
    }
    return error;
}

/* Its first and last byte, a stack's guard page included; false if its place is not known yet. */
static bool extent(const struct region *region, seL4_Word *first, seL4_Word *last)
{
    if (!region->start || !region->pages) {
        return false;
    }
    *first = region->start - (region->vmr->type == SEL4UTILS_RES_TYPE_STACK ? 1ul << MO_PAGE_BITS : 0);
    *last = region->start + (region->pages << region->bits) - 1;
    return true;
}

static int check_overlap(const struct region *regions, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        seL4_Word first, last, other_first, other_last;
        if (!extent(&regions[i], &first, &last)) {
            continue;
        }
        const struct plan *plan = regions[i].plan;
        if (plan->kind == RUNTIME_FULL && last >= plan->program.start && first < plan->program.end) {
            return config_refuse("vmr_cfgs[%zu].start: %#lx is where the program is", i,
                                 (unsigned long)regions[i].start);
        }
        for (size_t k = 0; k < i; k++) {
            if (extent(&regions[k], &other_first, &other_last) && first <= other_last && other_first <= last) {
                return config_refuse("vmr_cfgs[%zu].start: the region lies where vmr_cfgs[%zu] is", i, k);
            }
        }
    }
    return GPI_OK;
}

static int check_each(const ads_config_t *cfg, const struct plan *plan, struct region *regions, bool *seen)
{
    size_t index = 0;
    for (const linked_list_node_t *node = cfg->vmr_cfgs ? cfg->vmr_cfgs->head : NULL; node;
         node = node->next, index++) {
        const vmr_config_t *vmr = node->data;
        regions[index] = (struct region){.index = index, .vmr = vmr, .cfg = cfg, .plan = plan};
        int error = check_region(&regions[index]);
        if (error == GPI_OK && gpi_vmr_type_is_special(vmr->type) && seen[vmr->type]) {
            error = config_refuse("vmr_cfgs[%zu].type: a second region of type %s", index, types[vmr->type]);
        }
        if (error != GPI_OK) {
            return error;
        }
        seen[vmr->type] = true;
    }
    return check_overlap(regions, index);
}

static int check_regions(const ads_config_t *cfg, const struct plan *plan)
{
    bool seen[SEL4UTILS_RES_TYPE_COUNT] = {false};
    struct region *regions = calloc(cfg->vmr_cfgs ? cfg->vmr_cfgs->count + 1 : 1, sizeof *regions);
    if (!regions) {
        return GPI_ERR_NO_MEMORY;
    }
    int error = check_each(cfg, plan, regions, seen);
    free(regions);
    return error;
}

static int check_rdes(const pd_config_t *cfg)
{
    size_t index = 0;
    for (const linked_list_node_t *node = cfg->rde_cfg ? cfg->rde_cfg->head : NULL; node; node = node->next, index++) {
        const rde_config_t *rde = node->data;
        if (!sel4gpi_get_rde_by_space_id(rde->space_id, rde->type)) {
            return config_refuse("rde_cfg[%zu]: the creator itself cannot ask for type %lu of space %lu", index,
                                 (unsigned long)rde->type, (unsigned long)rde->space_id);
        }
    }
    index = 0;
    for (const linked_list_node_t *node = cfg->gpi_res_type_cfg ? cfg->gpi_res_type_cfg->head : NULL; node;
         node = node->next, index++) {
        gpi_cap_t type = ((const gpi_res_type_config_t *)node->data)->type;
        /* The root task knows the names of the others. */
        if (type == GPICAP_TYPE_NONE || type == GPICAP_TYPE_VMR ||
            (type >= GPICAP_TYPE_CORE_END && !sel4gpi_get_resource_type_name(type))) {
            return config_refuse("gpi_res_type_cfg[%zu]: resources of type %lu cannot be shared in bulk", index,
                                 (unsigned long)type);
        }
    }
    return GPI_OK;
}

static int check_links(const pd_config_t *cfg, const sel4gpi_runnable_t *r)
{
    size_t index = 0;
    for (const linked_list_node_t *node = cfg->linked_pds ? cfg->linked_pds->head : NULL; node;
         node = node->next, index++) {
        struct pd_cap_info info;
        const pd_client_context_t *linked = node->data;
        int error = check_cap("linked_pds", index, linked->ep, GPICAP_TYPE_PD, &info);
        if (error != GPI_OK) {
            return error;
        }
        if (linked->ep == r->pd.ep || linked->ep == sel4gpi_get_pd_conn().ep) {
            return config_refuse("linked_pds[%zu]: %s", index,
                                 linked->ep == r->pd.ep ? "the new PD itself" : "the creator");
        }
    }
    return GPI_OK;
}

static int check_fault_ep(const char *field, size_t index, const ep_client_context_t *ep)
{
    struct pd_cap_info info;
    int error = check_cap(field, index, ep->ep, GPICAP_TYPE_EP, &info);
    return error == GPI_OK && info.detail != EP_KIND_ENDPOINT
               ? config_refuse("%s: not an endpoint, but a notification or a reply object", field)
               : error;
}

static int check_more_cpus(const pd_config_t *cfg)
{
    size_t index = 0;
    int error = GPI_OK;
    if (cfg->more_cpus && cfg->more_cpus->head && !cfg->elevated_cpu) {
        return config_refuse("more_cpus: only a guest has more than one");
    }
    for (const linked_list_node_t *node = cfg->more_cpus ? cfg->more_cpus->head : NULL; node && error == GPI_OK;
         node = node->next, index++) {
        struct pd_cap_info info;
        const cpu_config_t *more = node->data;
        error = check_cap("more_cpus.cpu", index, more->cpu.ep, GPICAP_TYPE_CPU, &info);
        if (error == GPI_OK && more->fault_ep.ep) {
            error = check_fault_ep("more_cpus.fault_ep", index, &more->fault_ep);
        }
    }
    return error;
}

static int check_cpu(const pd_config_t *cfg, const sel4gpi_runnable_t *r)
{
    struct pd_cap_info info;
    struct pd_info self_info;
    pd_client_context_t self = sel4gpi_get_pd_conn();
    int error = GPI_OK;
    if (cfg->cpu_prio < 0 || cfg->cpu_prio > seL4_MaxPrio) {
        return config_refuse("cpu_prio: %d is not between 0 and %d", cfg->cpu_prio, seL4_MaxPrio);
    }
    if (cfg->cpu_prio && pd_client_get_info(&self, &self_info) == GPI_OK &&
        (seL4_Word)cfg->cpu_prio > self_info.priority_limit) {
        return config_refuse("cpu_prio: %d is above the creator's limit, %lu", cfg->cpu_prio,
                             (unsigned long)self_info.priority_limit);
    }
    if (cfg->fault_ep.ep) {
        error = check_fault_ep("fault_ep", NO_INDEX, &cfg->fault_ep);
    }
    if (error == GPI_OK && cfg->elevated_cpu) {
        error = check_cap("runnable.ads", NO_INDEX, r->ads.ep, GPICAP_TYPE_ADS, &info);
        if (error == GPI_OK && !info.detail) {
            error = config_refuse("elevated_cpu: the address space is not a guest's (ads_client_connect_stage2)");
        }
    }
    return error;
}

/* How it will begin follows from where its code comes from. */
static int find_kind(const pd_config_t *cfg, struct plan *plan)
{
    bool shared = plan->own_ads, loaded = false;
    for (const linked_list_node_t *node = cfg->ads_cfg.vmr_cfgs ? cfg->ads_cfg.vmr_cfgs->head : NULL; node;
         node = node->next) {
        const vmr_config_t *vmr = node->data;
        shared = shared || (vmr->type == SEL4UTILS_RES_TYPE_CODE && vmr->share_mode == GPI_SHARED);
        loaded = loaded || loads_program(vmr);
    }
    plan->kind = cfg->elevated_cpu ? RUNTIME_NONE : loaded ? RUNTIME_FULL : shared ? RUNTIME_TLS : RUNTIME_NONE;
    plan->joins = plan->kind == RUNTIME_TLS;
    if (plan->kind != RUNTIME_FULL) {
        return cfg->ads_cfg.entry_point || !plan->whole
                   ? GPI_OK
                   : config_refuse("ads_cfg.entry_point: where to begin, if no program is loaded?");
    }
    int error = GPI_OK;
    if (plan->own_ads) {
        return config_refuse("ads_cfg.image_name: a program needs an address space of its own");
    }
    if (!cfg->ads_cfg.image_name) {
        return config_refuse("ads_cfg.image_name: a DISJOINT region of type CODE needs a program");
    }
    plan->image = image_open(cfg->ads_cfg.image_name, &error);
    if (plan->image) {
        plan->program = plan->image->program;
    } else if (error != GPI_ERR_BAD_ARGUMENT) { /* which has told more */
        config_refuse("ads_cfg.image_name: \"%s\": %s", cfg->ads_cfg.image_name, gpi_strerror(error));
    }
    return error;
}

int check_ads(const ads_config_t *cfg, const sel4gpi_runnable_t *r, struct plan *plan)
{
    pd_config_t whole = {.ads_cfg = *cfg};
    why[0] = '\0';
    *plan = (struct plan){.own_ads = r->ads.ep == sel4gpi_get_ads_conn().ep};
    if (cfg->incomplete) {
        config_refuse("vmr_cfgs: memory ran out while the configuration was put together");
        return GPI_ERR_NO_MEMORY;
    }
    if (!r->ads.ep) {
        return config_refuse("runnable.ads: missing");
    }
    int error = find_kind(&whole, plan);
    return error == GPI_OK ? check_regions(cfg, plan) : error;
}

static const vmr_config_t *region_of(const ads_config_t *cfg, sel4utils_reservation_type_t type)
{
    const linked_list_node_t *node = cfg->vmr_cfgs ? cfg->vmr_cfgs->head : NULL;
    while (node && ((const vmr_config_t *)node->data)->type != type) {
        node = node->next;
    }
    return node ? node->data : NULL;
}

/* What a native PD cannot do without. */
static int check_native(const pd_config_t *cfg, struct plan *plan, int argc, char *const *argv)
{
    const vmr_config_t *stack = region_of(&cfg->ads_cfg, SEL4UTILS_RES_TYPE_STACK);
    if (!stack) {
        return config_refuse("vmr_cfgs: no region of type STACK");
    }
    if (!cfg->osm_data_mo.ep && !region_of(&cfg->ads_cfg, SEL4UTILS_RES_TYPE_OSM_DATA)) {
        return config_refuse("osm_data_mo: missing");
    }
    if (argc > 0 && !argv) {
        return config_refuse("args: missing");
    }
    plan->stack_size = runtime_stack_size(plan, argc, argv);
    return plan->stack_size > stack->region_pages << MO_PAGE_BITS
               ? config_refuse("args: they do not fit onto the stack")
               : GPI_OK;
}

int check_config(const pd_config_t *cfg, const sel4gpi_runnable_t *r, int argc, char *const *argv, struct plan *plan)
{
    why[0] = '\0';
    *plan = (struct plan){
        .own_ads = r->ads.ep == sel4gpi_get_ads_conn().ep, .whole = true, .name = cfg->ads_cfg.image_name};
    if (cfg->ads_cfg.incomplete) {
        config_refuse("vmr_cfgs: memory ran out while the configuration was put together");
        return GPI_ERR_NO_MEMORY;
    }
    if (!r->pd.ep || !r->ads.ep || !r->cpu.ep) {
        return config_refuse("runnable.%s: missing", !r->pd.ep ? "pd" : !r->ads.ep ? "ads" : "cpu");
    }
    int error = find_kind(cfg, plan);
    error = error ? error : check_regions(&cfg->ads_cfg, plan);
    error = error ? error : check_rdes(cfg);
    error = error ? error : check_links(cfg, r);
    error = error ? error : check_cpu(cfg, r);
    error = error ? error : check_more_cpus(cfg);
    return error == GPI_OK && plan->kind != RUNTIME_NONE ? check_native(cfg, plan, argc, argv) : error;
}
