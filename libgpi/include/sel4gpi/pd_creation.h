/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Making PDs of every kind: configure, prepare, start.
 *
 *     sel4gpi_runnable_t r;
 *     pd_config_t *cfg = sel4gpi_configure_process("hello", DEFAULT_STACK_PAGES, DEFAULT_HEAP_PAGES, &r);
 *     sel4gpi_add_rde_config(cfg, sel4gpi_get_resource_type_code("TIMER"), BADGE_SPACE_ID_NULL);
 *     sel4gpi_prepare_pd(cfg, &r, argc, args);
 *     sel4gpi_start_pd(&r);
 *     sel4gpi_config_destroy(cfg);
 *
 * A configuration is checked as a whole before anything is made for it; what is wrong is said in sel4gpi_config_error().
 * Whatever fails half-way is undone.
 */
#ifndef SEL4GPI_PD_CREATION_H
#define SEL4GPI_PD_CREATION_H

#include <sel4gpi/ads_clientapi.h>
#include <sel4gpi/cpu_clientapi.h>
#include <sel4gpi/ep_clientapi.h>
#include <sel4gpi/mo_clientapi.h>
#include <sel4gpi/pd_clientapi.h>
#include <sel4gpi/pd_creation_types.h>
#include <sel4gpi/pd_utils.h>
#include <sel4gpi/vmr_clientapi.h>

enum { DEFAULT_PRIORITY = 100 };

/**
 * A PD, and with `new_ads` an address space (else the caller's own), and with `new_cpu` a CPU; and a configuration without
 * regions. Null, and nothing made, on an error.
 */
pd_config_t *sel4gpi_new_runnable(bool new_ads, bool new_cpu, sel4gpi_runnable_t *ret_runnable);
/** A process that runs a program of the boot archive. */
pd_config_t *sel4gpi_configure_process(const char *image_name, int stack_pages, int heap_pages,
                                       sel4gpi_runnable_t *ret_runnable);
/** A thread of the caller's process. `thread_fn` is called as int fn(int argc, char **argv). `fault_ep` may be null. */
pd_config_t *sel4gpi_configure_thread(void *thread_fn, ep_client_context_t *fault_ep, sel4gpi_runnable_t *ret_runnable);
/**
 * A guest: its address space, its CPUs, its RAM as regions of the largest pages that fit. It ends with the caller. The CPUs'
 * capabilities are the caller's to give back; on an error there are none. Where it begins (`ads_cfg.entry_point`) is the beginning
 * of its RAM, unless the caller says otherwise.
 */
pd_config_t *sel4gpi_configure_guest(guest_config_t *guest, sel4gpi_runnable_t *ret_runnable);
/** Makes what the configuration says, and brings the CPU to where it will begin. `args` become strings. */
int sel4gpi_prepare_pd(pd_config_t *cfg, sel4gpi_runnable_t *runnable, int argc, seL4_Word *args);
/** The same with strings. */
int sel4gpi_prepare_pd_strings(pd_config_t *cfg, sel4gpi_runnable_t *runnable, int argc, char *const *argv);
int sel4gpi_start_pd(sel4gpi_runnable_t *runnable);
/** Ends the PD if it runs, and gives back what the caller holds of it. */
int sel4gpi_destroy_runnable(sel4gpi_runnable_t *runnable);

void sel4gpi_generate_proc_config(pd_config_t *proc_cfg, const char *image_name, size_t stack_pages, size_t heap_pages);
void sel4gpi_generate_thread_config(pd_config_t *thread_cfg, void *thread_fn, ep_client_context_t *fault_ep);
void sel4gpi_generate_guest_config(pd_config_t *guest_cfg, const guest_config_t *guest);
/** More RAM for a guest, in whole pages, in regions of pages as large as base and size allow, up to `page_bits` (0: 30). */
void sel4gpi_add_guest_ram(pd_config_t *cfg, uint64_t base, uint64_t size, size_t page_bits);
void sel4gpi_config_pd_share_all_rdes(pd_config_t *cfg);
void sel4gpi_config_destroy(pd_config_t *cfg);
char *sel4gpi_share_degree_to_str(gpi_share_degree_t share_deg);
/** Makes the regions of an address space. */
int sel4gpi_ads_configure(ads_config_t *cfg, sel4gpi_runnable_t *runnable, mo_client_context_t *osm_data_mo,
                          runtime_context_t *ret_runtime_context);
void sel4gpi_add_rde_config(pd_config_t *cfg, gpi_cap_t rde_type, gpi_space_id_t space_id);
void sel4gpi_add_vmr_config(ads_config_t *cfg, gpi_share_degree_t share_mode, sel4utils_reservation_type_t type,
                            void *start, void *dest_start, uint64_t region_pages, size_t page_bits,
                            mo_client_context_t *mo);
/** A stack of the caller's own space, above a guard page; its upper end, or null. */
void *sel4gpi_new_sized_stack(seL4_CPtr vmr_rde, size_t n_pages, mo_client_context_t *ret_mo);
void sel4gpi_add_res_type_config(pd_config_t *cfg, gpi_cap_t resource_type);
/** What the last configuration that was refused by this thread's calls lacked: names the field. */
const char *sel4gpi_config_error(void);

#endif
