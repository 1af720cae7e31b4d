/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Handles: one for each capability that the root task gave to a PD. The badge of the capability is the handle's place in a
 * table, and a number that is different each time the place is used, so that a copy that outlived its handle means
 * nothing. The table grows.
 */
#ifndef ROOTTASK_HANDLE_H
#define ROOTTASK_HANDLE_H

#include "object.h"

struct pdspace;

enum handle_kind {
    HANDLE_FREE,
    HANDLE_OBJECT, /**< a resource */
    HANDLE_RDE,    /**< a directory entry: `object` is the resource space */
    HANDLE_FAULT,  /**< faults of a CPU; in no PD's CSpace */
    HANDLE_RAW,    /**< a kernel capability: an endpoint's, a notification's, an interrupt handler's */
    HANDLE_SERVED, /**< a resource of a resource server: `object` is the resource space, `resource` its id */
};

struct handle {
    seL4_Word badge;
    struct object *object; /**< holds a reference */
    struct pdspace *space; /**< whose CSpace it is in */
    seL4_CPtr slot;        /**< where there */
    gpi_obj_id_t resource;
    uint8_t kind;
    uint8_t rights;             /**< gpi_rights_t */
    bool listed;                /**< a directory entry is its */
    bool shared;                /**< two have it, a thread and its creator: it goes when the second frees it */
    struct handle *next, *prev; /**< of the object */
    struct handle *next_free;
};

/** The root task's endpoint: all capabilities of handles are badged copies of it. */
void handle_init(seL4_CPtr endpoint);

/**
 * A handle for `object` and its capability in a free slot of `space`. Null if there is no memory, or no room in the
 * quota.
 */
struct handle *handle_new(struct pdspace *space, struct object *object, enum handle_kind kind, unsigned rights);
/** The same, with a copy of a capability `cap` of the root task, badged if `badged`, instead of the root task's endpoint. */
struct handle *handle_new_for(struct pdspace *space, struct object *object, enum handle_kind kind, unsigned rights,
                              seL4_CPtr cap, seL4_CapRights_t cap_rights, bool badged);
/** A handle without a slot: faults. The capability goes to the root task's slot `*slot`. */
struct handle *handle_new_fault(struct object *object, seL4_CPtr *slot);
/** Instead of handle_free(), where the thread has been deleted before: the next one's faults may come by it. */
void handle_keep_fault(struct handle *handle);
/** Slots that are kept so: whether there is one says nothing of who uses memory. */
size_t handle_spare_slots(void);
/** From now on the capability leads to the root task instead of `endpoint`: its server is no more. */
void handle_redirect(struct handle *handle, seL4_CPtr endpoint);
/** A copy of what is in the slot of a raw handle, for another CSpace; null if that failed. */
struct handle *handle_copy_raw(const struct handle *handle, struct pdspace *target);
/** Deletes its capability and forgets it; the slot stays the PD's. */
void handle_clear(struct handle *handle);
/** Deletes its capability, gives the slot back and forgets it; if it is shared, it belongs to the other one from now on. */
void handle_free(struct handle *handle);
/** Forgets it; its capability and slot are about to go with the whole CSpace. */
void handle_forget(struct handle *handle);
/** Every capability to the object. */
void handle_free_all(struct object *object);

/** What a badge means; null: nothing (any more). */
struct handle *handle_of_badge(seL4_Word badge);
/** The first handle for `object` of this kind in a CSpace; null if there is none. */
struct handle *handle_find(const struct pdspace *space, const struct object *object, enum handle_kind kind);

uint64_t handle_count(void);

#endif
