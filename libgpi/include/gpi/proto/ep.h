/* SPDX-License-Identifier: BSD-2-Clause */
/* Endpoints, notifications and reply objects: what PDs talk to each other with. */
#ifndef GPI_PROTO_EP_H
#define GPI_PROTO_EP_H

#include <gpi/proto/rpc.h>

enum gpi_ep_method {
    EP_CREATE = GPI_METHOD(GPI_COMPONENT_EP, 0), /**< ep_create -> ep_created */
    EP_BADGE,                                    /**< ep_badge -> ep_created, in the other PD */
    EP_RAW_IN_PD,                                /**< ep_in_pd -> ep_created (slot 0) */
    EP_RAW,                                      /**< -> ep_created: the raw capability, in the caller's CSpace */
};

enum gpi_ep_kind { EP_KIND_ENDPOINT, EP_KIND_NOTIFICATION, EP_KIND_REPLY, EP_KIND_COUNT };

struct ep_create {
    seL4_Word kind;
};
struct ep_created {
    seL4_CPtr slot;
    gpi_obj_id_t id;
    seL4_CPtr raw; /**< the kernel's capability */
};
struct ep_badge {
    seL4_CPtr pd; /**< 0: the caller's own */
    seL4_Word badge;
    seL4_Word rights; /**< of the raw capability, as seL4_CapRights_t */
};
struct ep_in_pd {
    seL4_CPtr pd;
};

#endif
