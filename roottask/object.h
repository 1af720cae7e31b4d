/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What all resources of the root task have in common. An object lives as long as somebody holds it: a capability in a
 * PD, or another object that needs it. It can end before (`object_end`), when what it stands for is taken away; then it
 * is only a marker that its last capabilities find.
 */
#ifndef ROOTTASK_OBJECT_H
#define ROOTTASK_OBJECT_H

#include "memory.h"

#include <gpi/ids.h>

struct handle;

struct object {
    gpi_cap_t type;
    gpi_obj_id_t id; /**< of this type; never used again */
    unsigned refs;
    bool ended;
    struct account *account;    /**< who pays for it */
    struct handle *handles;     /**< capabilities to it that PDs hold */
    struct object *next, *prev; /**< all of this type */
};

/** What a type does when an object ends: gives back everything it holds. It must leave `struct object` alone. */
typedef void (*object_end_fn)(struct object *object);
void object_register(gpi_cap_t type, object_end_fn end);

/** Begins an object in zeroed memory, of one reference that the caller has. Takes a reference on the account. */
void object_init(struct object *object, gpi_cap_t type, struct account *account);
struct object *object_get(struct object *object);
/** Drops a reference; with the last one it ends, and its memory goes. */
void object_put(struct object *object);
/** Ends it now, whoever holds it. */
void object_end(struct object *object);

/** All objects of a type, the youngest first. */
struct object *object_first(gpi_cap_t type);
/** The one with this id; null if it is no more. */
struct object *object_find(gpi_cap_t type, gpi_obj_id_t id);
uint64_t object_count(void);

#define object_of(pointer, kind) ((struct kind *)(void *)(pointer))

#endif
