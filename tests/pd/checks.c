/* SPDX-License-Identifier: BSD-2-Clause */
/* Configurations that make no sense: each is refused before anything is made, and the field is named. */
#include "lib/test.h"

#include <gpi/layout.h>
#include <stdlib.h>
#include <string.h>

static sel4gpi_runnable_t r;
static pd_config_t *cfg; /* the one that is tried */

static int nothing(int argc, char **argv)
{
    (void)argv;
    return argc;
}

static pd_config_t *process(void)
{
    return sel4gpi_configure_process("pdchild", 4, 4, &r);
}

static pd_config_t *isolated(void)
{
    return test_isolated((void *)nothing, &r);
}

static vmr_config_t *region(pd_config_t *config, size_t index)
{
    return linked_list_get_at_idx(config->ads_cfg.vmr_cfgs, index);
}

/* Changes a field of one of a process's regions: 0 CODE, 1 STACK, 2 HEAP, 3 IPC_BUF. */
#define REFUSED(kind, field, change)                                                                                   \
    do {                                                                                                               \
        cfg = kind();                                                                                                  \
        if (CHECK(cfg != NULL)) {                                                                                      \
            change;                                                                                                    \
            test_refused(cfg, &r, field);                                                                              \
        }                                                                                                              \
    } while (0)

static void regions(void)
{
    pd_component_client_connect(sel4gpi_get_rde(GPICAP_TYPE_PD), NULL, &r.pd); /* opens what is kept open */
    pd_client_disconnect(&r.pd);
    CHECK_EQ(test_run_program("pdchild", 0, NULL), 0);
    REFUSED(process, "vmr_cfgs[1].type", region(cfg, 1)->type = SEL4UTILS_RES_TYPE_NONE);
    REFUSED(process, "vmr_cfgs[1].type", region(cfg, 1)->type = (sel4utils_reservation_type_t)77);
    REFUSED(process, "vmr_cfgs[2].share_mode", region(cfg, 2)->share_mode = (gpi_share_degree_t)0);
    REFUSED(process, "vmr_cfgs[1].region_pages", region(cfg, 1)->region_pages = 0);
    REFUSED(process, "vmr_cfgs[2].region_pages", region(cfg, 2)->region_pages = 1ul << 40);
    REFUSED(process, "vmr_cfgs[2].page_bits", region(cfg, 2)->page_bits = 13);
    REFUSED(process, "vmr_cfgs[2].start", region(cfg, 2)->start = (void *)0x12345);
    REFUSED(process, "vmr_cfgs[2].start", region(cfg, 2)->start = (void *)0x400000);
    REFUSED(process, "vmr_cfgs[2].start", region(cfg, 2)->start = (void *)((1ul << 47) - 4096));
    REFUSED(process, "vmr_cfgs[2].rights", region(cfg, 2)->rights = 64);
    REFUSED(process, "vmr_cfgs[3].region_pages", region(cfg, 3)->region_pages = 2);
    REFUSED(process, "vmr_cfgs[1].share_mode", region(cfg, 1)->share_mode = GPI_SHARED;
            region(cfg, 1)->region_pages = 0);
    REFUSED(process, "vmr_cfgs[3].share_mode", region(cfg, 3)->share_mode = GPI_SHARED);
    REFUSED(process, "vmr_cfgs[4].type",
            test_add_region(
                cfg, (vmr_config_t){.share_mode = GPI_DISJOINT, .type = SEL4UTILS_RES_TYPE_HEAP, .region_pages = 1}));
    REFUSED(process, "vmr_cfgs[4].start",
            test_add_region(
                cfg, (vmr_config_t){.share_mode = GPI_SHARED, .type = SEL4UTILS_RES_TYPE_GENERIC, .region_pages = 1}));
    REFUSED(process, "vmr_cfgs[4].region_pages",
            test_add_region(cfg, (vmr_config_t){.share_mode = GPI_SHARED,
                                                .type = SEL4UTILS_RES_TYPE_SHARED_FRAMES,
                                                .start = sel4gpi_get_shared_data()}));
    REFUSED(process, "vmr_cfgs[4].start",
            test_add_region(cfg, (vmr_config_t){.share_mode = GPI_SHARED,
                                                .type = SEL4UTILS_RES_TYPE_GENERIC,
                                                .start = (void *)0x7000000000ul,
                                                .region_pages = 1}));
    REFUSED(process, "vmr_cfgs[4].region_pages",
            test_add_region(cfg, (vmr_config_t){.share_mode = GPI_SHARED,
                                                .type = SEL4UTILS_RES_TYPE_GENERIC,
                                                .start = sel4gpi_get_shared_data(),
                                                .region_pages = 2}));
    REFUSED(process, "vmr_cfgs[4].dest_start",
            test_add_region(cfg, (vmr_config_t){.share_mode = GPI_SHARED,
                                                .type = SEL4UTILS_RES_TYPE_GENERIC,
                                                .start = sel4gpi_get_shared_data(),
                                                .dest_start = (void *)0x50000010,
                                                .region_pages = 1}));
    /* Two regions in one place. */
    cfg = process();
    if (CHECK(cfg != NULL)) {
        for (int i = 0; i < 2; i++) {
            test_add_region(cfg, (vmr_config_t){.share_mode = GPI_DISJOINT,
                                                .type = SEL4UTILS_RES_TYPE_GENERIC,
                                                .start = (void *)(0x50000000ul + (unsigned)i * 4096),
                                                .region_pages = 2});
        }
        test_refused(cfg, &r, "vmr_cfgs[5].start");
    }
    REFUSED(isolated, "vmr_cfgs[3].start", region(cfg, 3)->start = (void *)GPI_LAYOUT_HEAP);
}

