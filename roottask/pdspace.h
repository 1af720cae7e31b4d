/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The CSpace of a PD and its resource directory. A process and its threads share one: what one of them gets, all have.
 * The root task decides which slot takes what; slots that a PD asked for (`pd_client_next_slot`) hold what the PD
 * puts there.
 */
#ifndef ROOTTASK_PDSPACE_H
#define ROOTTASK_PDSPACE_H

#include "handle.h"

struct pd;

/** A directory entry: requests for resources of this type and space go to the capability of `handle`. */
struct rde {
    gpi_cap_t type;
    gpi_space_id_t space;
    struct handle *handle;
};

struct pdspace {
    cspace_t cspace;
    struct account *account;
    size_t old_bytes;       /**< while it grows */
    gpi_obj_id_t id;        /**< of the PD that it was made for: what servers know its PDs by */
    struct pd *pds;         /**< that use it, by next_in_space */
    struct handle **handle; /**< by slot; null: not the root task's business */
    size_t slots;           /**< places in `handle` */
    struct rde *rdes;
    size_t rde_count, rde_places;
};

/** An empty one; its memory, and that of what its PDs allocate, is `account`'s. */
struct pdspace *pdspace_new(struct account *account);
/** Gives back everything in it. */
void pdspace_free(struct pdspace *space);

/** A free slot, which will take the capability of `handle` (null: the PD's own business); 0 if there is none. */
seL4_CPtr pdspace_take_slot(struct pdspace *space, struct handle *handle);
/** The slot is empty, but stays taken. */
void pdspace_forget_slot(struct pdspace *space, seL4_CPtr slot);
/** The slot is empty, and free. */
void pdspace_put_slot(struct pdspace *space, seL4_CPtr slot);
/** Whether the slot is one that was taken. */
bool pdspace_slot_taken(const struct pdspace *space, seL4_CPtr slot);
/** What the root task put into a slot; null if it is not its. */
static inline struct handle *pdspace_handle(const struct pdspace *space, seL4_CPtr slot)
{
    return slot < space->slots ? space->handle[slot] : NULL;
}

/** The entry for a type and space (BADGE_SPACE_ID_NULL: the first of the type); null if there is none. */
struct rde *pdspace_find_rde(const struct pdspace *space, gpi_cap_t type, gpi_space_id_t id);
/** Adds an entry. */
gpi_error_t pdspace_add_rde(struct pdspace *space, gpi_cap_t type, gpi_space_id_t id, struct handle *handle);
/** Forgets entries that lead to this handle. */
void pdspace_drop_rdes(struct pdspace *space, const struct handle *handle);

#endif
