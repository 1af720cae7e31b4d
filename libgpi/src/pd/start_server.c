/* SPDX-License-Identifier: BSD-2-Clause */
#include <sel4gpi/resource_server_clientapi.h>

#include <sel4gpi/pd_creation.h>

/* Above those who ask. */
enum { SERVER_PRIORITY = DEFAULT_PRIORITY + 50 };

/* What every server needs to serve. */
static const gpi_cap_t needed[] = {GPICAP_TYPE_PD, GPICAP_TYPE_MO, GPICAP_TYPE_EP, GPICAP_TYPE_RESSPC};

static int prepare(sel4gpi_runnable_t *r, gpi_cap_t rde_type, gpi_space_id_t rde_id, char *image_name, seL4_Word *args,
                   uint32_t argc)
{
    pd_config_t *cfg = sel4gpi_configure_process(image_name, DEFAULT_STACK_PAGES, DEFAULT_HEAP_PAGES, r);
    if (!cfg) {
        return GPI_ERR_NO_MEMORY;
    }
    cfg->cpu_prio = SERVER_PRIORITY;
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        sel4gpi_add_rde_config(cfg, needed[i], BADGE_SPACE_ID_NULL);
    }
    if (rde_type != GPICAP_TYPE_NONE) {
        sel4gpi_add_rde_config(cfg, rde_type, rde_id);
    }
    int error = sel4gpi_prepare_pd(cfg, r, (int)argc, args);
    sel4gpi_config_destroy(cfg);
    return error;
}

int start_resource_server_pd_args(gpi_cap_t rde_type, gpi_space_id_t rde_id, char *image_name, seL4_Word *args,
                                  uint32_t argc, pd_client_context_t *server_pd, gpi_space_id_t *space_id)
{
    sel4gpi_runnable_t r = {0};
    seL4_Word space = BADGE_SPACE_ID_NULL;
    int error = prepare(&r, rde_type, rde_id, image_name, args, argc);
    error = error ? error : sel4gpi_start_pd(&r);
    error = error ? error : pd_client_wait_ready(&r.pd, &space);
    error = error ? error : pd_client_take_rde(&r.pd, GPICAP_TYPE_NONE, space, NULL);
    if (error != GPI_OK) {
        sel4gpi_destroy_runnable(&r);
        return error;
    }
    *server_pd = r.pd;
    *space_id = space;
    cpu_component_client_disconnect(&r.cpu);
    return ads_client_disconnect(&r.ads);
}

int start_resource_server_pd(gpi_cap_t rde_type, gpi_space_id_t rde_id, char *image_name,
                             pd_client_context_t *server_pd, gpi_space_id_t *space_id)
{
    return start_resource_server_pd_args(rde_type, rde_id, image_name, NULL, 0, server_pd, space_id);
}