static void memory(void)
{
    mo_client_context_t mo, look = {0, 0};
    pd_client_context_t self = sel4gpi_get_pd_conn();
    ep_client_context_t ep;
    CHECK_EQ(mo_component_client_connect(sel4gpi_get_rde(GPICAP_TYPE_MO), 2, MO_PAGE_BITS, &mo), GPI_OK);
    CHECK_EQ(pd_client_send_cap_rights(&self, mo.ep, GPI_RIGHT_READ, &look.ep), GPI_OK);
    CHECK_EQ(sel4gpi_alloc_endpoint(&ep), GPI_OK);
    vmr_config_t vmr = {.share_mode = GPI_DISJOINT, .type = SEL4UTILS_RES_TYPE_GENERIC, .region_pages = 2, .mo = mo};
    REFUSED(process, "vmr_cfgs[4].region_pages", vmr.region_pages = 3; test_add_region(cfg, vmr); vmr.region_pages = 2);
    REFUSED(process, "vmr_cfgs[4].page_bits", vmr.page_bits = MO_LARGE_PAGE_BITS; test_add_region(cfg, vmr);
            vmr.page_bits = 0);
    REFUSED(process, "vmr_cfgs[4].mo", vmr.mo.ep = ep.ep; test_add_region(cfg, vmr); vmr.mo = mo);
    REFUSED(process, "vmr_cfgs[4].mo", vmr.mo.ep = 5000; test_add_region(cfg, vmr); vmr.mo = mo);
    REFUSED(process, "vmr_cfgs[4].rights", vmr.mo = look; test_add_region(cfg, vmr); vmr.mo = mo);
    REFUSED(process, "vmr_cfgs[4].mo", vmr.share_mode = GPI_SHARED; test_add_region(cfg, vmr));
    CHECK_EQ(ep_component_client_disconnect(&ep), GPI_OK);
    CHECK_EQ(mo_component_client_disconnect(&look), GPI_OK);
    CHECK_EQ(mo_component_client_disconnect(&mo), GPI_OK);
}

static pd_config_t *thread(void)
{
    return sel4gpi_configure_thread((void *)nothing, NULL, &r);
}

static void threads(void)
{
    CHECK_EQ(test_thread((void *)nothing, 0, NULL), 0);
    REFUSED(thread, "ads_cfg.entry_point", cfg->ads_cfg.entry_point = NULL);
    REFUSED(thread, "vmr_cfgs[2].share_mode",
            test_add_region(cfg, (vmr_config_t){.share_mode = GPI_SHARED, .type = SEL4UTILS_RES_TYPE_HEAP}));
    REFUSED(thread, "vmr_cfgs: no region of type STACK", region(cfg, 0)->type = SEL4UTILS_RES_TYPE_GENERIC);
    REFUSED(isolated, "ads_cfg.entry_point", cfg->ads_cfg.entry_point = NULL);
    REFUSED(thread, "ads_cfg.image_name",
            test_add_region(cfg, (vmr_config_t){.share_mode = GPI_DISJOINT, .type = SEL4UTILS_RES_TYPE_CODE}));
}

