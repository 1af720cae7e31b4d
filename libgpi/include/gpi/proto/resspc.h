/* SPDX-License-Identifier: BSD-2-Clause */
/* Resource spaces: what a resource server manages, and the root task keeps books of. */
#ifndef GPI_PROTO_RESSPC_H
#define GPI_PROTO_RESSPC_H

#include <gpi/proto/rpc.h>

enum gpi_resspc_method {
    RESSPC_CREATE = GPI_METHOD(GPI_COMPONENT_RESSPC, 0), /**< resspc_create -> resspc_created */
    RESSPC_MAP,                                          /**< one word: id of the space it is made from */
    RESSPC_CREATE_RESOURCE,                              /**< one word: id */
    RESSPC_DELETE_RESOURCE,                              /**< one word: id */
    RESSPC_REVOKE_RESOURCE,                              /**< resspc_revoke */
    RESSPC_DESTROY,
};

struct resspc_create {
    gpi_cap_t type;
    seL4_CPtr server_ep; /**< endpoint of the server, the caller */
    seL4_CPtr server_pd; /**< the PD that manages it; 0: the caller's */
    gpi_obj_id_t
        client; /**< PD that gets a directory entry at once: a client of the server, or its parent; BADGE_OBJ_ID_NULL: nobody */
};
struct resspc_created {
    seL4_CPtr slot;
    gpi_space_id_t id;
};
struct resspc_revoke {
    gpi_obj_id_t resource;
    gpi_obj_id_t pd; /**< BADGE_OBJ_ID_NULL: from everybody */
};

#endif
