/* SPDX-License-Identifier: BSD-2-Clause */
/* From a configuration to a PD that can be started; and back. */
#include "creation.h"

#include "../lock.h"
#include "../self.h"
#include "../slots.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int join_creator(gpi_batch_t *batch, const sel4gpi_runnable_t *r)
{
    struct pd_join in = {sel4gpi_get_pd_conn().ep};
    int error = gpi_pd_lock_init();
    if (error == GPI_OK) {
        GPI_BATCH_ADD_IN(batch, &r->pd.ep, PD_JOIN, &in);
    }
    return error;
}

static int ask_rights(const pd_config_t *cfg, const struct plan *plan, const sel4gpi_runnable_t *r, gpi_batch_t *batch)
{
    if (plan->joins) {
        return cfg->joins_creator ? GPI_OK : join_creator(batch, r); /* a thread has what its process has */
    }
    if (cfg->share_all_rdes) {
        GPI_BATCH_ADD_NONE(batch, &r->pd.ep, PD_SHARE_ALL_RDES);
    }
    for (const linked_list_node_t *node = cfg->rde_cfg && !cfg->share_all_rdes ? cfg->rde_cfg->head : NULL; node;
         node = node->next) {
        const rde_config_t *rde = node->data;
        struct pd_share_rde in = {{rde->type, rde->space_id}, rde->rights};
        gpi_batch_add(batch, &r->pd.ep, PD_SHARE_RDE, &in, GPI_WORDS(in), NULL, 1);
    }
    for (const linked_list_node_t *node = cfg->gpi_res_type_cfg ? cfg->gpi_res_type_cfg->head : NULL; node;
         node = node->next) {
        const gpi_res_type_config_t *type = node->data;
        struct pd_share_type in = {sel4gpi_get_pd_conn().ep, type->type, 0};
        GPI_BATCH_ADD_IN(batch, &r->pd.ep, PD_SHARE_TYPE, &in);
    }
    return GPI_OK;
}

static void ask_name_and_quota(const pd_config_t *cfg, const struct plan *plan, const sel4gpi_runnable_t *r,
                               gpi_batch_t *batch)
{
    if (plan->name) {
        struct gpi_name in = {{0}};
        strncpy(in.text, plan->name, sizeof in.text);
        GPI_BATCH_ADD_IN(batch, &r->pd.ep, PD_SET_NAME, &in);
    }
    if (cfg->quota) {
        seL4_Word in = cfg->quota;
        GPI_BATCH_ADD_IN(batch, &r->pd.ep, PD_SET_QUOTA, &in);
    }
}

static void ask_links(const pd_config_t *cfg, const sel4gpi_runnable_t *r, gpi_batch_t *batch)
{
    if (cfg->link_with_current) {
        seL4_CPtr self = sel4gpi_get_pd_conn().ep;
        GPI_BATCH_ADD_IN(batch, &self, PD_LINK_CHILD, &r->pd.ep);
    }
    for (const linked_list_node_t *node = cfg->linked_pds ? cfg->linked_pds->head : NULL; node; node = node->next) {
        const pd_client_context_t *linked = node->data;
        GPI_BATCH_ADD_IN(batch, &r->pd.ep, PD_LINK_CHILD, &linked->ep);
    }
}

static void ask_cpu(const pd_config_t *cfg, const sel4gpi_runnable_t *r, const cpu_client_context_t *cpu,
                    struct cpu_configure *in, gpi_batch_t *batch)
{
    in->ads = r->ads.ep;
    in->pd = r->pd.ep;
    in->priority = (seL4_Word)(cfg->cpu_prio ? cfg->cpu_prio : DEFAULT_PRIORITY);
    if (cfg->elevated_cpu) {
        GPI_BATCH_ADD_NONE(batch, &cpu->ep, CPU_ELEVATE);
    }
    GPI_BATCH_ADD_IN(batch, &cpu->ep, CPU_CONFIGURE, in);
}

static void ask_cpus(const pd_config_t *cfg, const runtime_context_t *context, const sel4gpi_runnable_t *r,
                     gpi_batch_t *batch)
{
    struct cpu_configure first = {.ipc_buffer = context->ipc_buf_cfg.mo.ep,
                                  .ipc_vaddr = (seL4_Word)context->ipc_buf_cfg.start,
                                  .fault_ep = cfg->fault_ep.ep,
                                  .fault_badge = cfg->fault_ep_badge};
    ask_cpu(cfg, r, &r->cpu, &first, batch);
    /* A guest's other vCPUs. */
    for (const linked_list_node_t *node = cfg->more_cpus ? cfg->more_cpus->head : NULL; node; node = node->next) {
        const cpu_config_t *more = node->data;
        struct cpu_configure in = {.fault_ep = more->fault_ep.ep, .fault_badge = more->fault_ep_badge};
        ask_cpu(cfg, r, &more->cpu, &in, batch);
    }
}

