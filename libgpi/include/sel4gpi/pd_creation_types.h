/* SPDX-License-Identifier: BSD-2-Clause */
/* How a PD is described before it is made. */
#ifndef SEL4GPI_PD_CREATION_TYPES_H
#define SEL4GPI_PD_CREATION_TYPES_H

#include <sel4gpi/gpi_types.h>
#include <sel4gpi/linked_list.h>

/** What can be started: who it is, where it runs, what runs it. */
typedef struct sel4gpi_runnable {
    pd_client_context_t pd;
    ads_client_context_t ads;
    cpu_client_context_t cpu;
} sel4gpi_runnable_t;

/** Whether the new PD gets the same pages as its creator, or its own. */
typedef enum { GPI_SHARED = 1, GPI_DISJOINT } gpi_share_degree_t;

typedef struct vmr_config {
    gpi_share_degree_t share_mode;
    sel4utils_reservation_type_t type;
    void *
        start; /**< SHARED: in the creator; needed for types that are not special. DISJOINT: in the new PD, or null: anywhere */
    void *dest_start;       /**< SHARED: in the new PD, null: `start` */
    uint64_t region_pages;  /**< SHARED: as start */
    size_t page_bits;       /**< DISJOINT: 12, 21 or 30; 0: 12 */
    mo_client_context_t mo; /**< DISJOINT: its memory; ep 0: new, zeroed */
    unsigned rights;        /**< ADS_RIGHT_*, at most; 0: as the type or the original has them */
} vmr_config_t;

typedef struct ads_config {
    char *image_name;        /**< for the DISJOINT region of type CODE: a program of the boot archive */
    void *entry_point;       /**< where to begin, if no program is loaded */
    linked_list_t *vmr_cfgs; /**< of vmr_config_t */
    bool incomplete;         /**< memory ran out while it was put together: it will be refused */
} ads_config_t;

typedef struct rde_config {
    gpi_cap_t type;
    gpi_space_id_t space_id; /**< BADGE_SPACE_ID_NULL: the first of the type */
    unsigned rights;         /**< gpi_rights_t, at most; 0: as the creator has it */
} rde_config_t;

/** A CPU besides the runnable's: another vCPU of a guest. It stands still until who serves it starts it. */
typedef struct cpu_config {
    cpu_client_context_t cpu;
    ep_client_context_t fault_ep;
    seL4_Word fault_ep_badge;
} cpu_config_t;

typedef struct pd_config {
    mo_client_context_t osm_data_mo; /**< memory of its OSM page */
    ads_config_t ads_cfg;
    linked_list_t *rde_cfg;          /**< of rde_config_t */
    linked_list_t *gpi_res_type_cfg; /**< of gpi_res_type_config_t: types whose resources are shared in bulk */
    bool share_all_rdes;
    bool elevated_cpu;            /**< the CPU runs a guest */
    linked_list_t *more_cpus;     /**< of cpu_config_t: elevated as well */
    linked_list_t *linked_pds;    /**< of pd_client_context_t: they end with the new PD */
    bool link_with_current;       /**< it ends with its creator */
    ep_client_context_t fault_ep; /**< where its faults go; ep 0: the PD's own, which the creator can ask for */
    seL4_Word fault_ep_badge;
    int cpu_prio;       /**< 0: as DEFAULT_PRIORITY */
    bool joins_creator; /**< it was made a user of the creator's CSpace and directory already: a thread */
    uint64_t quota;     /**< bytes; 0: the creator's */
} pd_config_t;

typedef struct gpi_res_type_config {
    gpi_cap_t type;
} gpi_res_type_config_t;

/** What a guest is made of. */
typedef struct guest_config {
    uint64_t ram_base, ram_size; /**< guest-physical, of whole pages; size 0: none yet */
    size_t page_bits;            /**< largest pages used for it: 12, 21 or 30 (0: 30) */
    unsigned cpus;
    cpu_config_t
        *cpu; /**< so many; fault endpoints come from the caller, CPUs from the call. The first is the runnable's */
    bool small_entries; /**< its tables map pages of 2 MiB by 4 KiB entries */
} guest_config_t;

/** What preparing an address space tells about how to begin in it. */
typedef struct runtime_context {
    void *entry_point;
    void *osm_data;         /**< in the new PD */
    vmr_config_t stack_cfg; /**< `start` and `mo` filled in */
    vmr_config_t ipc_buf_cfg;
    bool loaded_elf;
} runtime_context_t;

#endif
