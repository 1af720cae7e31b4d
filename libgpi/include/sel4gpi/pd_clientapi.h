/* SPDX-License-Identifier: BSD-2-Clause */
/* Protection domains. All calls answer 0 or a gpi_error_t, if nothing else is said. */
#ifndef SEL4GPI_PD_CLIENTAPI_H
#define SEL4GPI_PD_CLIENTAPI_H

#include <gpi/proto/pd.h>
#include <sel4gpi/gpi_types.h>

/** A PD without CPU. `osm_data_mo`: memory of a page for its OSM page; null: none. */
int pd_component_client_connect(seL4_CPtr server_ep_cap, mo_client_context_t *osm_data_mo,
                                pd_client_context_t *ret_conn);
/** Ends it. The capability stays, to ask how it ended, until pd_client_disconnect. */
int pd_client_terminate(pd_client_context_t *conn);
/** Gives the capability back. The PD runs on. */
int pd_client_disconnect(pd_client_context_t *conn);
/** Waits until it has ended. */
int pd_client_wait(pd_client_context_t *conn, struct pd_end *end);
/** Gives a capability of the caller's to a PD; its slot there. */
int pd_client_send_cap(pd_client_context_t *conn, seL4_CPtr cap_to_send, seL4_CPtr *slot);
/** The same; both know all types. */
int pd_client_send_core_cap(pd_client_context_t *conn, seL4_CPtr cap_to_send, seL4_CPtr *slot);
/** The same, with some of the rights (gpi_rights_t). */
int pd_client_send_cap_rights(pd_client_context_t *conn, seL4_CPtr cap_to_send, unsigned rights, seL4_CPtr *slot);
/** Gives a directory entry of the caller's to a PD. BADGE_SPACE_ID_NULL: the first of the type. */
int pd_client_share_rde(pd_client_context_t *target_pd, gpi_cap_t cap_type, gpi_space_id_t space_id);
/** The same, with some of the rights (gpi_rights_t). */
int pd_client_share_rde_rights(pd_client_context_t *target_pd, gpi_cap_t cap_type, gpi_space_id_t space_id,
                               unsigned rights);
int pd_client_share_all_rdes(pd_client_context_t *target_pd);
/**
 * Prepares a configured CPU to begin at `entry_point`; cpu_client_start lets it run. With a program that ads_client_load_elf
 * loaded for `target_pd` the whole C runtime, otherwise TLS only, nothing for a guest. `stack_pos`: the upper end of the
 * stack, in the target's space. `args` are words and become strings.
 */
int pd_client_runtime_setup(pd_client_context_t *target_pd, ads_client_context_t *target_ads,
                            cpu_client_context_t *target_cpu, void *stack_pos, int argc, seL4_Word *args,
                            void *entry_point, void *ipc_buf_addr, void *osm_data_in_PD);
/** Gives all that `src_pd` holds of a type to `dest_pd`. */
int pd_client_share_resource_by_type(pd_client_context_t *src_pd, pd_client_context_t *dest_pd, gpi_cap_t res_type);
/** A free slot of a PD's CSpace, for a capability that it receives by itself. */
int pd_client_next_slot(pd_client_context_t *conn, seL4_CPtr *slot);
/** Deletes what is in a slot, and gives the slot back. */
int pd_client_free_slot(pd_client_context_t *conn, seL4_CPtr slot);
/** Deletes what is in a slot, which stays taken. */
int pd_client_clear_slot(pd_client_context_t *conn, seL4_CPtr slot);
/** A resource server gives one of its resources to a client of its, or to its parent; the slot there. `conn`: the server's own. */
int pd_client_give_resource(pd_client_context_t *conn, gpi_space_id_t res_space_id, gpi_obj_id_t recipient_id,
                            gpi_obj_id_t resource_id, seL4_CPtr *dest);
/**
 * A resource that the PD serves (`src_res_id`) is made from another one, which the caller holds, of any space. When that one
 * ends, the server is told (WORK_RESOURCE_GONE), and with a clean-up policy it is taken from its holders. Both are named by
 * gpi_resource_name().
 */