/* Everything that has to be there before its stack can be written. */
static int make(const pd_config_t *cfg, const sel4gpi_runnable_t *r, const struct plan *plan, struct making *making)
{
    making->keep_memory = false;
    making->view_pages = plan->own_ads ? 0 : (plan->stack_size + (1ul << MO_PAGE_BITS) - 1) >> MO_PAGE_BITS;
    gpi_batch_begin(&making->batch);
    int error = ask_rights(cfg, plan, r, &making->batch);
    if (error == GPI_OK) {
        ask_name_and_quota(cfg, plan, r, &making->batch);
        error = regions_ask(&cfg->ads_cfg, r, plan, &cfg->osm_data_mo, making);
    }
    return error == GPI_OK ? gpi_batch_run(&making->batch) : error;
}

/* Where its CPU begins, and what that finds on its stack. */
static int fill(const pd_config_t *cfg, const sel4gpi_runnable_t *r, struct plan *plan, const struct making *making,
                int argc, char *const *argv, runtime_context_t *context, struct cpu_start *start)
{
    regions_fill(&cfg->ads_cfg, plan, making, context);
    const vmr_config_t *stack = &context->stack_cfg;
    seL4_Word shown = making->view_pages ? making->view_pages : stack->region_pages;
    seL4_Word bottom = (seL4_Word)stack->start + ((stack->region_pages - shown) << MO_PAGE_BITS);
    struct view view = {(char *)bottom, shown << MO_PAGE_BITS, bottom};
    for (size_t i = 0; i < making->count && making->view_pages; i++) {
        if (making->part[i].region.type == SEL4UTILS_RES_TYPE_STACK) {
            view.memory = (char *)making->part[i].at.view;
        }
    }
    return runtime_prepare(plan, context, r, argc, argv, &view, start);
}

/* What is left to do; what was needed meanwhile is given back. */
static int complete(pd_config_t *cfg, const sel4gpi_runnable_t *r, const runtime_context_t *context,
                    const struct cpu_start *start, struct making *making)
{
    gpi_batch_begin(&making->batch);
    regions_ask_close(making);
    ask_cpus(cfg, context, r, &making->batch);
    GPI_BATCH_ADD_IN(&making->batch, &r->cpu.ep, CPU_PREPARE, start);
    ask_links(cfg, r, &making->batch);
    if (cfg->osm_data_mo.ep) {
        seL4_CPtr self = sel4gpi_get_pd_conn().ep;
        GPI_BATCH_ADD_IN(&making->batch, &self, PD_FREE_SLOT, &cfg->osm_data_mo.ep);
    }
    int error = gpi_batch_run(&making->batch);
    regions_closed(making, making->batch.done);
    if (error == GPI_OK) {
        cfg->osm_data_mo = (mo_client_context_t){0, 0};
    }
    return error;
}

int sel4gpi_prepare_pd_strings(pd_config_t *cfg, sel4gpi_runnable_t *r, int argc, char *const *argv)
{
    struct plan plan;
    struct making making;
    runtime_context_t context;
    struct cpu_start start;
    int error = check_config(cfg, r, argc, argv, &plan);
    if (error != GPI_OK) {
        return error;
    }
    making.part = NULL;
    making.count = 0;
    error = make(cfg, r, &plan, &making);
    error = error ? error : fill(cfg, r, &plan, &making, argc, argv, &context, &start);
    error = error ? error : complete(cfg, r, &context, &start, &making);
    if (error != GPI_OK) {
        regions_undo(&making);
        sel4gpi_destroy_runnable(r);
    }
    regions_free(&making);
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
    gpi_batch_t batch;
    seL4_CPtr self = sel4gpi_get_pd_conn().ep;
    bool own_ads = r->ads.ep == sel4gpi_get_ads_conn().ep;
    seL4_CPtr held[] = {r->cpu.ep, own_ads ? seL4_CapNull : r->ads.ep, r->pd.ep};
    enum { HELD = sizeof held / sizeof held[0] };
    if (!own_ads) {
        gpi_forget_vspace(&r->ads);
    }
    gpi_batch_begin(&batch);
    if (r->pd.ep) {
        elf_forget(r->pd.id);
        GPI_BATCH_ADD_NONE(&batch, &r->pd.ep, PD_TERMINATE);
    }
    for (size_t i = 0; i < HELD; i++) {
        if (held[i]) {
            GPI_BATCH_ADD_IN(&batch, &self, PD_FREE_SLOT, &held[i]);
        }
    }
    int error = gpi_batch_run(&batch);
    if (error != GPI_OK) {
        /* Whatever it was: the others are given back one by one. */
        unsigned left = batch.done;
        error = left == 0 && r->pd.ep ? error : GPI_OK;
        left -= left > 0 && r->pd.ep;
        for (size_t i = 0; i < HELD; i++) {
            if (held[i] && left > 0) {
                left--;
            } else {
                gpi_free_slot(&held[i]);
            }
        }
    }
    *r = (sel4gpi_runnable_t){0};
    return error == GPI_ERR_GONE ? GPI_OK : error;
}
