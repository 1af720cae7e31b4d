/* SPDX-License-Identifier: BSD-2-Clause */
/* Protection domains. */
#ifndef GPI_PROTO_PD_H
#define GPI_PROTO_PD_H

#include <gpi/proto/rpc.h>
#include <sel4/trace.h>

enum gpi_pd_method {
    /* of the directory entry */
    PD_CREATE = GPI_METHOD(GPI_COMPONENT_PD, 0), /**< pd_create -> gpi_slot_and_id */
    PD_NULL,                                     /**< nothing, as fast as can be */
    PD_TYPE_CODE,                                /**< gpi_name -> one word: type of that name, made if there is none */
    PD_TYPE_NAME,                                /**< one word -> gpi_name */
    /* of a PD */
    PD_TERMINATE,
    PD_EXIT,            /**< one word: exit code */
    PD_WAIT,            /**< -> pd_end: answered when it has ended */
    PD_SEND_CAP,        /**< pd_send_cap -> one word: its slot there */
    PD_SHARE_RDE,       /**< pd_share_rde -> one word: its slot there */
    PD_SHARE_ALL_RDES,  /**< all that the caller has */
    PD_REMOVE_RDE,      /**< pd_rde */
    PD_GET_RDE,         /**< pd_rde -> one word: its slot */
    PD_SHARE_TYPE,      /**< pd_share_type: capabilities of a type from another PD */
    PD_JOIN,            /**< pd_join: uses the CSpace and directory of another PD, as a thread of a process does */
    PD_OWN_REGION,      /**< pd_own_region: a region that ends with the PD */
    PD_NEXT_SLOT,       /**< -> one word: an empty slot */
    PD_FREE_SLOT,       /**< one word: deletes what is in it, and gives it back */
    PD_CLEAR_SLOT,      /**< one word: deletes what is in it */
    PD_GIVE_RESOURCE,   /**< pd_give -> one word: its slot there */
    PD_MAP_RESOURCE,    /**< pd_map: a resource of the PD is made from another one */
    PD_TAKE_RDE,        /**< pd_rde -> one word: for the caller, an entry for a space that the PD serves */
    PD_READY,           /**< one word: the PD says that it is ready, and something that its starter wants to know */
    PD_WAIT_READY,      /**< -> one word: answered when it is; GPI_ERR_GONE if it ended before */
    PD_LINK_CHILD,      /**< one word: slot of the child */
    PD_DUMP,            /**< pd_dump -> text */
    PD_SET_NAME,        /**< gpi_name */
    PD_IRQ_BIND,        /**< pd_irq_bind -> pd_irq_bound (GPI_RIGHT_SYSTEM, here or of the entry for PDs) */
    PD_SET_FAULT_EP,    /**< pd_fault_ep */
    PD_GET_FAULT_EP,    /**< -> ep_created: made if there is none; faults go there from then on */
    PD_SET_QUOTA,       /**< one word: bytes */
    PD_SET_POLICY,      /**< pd_policy */
    PD_GET_INFO,        /**< -> pd_info */
    PD_NEXT,            /**< one word -> pd_info of the PD with the next id (GPI_RIGHT_SYSTEM) */
    PD_KILL,            /**< one word: ends the PD of that id (GPI_RIGHT_SYSTEM) */
    PD_MEMORY,          /**< -> pd_memory (GPI_RIGHT_SYSTEM) */
    PD_GET_WORK,        /**< -> pd_work: what a resource server has to hear */
    PD_SET_WORK_SIGNAL, /**< one word: slot of a notification's capability, signalled when there is work */
    PD_WHOSE_BADGE,     /**< one word -> pd_badge: what a badge on a server's endpoint means */
    PD_IS_CLIENT,       /**< pd_resource: GPI_ERR_NOT_FOUND if PD `id` has nothing of `space`, which the PD serves */
    /** One word: the n-th allocation from now fails (0: none), for tests -> one word: how far it was to the last one asked for,
     *  0: it has failed. GPI_RIGHT_SYSTEM. */
    PD_FAIL_AFTER,
    PD_CAP_INFO, /**< one word: a slot -> pd_cap_info */
    PD_GIVE_CAP, /**< pd_give_cap -> one word: its slot there */
    PD_COUNT,    /**< its CPUs count, and those of threads that join it from now on, from 0 on */
    PD_COUNTS,   /**< -> pd_counts: also of those that have ended, and when it has */
    /* of the directory entry, with GPI_RIGHT_SYSTEM: see sel4/trace.h */
    PD_TRACE_BUFFER, /**< pd_trace_buffer: where a core's records go */
    PD_TRACE_EVENTS, /**< pd_trace_events: what it records and counts */
    PD_TRACE_THREAD, /**< one word: a CPU's id -> pd_trace_thread of the CPU with the next id; PD_TRACE_ROOT: the root task's */
    PD_TRACE_COUNTERS, /**< one word: an elevated CPU's id -> pd_trace_counters */
};