int pd_client_map_resource(pd_client_context_t *conn, gpi_obj_id_t src_res_id, gpi_obj_id_t dest_res_id);
/** The same, for ids of any size. */
int pd_client_map_resource_of(pd_client_context_t *conn, struct pd_resource src, struct pd_resource dest);
/** A directory entry for a space that the PD serves, for the caller; its slot may be null. BADGE_SPACE_ID_NULL: the oldest. */
int pd_client_take_rde(pd_client_context_t *conn, gpi_cap_t type, gpi_space_id_t space_id, seL4_CPtr *slot);
/** A resource server's notification (the slot of a raw capability) is signalled when there is work for it (PD_GET_WORK). */
int pd_client_set_work_signal(pd_client_context_t *conn, seL4_CPtr notification);
/** The PD, which calls, is ready for others; `word` is something that its starter wants to know. */
int pd_client_ready(pd_client_context_t *conn, seL4_Word word);
/** Waits until it is; GPI_ERR_GONE if it ended before. */
int pd_client_wait_ready(pd_client_context_t *conn, seL4_Word *word);
/** Ends the calling PD: does not return for a PD's own capability. */
void pd_client_exit(pd_client_context_t *conn, int code);
int pd_client_remove_rde(pd_client_context_t *conn, gpi_cap_t type, gpi_space_id_t space_id);
/** `child` ends when `parent` does. */
int pd_client_link_child(pd_client_context_t *parent, pd_client_context_t *child);
/** A description for people, ended by 0. */
int pd_client_dump(pd_client_context_t *conn, char *buf, size_t size);
int pd_client_set_name(pd_client_context_t *conn, char *name);
/**
 * An interrupt signals a notification with `badge`. The handler's capability goes to the PD (`*ret_slot`); the
 * notification's with `copy_to_holder` to `*ret_slot_holder`. Needs GPI_RIGHT_SYSTEM, of `pd` or of the caller's
 * directory entry for PDs.
 */
int pd_client_irq_handler_bind(pd_client_context_t *pd, int irq, seL4_Word badge, bool copy_to_holder,
                               seL4_CPtr *ret_slot, seL4_CPtr *ret_slot_holder);
/** The same with a notification that the caller has, and for interrupts that are edges. */
int pd_client_irq_bind(pd_client_context_t *pd, const struct pd_irq_bind *in, struct pd_irq_bound *out);
/**
 * A resource server gives a capability that it has (with some of the rights; 0: all) to a client of its, or its parent; the slot
 * there. `conn`: the server's own.
 */
int pd_client_give_cap(pd_client_context_t *conn, gpi_obj_id_t recipient_id, seL4_CPtr cap, unsigned rights,
                       seL4_CPtr *slot);
/** The PD uses the CSpace and directory of another, as threads of a process do. Before anything was given to it. */
int pd_client_join(pd_client_context_t *conn, pd_client_context_t *with);
/** A region (that an address is in) of an address space ends with the PD. */
int pd_client_own_region(pd_client_context_t *conn, seL4_CPtr ads, void *vaddr);
/** Where its faults go: given; or asked for, and then made if there is none. */
int pd_client_set_fault_ep(pd_client_context_t *conn, ep_client_context_t *ep, seL4_Word badge);
int pd_client_get_fault_ep(pd_client_context_t *conn, ep_client_context_t *ret_ep);
/** Bytes of memory that it, and all that it makes, may use. */
int pd_client_set_quota(pd_client_context_t *conn, uint64_t bytes);
/**
 * When a resource server ends: how many steps the PDs that hold its resources end with it, and how many steps
 * the spaces that are made from its own.
 */
int pd_client_set_cleanup_policy(pd_client_context_t *conn, unsigned pd_depth, unsigned space_depth);
int pd_client_get_info(pd_client_context_t *conn, struct pd_info *info);
/**
 * Its CPUs, and those of threads that join it later, count cycles and instructions from 0 on, in VESICLE_COUNTER_CYCLES and counter 0.
 * GPI_ERR_STATE: it has ended, or is counted already.
 */
int pd_client_count(pd_client_context_t *conn);
/** What they counted so far, and what those did that have ended; also when the PD has. */
int pd_client_counts(pd_client_context_t *conn, struct pd_counts *counts);
/** What the capability in a slot of the PD is; GPI_ERR_NOT_FOUND if it is no resource of the root task. */
int pd_client_cap_info(pd_client_context_t *conn, seL4_CPtr slot, struct pd_cap_info *info);
/** With GPI_RIGHT_SYSTEM: the PD with the next id, one by its id, memory. */
int pd_client_next(pd_client_context_t *conn, gpi_obj_id_t after, struct pd_info *info);
int pd_client_kill(pd_client_context_t *conn, gpi_obj_id_t id);
int pd_client_memory(pd_client_context_t *conn, struct pd_memory *memory);

#endif