static void programs(void)
{
    char long_name[200];
    mo_client_context_t image;
    size_t size;
    /* The root task keeps what it knows of a file. */
    CHECK_EQ(mo_client_open_image(sel4gpi_get_rde(GPICAP_TYPE_MO), "pdnoprogram", &image, &size), GPI_OK);
    CHECK_EQ(mo_component_client_disconnect(&image), GPI_OK);
    memset(long_name, 'x', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = '\0';
    REFUSED(process, "ads_cfg.image_name", strcpy(cfg->ads_cfg.image_name, "none"));
    REFUSED(process, "ads_cfg.image_name", cfg->ads_cfg.image_name = NULL);
    for (int i = 0; i < 2; i++) {
        cfg = sel4gpi_configure_process(i ? "pdnoprogram" : long_name, 4, 4, &r);
        test_refused(cfg, &r, "ads_cfg.image_name");
    }
}

static void others(void)
{
    ep_client_context_t notification;
    mo_client_context_t mo;
    pd_client_context_t *linked = malloc(sizeof *linked);
    CHECK_EQ(ep_client_connect_kind(sel4gpi_get_rde(GPICAP_TYPE_EP), EP_KIND_NOTIFICATION, &notification), GPI_OK);
    CHECK_EQ(mo_component_client_connect(sel4gpi_get_rde(GPICAP_TYPE_MO), 1, MO_PAGE_BITS, &mo), GPI_OK);
    REFUSED(process, "cpu_prio", cfg->cpu_prio = -1);
    REFUSED(process, "cpu_prio", cfg->cpu_prio = 256);
    REFUSED(process, "cpu_prio", cfg->cpu_prio = 255); /* above what this PD may do itself */
    REFUSED(process, "fault_ep", cfg->fault_ep = notification);
    REFUSED(process, "fault_ep", cfg->fault_ep.ep = mo.ep);
    REFUSED(process, "fault_ep", cfg->fault_ep.ep = 4999);
    REFUSED(process, "rde_cfg[1]", sel4gpi_add_rde_config(cfg, 4711, BADGE_SPACE_ID_NULL));
    REFUSED(process, "rde_cfg[1]", sel4gpi_add_rde_config(cfg, GPICAP_TYPE_MO, 4711));
    REFUSED(process, "gpi_res_type_cfg[0]", sel4gpi_add_res_type_config(cfg, GPICAP_TYPE_NONE));
    REFUSED(process, "gpi_res_type_cfg[1]", sel4gpi_add_res_type_config(cfg, GPICAP_TYPE_MO);
            sel4gpi_add_res_type_config(cfg, 4711));
    REFUSED(process, "elevated_cpu", cfg->elevated_cpu = true; cfg->ads_cfg.entry_point = (void *)1);
    cfg = process();
    if (CHECK(cfg != NULL && linked != NULL)) {
        linked->ep = mo.ep;
        cfg->linked_pds = linked_list_new();
        linked_list_insert(cfg->linked_pds, linked);
        test_refused(cfg, &r, "linked_pds[0]");
    }
    mo_client_context_t osm = {0, 0};
    cfg = process();
    if (CHECK(cfg != NULL)) {
        osm = cfg->osm_data_mo;
        cfg->osm_data_mo.ep = 0;
        test_refused(cfg, &r, "osm_data_mo");
        CHECK_EQ(mo_component_client_disconnect(&osm), GPI_OK);
    }
    CHECK_EQ(mo_component_client_disconnect(&mo), GPI_OK);
    CHECK_EQ(ep_component_client_disconnect(&notification), GPI_OK);
}

static void arguments(void)
{
    static char long_text[5 * 4096];
    char *argv[] = {long_text};
    memset(long_text, 'x', sizeof long_text - 1);
    cfg = process(); /* of four pages of stack */
    if (CHECK(cfg != NULL)) {
        test_memory_mark();
        CHECK_EQ(sel4gpi_prepare_pd_strings(cfg, &r, 1, argv), GPI_ERR_BAD_ARGUMENT);
        CHECK(strncmp(sel4gpi_config_error(), "args", 4) == 0);
        test_memory_check("arguments that do not fit");
        /* Nothing was made: with others it can be prepared. */
        CHECK_EQ(test_run(cfg, &r, 2, (seL4_Word[]){4, 5}), 9);
    }
}

static void parts_are_missing(void)
{
    cfg = process();
    sel4gpi_runnable_t whole = r;
    if (CHECK(cfg != NULL)) {
        sel4gpi_runnable_t part = whole;
        part.pd.ep = 0;
        CHECK(sel4gpi_prepare_pd(cfg, &part, 0, NULL) != GPI_OK && strstr(sel4gpi_config_error(), "runnable.pd"));
        part = whole;
        part.ads.ep = 0;
        CHECK(sel4gpi_prepare_pd(cfg, &part, 0, NULL) != GPI_OK && strstr(sel4gpi_config_error(), "runnable.ads"));
        part = whole;
        part.cpu.ep = 0;
        CHECK(sel4gpi_prepare_pd(cfg, &part, 0, NULL) != GPI_OK && strstr(sel4gpi_config_error(), "runnable.cpu"));
        CHECK_EQ(test_run(cfg, &r, 1, (seL4_Word[]){6}), 6);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        {"checks_regions", regions},
        {"checks_memory", memory},
        {"checks_threads", threads},
        {"checks_programs", programs},
        {"checks_others", others},
        {"checks_arguments", arguments},
        {"checks_parts_are_missing", parts_are_missing},
    };
    return TEST_MAIN(cases);
}