struct pd_create {
    seL4_CPtr osm_mo; /**< memory object for its OSM page; 0: it gets none */
};
enum gpi_pd_state { PD_NEW, PD_RUNNING, PD_ENDED };
enum gpi_end_reason { PD_EXITED, PD_TERMINATED, PD_FAULTED, PD_PARENT_ENDED, PD_SERVER_ENDED };
struct pd_end {
    seL4_Word reason;
    seL4_Word code;
};
struct pd_send_cap {
    seL4_CPtr slot;
    seL4_Word rights; /**< gpi_rights_t; 0: as the sender has it */
};
struct pd_rde {
    gpi_cap_t type;
    gpi_space_id_t space;
};
struct pd_share_rde {
    struct pd_rde rde;
    seL4_Word rights; /**< gpi_rights_t; 0: as the sender has it */
};
struct pd_share_type {
    seL4_CPtr source;
    gpi_cap_t type;
    seL4_Word rights;
};
struct pd_join {
    seL4_CPtr with;
};
struct pd_own_region {
    seL4_CPtr ads;
    seL4_Word vaddr;
};
struct pd_give {
    gpi_space_id_t space;
    gpi_obj_id_t recipient;
    gpi_obj_id_t resource;
};
/** A resource, by the space that it is in. */
struct pd_resource {
    gpi_space_id_t space;
    gpi_obj_id_t id;
};
struct pd_map {
    struct pd_resource resource; /**< in a space that the PD serves */
    struct pd_resource from;     /**< one that the caller holds, of any space */
};
/** A server gives something that it has to a PD that is its client. */
struct pd_give_cap {
    gpi_obj_id_t recipient;
    seL4_CPtr slot;
    seL4_Word rights; /**< gpi_rights_t; 0: as the server has it */
};
struct pd_irq_bind {
    seL4_Word irq;
    seL4_CPtr notification; /**< slot of a notification (EP object); 0: a new one */
    seL4_Word badge;
    seL4_Word edge;
};
struct pd_irq_bound {
    seL4_CPtr handler;      /**< in the PD's CSpace */
    seL4_CPtr notification; /**< in the PD's CSpace */
};
struct pd_fault_ep {
    seL4_CPtr ep;
    seL4_Word badge;
};
struct pd_policy {
    seL4_Word pd_depth;
    seL4_Word space_depth;
};
struct pd_info {
    gpi_obj_id_t id, parent;
    seL4_Word state;
    struct pd_end end;
    seL4_Word cpus;
    seL4_Word priority_limit; /**< of its CPUs */
    seL4_Word memory, quota;  /**< bytes; of all that use its account */
    seL4_Time consumed;       /**< microseconds of its CPUs */
    seL4_Word ready;          /**< it said so (PD_READY), with */
    seL4_Word ready_word;
    struct gpi_name name;
};
/** What `counted` says was counted somewhere. */
enum gpi_pd_counted { PD_COUNTED_CYCLES = 1, PD_COUNTED_INSTRUCTIONS = 2 };
struct pd_counts {
    seL4_Word counted;              /**< enum gpi_pd_counted: what the machine can; the others are 0 */
    seL4_Word cycles, instructions; /**< at EL0; none of guests */
    seL4_Time consumed;             /**< microseconds, with the kernel's for them */
};
struct pd_memory {
    seL4_Word free, total; /**< bytes */
    seL4_Word slots;       /**< capability slots of the root task in use */
    seL4_Word handles, objects;
};
enum gpi_work {
    WORK_NONE,
    WORK_CLIENT_GONE, /**< a PD that had an entry or resources of `space` has ended; `id`: which */
    WORK_FREED,       /**< nobody holds resource `id` of `space` any more */
    WORK_SPACE_GONE,  /**< the space `id`, from which `space` is made, has ended */
    WORK_SPACE_ENDED, /**< because of that, and a policy, `space` has ended itself: who called by it is answered with an error */
    WORK_RESOURCE_GONE, /**< what resource `id` of `space` was made from is no more; it is taken from its holders if the policy said so */
    WORK_CHILD_ENDED, /**< PD `id`, which the PD made, has ended */
    WORK_LOST,        /**< there was no memory to keep something: ask for the badges that are known */
};
struct pd_work {
    seL4_Word kind;
    gpi_space_id_t space;
    gpi_obj_id_t id;
};
struct pd_badge {
    gpi_space_id_t space;
    gpi_obj_id_t resource; /**< BADGE_OBJ_ID_NULL: the directory entry itself */
    gpi_obj_id_t client;   /**< PD */
    seL4_Word rights;
};
/** What a capability in a slot is. */
struct pd_cap_info {
    gpi_cap_t type;
    gpi_obj_id_t id;
    seL4_Word rights; /**< gpi_rights_t */
    seL4_Word
        detail; /**< MO: pages << 8 | page_bits; ADS: 1 if it is a guest's; EP: enum gpi_ep_kind; CPU: 1 if elevated */
};
struct pd_dump {
    seL4_Word offset;
};

struct pd_trace_buffer {
    seL4_Word core;
    seL4_CPtr mo; /**< its first page becomes the ring; 0: the ring goes, as it does with the memory object */
};
struct pd_trace_events {
    seL4_Word core;
    seL4_Word events; /**< VESICLE_TRACE_* */
};
#define PD_TRACE_ROOT (~0ul)
struct pd_trace_thread {
    gpi_obj_id_t cpu;        /**< BADGE_OBJ_ID_NULL: the root task */
    seL4_Word thread;        /**< its number in records */
    gpi_obj_id_t pd, parent; /**< whose it is, and who made that */
    seL4_Word index;         /**< of the PD's CPUs */
    seL4_Word guest;         /**< it is elevated */
    struct gpi_name name;    /**< the PD's */
};
struct pd_trace_counter {
    seL4_Word kernel_exits, kernel_ticks, vmm_exits, vmm_ticks;
};
struct pd_trace_counters {
    struct pd_trace_counter reason[vesicle_NumExitReasons];
};

#endif
