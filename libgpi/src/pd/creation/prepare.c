/* SPDX-License-Identifier: BSD-2-Clause */
/* From a configuration to a PD that can be started; and back. */
#include "creation.h"

#include "../lock.h"

#include <stdio.h>
#include <stdlib.h>

int join_creator(const sel4gpi_runnable_t *r)
{
    pd_client_context_t self = sel4gpi_get_pd_conn(), pd = r->pd;
    int error = gpi_pd_lock_init();
    return error == GPI_OK ? pd_client_join(&pd, &self) : error;
}

static int give_rights(const pd_config_t *cfg, const struct plan *plan, sel4gpi_runnable_t *r)
{
    pd_client_context_t self = sel4gpi_get_pd_conn();
    if (plan->joins) {
        return cfg->joins_creator ? GPI_OK : join_creator(r); /* a thread has what its process has */
    }
    int error = cfg->share_all_rdes ? pd_client_share_all_rdes(&r->pd) : GPI_OK;
    for (const linked_list_node_t *node = cfg->rde_cfg && !cfg->share_all_rdes ? cfg->rde_cfg->head : NULL;
         node && error == GPI_OK; node = node->next) {
        const rde_config_t *rde = node->data;
        error = pd_client_share_rde_rights(&r->pd, rde->type, rde->space_id, rde->rights);
    }
    for (const linked_list_node_t *node = cfg->gpi_res_type_cfg ? cfg->gpi_res_type_cfg->head : NULL;
         node && error == GPI_OK; node = node->next) {
        const gpi_res_type_config_t *type = node->data;
        error = pd_client_share_resource_by_type(&self, &r->pd, type->type);
    }
    return error;
}

static int link_pds(const pd_config_t *cfg, sel4gpi_runnable_t *r)
{
    pd_client_context_t self = sel4gpi_get_pd_conn();
    int error = cfg->link_with_current ? pd_client_link_child(&self, &r->pd) : GPI_OK;
    for (const linked_list_node_t *node = cfg->linked_pds ? cfg->linked_pds->head : NULL; node && error == GPI_OK;
         node = node->next) {
        error = pd_client_link_child(&r->pd, node->data);
    }
    return error;
}

/* A guest's other vCPUs. */
static int configure_more_cpus(const pd_config_t *cfg, sel4gpi_runnable_t *r)
{
    int error = GPI_OK;
    for (linked_list_node_t *node = cfg->more_cpus ? cfg->more_cpus->head : NULL; node && error == GPI_OK;
         node = node->next) {
        cpu_config_t *more = node->data;
        error = cpu_client_elevate_privileges(&more->cpu);
        if (error == GPI_OK) {
            error = cpu_client_config_badged(&more->cpu, &r->ads, &r->pd, NULL, more->fault_ep.ep, more->fault_ep_badge,
                                             NULL, cfg->cpu_prio ? cfg->cpu_prio : DEFAULT_PRIORITY);
        }
    }
    return error;
}

static int configure_cpu(const pd_config_t *cfg, const runtime_context_t *context, sel4gpi_runnable_t *r)
{
    int error = cfg->elevated_cpu ? cpu_client_elevate_privileges(&r->cpu) : GPI_OK;
    if (error == GPI_OK) {
        mo_client_context_t ipc = context->ipc_buf_cfg.mo;
        error = cpu_client_config_badged(&r->cpu, &r->ads, &r->pd, ipc.ep ? &ipc : NULL, cfg->fault_ep.ep,
                                         cfg->fault_ep_badge, context->ipc_buf_cfg.start,
                                         cfg->cpu_prio ? cfg->cpu_prio : DEFAULT_PRIORITY);
    }
    return error;
}

int sel4gpi_prepare_pd_strings(pd_config_t *cfg, sel4gpi_runnable_t *r, int argc, char *const *argv)
{
    struct plan plan;
    runtime_context_t context = {0};
    int error = check_config(cfg, r, argc, argv, &plan);
    if (error != GPI_OK) {
        return error;
    }
    error = give_rights(cfg, &plan, r);
    if (error == GPI_OK && plan.name) {
        error = pd_client_set_name(&r->pd, cfg->ads_cfg.image_name);
    }
    if (error == GPI_OK && cfg->quota) {
        error = pd_client_set_quota(&r->pd, cfg->quota);
    }
    if (error == GPI_OK) {
        error = regions_make(&cfg->ads_cfg, r, &plan, &cfg->osm_data_mo, &context);
    }
    if (error == GPI_OK) {
        error = configure_cpu(cfg, &context, r);
    }
    if (error == GPI_OK) {
        error = configure_more_cpus(cfg, r);
    }
    if (error == GPI_OK) {
        error = runtime_prepare(&plan, &context, r, argc, argv);
    }
    if (error == GPI_OK) {
        error = link_pds(cfg, r);
    }
    regions_drop_memory(&cfg->ads_cfg, &context);
    if (error != GPI_OK) {
        sel4gpi_destroy_runnable(r);
    }
    return error;
}

char **words_to_strings(int argc, const seL4_Word *args)
{
    enum { DIGITS = 21 };
    size_t count = argc > 0 ? (size_t)argc : 0;
    char **argv = malloc((count + 1) * sizeof *argv + count * DIGITS);
    for (size_t i = 0; argv && i < count; i++) {
        argv[i] = (char *)(argv + count + 1) + i * DIGITS;
        snprintf(argv[i], DIGITS, "%lu", (unsigned long)args[i]);
    }
    return argv;
}

int sel4gpi_prepare_pd(pd_config_t *cfg, sel4gpi_runnable_t *runnable, int argc, seL4_Word *args)
{
    char **argv = words_to_strings(argc, args);
    int error = argv ? sel4gpi_prepare_pd_strings(cfg, runnable, argc > 0 ? argc : 0, argv) : GPI_ERR_NO_MEMORY;
    free(argv);
    return error;
}

int sel4gpi_start_pd(sel4gpi_runnable_t *runnable)
{
    return cpu_client_start(&runnable->cpu);
}

int sel4gpi_destroy_runnable(sel4gpi_runnable_t *r)
{
    int error = r->pd.ep ? pd_client_terminate(&r->pd) : GPI_OK;
    if (r->cpu.ep) {
        cpu_component_client_disconnect(&r->cpu);
    }
    if (r->ads.ep && r->ads.ep != sel4gpi_get_ads_conn().ep) {
        ads_client_disconnect(&r->ads);
    }
    if (r->pd.ep) {
        elf_forget(r->pd.id);
        pd_client_disconnect(&r->pd);
    }
    *r = (sel4gpi_runnable_t){0};
    return error == GPI_ERR_GONE ? GPI_OK : error;
}
