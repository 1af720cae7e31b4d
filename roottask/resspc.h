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

struct resspc {
    struct object object; /**< its id is the space's */
    gpi_cap_t type;       /**< of its resources */
    struct pd *server;    /**< null: the root task, or it has ended */
    struct ep *server_ep;
    gpi_obj_id_t *resources; /**< ids, in order */
    size_t resource_count, resource_places;
    struct resspc **made_from; /**< spaces that this one maps to */
    size_t made_from_count;
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

/** Code of a type's name, made if there is none; 0 if there is no memory. */
gpi_cap_t resspc_type_code(const char *name, size_t length);
/** Null if there is no such type. */
const char *resspc_type_name(gpi_cap_t type);

#endif
