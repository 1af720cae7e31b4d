/* SPDX-License-Identifier: BSD-2-Clause */
/* All of a configuration is looked at before anything is made. */
#include "creation.h"

#include <stdarg.h>
#include <stdio.h>

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

static int check_shared(size_t index, const vmr_config_t *vmr, bool own_ads)
{
    if (own_ads) {
        return config_refuse(
            "vmr_cfgs[%zu].share_mode: the address space is the creator's own, nothing in it can be SHARED", index);
    }
    if (!gpi_vmr_type_is_special(vmr->type) && (!vmr->start || !vmr->region_pages)) {
        return config_refuse("vmr_cfgs[%zu].%s: SHARED regions of type %s are found by start and region_pages", index,
                             vmr->start ? "region_pages" : "start", types[vmr->type]);
    }
    if (vmr->mo.ep) {
        return config_refuse("vmr_cfgs[%zu].mo: a SHARED region brings its memory along", index);
    }
    return GPI_OK;
}

static int check_disjoint(size_t index, const vmr_config_t *vmr, const ads_config_t *cfg)
{
    size_t bits = vmr->page_bits ? vmr->page_bits : MO_PAGE_BITS;
    if (bits != MO_PAGE_BITS && bits != MO_LARGE_PAGE_BITS && bits != MO_HUGE_PAGE_BITS) {
        return config_refuse("vmr_cfgs[%zu].page_bits: %zu is no page size (12, 21, 30)", index, vmr->page_bits);
    }
    if ((uintptr_t)vmr->start & ((1ul << bits) - 1)) {
        return config_refuse("vmr_cfgs[%zu].start: %p is not aligned to its pages", index, vmr->start);
    }
    if (vmr->type == SEL4UTILS_RES_TYPE_CODE && !vmr->mo.ep) {
        return cfg->image_name ? GPI_OK
                               : config_refuse("ads_cfg.image_name: a DISJOINT region of type CODE needs a program");
    }
    bool loaded = vmr->type == SEL4UTILS_RES_TYPE_DATA && cfg->image_name && !vmr->mo.ep;
    if (!vmr->region_pages && !loaded) {
        return config_refuse("vmr_cfgs[%zu].region_pages: a DISJOINT region of type %s needs a size", index,
                             types[vmr->type]);
    }
    if (vmr->region_pages > 1ul << (47 - bits)) {
        return config_refuse("vmr_cfgs[%zu].region_pages: %lu is more than fits into an address space", index,
                             (unsigned long)vmr->region_pages);
    }
    return GPI_OK;
}

/* How often a special type occurs. */
static int check_regions(const ads_config_t *cfg, bool own_ads, bool *code_shared, bool *code_loaded)
{
    unsigned seen[SEL4UTILS_RES_TYPE_COUNT] = {0};
    size_t index = 0;
    for (const linked_list_node_t *node = cfg->vmr_cfgs ? cfg->vmr_cfgs->head : NULL; node;
         node = node->next, index++) {
        const vmr_config_t *vmr = node->data;
        if (vmr->type <= SEL4UTILS_RES_TYPE_NONE || vmr->type >= SEL4UTILS_RES_TYPE_COUNT) {
            return config_refuse("vmr_cfgs[%zu].type: %d is no type of region", index, (int)vmr->type);
        }
        if (vmr->share_mode != GPI_SHARED && vmr->share_mode != GPI_DISJOINT) {
            return config_refuse("vmr_cfgs[%zu].share_mode: %s", index, sel4gpi_share_degree_to_str(vmr->share_mode));
        }
        if (gpi_vmr_type_is_special(vmr->type) && !vmr->start && seen[vmr->type]++ > 0) {
            return config_refuse("vmr_cfgs[%zu].type: a second region of type %s", index, types[vmr->type]);
        }
        int error = vmr->share_mode == GPI_SHARED ? check_shared(index, vmr, own_ads) : check_disjoint(index, vmr, cfg);
        if (error != GPI_OK) {
            return error;
        }
        if (vmr->type == SEL4UTILS_RES_TYPE_CODE) {
            *code_shared = vmr->share_mode == GPI_SHARED;
            *code_loaded = vmr->share_mode == GPI_DISJOINT && !vmr->mo.ep;
        }
    }
    return GPI_OK;
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
    return GPI_OK;
}

int check_config(const pd_config_t *cfg, const sel4gpi_runnable_t *r, struct plan *plan)
{
    why[0] = '\0';
    *plan = (struct plan){.own_ads = r->ads.ep == sel4gpi_get_ads_conn().ep, .name = cfg->ads_cfg.image_name};
    if (cfg->ads_cfg.incomplete) {
        config_refuse("vmr_cfgs: memory ran out while the configuration was put together");
        return GPI_ERR_NO_MEMORY;
    }
    if (!r->pd.ep || !r->ads.ep || !r->cpu.ep) {
        return config_refuse("runnable.%s: missing", !r->pd.ep ? "pd" : !r->ads.ep ? "ads" : "cpu");
    }
    bool shared = plan->own_ads, loaded = false;
    int error = check_regions(&cfg->ads_cfg, plan->own_ads, &shared, &loaded);
    if (error == GPI_OK) {
        error = check_rdes(cfg);
    }
    if (error != GPI_OK) {
        return error;
    }
    if (cfg->cpu_prio < 0 || cfg->cpu_prio > seL4_MaxPrio) {
        return config_refuse("cpu_prio: %d is not between 0 and %d", cfg->cpu_prio, seL4_MaxPrio);
    }
    plan->kind = cfg->elevated_cpu ? RUNTIME_NONE : loaded ? RUNTIME_FULL : shared ? RUNTIME_TLS : RUNTIME_NONE;
    plan->joins = plan->kind == RUNTIME_TLS;
    if (plan->kind != RUNTIME_FULL && !cfg->ads_cfg.entry_point) {
        return config_refuse("ads_cfg.entry_point: where to begin, if no program is loaded?");
    }
    if (loaded) {
        plan->image = image_open(cfg->ads_cfg.image_name, &error);
        if (!plan->image) {
            config_refuse("ads_cfg.image_name: \"%s\": %s", cfg->ads_cfg.image_name, gpi_strerror(error));
            return error;
        }
        error = elf_inspect(plan->image, &plan->program);
    }
    return error;
}
