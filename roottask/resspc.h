/* SPDX-License-Identifier: BSD-2-Clause */
/* Resource spaces and what is in them. The root task's own have no server. */
#ifndef ROOTTASK_RESSPC_H
#define ROOTTASK_RESSPC_H

#include "ep.h"
#include "object.h"

#include <gpi/proto/resspc.h>

struct pd;
struct pdspace;
struct handle;

/** A resource. */
struct resource {
    gpi_obj_id_t id;
    size_t holders; /**< capabilities for it */
};

/** A resource of the space is made from another one. Named by ids: those are never used again, and hold nothing. */
struct resource_edge {
    gpi_obj_id_t id;
    gpi_space_id_t from_space;
    gpi_obj_id_t from_id;
};

struct resspc {
    struct object object; /**< its id is the space's */
    gpi_cap_t type;       /**< of its resources */
    struct pd *server;    /**< null: the root task, or it has ended */
    struct ep *server_ep;
    struct resource *resources; /**< by id */
    size_t resource_count, resource_places;
    struct resource_edge *edges;
    size_t edge_count, edge_places;
    gpi_obj_id_t told;         /**< the client whose end its server was told of last */
    gpi_space_id_t *made_from; /**< spaces that this one maps to */
    size_t made_from_count;
    struct resspc *next_ending; /**< for cleanup_space() */
    seL4_Word end_pd_depth, end_space_depth;
    bool ending;
};

void resspc_init(void);
/** The root task's space of a type. */
struct resspc *resspc_core(gpi_cap_t type);
/** A directory entry for the space, in a CSpace. Its slot in `*slot`. */
gpi_error_t resspc_give_rde(struct resspc *resspc, struct pdspace *space, unsigned rights, seL4_CPtr *slot);
/** A capability for one of its resources. */
gpi_error_t resspc_give_resource(struct resspc *resspc, struct pdspace *space, gpi_obj_id_t resource, unsigned rights,
                                 seL4_CPtr *slot);
struct resspc *resspc_find(gpi_space_id_t id);
/** A space of this type (GPICAP_TYPE_NONE: any) and id (BADGE_SPACE_ID_NULL: the oldest) that a PD serves; null if there is none. */
struct resspc *resspc_served_by(const struct pd *server, gpi_cap_t type, gpi_space_id_t id);
/** Whether a server may put its entries and resources into a PD's CSpace: it is a client, or made the server. */
bool resspc_may_give(const struct pd *server, struct pd *recipient);
/** The resource `id` is made from `from_id` of `from`, which `holder` has a capability for. */
gpi_error_t resspc_map_resource(struct resspc *resspc, gpi_obj_id_t id, struct resspc *from, gpi_obj_id_t from_id,
                                const struct pdspace *holder);
/** Takes a resource away from all, and forgets it. */
void resspc_delete_resource(struct resspc *resspc, gpi_obj_id_t id);
/** Whether anybody has a capability for it. */
bool resspc_is_held(gpi_space_id_t space, gpi_obj_id_t id);
/** A capability for a resource goes. */
void resspc_drop_holder(struct resspc *resspc, gpi_obj_id_t id);

/** Code of a type's name, made if there is none; 0 if there is no memory. */
gpi_cap_t resspc_type_code(const char *name, size_t length);
/** Null if there is no such type. */
const char *resspc_type_name(gpi_cap_t type);

#endif
