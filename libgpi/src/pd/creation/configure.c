/* SPDX-License-Identifier: BSD-2-Clause */
/* Configurations: descriptions of PDs, and the parts that they are about. */
#include "creation.h"

#include <gpi/layout.h>
#include <gpi/proto/mo.h>
#include <gpi/proto/pd.h>
#include <stdlib.h>
#include <string.h>

char *sel4gpi_share_degree_to_str(gpi_share_degree_t share_deg)
{
    static char shared[] = "SHARED", disjoint[] = "DISJOINT", none[] = "neither SHARED nor DISJOINT";
    return share_deg == GPI_SHARED ? shared : share_deg == GPI_DISJOINT ? disjoint : none;
}

/* Adds a copy to a list that is made when first needed. If that fails the configuration is incomplete: prepare says so. */
static void add(linked_list_t **list, const void *item, size_t size, bool *incomplete)
{
    if (!*list) {
        *list = linked_list_new();
    }
    void *copy = *list ? malloc(size) : NULL;
    if (!copy || linked_list_insert(*list, memcpy(copy, item, size)) != 0) {
        free(copy);
        *incomplete = true;
    }
}

void sel4gpi_add_vmr_config(ads_config_t *cfg, gpi_share_degree_t share_mode, sel4utils_reservation_type_t type,
                            void *start, void *dest_start, uint64_t region_pages, size_t page_bits,
                            mo_client_context_t *mo)
{
    vmr_config_t vmr = {share_mode, type, start, dest_start, region_pages, page_bits, {0, 0}, 0};
    if (mo) {
        vmr.mo = *mo;
    }
    add(&cfg->vmr_cfgs, &vmr, sizeof vmr, &cfg->incomplete);
}

void sel4gpi_add_rde_config(pd_config_t *cfg, gpi_cap_t rde_type, gpi_space_id_t space_id)
{
    rde_config_t rde = {.type = rde_type, .space_id = space_id};
    add(&cfg->rde_cfg, &rde, sizeof rde, &cfg->ads_cfg.incomplete);
}

void sel4gpi_add_res_type_config(pd_config_t *cfg, gpi_cap_t resource_type)
{
    gpi_res_type_config_t type = {resource_type};
    add(&cfg->gpi_res_type_cfg, &type, sizeof type, &cfg->ads_cfg.incomplete);
}

void sel4gpi_config_pd_share_all_rdes(pd_config_t *cfg)
{
    cfg->share_all_rdes = true;
}

void sel4gpi_generate_proc_config(pd_config_t *proc_cfg, const char *image_name, size_t stack_pages, size_t heap_pages)
{
    ads_config_t *ads = &proc_cfg->ads_cfg;
    ads->image_name = image_name ? strdup(image_name) : NULL;
    ads->incomplete = ads->incomplete || (image_name && !ads->image_name);
    sel4gpi_add_vmr_config(ads, GPI_DISJOINT, SEL4UTILS_RES_TYPE_CODE, NULL, NULL, 0, MO_PAGE_BITS, NULL);
    sel4gpi_add_vmr_config(ads, GPI_DISJOINT, SEL4UTILS_RES_TYPE_STACK, NULL, NULL, stack_pages, MO_PAGE_BITS, NULL);
    sel4gpi_add_vmr_config(ads, GPI_DISJOINT, SEL4UTILS_RES_TYPE_HEAP, NULL, NULL, heap_pages, MO_PAGE_BITS, NULL);
    sel4gpi_add_vmr_config(ads, GPI_DISJOINT, SEL4UTILS_RES_TYPE_IPC_BUF, NULL, NULL, 1, MO_PAGE_BITS, NULL);
    sel4gpi_add_rde_config(proc_cfg, GPICAP_TYPE_MO, BADGE_SPACE_ID_NULL);
}

void sel4gpi_generate_thread_config(pd_config_t *thread_cfg, void *thread_fn, ep_client_context_t *fault_ep)
{
    ads_config_t *ads = &thread_cfg->ads_cfg;
    ads->entry_point = thread_fn;
    sel4gpi_add_vmr_config(ads, GPI_DISJOINT, SEL4UTILS_RES_TYPE_STACK, NULL, NULL, DEFAULT_STACK_PAGES, MO_PAGE_BITS,
                           NULL);
    sel4gpi_add_vmr_config(ads, GPI_DISJOINT, SEL4UTILS_RES_TYPE_IPC_BUF, NULL, NULL, 1, MO_PAGE_BITS, NULL);
    thread_cfg->share_all_rdes = true;
    thread_cfg->link_with_current = true;
    if (fault_ep) {
        thread_cfg->fault_ep = *fault_ep;
    }
}

