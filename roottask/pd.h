/* SPDX-License-Identifier: BSD-2-Clause */
/* Protection domains: CSpace and directory, CPUs, a name, who made them and what happens when they end. */
#ifndef ROOTTASK_PD_H
#define ROOTTASK_PD_H

#include "cpu.h"
#include "pdspace.h"
#include "vmr.h"

#include <gpi/osm.h>
#include <gpi/proto/pd.h>

/** A call that is answered when a PD ends, or is ready. */
struct waiter {
    struct kobject reply;
    struct waiter *next;
};

/** What a resource server has to hear. */
struct work {
    struct pd_work what;
    struct work *next;
};

struct pd {
    struct object object;
    char name[GPI_NAME_SIZE + 1];
    uint8_t state; /**< enum gpi_pd_state */
    uint8_t priority_limit;
    bool first;  /**< the machine is switched off when it ends */
    bool system; /**< its own capability has GPI_RIGHT_SYSTEM */
    struct pd_end end;
    bool ending; /**< waits for its end: see pd_end_later() */
    struct pd *next_ending;
    gpi_obj_id_t parent;
    struct pd *linked_to;            /**< ends when that one does */
    struct pd *linked, *next_linked; /**< those that end with this one */
    struct pdspace *space;           /**< null until something is put there */
    struct pd *next_in_space;
    struct cpu *cpus;
    seL4_Word own_badges[2]; /**< of its own capabilities for itself and its first CPU */
    struct vmr *regions;     /**< that end with it, in spaces of others */
    struct mo *osm_mo;
    osm_pd_shared_data_t *osm; /**< as the root task sees it */
    size_t osm_adses;          /**< entries of osm->ads in use */
    struct ep *fault_ep;       /**< null: the root task reports its faults and ends it */
    seL4_Word fault_badge;
    struct waiter *waiters, *ready_waiters;
    bool ready;
    seL4_Word ready_word;
    struct pd_policy policy;
    struct pd *counted_by;   /**< whose counts have what its CPUs count: its own, or of which it is a thread */
    struct pd_counts counts; /**< of CPUs that are no more */
    struct work *work, **work_end;
    bool work_lost;        /**< no memory to keep some: it is told to look for itself */
    seL4_CPtr work_signal; /**< slot of a notification's capability; 0: not wanted */
};

void pd_init(void);
/** The root task's own address space, in which the pages of all PDs are. */
extern struct ads root_ads;

/** A PD without anything. `account` pays; `osm_mo` null: no page. */
struct pd *pd_new(struct account *account, struct mo *osm_mo, gpi_obj_id_t parent, gpi_error_t *error);
/** Its CSpace, made when first needed; null if there is no memory. */
struct pdspace *pd_space(struct pd *pd);
/** Ends it: its CPUs, what only it held, those linked to it. */
void pd_end(struct pd *pd, enum gpi_end_reason reason, seL4_Word code);
/** The same within the end of another one, which goes on first. */
void pd_end_later(struct pd *pd, enum gpi_end_reason reason, seL4_Word code);

/** It gets a CPU, and capabilities for itself, the CPU and the address space. */
gpi_error_t pd_add_cpu(struct pd *pd, struct cpu *cpu, struct ads *ads);
void pd_drop_cpu(struct pd *pd, struct cpu *cpu);
/** The address space that its CPU is in now. */
gpi_error_t pd_bind_ads(struct pd *pd, struct ads *ads);
/** Its CPU can be switched to this space by a capability in its slot `vspace`, together with that in `tcb`. */
void pd_publish_switch(struct pd *pd, seL4_CPtr tcb, const struct ads *ads, seL4_CPtr vspace);
/** Not any more. */
void pd_unpublish_switch(struct pd *pd, const struct ads *ads);
/** The directory of a CSpace changed, from entry `from` on: those who use it can read that. */
void pd_publish_rdes(struct pdspace *space, size_t from);

/** A region that ends with the PD, and one that does not any more. */
void pd_own_region(struct pd *pd, struct vmr *vmr);
void pd_disown_region(struct pd *pd, struct vmr *vmr);
/** Puts something into its work queue, and tells it. */
void pd_queue_work(struct pd *pd, enum gpi_work kind, gpi_space_id_t space, gpi_obj_id_t id);
/** Takes the oldest of it. */
struct pd_work pd_take_work(struct pd *pd);
/** Answers all who wait. */
void pd_answer_waiters(struct waiter **waiters, gpi_error_t error, const seL4_Word *words, unsigned count);

#endif
