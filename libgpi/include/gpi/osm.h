/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The page that every PD has: what it is and whom it can ask. The root task writes it, the PD reads it; nothing in it is
 * believed by anybody else.
 */
#ifndef GPI_OSM_H
#define GPI_OSM_H

#include <gpi/ids.h>
#include <stdint.h>

/** A resource directory entry: requests for resources of `type` in `space_id` go to `slot`. */
struct osm_rde {
    gpi_cap_t type;
    gpi_space_id_t space_id;
    seL4_CPtr slot;
};

enum { OSM_NAME_SIZE = 32, OSM_RDES = 128, OSM_ADSES = 16 };

typedef struct osm_pd_shared_data {
    struct {
        seL4_CPtr ep;
        gpi_obj_id_t id;
    } pd_conn, ads_conn, cpu_conn; /**< this PD, the address space its CPU is in, its CPU */
    seL4_CPtr cspace_root;         /**< its CNode; 0 if it was not given */
    seL4_CPtr fault_ep;            /**< where its faults go, if it was told */
    seL4_CPtr reply;               /**< a reply object to receive with */
    /** Address spaces that its CPU has been in: vesicle_TCB_SwitchVSpace(switch_tcb, vspace) leads there at once. */
    seL4_CPtr switch_tcb;
    seL4_Word ads_count;
    struct osm_ads {
        gpi_obj_id_t id;
        seL4_CPtr ep, vspace;
    } ads[OSM_ADSES];
    char name[OSM_NAME_SIZE];
    /** Entries here; the directory can have more, which are asked for (PD_GET_RDE). */
    uint64_t rde_count;
    uint64_t rde_total;
    struct osm_rde rde[OSM_RDES];
} osm_pd_shared_data_t;

_Static_assert(sizeof(osm_pd_shared_data_t) <= 1 << seL4_PageBits, "the OSM page");

#endif