/* The largest page that begins at `at` and fits. */
static size_t page_bits_at(uint64_t at, uint64_t end, size_t largest)
{
    static const size_t sizes[] = {MO_HUGE_PAGE_BITS, MO_LARGE_PAGE_BITS};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        uint64_t size = 1ul << sizes[i];
        if (sizes[i] <= largest && at % size == 0 && end - at >= size) {
            return sizes[i];
        }
    }
    return MO_PAGE_BITS;
}

void sel4gpi_add_guest_ram(pd_config_t *cfg, uint64_t base, uint64_t size, size_t page_bits)
{
    ads_config_t *ads = &cfg->ads_cfg;
    size_t largest = page_bits ? page_bits : MO_HUGE_PAGE_BITS;
    for (uint64_t at = base, end = base + size; at < end && !ads->incomplete;) {
        size_t bits = page_bits_at(at, end, largest);
        uint64_t start = at;
        while (at < end && page_bits_at(at, end, largest) == bits) {
            at += 1ul << bits;
        }
        sel4gpi_add_vmr_config(ads, GPI_DISJOINT, SEL4UTILS_RES_TYPE_GENERIC, (void *)start, NULL, (at - start) >> bits,
                               bits, NULL);
    }
}

void sel4gpi_generate_guest_config(pd_config_t *guest_cfg, const guest_config_t *guest)
{
    guest_cfg->elevated_cpu = true;
    guest_cfg->link_with_current = true;
    guest_cfg->ads_cfg.entry_point = (void *)guest->ram_base;
    guest_cfg->fault_ep = guest->cpu[0].fault_ep;
    guest_cfg->fault_ep_badge = guest->cpu[0].fault_ep_badge;
    for (unsigned i = 1; i < guest->cpus; i++) {
        add(&guest_cfg->more_cpus, &guest->cpu[i], sizeof guest->cpu[i], &guest_cfg->ads_cfg.incomplete);
    }
    sel4gpi_add_guest_ram(guest_cfg, guest->ram_base, guest->ram_size, guest->page_bits);
}

void sel4gpi_config_destroy(pd_config_t *cfg)
{
    if (cfg) {
        if (cfg->osm_data_mo.ep) {
            mo_component_client_disconnect(&cfg->osm_data_mo);
        }
        free(cfg->ads_cfg.image_name);
        linked_list_destroy(cfg->ads_cfg.vmr_cfgs, true);
        linked_list_destroy(cfg->rde_cfg, true);
        linked_list_destroy(cfg->gpi_res_type_cfg, true);
        linked_list_destroy(cfg->linked_pds, true);
        linked_list_destroy(cfg->more_cpus, true);
        free(cfg);
    }
}

/* The parts of a runnable; the first that fails ends it. */
static int make_parts(bool new_ads, bool new_cpu, bool join, pd_config_t *cfg, sel4gpi_runnable_t *r)
{
    gpi_batch_t batch;
    struct mo_create page = {1, MO_PAGE_BITS, 0, 0};
    struct pd_create pd = {0};
    struct ads_create ads = {0};
    seL4_CPtr mo_rde = sel4gpi_get_rde(GPICAP_TYPE_MO), pd_rde = sel4gpi_get_rde(GPICAP_TYPE_PD);
    gpi_batch_begin(&batch);
    GPI_BATCH_ADD(&batch, &mo_rde, MO_CREATE, &page, &cfg->osm_data_mo);
    GPI_BATCH_ADD(&batch, &pd_rde, PD_CREATE, &pd, &r->pd);
    gpi_batch_use(&batch, 0, &cfg->osm_data_mo.ep);
    if (new_ads) {
        seL4_CPtr rde = sel4gpi_get_rde(GPICAP_TYPE_ADS);
        GPI_BATCH_ADD(&batch, &rde, ADS_CREATE, &ads, &r->ads);
    } else {
        r->ads = sel4gpi_get_ads_conn();
    }
    if (new_cpu) {
        seL4_CPtr rde = sel4gpi_get_rde(GPICAP_TYPE_CPU);
        GPI_BATCH_ADD_OUT(&batch, &rde, CPU_CREATE, &r->cpu);
    }
    int error = join ? join_creator(&batch, r) : GPI_OK;
    return error == GPI_OK ? gpi_batch_run(&batch) : error;
}

