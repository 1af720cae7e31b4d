/* SPDX-License-Identifier: BSD-2-Clause */
/* What a client holds of each resource: the capability and the id. Programs may copy them. */
#ifndef SEL4GPI_GPI_TYPES_H
#define SEL4GPI_GPI_TYPES_H

#include <gpi/error.h>
#include <gpi/ids.h>
#include <gpi/osm.h>
#include <sel4/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct pd_client_context {
    seL4_CPtr ep;
    gpi_obj_id_t id;
} pd_client_context_t;
typedef struct ads_client_context {
    seL4_CPtr ep;
    gpi_obj_id_t id;
} ads_client_context_t;
typedef struct cpu_client_context {
    seL4_CPtr ep;
    gpi_obj_id_t id;
} cpu_client_context_t;
typedef struct mo_client_context {
    seL4_CPtr ep;
    gpi_obj_id_t id;
} mo_client_context_t;
typedef struct resspc_client_context {
    seL4_CPtr ep;
    gpi_space_id_t id;
} resspc_client_context_t;
typedef struct ads_vmr_context {
    seL4_CPtr ep;
} ads_vmr_context_t;
typedef struct ep_client_context {
    seL4_CPtr ep;           /**< the root task's capability for it */
    seL4_CPtr raw_endpoint; /**< the kernel's */
} ep_client_context_t;

enum { DEFAULT_STACK_PAGES = 16, DEFAULT_HEAP_PAGES = 100 };

#endif
