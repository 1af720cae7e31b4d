/* SPDX-License-Identifier: BSD-2-Clause */
#include "self.h"

#include "rpc.h"

#include <gpi/proto/pd.h>
#include <sel4gpi/pd_utils.h>
#include <stdio.h>
#include <string.h>

osm_pd_shared_data_t *sel4gpi_get_shared_data(void)
{
    return gpi_osm;
}

pd_client_context_t sel4gpi_get_pd_conn(void)
{
    return (pd_client_context_t){gpi_osm->pd_conn.ep, gpi_osm->pd_conn.id};
}

ads_client_context_t sel4gpi_get_ads_conn(void)
{
    return gpi_current_ads.ep ? gpi_current_ads : (ads_client_context_t){gpi_osm->ads_conn.ep, gpi_osm->ads_conn.id};
}

cpu_client_context_t sel4gpi_get_cpu_conn(void)
{
    return (cpu_client_context_t){gpi_osm->cpu_conn.ep, gpi_osm->cpu_conn.id};
}

ep_client_context_t sel4gpi_get_fault_ep_conn(void)
{
    return (ep_client_context_t){gpi_osm->fault_ep, 0};
}

gpi_obj_id_t sel4gpi_get_binded_ads_id(void)
{
    return sel4gpi_get_ads_conn().id;
}

seL4_CPtr sel4gpi_get_cspace_root(void)
{
    return gpi_osm->cspace_root;
}

/* Entries beyond those in the page are asked for. */
seL4_CPtr sel4gpi_get_rde_by_space_id(gpi_space_id_t space_id, gpi_cap_t type)
{
    uint64_t count = __atomic_load_n(&gpi_osm->rde_count, __ATOMIC_ACQUIRE);
    for (uint64_t i = 0; i < count && i < OSM_RDES; i++) {
        const struct osm_rde *rde = &gpi_osm->rde[i];
        if (rde->type == type && (space_id == BADGE_SPACE_ID_NULL || rde->space_id == space_id)) {
            return rde->slot;
        }
    }
    struct pd_rde in = {type, space_id};
    seL4_Word slot;
    bool more = gpi_osm->rde_total > count;
    return more && GPI_CALL(gpi_osm->pd_conn.ep, PD_GET_RDE, &in, &slot) == GPI_OK ? slot : seL4_CapNull;
}

seL4_CPtr sel4gpi_get_rde(int type)
{
    return sel4gpi_get_rde_by_space_id(BADGE_SPACE_ID_NULL, (gpi_cap_t)type);
}

seL4_CPtr sel4gpi_get_bound_vmr_rde(void)
{
    return sel4gpi_get_ads_conn().ep;
}

gpi_obj_id_t sel4gpi_get_default_space_id(int type)
{
    for (uint64_t i = 0; i < gpi_osm->rde_count && i < OSM_RDES; i++) {
        if (gpi_osm->rde[i].type == (gpi_cap_t)type) {
            return gpi_osm->rde[i].space_id;
        }
    }
    return BADGE_SPACE_ID_NULL;
}

gpi_cap_t sel4gpi_get_resource_type_code(char *type_name)
{
    struct gpi_name in = {{0}};
    seL4_Word type = GPICAP_TYPE_NONE;
    strncpy(in.text, type_name, sizeof in.text);
    return GPI_CALL(sel4gpi_get_rde(GPICAP_TYPE_PD), PD_TYPE_CODE, &in, &type) == GPI_OK ? type : GPICAP_TYPE_NONE;
}

char *sel4gpi_get_resource_type_name(gpi_cap_t type)
{
    static __thread char text[GPI_NAME_SIZE + 1];
    struct gpi_name name;
    if (GPI_CALL(sel4gpi_get_rde(GPICAP_TYPE_PD), PD_TYPE_NAME, &type, &name) != GPI_OK) {
        return NULL;
    }
    memcpy(text, name.text, sizeof name.text);
    return text;
}

bool sel4gpi_can_request_type(char *type_name)
{
    gpi_cap_t type = sel4gpi_get_resource_type_code(type_name);
    return type != GPICAP_TYPE_NONE && sel4gpi_get_rde((int)type) != seL4_CapNull;
}

void sel4gpi_debug_print_rde(void)
{
    printf("PD %lu can ask for:\n", (unsigned long)gpi_osm->pd_conn.id);
    for (uint64_t i = 0; i < gpi_osm->rde_count && i < OSM_RDES; i++) {
        const struct osm_rde *rde = &gpi_osm->rde[i];
        const char *name = sel4gpi_get_resource_type_name(rde->type);
        printf("  %s, space %lu, slot %lu\n", name ? name : "?", (unsigned long)rde->space_id,
               (unsigned long)rde->slot);
    }
    if (gpi_osm->rde_total > gpi_osm->rde_count) {
        printf("  and %lu more\n", (unsigned long)(gpi_osm->rde_total - gpi_osm->rde_count));
    }
}