static pd_config_t *new_runnable(bool new_ads, bool new_cpu, bool join, sel4gpi_runnable_t *r)
{
    pd_config_t *cfg = calloc(1, sizeof *cfg);
    *r = (sel4gpi_runnable_t){0};
    if (cfg && make_parts(new_ads, new_cpu, join, cfg, r) != GPI_OK) {
        sel4gpi_destroy_runnable(r);
        sel4gpi_config_destroy(cfg);
        cfg = NULL;
    }
    return cfg;
}

pd_config_t *sel4gpi_new_runnable(bool new_ads, bool new_cpu, sel4gpi_runnable_t *ret_runnable)
{
    return new_runnable(new_ads, new_cpu, false, ret_runnable);
}

pd_config_t *sel4gpi_configure_process(const char *image_name, int stack_pages, int heap_pages,
                                       sel4gpi_runnable_t *ret_runnable)
{
    pd_config_t *cfg = sel4gpi_new_runnable(true, true, ret_runnable);
    if (cfg) {
        sel4gpi_generate_proc_config(cfg, image_name, (size_t)(stack_pages > 0 ? stack_pages : 0),
                                     (size_t)(heap_pages > 0 ? heap_pages : 0));
    }
    return cfg;
}

pd_config_t *sel4gpi_configure_thread(void *thread_fn, ep_client_context_t *fault_ep, sel4gpi_runnable_t *ret_runnable)
{
    /* It joins now, so that what it is given before it is prepared goes where it will find it. */
    pd_config_t *cfg = new_runnable(false, true, true, ret_runnable);
    if (cfg) {
        cfg->joins_creator = true;
        sel4gpi_generate_thread_config(cfg, thread_fn, fault_ep);
    }
    return cfg;
}

static void drop_cpus(guest_config_t *guest)
{
    for (unsigned i = 0; i < guest->cpus; i++) {
        if (guest->cpu[i].cpu.ep) {
            cpu_component_client_disconnect(&guest->cpu[i].cpu);
        }
        guest->cpu[i].cpu = (cpu_client_context_t){0, 0};
    }
}

/* A guest reads no OSM page. */
static int make_guest_parts(guest_config_t *guest, sel4gpi_runnable_t *r)
{
    int error = pd_component_client_connect(sel4gpi_get_rde(GPICAP_TYPE_PD), NULL, &r->pd);
    if (error == GPI_OK) {
        error = ads_client_connect_stage2(sel4gpi_get_rde(GPICAP_TYPE_ADS),
                                          guest->small_entries ? ADS_SMALL_ENTRIES : 0, &r->ads);
    }
    for (unsigned i = 0; i < guest->cpus && error == GPI_OK; i++) {
        error = cpu_component_client_connect(sel4gpi_get_rde(GPICAP_TYPE_CPU), &guest->cpu[i].cpu);
    }
    return error;
}

pd_config_t *sel4gpi_configure_guest(guest_config_t *guest, sel4gpi_runnable_t *ret_runnable)
{
    pd_config_t *cfg = guest->cpus > 0 ? calloc(1, sizeof *cfg) : NULL;
    *ret_runnable = (sel4gpi_runnable_t){0};
    for (unsigned i = 0; i < guest->cpus; i++) {
        guest->cpu[i].cpu = (cpu_client_context_t){0, 0};
    }
    if (cfg && make_guest_parts(guest, ret_runnable) != GPI_OK) {
        drop_cpus(guest);
        sel4gpi_destroy_runnable(ret_runnable);
        sel4gpi_config_destroy(cfg);
        return NULL;
    }
    if (cfg) {
        ret_runnable->cpu = guest->cpu[0].cpu;
        sel4gpi_generate_guest_config(cfg, guest);
    }
    return cfg;
}
